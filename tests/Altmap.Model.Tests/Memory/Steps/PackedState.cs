using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Tests.Memory.Steps;

/// <summary>
/// A tiny world in four words, made to be copied, compared and hashed by the million: 4 sections of 4 sub-sections of 2 pages.
/// </summary>
public readonly record struct PackedState : IMemoryState<PackedState>
{
    private const int PagesPerSubSection = 2,
        SubSections = 16,
        PagesPerSection = 8;
    private const ulong Lanes = 0x1111_1111_1111_1111;

    public static readonly Geometry World = new(new PfnCount(PagesPerSubSection), new PfnCount(PagesPerSection));
    public static readonly PfnRange Pages = new(new Pfn(0), new Pfn(SubSections * PagesPerSubSection));

    private readonly ulong _memmapLow; // 4 bits a page, pages 0 to 15
    private readonly ulong _memmapHigh; // pages 16 to 31
    private readonly ulong _pgmap; // 4 bits a sub-section: device ranges start and end on one
    private readonly ulong _rest; // 8 bits of flags a section, then 16 bits of subsection_map, then the walk

    private PackedState(ulong memmapLow, ulong memmapHigh, ulong pgmap, ulong rest) =>
        (_memmapLow, _memmapHigh, _pgmap, _rest) = (memmapLow, memmapHigh, pgmap, rest);

    public static PackedState Empty(Geometry geometry) =>
        geometry == World ? default : throw new ArgumentException("the packed world has one geometry", nameof(geometry));

    public Geometry Geometry => World;

    public Walk Walk => (Walk)(_rest >> 48);

    public PackedState SetWalk(Walk walk) => new(_memmapLow, _memmapHigh, _pgmap, (_rest & 0x0000_ffff_ffff_ffff) | ((ulong)walk << 48));

    public SectionBits SectionOf(Pfn pfn) => (SectionBits)((_rest >> (8 * ((int)pfn.Number / PagesPerSection))) & 0xff);

    public PackedState ChangeSections(PfnRange range, SectionBits set, SectionBits clear)
    {
        ulong lanes = 0x0101_0101 & Mask(range, PagesPerSection, 8);
        return new(_memmapLow, _memmapHigh, _pgmap, (_rest & ~(lanes * (byte)clear)) | (lanes * (byte)set));
    }

    public bool AnyValid(PfnRange range) => (_rest & (Mask(range, PagesPerSubSection, 1) << 32)) != 0;

    public PackedState SetValid(PfnRange range, bool valid)
    {
        ulong mask = Mask(range, PagesPerSubSection, 1) << 32;
        return new(_memmapLow, _memmapHigh, _pgmap, valid ? _rest | mask : _rest & ~mask);
    }

    /// <summary>Zone and node are not kept: there is one node here, and no rule asks for the zone.</summary>
    public Memmap MemmapOf(Pfn pfn) => new(ContentOf(pfn), ZoneKind.None, -1);

    private MemmapContent ContentOf(Pfn pfn) =>
        (MemmapContent)(((pfn.Number < 16 ? _memmapLow : _memmapHigh) >> (4 * ((int)pfn.Number % 16))) & 0xf);

    public bool AnyMemmap(PfnRange range, MemmapContent content)
    {
        for (Pfn pfn = range.Start; pfn < range.End; pfn += new PfnCount(1))
        {
            if (ContentOf(pfn) == content)
                return true;
        }
        return false;
    }

    public PackedState SetMemmap(PfnRange range, Memmap memmap)
    {
        ulong low = Mask(Cut(range, 0), 1, 4),
            high = Mask(Cut(range, 16), 1, 4);
        return new(
            (_memmapLow & ~low) | (low & (Lanes * (byte)memmap.Content)),
            (_memmapHigh & ~high) | (high & (Lanes * (byte)memmap.Content)),
            _pgmap,
            _rest
        );
    }

    public Pgmap PgmapOf(Pfn pfn) => (Pgmap)((_pgmap >> (4 * ((int)pfn.Number / PagesPerSubSection))) & 0xf);

    public PackedState SetPgmap(PfnRange range, Pgmap pgmap)
    {
        ulong mask = Mask(range, PagesPerSubSection, 4);
        return new(_memmapLow, _memmapHigh, (_pgmap & ~mask) | (mask & (Lanes * (byte)pgmap)), _rest);
    }

    /// <summary>The part of the range in pages [from, from + 16), counted from there.</summary>
    private static PfnRange Cut(PfnRange range, ulong from) =>
        new(new Pfn(Math.Clamp(range.Start.Number, from, from + 16) - from), new Pfn(Math.Clamp(range.End.Number, from, from + 16) - from));

    /// <summary>Ones in the lane, <paramref name="bits"/> wide, of every unit that holds a page of the range.</summary>
    private static ulong Mask(PfnRange range, int pagesPerUnit, int bits)
    {
        if (range.IsEmpty)
            return 0;
        int first = (int)range.Start.Number / pagesPerUnit * bits,
            past = (((int)range.End.Number - 1) / pagesPerUnit + 1) * bits;
        ulong below = past >= 64 ? ulong.MaxValue : (1UL << past) - 1;
        return below & ~((1UL << first) - 1);
    }
}
