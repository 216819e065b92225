using System.Collections.Immutable;
using Altmap.Core.Json;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>The texts of a capture directory; null: the file is not there.</summary>
public sealed record CaptureTexts
{
    /// <summary>Name for the machine.</summary>
    public required string Name { get; init; }

    /// <summary><c>sysfs.txt</c>: lines <c>path:value</c>.</summary>
    public string? Sysfs { get; init; }

    /// <summary><c>iomem.txt</c>: /proc/iomem as root reads it.</summary>
    public string? Iomem { get; init; }

    /// <summary>What <c>ndctl list</c>, <c>daxctl list</c>, <c>cxl list</c> and <c>lsmem -J</c> printed, each with its file.</summary>
    public ImmutableArray<(string Name, ReadOnlyMemory<byte> Text)> Lists { get; init; } = [];

    /// <summary><c>cmdline.txt</c>: /proc/cmdline.</summary>
    public string? CommandLine { get; init; }

    /// <summary><c>dmesg.txt</c>: the kernel log from boot on.</summary>
    public string? Dmesg { get; init; }

    /// <summary><c>version.txt</c>: /proc/version.</summary>
    public string? Version { get; init; }

    /// <summary>Size of each label area that was captured, by DIMM name; 0: the DIMM was asked and has none.</summary>
    public ImmutableSortedDictionary<string, ByteSize> LabelAreas { get; init; } = ImmutableSortedDictionary<string, ByteSize>.Empty;

    /// <summary><c>firmware-memmap.txt</c>: /sys/firmware/memmap, a line <c>0xSTART-0xEND : TYPE</c> each.</summary>
    public string? FirmwareMap { get; init; }

    /// <summary>ACPI tables as the firmware has them: SRAT, CEDT, NFIT.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Tables { get; init; } = [];

    /// <summary>Namespaces and regions whose first bytes were captured.</summary>
    public ImmutableSortedSet<string> Media { get; init; } = ImmutableSortedSet<string>.Empty;
}

/// <summary>What a capture says.</summary>
/// <param name="Description">Null when there are errors.</param>
/// <param name="Errors">Mistakes, with file and line.</param>
/// <param name="Notes">What the capture does not say, and what is assumed instead.</param>
public sealed record CaptureResult(MachineDescription? Description, ImmutableArray<InputError> Errors, ImmutableArray<string> Notes)
{
    /// <summary>Label areas made again, by DIMM.</summary>
    public ImmutableSortedDictionary<string, SparseBytes> Labels { get; init; } = ImmutableSortedDictionary<string, SparseBytes>.Empty;

    /// <summary>What the media must have held.</summary>
    public ImmutableArray<RebuiltBytes> Rebuilt { get; init; } = [];

    /// <summary>Where each namespace that a piece tells of lies, for bytes that are named after it.</summary>
    public ImmutableSortedDictionary<string, (string Region, ulong OffsetBytes)> Namespaces { get; init; } =
        ImmutableSortedDictionary<string, (string, ulong)>.Empty;
}
