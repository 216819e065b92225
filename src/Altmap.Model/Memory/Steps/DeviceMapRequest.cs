using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>Where the metadata of a device range lies: pages at its start (struct vmem_altmap).</summary>
/// <param name="Reserve">Pages that hold no metadata: the info-block.</param>
/// <param name="Free">Pages for the memmap.</param>
public readonly record struct AltmapSpace(PfnCount Reserve, PfnCount Free)
{
    /// <summary>First page that holds struct pages.</summary>
    public Pfn MetadataStart(Pfn first) => first + Reserve;

    /// <summary>First page of data (vmem_altmap_offset()). Wraps as the kernel's sum does: a dataoff below the reserve makes <see cref="Free"/> negative.</summary>
    public Pfn DataStart(Pfn first) => new(unchecked(first.Number + Reserve.Pages + Free.Pages));
}

/// <summary>A piece of a device range that sparse_add_section() adds in one go.</summary>
/// <param name="Range">Part of a section, or a run of whole ones.</param>
/// <param name="Errno">ENOMEM where the altmap has no room for its memmap.</param>
public readonly record struct MapPiece(PfnRange Range, Errno Errno = Errno.None);

/// <summary>A refusal that what is outside of the state decides.</summary>
/// <param name="Errno">The answer.</param>
/// <param name="Text">What the kernel logs, or null.</param>
public readonly record struct Refusal(Errno Errno, string? Text);

/// <summary>What memremap_pages() is asked, with what is known beforehand.</summary>
public sealed record DeviceMapRequest
{
    /// <summary>The sizes.</summary>
    public required Geometry Geometry { get; init; }

    /// <summary>The whole range, info-block and page map included.</summary>
    public required PfnRange Range { get; init; }

    /// <summary>Where the memmap lies on the device, or null: in RAM.</summary>
    public AltmapSpace? Altmap { get; init; }

    /// <summary>Node of the struct pages.</summary>
    public short Node { get; init; }

    /// <summary>True when struct pages are poisoned (CONFIG_DEBUG_VM).</summary>
    public bool Poisons { get; init; }

    /// <summary>Overlap with System RAM resources, or null.</summary>
    public Refusal? MeetsRam { get; init; }

    /// <summary>Beyond the physical address range, or null.</summary>
    public Refusal? BeyondLimit { get; init; }

    /// <summary>An altmap that does not fit the range, or null.</summary>
    public Refusal? BadAltmap { get; init; }

    /// <summary>True when start or length in bytes is no multiple of a sub-section.</summary>
    public bool IsMisaligned { get; init; }

    /// <summary>Pages past the end whose struct pages the last compound overwrites (memory-side rule of 5.17 and later without shared tail pages); mostly 0.</summary>
    public PfnCount Overrun { get; init; }

    /// <summary>The pieces, up to the first that fails; empty: as the geometry cuts the range, and all succeed.</summary>
    public ImmutableArray<MapPiece> Pieces { get; init; } = [];
}
