using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// <c>/sys/devices/system/memory</c>: memory blocks, each also in the folder of its node and on <c>/sys/bus/memory</c>, and what holds for
/// all of them
/// (drivers/base/memory.c, core.c online_show(), node.c; 5.10, 6.1, 6.12, 7.2). Debian's kernels have no <c>probe</c>.
/// </summary>
internal static class MemoryFiles
{
    private const string Memory = "/sys/devices/system/memory/";
    private const string Bus = "/sys/bus/memory/devices/";
    private const string Nodes = "/sys/devices/system/node/";
    private const string AutoOnline = Memory + "auto_online_blocks";
    private const string BlockSize = Memory + "block_size_bytes";
    private const string OnlineNodes = Nodes + "online";
    private const string Parameters = "/sys/module/memory_hotplug/parameters/";
    private const string MemmapParameter = Parameters + "memmap_on_memory";
    private const string PolicyParameter = Parameters + "online_policy";
    private const string RatioParameter = Parameters + "auto_movable_ratio";
    private const string NumaParameter = Parameters + "auto_movable_numa_aware";
    private const int NodeLinksMax = 1024; // MAX_NUMNODES of distributions

    private static readonly string[] s_attributes = ["online", "phys_device", "phys_index", "removable", "state", "valid_zones"];
    private static readonly string[] s_folders =
    [
        Memory,
        Nodes,
        Bus,
        "/sys/bus/memory/",
        "/sys/module/",
        "/sys/module/memory_hotplug/",
        Parameters,
    ];

    /// <summary>The files there are; those of blocks, which may be very many, for a prefix that asks for blocks.</summary>
    public static IEnumerable<string> Names(Machine machine, string prefix) =>
        !prefix.StartsWith(Memory, StringComparison.Ordinal)
            ? Fixed(machine)
            : Fixed(machine).Concat(MemoryBlocks.All(machine).SelectMany(b => s_attributes.Select(a => $"{Memory}{b.Number}/{a}")));

    public static bool Owns(Machine machine, string path) =>
        Fixed(machine).Contains(path) || path.StartsWith(Parameters, StringComparison.Ordinal) || BlockPath(path) is not null;

    public static SysfsValue Read(Machine machine, string path)
    {
        switch (path)
        {
            case AutoOnline:
                return machine.Mm.AutoOnline.Word();
            case BlockSize:
                return Hex(DaxDeviceMemory.BlockSize(machine).Bytes);
            case OnlineNodes:
                return OnlineNodesOf(machine);
        }
        if (path.StartsWith(Parameters, StringComparison.Ordinal))
            return ReadParameter(machine, path) is { } value ? value : Errno.ENOENT; // no such parameter
        if (Find(machine, path) is not var (number, block, attribute))
            return Errno.ENOENT;
        return attribute switch
        {
            "online" => block.State == BlockState.Online ? "1" : "0",
            "phys_device" => "0",
            "phys_index" => string.Create(CultureInfo.InvariantCulture, $"{number.Number:x8}"),
            "removable" => "1",
            "state" => block.State == BlockState.Online ? "online" : "offline",
            "valid_zones" => MemoryBlocks.ValidZones(machine, number),
            _ when attribute == "uevent" || attribute.Contains('/', StringComparison.Ordinal) => throw new NotModelledException(
                $"reading {path}"
            ),
            _ => Errno.ENOENT,
        };
    }

    /// <summary>EACCES: read-only, or no such file. Other errno as the kernel's store function gives it.</summary>
    public static StepResult Write(Machine machine, string path, string text)
    {
        if (path == AutoOnline)
            return MemoryBlocks.SetAutoOnline(machine, text);
        if (path.StartsWith(Parameters, StringComparison.Ordinal))
            return WriteParameter(machine, path, text);
        if (Find(machine, path) is not var (number, block, attribute))
            return machine.Fail(Errno.EACCES);
        if (attribute == "state")
            return MemoryBlocks.SetState(machine, number, text);
        if (attribute != "online")
            return machine.Fail(Errno.EACCES);
        // The same as state, but what is so already is no error.
        if (!KernelText.TryBool(text, out bool online))
            return machine.Fail(Errno.EINVAL);
        if (online == (block.State == BlockState.Online))
            return machine.Done();
        return MemoryBlocks.SetState(machine, number, (online ? OnlinePolicy.Online : OnlinePolicy.Offline).Word());
    }

