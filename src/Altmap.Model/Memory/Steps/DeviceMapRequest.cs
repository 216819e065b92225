using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

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

    /// <summary>Pages past the end whose struct pages the last compound overwrites (memory-side rule of 5.17 and later without shared tail
    /// pages); mostly 0.</summary>
    public PfnCount Overrun { get; init; }

    /// <summary>The pieces, up to the first that fails; empty: as the geometry cuts the range, and all succeed.</summary>
    public ImmutableArray<MapPiece> Pieces { get; init; } = [];
}
