using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>What the command line and the configuration say about memory hotplug and debugging (mm/memory_hotplug.c, mm/debug.c vm_debug=;
/// 6.1.192).</summary>
internal static class MemoryParameters
{
    public static MemoryOptions Options(MachineDescription description, KernelProfile kernel, ArchitectureRules architecture)
    {
        string line = description.CommandLine;
        return new MemoryOptions(
            Poisons: description.Config.GetValueOrDefault("debug_vm", 0UL) != 0 && IsPoisoningOn(line),
            HasMovableNode: CommandLine.Has(line, "movable_node"),
            MemmapOnMemory: MemmapOnMemoryOf(CommandLine.Find(line, "memory_hotplug.memmap_on_memory"), kernel),
            PhysicalBits: (int)description.Config.GetValueOrDefault("physmem_bits", (ulong)architecture.PhysicalBits),
            SharesCompoundMemmap: kernel.Get(Rules.CompoundMemmap) == CompoundMemmap.Shared
                && description.Config.GetValueOrDefault("vmemmap_optimize", SharesCompoundMemmap(kernel, architecture) ? 1UL : 0UL) != 0
        );
    }

    /// <summary>The parameters of zones; a value that the kernel would not take changes nothing.</summary>
    public static ZonePolicy ZonePolicyOf(MachineDescription description, KernelProfile kernel)
    {
        if (!kernel.Get(Rules.HasAutoMovable))
            return ZonePolicy.Default;
        string line = description.CommandLine;
        return new ZonePolicy(
            CommandLine.Find(line, "memory_hotplug.online_policy") == "auto-movable",
            uint.TryParse(
                CommandLine.Find(line, "memory_hotplug.auto_movable_ratio"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out uint ratio
            )
                ? ratio
                : ZonePolicy.Default.RatioPercent,
            CommandLine.Find(line, "memory_hotplug.auto_movable_numa_aware")?.ToUpperInvariant()
                is not ("0" or "N" or "NO" or "OFF" or "FALSE")
        );
    }

    /// <summary>What a machine file that says nothing has. The option is on for x86-64 only among the configurations seen; ppc64le came
    /// with 6.6 and was only read.</summary>
    public static bool SharesCompoundMemmap(KernelProfile kernel, ArchitectureRules architecture) =>
        kernel.Get(Rules.CompoundMemmap) == CompoundMemmap.Shared && architecture.Architecture == Architecture.X86_64;

    /// <summary>auto_online_blocks at boot: memhp_default_state= (the last that is a policy), or the machine file, or the profile
    /// (mm/memory_hotplug.c setup_memhp_default_state(); 5.10, 6.1, 6.12, 7.2).</summary>
    public static OnlinePolicy AutoOnline(MachineDescription description, KernelProfile kernel)
    {
        OnlinePolicy? booted = CommandLine
            .Parse(description.CommandLine)
            .Where(p => p.Name == "memhp_default_state")
            .Select(p => OnlinePolicies.Find(p.Value))
            .LastOrDefault(p => p is not null);
        if (booted is { } policy)
            return policy;
        if (!description.Config.TryGetValue("auto_online_blocks", out ulong configured))
            return kernel.Get(Rules.AutoOnline);
        return configured == 1 ? OnlinePolicy.Online : OnlinePolicy.Offline;
    }

    /// <summary>vm_debug alone, or with P in its list, leaves poisoning on; <c>-</c> and other lists switch it off.</summary>
    private static bool IsPoisoningOn(string line) =>
        CommandLine.Find(line, "vm_debug") is not { Length: > 0 } list || list.Contains('P', StringComparison.OrdinalIgnoreCase);

    private static MemmapOnMemoryParameter MemmapOnMemoryOf(string? value, KernelProfile kernel) =>
        (kernel.Get(Rules.MemmapOnMemory), value?.ToUpperInvariant()) switch
        {
            (MemmapOnMemoryRule.None, _) => MemmapOnMemoryParameter.Off,
            (MemmapOnMemoryRule.Blocks, "FORCE") => MemmapOnMemoryParameter.Force,
            (_, "1" or "Y" or "YES" or "ON" or "TRUE" or "T") => MemmapOnMemoryParameter.On,
            _ => MemmapOnMemoryParameter.Off,
        };
}
