using System.Collections.Immutable;
using Altmap.Core.Json;
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

    /// <summary><c>list.json</c>: <c>ndctl list</c> with buses and regions.</summary>
    public ReadOnlyMemory<byte>? List { get; init; }

    /// <summary><c>cmdline.txt</c>: /proc/cmdline.</summary>
    public string? CommandLine { get; init; }

    /// <summary><c>dmesg.txt</c>: the kernel log from boot on.</summary>
    public string? Dmesg { get; init; }

    /// <summary><c>version.txt</c>: /proc/version.</summary>
    public string? Version { get; init; }

    /// <summary>Size of each label area that was captured, by DIMM name; 0: the DIMM was asked and has none.</summary>
    public ImmutableSortedDictionary<string, ByteSize> LabelAreas { get; init; } = ImmutableSortedDictionary<string, ByteSize>.Empty;
}

/// <summary>A pfn or dax device of a capture: what its info-block must say. The block itself is not in a capture.</summary>
/// <param name="Device">As <c>pfn0.0</c> or <c>dax1.0</c>.</param>
/// <param name="Namespace">As <c>namespace0.0</c>.</param>
/// <param name="Region">As <c>region0</c>.</param>
/// <param name="NamespaceRange">Where the namespace lies.</param>
/// <param name="DataRange">Where the device's data lie.</param>
/// <param name="Uuid">Of the device, as text.</param>
/// <param name="NamespaceUuid">Of the namespace; empty where labels give none.</param>
/// <param name="Mode"><c>ram</c> or <c>pmem</c>: where the page map is.</param>
/// <param name="Align">Of the device.</param>
public sealed record CapturedPfnDevice(
    string Device,
    string Namespace,
    string Region,
    PhysicalRange NamespaceRange,
    PhysicalRange DataRange,
    string Uuid,
    string NamespaceUuid,
    string Mode,
    ByteSize Align
);

/// <summary>What a capture says.</summary>
/// <param name="Description">Null when there are errors.</param>
/// <param name="Errors">Mistakes, with file and line.</param>
/// <param name="Notes">What the capture does not say, and what is assumed instead.</param>
/// <param name="PfnDevices">The devices whose info-blocks the media would need.</param>
public sealed record CaptureResult(
    MachineDescription? Description,
    ImmutableArray<InputError> Errors,
    ImmutableArray<string> Notes,
    ImmutableArray<CapturedPfnDevice> PfnDevices
);
