using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>What the firmware says a physical range is.</summary>
public enum FirmwareRangeType
{
    /// <summary>Usable memory.</summary>
    SystemRam,

    /// <summary>Not usable.</summary>
    Reserved,

    /// <summary>Specific-purpose memory (EFI_MEMORY_SP).</summary>
    SoftReserved,

    /// <summary>Persistent memory of type 12, which an e820 bus takes, from the firmware itself.</summary>
    PersistentLegacy,
}

/// <summary>A range of the firmware's memory map, before any memmap= of the command line.</summary>
/// <param name="Range">Where.</param>
/// <param name="Type">What.</param>
/// <param name="Node">NUMA node; -1 for soft-reserved memory of none.</param>
public sealed record FirmwareRange(PhysicalRange Range, FirmwareRangeType Type, int Node);

/// <summary>A bus of libnvdimm.</summary>
/// <param name="Name">As <c>ndbus0</c>.</param>
/// <param name="Provider"><c>ACPI.NFIT</c>, <c>e820</c>, <c>of_pmem</c>, …</param>
public sealed record BusDescription(string Name, string Provider);

/// <summary>An NVDIMM as its firmware describes it. The hex numbers are as sysfs shows them under nmemN/nfit.</summary>
public sealed record DimmDescription
{
    /// <summary>As <c>nmem0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>NFIT device handle.</summary>
    public uint Handle { get; init; }

    /// <summary>NFIT physical id.</summary>
    public ushort PhysicalId { get; init; }

    /// <summary>Vendor as sysfs prints it (0x8680 for QEMU: byte-swapped).</summary>
    public ushort Vendor { get; init; }

    /// <summary>Device as sysfs prints it.</summary>
    public ushort Device { get; init; }

    /// <summary>Revision as sysfs prints it.</summary>
    public ushort RevisionId { get; init; }

    /// <summary>Serial number as sysfs prints it (0x56341200 for QEMU's first slot: byte-swapped).</summary>
    public uint Serial { get; init; }

    /// <summary>As <c>8680-56341200</c>; empty when the machine file gives none.</summary>
    public string Id { get; init; } = "";

    /// <summary>Format interface code as sysfs prints it.</summary>
    public ushort Format { get; init; }

    /// <summary>Size of the label area; zero: the DIMM has none.</summary>
    public ByteSize LabelAreaSize { get; init; }

    /// <summary>Path of the label area's file as the machine file gives it, or null: blank.</summary>
    public string? LabelsFile { get; init; }
}

/// <summary>A region's share of one DIMM.</summary>
/// <param name="Dimm">As <c>nmem0</c>.</param>
/// <param name="Offset">Where the share starts on the DIMM.</param>
/// <param name="Size">Its size.</param>
/// <param name="Position">Place in the interleave set.</param>
public sealed record MappingDescription(string Dimm, DimmAddress Offset, ByteSize Size, int Position)
{
    /// <summary>The region offset of the NFIT's memory device structure (ACPI 6.5, 5.2.25.3): part of the interleave-set cookie. 0 where
    /// the file gives none.</summary>
    public ulong RegionOffset { get; init; }
}

/// <summary>A region: a physical range that libnvdimm manages.</summary>
public sealed record RegionDescription
{
    /// <summary>As <c>region0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The bus it belongs to.</summary>
    public required string Bus { get; init; }

    /// <summary>First byte and size.</summary>
    public required PhysicalRange Range { get; init; }

    /// <summary>NUMA node, or -1.</summary>
    public int NumaNode { get; init; }

    /// <summary>Node that the range would get as System RAM, or -1.</summary>
    public int TargetNode { get; init; }

    /// <summary>NFIT SPA range index, or 0.</summary>
    public int RangeIndex { get; init; }

    /// <summary>The interleave-set cookie in use at first boot, as sysfs shows it, or null where the file gives none.</summary>
    public ulong? SetCookie { get; init; }

    /// <summary>Shares of DIMMs; empty for e820 and of_pmem.</summary>
    public ImmutableArray<MappingDescription> Mappings { get; init; } = [];

    /// <summary>Path of the media file as the machine file gives it, or null: empty media.</summary>
    public string? MediaFile { get; init; }
}

/// <summary>
/// A machine as its file or capture describes it: hardware, kernel and what was done to it. Immutable; paths in it are not opened here.
/// The format is altmap-machine/1.
/// </summary>
public sealed record MachineDescription
{
    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the kernel profile.</summary>
    public required string Kernel { get; init; }

    /// <summary>Processor architecture.</summary>
    public Architecture Architecture { get; init; }

    /// <summary>PAGE_SIZE.</summary>
    public ByteSize PageSize { get; init; }

    /// <summary>The kernel command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Overrides by name: <c>struct_page_size</c>, <c>memory_block_bytes</c>, <c>section_bits</c>, …</summary>
    public ImmutableSortedDictionary<string, ulong> Config { get; init; } = ImmutableSortedDictionary<string, ulong>.Empty;

    /// <summary>The firmware's memory map, ascending, without overlaps.</summary>
    public ImmutableArray<FirmwareRange> Memory { get; init; } = [];

    /// <summary>
    /// Fixed memory windows of the CXL host bridges (CEDT CFMWS), in the order of the table; default where the file does not say whether
    /// there are any.
    /// </summary>
    public ImmutableArray<PhysicalRange> CxlWindows { get; init; }

    /// <summary>Buses.</summary>
    public ImmutableArray<BusDescription> Buses { get; init; } = [];

    /// <summary>NVDIMMs.</summary>
    public ImmutableArray<DimmDescription> Dimms { get; init; } = [];

    /// <summary>Regions. Those of an e820 bus may be left out: they follow from memory and memmap=.</summary>
    public ImmutableArray<RegionDescription> Regions { get; init; } = [];

    /// <summary>Commands already done after boot.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>Lines that the real kernel logged about persistent memory, oldest first.</summary>
    public ImmutableArray<string> KernelMessages { get; init; } = [];

    /// <summary>Where the parts of the description are from; what no fact names is given.</summary>
    public ImmutableArray<Fact> Facts { get; init; } = [];

    /// <summary>What is only assumed of these topics: an answer that depends on one of them is not known.</summary>
    public IEnumerable<Fact> Assumed(params ReadOnlySpan<FactTopic> topics)
    {
        HashSet<FactTopic> wanted = [.. topics];
        return Facts.Where(f => f.Origin == FactOrigin.Assumed && wanted.Contains(f.Topic));
    }
}

/// <summary>A description with the bytes its files hold.</summary>
/// <param name="Description">What the machine is.</param>
/// <param name="LabelAreas">Label area of each DIMM that has a file, by DIMM name; the length is the DIMM's label area size.</param>
/// <param name="Media">Media of each region that has a file, by region name; the length is the region's size.</param>
public sealed record MachineSource(
    MachineDescription Description,
    ImmutableSortedDictionary<string, SparseBytes> LabelAreas,
    ImmutableSortedDictionary<string, SparseBytes> Media
);
