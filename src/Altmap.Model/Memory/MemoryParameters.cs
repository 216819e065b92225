using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>What the command line and the configuration say about memory hotplug and debugging (mm/memory_hotplug.c, mm/debug.c vm_debug=; 6.1.192).</summary>
internal static class MemoryParameters
{
    public static MemoryOptions Options(MachineDescription description, KernelProfile kernel, ArchitectureRules architecture)
    {
        string line = description.CommandLine;
        return new MemoryOptions(
            Poisons: description.Config.GetValueOrDefault("debug_vm", 0UL) != 0 && IsPoisoningOn(line),
            HasMovableNode: CommandLine.Has(line, "movable_node"),
            MemmapOnMemory: MemmapOnMemoryOf(CommandLine.Find(line, "memory_hotplug.memmap_on_memory"), kernel),
            AutoMovable: CommandLine.Find(line, "memory_hotplug.online_policy") == "auto-movable" && kernel.MemmapOnMemory != MemmapOnMemoryRule.None,
            PhysicalBits: (int)description.Config.GetValueOrDefault("physmem_bits", architecture.Architecture switch
            {
                Architecture.X86_64 => 46UL, Architecture.Arm64 => 48UL, _ => 51UL,
            }),
            // The option is on for x86-64 only among the configurations seen; ppc64le came with 6.6 and was only read.
            SharesCompoundMemmap: kernel.CompoundMemmapIsShared
                && description.Config.GetValueOrDefault("vmemmap_optimize", architecture.Architecture == Architecture.X86_64 ? 1UL : 0UL) != 0);
    }

    /// <summary>auto_online_blocks at boot: the configuration's, or what memhp_default_state= says.</summary>
    public static OnlineType AutoOnline(MachineDescription description, KernelProfile kernel)
    {
        if (CommandLine.Find(description.CommandLine, "memhp_default_state") is { } word && TryParse(word, out OnlineType type)) return type;
        return description.Config.TryGetValue("auto_online_blocks", out ulong on) ? (on != 0 ? OnlineType.Online : OnlineType.Offline)
            : kernel.AutoOnlinesMemory ? OnlineType.Online : OnlineType.Offline;
    }

    /// <summary>The four words that a block's state and auto_online_blocks take (mhp_online_type_from_str()).</summary>
    public static bool TryParse(string word, out OnlineType type)
    {
        (type, bool known) = word switch
        {
            "offline" => (OnlineType.Offline, true),
            "online" => (OnlineType.Online, true),
            "online_kernel" => (OnlineType.Kernel, true),
            "online_movable" => (OnlineType.Movable, true),
            _ => (default, false),
        };
        return known;
    }

    /// <summary>vm_debug alone, or with P in its list, leaves poisoning on; <c>-</c> and other lists switch it off.</summary>
    private static bool IsPoisoningOn(string line) =>
        CommandLine.Find(line, "vm_debug") is not { Length: > 0 } list || list.Contains('P', StringComparison.OrdinalIgnoreCase);

    private static MemmapOnMemoryParameter MemmapOnMemoryOf(string? value, KernelProfile kernel) => (kernel.MemmapOnMemory, value?.ToUpperInvariant()) switch
    {
        (MemmapOnMemoryRule.None, _) => MemmapOnMemoryParameter.Off,
        (MemmapOnMemoryRule.Blocks, "FORCE") => MemmapOnMemoryParameter.Force,
        (_, "1" or "Y" or "YES" or "ON" or "TRUE" or "T") => MemmapOnMemoryParameter.On,
        _ => MemmapOnMemoryParameter.Off,
    };
}