    /// <summary>
    /// The names in <c>/sys/devices/system/memory</c> or in a block's folder; null: another folder (drivers/base/memory.c
    /// memory_root_attrs, memory_memblk_attrs, core.c device_add_attrs(), power/sysfs.c; 6.1, 6.12). As Debian configures kernels: without
    /// <c>probe</c>, with CONFIG_MEMORY_FAILURE.
    /// </summary>
    public static IEnumerable<string>? Listing(Machine machine, string folder)
    {
        if (folder + "/" == Memory)
        {
            return
            [
                "auto_online_blocks",
                "block_size_bytes",
                .. (IEnumerable<string>)(machine.Kernel.Get(Rules.MemoryHasCrashHotplug) ? ["crash_hotplug"] : []),
                "hard_offline_page",
                "power",
                "soft_offline_page",
                "uevent",
                .. MemoryBlocks.All(machine).Select(b => b.Number.ToString()),
            ];
        }
        return Find(machine, folder + "/") is var (number, block, attribute) && attribute.Length == 0
            ?
            [
                .. s_attributes,
                "power",
                "subsystem",
                "uevent",
                .. Enumerable
                    .Range(0, NodeLinksMax)
                    .Where(n => DaxDeviceMemory.IsOnNode(machine, number, block, n))
                    .Select(n => string.Create(CultureInfo.InvariantCulture, $"node{n}")),
            ]
            : null;
    }

    /// <summary>True for a folder; it ends in a slash.</summary>
    public static bool IsDirectory(Machine machine, string folder)
    {
        if (folder.StartsWith("/sys/module/", StringComparison.Ordinal) && !ParameterFiles(machine).Any())
            return false;
        if (s_folders.Contains(folder))
            return true;
        if (NodeOf(folder, out string rest) is { } node && rest.Length == 0)
            return DaxDeviceMemory.HasMemory(machine, node);
        if (Find(machine, folder) is not var (number, block, link))
            return false;
        return link.Length == 0
            || (
                link.StartsWith("node", StringComparison.Ordinal)
                && int.TryParse(link.AsSpan(4, link.Length - 5), NumberStyles.None, CultureInfo.InvariantCulture, out int of)
                && DaxDeviceMemory.IsOnNode(machine, number, block, of)
            );
    }

    private static IEnumerable<string> Fixed(Machine machine)
    {
        yield return AutoOnline;
        yield return BlockSize;
        yield return OnlineNodes;
        foreach (string parameter in ParameterFiles(machine))
            yield return parameter;
    }

    /// <summary>The block that a path names, where there is such a block and, below a node, where it is on the node.</summary>
    private static (MemoryBlockNumber Number, MemoryBlock Block, string Attribute)? Find(Machine machine, string path)
    {
        if (BlockPath(path) is not var (node, name, attribute))
            return null;
        if (!ulong.TryParse(name.AsSpan("memory".Length), NumberStyles.None, CultureInfo.InvariantCulture, out ulong n))
            return null;
        var number = new MemoryBlockNumber(n);
        MemoryBlock block = MemoryBlocks.Find(machine, number);
        bool exists =
            number.ToString() == name
            && block.State != BlockState.Absent
            && (node is null || DaxDeviceMemory.IsOnNode(machine, number, block, node.Value));
        return exists ? (number, block, attribute) : null;
    }

    /// <summary>Node, if it names one, folder and file of <c>…/memoryN/FILE</c>.</summary>
    private static (int? Node, string Block, string Attribute)? BlockPath(string path)
    {
        int? node = NodeOf(path, out string rest);
        if (node is null)
        {
            if (path.StartsWith(Memory, StringComparison.Ordinal))
                rest = path[Memory.Length..];
            else if (path.StartsWith(Bus, StringComparison.Ordinal))
                rest = path[Bus.Length..];
        }
        return
            rest.Split('/', 2) is [var block, var attribute]
            && block.StartsWith("memory", StringComparison.Ordinal)
            && block.Length > 6
            && char.IsAsciiDigit(block[6])
            ? (node, block, attribute)
            : null;
    }

