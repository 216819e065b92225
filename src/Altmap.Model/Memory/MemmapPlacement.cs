using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>
/// Where the memmap of a device range comes from, and where that fails. The altmap is accounted as vmem_altmap_alloc() does (mm/sparse-vmemmap.c): aligned to the
/// lowest bit of what is asked. Population: arch/x86/mm/init_64.c, arch/arm64/mm/mmu.c vmemmap_populate(); 6.1.192; ppc64le is taken as arm64's base pages (not confirmed).
/// </summary>
internal sealed class MemmapPlacement(MemoryState memory, KernelProfile kernel, ArchitectureRules architecture, ByteSize structPage)
{
    /// <summary>How a piece takes its memmap.</summary>
    private enum Source
    {
        Boot, RamBasePages, BasePages, Pmds,
    }

    private ulong _alloc, _padding, _ram, _reused;

    /// <summary>The pieces of a map up to the first that fails, and what the memmap costs.</summary>
    public (ImmutableArray<MapPiece> Pieces, MemmapUse Use) Plan(PfnRange range, AltmapSpace? altmap, ulong compoundPages)
    {
        var pieces = ImmutableArray.CreateBuilder<MapPiece>();
        foreach (PfnRange piece in memory.Geometry.Pieces(range).SelectMany(SplitAtTaken))
        {
            Source source = SourceOf(piece);
            if (source == Source.Boot)
            {
                _reused += piece.Count.Pages;
            }
            else if (altmap is { } space && source != Source.RamBasePages)
            {
                ulong fits = SectionsThatFit(piece, source, range.Start.Number, space, out ulong sections);
                if (fits < sections)
                {
                    Pfn at = piece.Start + new PfnCount(fits * memory.Geometry.PagesPerSection.Pages);
                    if (at > piece.Start) pieces.Add(new MapPiece(new PfnRange(piece.Start, at)));
                    Pfn past = at + memory.Geometry.PagesPerSection;
                    pieces.Add(new MapPiece(new PfnRange(at, past < piece.End ? past : piece.End), Errno.ENOMEM));
                    break;
                }
            }
            else
            {
                _ram += RamPages(piece, altmap is null ? compoundPages : 0);
            }
            pieces.Add(new MapPiece(piece));
        }
        return (pieces.ToImmutable(), new MemmapUse(new PfnCount(_alloc), new PfnCount(_padding), new PfnCount(_ram), new PfnCount(_reused)));
    }

    /// <summary>A run of whole sections is cut before the first with a valid sub-section: the kernel stops there.</summary>
    private IEnumerable<PfnRange> SplitAtTaken(PfnRange piece)
    {
        ulong section = memory.Geometry.PagesPerSection.Pages, sub = memory.Geometry.PagesPerSubSection.Pages;
        if (piece.Count.Pages <= section || piece.Start.Number % section != 0) return [piece];
        foreach ((ulong start, _, bool valid) in memory.Pages.Valid.Within(piece.Start.Number / sub, piece.End.Number / sub))
        {
            if (!valid) continue;
            var at = new Pfn(Alignment.Down(start * sub, section));
            return at > piece.Start ? [new PfnRange(piece.Start, at), new PfnRange(at, piece.End)] : [piece];
        }
        return [piece];
    }

    private Source SourceOf(PfnRange piece)
    {
        bool isWhole = piece.Count.Pages >= memory.Geometry.PagesPerSection.Pages;
        if (!isWhole && memory.Pages.SectionOf(piece.Start).HasFlag(SectionBits.Early)) return Source.Boot;
        if (architecture.Architecture == Architecture.X86_64) return isWhole ? Source.Pmds : Source.RamBasePages;
        bool hasPmds = architecture.Architecture == Architecture.Arm64 && architecture.PageSize == ByteSize.KiB(4);
        return hasPmds && (isWhole || kernel.Arm64MemmapIsAlwaysPmd) ? Source.Pmds : Source.BasePages;
    }

    /// <summary>Takes the memmap of whole sections (or of one piece) from the altmap; how many sections got theirs.</summary>
    private ulong SectionsThatFit(PfnRange piece, Source source, ulong basePfn, AltmapSpace altmap, out ulong sections)
    {
        ulong perSection = memory.Geometry.PagesPerSection.Pages, page = architecture.PageSize.Bytes;
        ulong unit = source == Source.Pmds ? architecture.PmdSize.Bytes : page;
        sections = Math.Max(1, piece.Count.Pages / perSection);
        ulong next = basePfn + altmap.Reserve.Pages + _alloc + _padding, lowest = unit / page;
        ulong pad = Alignment.Up(next, lowest) - next;
        ulong free = altmap.Free.Pages - _alloc - _padding;
        ulong room = pad > free ? 0 : (free - pad) / lowest;
        ulong all = Units(piece.Start.Number, piece.End.Number);
        if (all > room)
        {
            ulong fits = 0, high = sections; // the most sections whose units fit
            while (fits < high)
            {
                ulong middle = fits + ((high - fits + 1) / 2);
                if (Units(piece.Start.Number, Math.Min(piece.End.Number, piece.Start.Number + (middle * perSection))) <= room) fits = middle;
                else high = middle - 1;
            }
            return Math.Min(fits, sections - 1);
        }
        if (all != 0) _padding += pad;
        _alloc += all * lowest;
        return sections;

        // Units of virtual memmap that the pages touch; one that an earlier piece has filled is there already (memmaps that are no multiple of the unit share).
        ulong Units(ulong start, ulong end)
        {
            ulong first = checked(start * structPage.Bytes), past = checked(end * structPage.Bytes);
            ulong begin = first % unit != 0 && start > basePfn ? Alignment.Up(first, unit) : Alignment.Down(first, unit);
            ulong finish = Alignment.Up(past, unit);
            return finish > begin ? (finish - begin) / unit : 0;
        }
    }

    /// <summary>Pages of System RAM for a piece; compound device pages share their tail pages (vmemmap_populate_compound_pages()).</summary>
    private ulong RamPages(PfnRange piece, ulong compoundPages)
    {
        ulong page = architecture.PageSize.Bytes, all = Alignment.Up(checked(piece.Count.Pages * structPage.Bytes), page) / page;
        bool isShared = memory.Options.SharesCompoundMemmap && structPage.IsPowerOfTwo && compoundPages * structPage.Bytes / page > 2;
        return isShared ? Math.Min(all, Alignment.Up(piece.Count.Pages, compoundPages) / compoundPages * 2) : all;
    }
}
