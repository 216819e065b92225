using System.Collections.Immutable;
using System.Globalization;

namespace Altmap.Conformance.Fuzz;

/// <summary>A change of a good structure: what, where, and the bytes.</summary>
/// <param name="What">For people, as <c>dataoff=0x2000</c>.</param>
/// <param name="Offset">In the structure's own bytes.</param>
/// <param name="Bytes">What stands there then.</param>
internal sealed record Edit(string What, ulong Offset, byte[] Bytes);

/// <summary>Bytes for one region (and its DIMM's label area): a good structure and what was changed in it.</summary>
internal sealed record FuzzCase
{
    /// <summary>Number in its series; with the seed it says all.</summary>
    public required ulong Number { get; init; }

    /// <summary>The region it is for.</summary>
    public required int Region { get; init; }

    /// <summary>What the good structure is, for people.</summary>
    public required string Base { get; init; }

    /// <summary>The changes, in order.</summary>
    public ImmutableArray<Edit> Edits { get; init; } = [];

    /// <summary>From the base and the edits to bytes: offset in the region's media.</summary>
    public required Func<IReadOnlyList<Edit>, IEnumerable<(ulong Offset, byte[] Bytes)>> Media { get; init; }

    /// <summary>The same for the label area, or null: the region's DIMM has none.</summary>
    public Func<IReadOnlyList<Edit>, byte[]>? Labels { get; init; }

    /// <summary>A line for people.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"case {Number}, region {Region}, {Base}: {string.Join(", ", Edits.Select(e => e.What))}"
        );
}
