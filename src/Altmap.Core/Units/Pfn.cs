using System.Globalization;

namespace Altmap.Core.Units;

/// <summary>A page frame number. Which address it stands for depends on the page size, which is always a parameter.</summary>
/// <param name="Number">The number.</param>
public readonly record struct Pfn(ulong Number) : IComparable<Pfn>
{
    /// <summary>The first byte of the page.</summary>
    public PhysicalAddress ToAddress(ByteSize pageSize) => new(checked(Number * pageSize.Bytes));

    /// <summary>The page that holds <paramref name="address"/>.</summary>
    public static Pfn Containing(PhysicalAddress address, ByteSize pageSize) => new(address.Bytes / pageSize.Bytes);

    /// <summary>Moves up; throws beyond 64 bits.</summary>
    public static Pfn operator +(Pfn a, PfnCount count) => new(checked(a.Number + count.Pages));

    /// <summary>Moves down; throws below 0.</summary>
    public static Pfn operator -(Pfn a, PfnCount count) => new(checked(a.Number - count.Pages));

    /// <summary>Distance in pages; throws when <paramref name="b"/> is above <paramref name="a"/>.</summary>
    public static PfnCount operator -(Pfn a, Pfn b) => new(checked(a.Number - b.Number));

    /// <summary>Order by number.</summary>
    public static bool operator <(Pfn a, Pfn b) => a.Number < b.Number;

    /// <summary>Order by number.</summary>
    public static bool operator >(Pfn a, Pfn b) => a.Number > b.Number;

    /// <summary>Order by number.</summary>
    public static bool operator <=(Pfn a, Pfn b) => a.Number <= b.Number;

    /// <summary>Order by number.</summary>
    public static bool operator >=(Pfn a, Pfn b) => a.Number >= b.Number;

    /// <inheritdoc/>
    public int CompareTo(Pfn other) => Number.CompareTo(other.Number);

    /// <summary>Hex with 0x.</summary>
    public override string ToString() => "0x" + Number.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A number of pages.</summary>
/// <param name="Pages">The count.</param>
public readonly record struct PfnCount(ulong Pages)
{
    /// <summary>The bytes these pages hold.</summary>
    public ByteSize ToBytes(ByteSize pageSize) => pageSize * Pages;

    /// <summary>Decimal.</summary>
    public override string ToString() => Pages.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Pages from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
/// <param name="Start">First page.</param>
/// <param name="End">One past the last page.</param>
public readonly record struct PfnRange(Pfn Start, Pfn End)
{
    /// <summary>How many pages; throws when the end is below the start.</summary>
    public PfnCount Count => End - Start;

    /// <summary>True when there is no page in it.</summary>
    public bool IsEmpty => End <= Start;

    /// <summary>True when the page is inside.</summary>
    public bool Contains(Pfn pfn) => pfn >= Start && pfn < End;

    /// <summary>Half-open, hex.</summary>
    public override string ToString() => $"[{Start}, {End})";
}

/// <summary>The number of a memory section (SPARSEMEM); its size depends on the profile and architecture.</summary>
/// <param name="Number">The number.</param>
public readonly record struct SectionNumber(ulong Number)
{
    /// <summary>The section that holds <paramref name="pfn"/>, where a section has <paramref name="pagesPerSection"/> pages.</summary>
    public static SectionNumber Containing(Pfn pfn, PfnCount pagesPerSection) => new(pfn.Number / pagesPerSection.Pages);

    /// <summary>Decimal, as the kernel prints section numbers.</summary>
    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
