using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// What the memmap of a device range takes, from the altmap and from RAM, piece by piece. A piece is a part of a section or a run of whole
/// ones. The altmap is accounted as
/// vmem_altmap_alloc() does (mm/sparse-vmemmap.c): aligned to the lowest bit of what is asked. Population: arch/x86/mm/init_64.c,
/// arch/arm64/mm/mmu.c
/// vmemmap_populate(); 6.1.192; ppc64le is taken as arm64's base pages (not confirmed). A value: adding allocates nothing.
/// </summary>
/// <param name="first">First page of the range.</param>
/// <param name="altmap">Metadata on the device, or null.</param>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
/// <param name="structPage">Size of struct page; not 0.</param>
public struct MemmapAccount(Pfn first, AltmapSpace? altmap, KernelProfile kernel, ArchitectureRules architecture, ByteSize structPage)
{
    /// <summary>How a piece takes its memmap.</summary>
    private enum Source
    {
        Boot,
        RamBasePages,
        BasePages,
        Pmds,
    }

    private readonly ulong _perSection =
        kernel.SectionSize(architecture.Architecture, architecture.PageSize).Bytes / architecture.PageSize.Bytes;
    private ulong _altmap,
        _padding,
        _ram,
        _reused;

    /// <summary>Pages of a compound whose struct pages are shared (vmemmap_populate_compound_pages()); 0: none are.</summary>
    public ulong SharedCompoundPages { get; init; }

    /// <summary>Pages of the altmap that hold struct pages.</summary>
    public readonly PfnCount AltmapPages => new(_altmap);

    /// <summary>Pages of the altmap lost to alignment.</summary>
    public readonly PfnCount AltmapPadding => new(_padding);

    /// <summary>Pages of System RAM, page tables not counted.</summary>
    public readonly PfnCount RamPages => new(_ram);

    /// <summary>Pages of the range whose memmap from boot is used again.</summary>
    public readonly PfnCount ReusedPages => new(_reused);

    /// <summary>Adds a piece; false where the altmap has no room for all of it: ENOMEM.</summary>
    /// <param name="piece">Part of a section, or a run of whole ones.</param>
    /// <param name="isEarly">The (one) section of it was there at boot.</param>
    /// <param name="sections">How many sections of it get their memmap.</param>
    public bool TryAdd(PfnRange piece, bool isEarly, out ulong sections)
    {
        sections = Math.Max(1, piece.Count.Pages / _perSection);
        Source source = SourceOf(piece, isEarly);
        if (source == Source.Boot)
            _reused += piece.Count.Pages;
        else if (altmap is { } space && source != Source.RamBasePages)
            return TakeFromAltmap(piece, source, space, ref sections);
        else
            _ram += InRam(piece);
        return true;
    }

    /// <summary>Adds a whole range; false where the altmap has no room for it.</summary>
    /// <param name="range">May start and end within sections.</param>
    /// <param name="sharesWithBoot">True: what is no whole section lies in sections that were there at boot, and takes nothing. False: it
    /// has its sections for itself.</param>
    public bool TryAddAll(PfnRange range, bool sharesWithBoot)
    {
        var up = new Pfn(Alignment.Up(range.Start.Number, _perSection));
        var down = new Pfn(Alignment.Down(range.End.Number, _perSection));
        if (up > down)
            return range.IsEmpty || TryAdd(range, sharesWithBoot, out _);
        return (up == range.Start || TryAdd(new PfnRange(range.Start, up), sharesWithBoot, out _))
            && (up == down || TryAdd(new PfnRange(up, down), sharesWithBoot, out _))
            && (down == range.End || TryAdd(new PfnRange(down, range.End), sharesWithBoot, out _));
    }

    /// <summary>Whether struct pages of compounds of that size can be shared, with the map in RAM (include/linux/mm.h
    /// vmemmap_can_optimize(), 6.1.192).</summary>
    /// <param name="compoundPages">Pages of a compound; 0 or 1: there are none.</param>
    /// <param name="structPage">Size of struct page.</param>
    /// <param name="pageSize">PAGE_SIZE.</param>
    public static bool SharesTails(ulong compoundPages, ByteSize structPage, ByteSize pageSize) =>
        structPage.IsPowerOfTwo && compoundPages * structPage.Bytes / pageSize.Bytes > 2;

    private readonly Source SourceOf(PfnRange piece, bool isEarly)
    {
        bool isWhole = piece.Count.Pages >= _perSection;
        if (!isWhole && isEarly)
            return Source.Boot;
        if (architecture.Architecture == Architecture.X86_64)
            return isWhole ? Source.Pmds : Source.RamBasePages;
        bool hasPmds = architecture.Architecture == Architecture.Arm64 && architecture.PageSize == ByteSize.KiB(4);
        return hasPmds && (isWhole || kernel.Get(Rules.Arm64MemmapIsAlwaysPmd)) ? Source.Pmds : Source.BasePages;
    }

    private bool TakeFromAltmap(PfnRange piece, Source source, AltmapSpace space, ref ulong sections)
    {
        ulong page = architecture.PageSize.Bytes;
        ulong unit = source == Source.Pmds ? architecture.PmdSize.Bytes : page;
        ulong next = first.Number + space.Reserve.Pages + _altmap + _padding,
            lowest = unit / page;
        ulong pad = Alignment.Up(next, lowest) - next;
        ulong free = space.Free.Pages - _altmap - _padding;
        ulong room = pad > free ? 0 : (free - pad) / lowest;
        ulong all = Units(piece.Start.Number, piece.End.Number, unit);
        if (all > room)
        {
            ulong fits = 0,
                high = sections; // the most sections whose units fit
            while (fits < high)
            {
                ulong middle = fits + ((high - fits + 1) / 2);
                if (Units(piece.Start.Number, Math.Min(piece.End.Number, piece.Start.Number + (middle * _perSection)), unit) <= room)
                    fits = middle;
                else
                    high = middle - 1;
            }
            sections = Math.Min(fits, sections - 1);
            return false;
        }
        if (all != 0)
            _padding += pad;
        _altmap += all * lowest;
        return true;
    }

    /// <summary>Units of virtual memmap that the pages touch; one that an earlier piece has filled is there already (memmaps that are no
    /// multiple of the unit share).</summary>
    private readonly ulong Units(ulong start, ulong end, ulong unit)
    {
        UInt128 size = structPage.Bytes,
            mask = unit - 1,
            from = start * size,
            past = (end * size) + mask;
        UInt128 begin = (from & mask) != 0 && start > first.Number ? (from + mask) & ~mask : from & ~mask;
        UInt128 finish = past & ~mask;
        return finish > begin ? (ulong)((finish - begin) >> System.Numerics.BitOperations.Log2(unit)) : 0;
    }

    /// <summary>Pages of System RAM for a piece; compound device pages share their tail pages.</summary>
    private readonly ulong InRam(PfnRange piece)
    {
        ulong page = architecture.PageSize.Bytes;
        ulong all = (ulong)(((piece.Count.Pages * (UInt128)structPage.Bytes) + (page - 1)) / page);
        ulong compound = SharedCompoundPages;
        return altmap is null && SharesTails(compound, structPage, architecture.PageSize)
            ? Math.Min(all, Alignment.Up(piece.Count.Pages, compound) / compound * 2)
            : all;
    }
}