    /// <summary>The number of the node in whose folder the path lies, and what follows; null: in none.</summary>
    private static int? NodeOf(string path, out string rest)
    {
        rest = "";
        if (!path.StartsWith(Nodes + "node", StringComparison.Ordinal) || path[Nodes.Length..].Split('/', 2) is not [var name, var below])
            return null;
        if (!int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int node) || $"node{node}" != name)
            return null;
        rest = below;
        return node;
    }

    /// <summary>A list of numbers and ranges (lib/vsprintf.c bitmap_list_string(), 6.1). A node without memory is online when it has
    /// processors: not known, so not guessed at.</summary>
    private static string OnlineNodesOf(Machine machine)
    {
        IEnumerable<int> ofRegions = machine.Regions.Values.SelectMany(r => (int[])[r.Description.TargetNode, r.Description.NumaNode]);
        int[] known = [.. machine.Description.Memory.Select(m => m.Node).Concat(ofRegions).Append(0).Where(n => n >= 0).Distinct().Order()];
        if (known.Where(n => !DaxDeviceMemory.HasMemory(machine, n)).ToArray() is [var unknown, ..])
            throw new NotModelledException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"whether node {unknown}, which has no memory, is online: a machine file names no processors"
                )
            );
        var ranges = new List<string>();
        for (int i = 0; i < known.Length; )
        {
            int first = i++;
            while (i < known.Length && known[i] == known[i - 1] + 1)
                i++;
            string last = i - first == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{known[i - 1]}");
            ranges.Add(string.Create(CultureInfo.InvariantCulture, $"{known[first]}{last}"));
        }
        return string.Join(',', ranges);
    }

    /// <summary>The parameters of memory_hotplug, in the order of names.</summary>
    public static IEnumerable<string> ParameterFiles(Machine machine)
    {
        if (machine.Kernel.Get(Rules.HasAutoMovable))
        {
            yield return NumaParameter;
            yield return RatioParameter;
        }
        if (MemmapOf(machine) is not null)
            yield return MemmapParameter;
        if (machine.Kernel.Get(Rules.HasAutoMovable))
            yield return PolicyParameter;
    }

    private static string? ReadParameter(Machine machine, string path)
    {
        ZonePolicy policy = machine.Mm.ZonePolicy;
        if (!ParameterFiles(machine).Contains(path))
            return null;
        return path switch
        {
            NumaParameter => policy.IsNumaAware ? "Y" : "N",
            RatioParameter => policy.RatioPercent.ToString(CultureInfo.InvariantCulture),
            PolicyParameter => policy.IsAutoMovable ? "auto-movable" : "contig-zones",
            _ => MemmapOf(machine),
        };
    }

    /// <summary>memmap_on_memory is read-only; the others hold from the next block on (mm/memory_hotplug.c set_online_policy(),
    /// param_set_uint(), param_set_bool(); 6.1).</summary>
    private static StepResult WriteParameter(Machine machine, string path, string text)
    {
        ZonePolicy policy = machine.Mm.ZonePolicy;
        if (!ParameterFiles(machine).Contains(path) || path == MemmapParameter)
            return machine.Fail(Errno.EACCES);
        ZonePolicy? next = path switch
        {
            NumaParameter => KernelText.TryBool(text, out bool aware) ? policy with { IsNumaAware = aware } : null,
            RatioParameter => KernelText.TryUnsigned(text, out ulong ratio) && ratio <= uint.MaxValue
                ? policy with
                {
                    RatioPercent = (uint)ratio,
                }
                : null,
            _ => text.TrimEnd('\n') switch
            {
                "auto-movable" => policy with { IsAutoMovable = true },
                "contig-zones" => policy with { IsAutoMovable = false },
                _ => null,
            },
        };
        return next is null ? machine.Fail(Errno.EINVAL) : (machine with { Mm = machine.Mm with { ZonePolicy = next } }).Done();
    }

    /// <summary>memory_hotplug.memmap_on_memory as booted; null where the kernel has no such parameter (before 6.6 x86-64 alone had
    /// it).</summary>
    private static string? MemmapOf(Machine machine)
    {
        bool exists = machine.Kernel.Get(Rules.MemmapOnMemory) switch
        {
            MemmapOnMemoryRule.None => false,
            MemmapOnMemoryRule.OneBlock => machine.Architecture.Architecture == Architecture.X86_64,
            _ => true,
        };
        if (!exists)
            return null;
        return machine.Mm.Options.MemmapOnMemory switch
        {
            MemmapOnMemoryParameter.Off => "N",
            MemmapOnMemoryParameter.On => "Y",
            _ => "force",
        };
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"{value:x}");
}
