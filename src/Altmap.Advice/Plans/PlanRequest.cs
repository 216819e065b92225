using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Advice.Plans;

/// <summary>What is asked of a plan, its words read. Null, or empty: not given.</summary>
public sealed record PlanRequest
{
    /// <summary>First byte of the range.</summary>
    public PhysicalAddress? Start { get; init; }

    /// <summary>Of the range.</summary>
    public ByteSize? Size { get; init; }

    /// <summary>Instead of a size: what it shall give at least.</summary>
    public ByteSize? Usable { get; init; }

    /// <summary>For what.</summary>
    public CapacityMode? Mode { get; init; }

    /// <summary>Where struct pages may lie.</summary>
    public ImmutableArray<PageMapMode> Maps { get; init; } = [];

    /// <summary>Of the pfn or dax device; with <see cref="IsAnyAlign"/> null.</summary>
    public ByteSize? Align { get; init; }

    /// <summary>The plan chooses the alignment.</summary>
    public bool IsAnyAlign { get; init; }

    /// <summary>Of a BTT.</summary>
    public uint? SectorSizeBytes { get; init; }

    /// <summary>Of memory that is added.</summary>
    public ByteSize? BlockSize { get; init; }

    /// <summary>How many namespaces.</summary>
    public int? Count { get; init; }

    /// <summary>What becomes of the rest.</summary>
    public CapacityMode? Rest { get; init; }

    /// <summary>The only region, by name.</summary>
    public string? Region { get; init; }

    /// <summary>Without a machine.</summary>
    public Architecture? Architecture { get; init; }

    /// <summary>Without a machine.</summary>
    public ByteSize? PageSize { get; init; }

    /// <summary>Nothing is asked.</summary>
    public bool IsEmpty => this == Nothing;

    /// <summary>Of an existing namespace: what it would become.</summary>
    public bool IsOfMode => this with { Mode = null, Maps = [], Align = null, SectorSizeBytes = null } == Nothing;

    private static PlanRequest Nothing { get; } = new();

    /// <summary>The mode, fsdax where none is given.</summary>
    public CapacityMode ModeOrDefault => Mode ?? CapacityMode.FsDax;

    /// <summary>Where struct pages may lie, in order of preference.</summary>
    public ImmutableArray<PageMapMode> MapsOrDefault => Maps.IsEmpty ? [PageMapMode.Pmem] : Maps;

    /// <summary>Alignments that will do, in order of preference; ndctl's default where none is given.</summary>
    public ImmutableArray<ByteSize> AlignsOn(ArchitectureRules architecture) =>
        IsAnyAlign ? [.. architecture.SupportedAligns.OrderBy(a => a == architecture.PmdSize ? 0 : 1)] : [Align ?? architecture.PmdSize];

    /// <summary>What a namespace shall become, the first choice of each.</summary>
    public NamespaceWish WishOn(ArchitectureRules architecture) =>
        new(ModeOrDefault, MapsOrDefault[0], Align ?? architecture.PmdSize)
        {
            BlockSize = BlockSize,
            SectorSizeBytes = SectorSizeBytes ?? 4096,
        };
}
