using Altmap.Core.Units;

namespace Altmap.Core.Findings;

/// <summary>From where a <see cref="MediaPlace"/> counts.</summary>
public enum MediaOrigin
{
    /// <summary>The first byte of the namespace, its metadata included.</summary>
    Namespace,

    /// <summary>The first byte of the DIMM's label area.</summary>
    LabelArea,
}

/// <summary>Where a finding is.</summary>
public abstract record Place
{
    private protected Place() { }
}

/// <summary>A place on media.</summary>
/// <param name="Origin">From where the offset counts.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="Field">The field of the structure there, as its table names it; empty: the structure, or none.</param>
public sealed record MediaPlace(MediaOrigin Origin, MediaOffset Offset, string Field = "") : Place
{
    /// <summary>The offset.</summary>
    public override string ToString() => Offset.ToString();
}

/// <summary>A range of physical addresses.</summary>
/// <param name="Range">Not empty.</param>
public sealed record PhysicalPlace(PhysicalRange Range) : Place
{
    /// <summary>As /proc/iomem writes it: the last byte included.</summary>
    public override string ToString() => Range.ToString();
}
