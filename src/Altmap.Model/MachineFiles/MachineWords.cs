using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles;

/// <summary>Keys and words of the machine file, for reader, writer and messages.</summary>
internal static class MachineWords
{
    public static readonly string[] MachineKeys =
    [
        "format",
        "name",
        "kernel",
        "arch",
        "page_size",
        "cmdline",
        "config",
        "memory",
        "cxl_windows",
        "buses",
        "dimms",
        "regions",
        "steps",
        "kmsg",
        "facts",
    ];
    public static readonly string[] WindowKeys = ["start", "size"];
    public static readonly string[] FactKeys = ["topic", "of", "origin", "from", "needs"];
    public static readonly string[] MemoryKeys = ["start", "end", "size", "type", "node"];
    public static readonly string[] BusKeys = ["dev", "provider"];
    public static readonly string[] DimmKeys =
    [
        "dev",
        "handle",
        "phys_id",
        "vendor",
        "device",
        "rev_id",
        "serial",
        "id",
        "format",
        "label_bytes",
        "labels",
    ];
    public static readonly string[] RegionKeys =
    [
        "dev",
        "bus",
        "type",
        "start",
        "size",
        "numa_node",
        "target_node",
        "range_index",
        "set_cookie",
        "mappings",
        "media",
    ];
    public static readonly string[] MappingKeys = ["dimm", "offset", "size", "position", "region_offset"];

    public static readonly ImmutableArray<(string Name, FirmwareRangeType Type)> MemoryTypes =
    [
        ("System RAM", FirmwareRangeType.SystemRam),
        ("Reserved", FirmwareRangeType.Reserved),
        ("Soft Reserved", FirmwareRangeType.SoftReserved),
        ("Persistent Memory (legacy)", FirmwareRangeType.PersistentLegacy),
    ];

    public static readonly ImmutableArray<(string Name, Architecture Architecture)> Architectures =
    [
        ("x86_64", Architecture.X86_64),
        ("aarch64", Architecture.Arm64),
        ("ppc64le", Architecture.Ppc64LittleEndian),
    ];

    /// <summary>True for <c>nmem</c> and a number without leading zeros, and so on.</summary>
    public static bool IsDevice(string name, string kind) =>
        name.Length > kind.Length
        && name.Length <= kind.Length + 6
        && name.StartsWith(kind, StringComparison.Ordinal)
        && name.AsSpan(kind.Length).IndexOfAnyExceptInRange('0', '9') < 0
        && (name[kind.Length] != '0' || name.Length == kind.Length + 1);
}
