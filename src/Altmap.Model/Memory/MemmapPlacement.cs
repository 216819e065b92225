using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>Where the memmap of a device range comes from on this machine, and where that fails: <see cref="MemmapAccount"/> over what is
/// in the sections already.</summary>
internal sealed class MemmapPlacement(MemoryState memory, KernelProfile kernel, ArchitectureRules architecture, ByteSize structPage)
{
    /// <summary>The pieces of a map up to the first that fails, and what the memmap costs.</summary>
    public (ImmutableArray<MapPiece> Pieces, MemmapUse Use) Plan(PfnRange range, AltmapSpace? altmap, ulong compoundPages)
    {
        var pieces = ImmutableArray.CreateBuilder<MapPiece>();
        var account = new MemmapAccount(range.Start, altmap, kernel, architecture, structPage)
        {
            SharedCompoundPages = memory.Options.SharesCompoundMemmap ? compoundPages : 0,
        };
        foreach (PfnRange piece in memory.Geometry.Pieces(range).SelectMany(SplitAtTaken))
        {
            bool isEarly = memory.Pages.SectionOf(piece.Start).HasFlag(SectionBits.Early);
            if (!account.TryAdd(piece, isEarly, out ulong sections))
            {
                Pfn at = piece.Start + new PfnCount(sections * memory.Geometry.PagesPerSection.Pages);
                if (at > piece.Start)
                    pieces.Add(new MapPiece(new PfnRange(piece.Start, at)));
                Pfn past = at + memory.Geometry.PagesPerSection;
                pieces.Add(new MapPiece(new PfnRange(at, past < piece.End ? past : piece.End), Errno.ENOMEM));
                break;
            }
            pieces.Add(new MapPiece(piece));
        }
        return (pieces.ToImmutable(), new MemmapUse(account.AltmapPages, account.AltmapPadding, account.RamPages, account.ReusedPages));
    }

    /// <summary>A run of whole sections is cut before the first with a valid sub-section: the kernel stops there.</summary>
    private IEnumerable<PfnRange> SplitAtTaken(PfnRange piece)
    {
        ulong section = memory.Geometry.PagesPerSection.Pages,
            sub = memory.Geometry.PagesPerSubSection.Pages;
        if (piece.Count.Pages <= section || piece.Start.Number % section != 0)
            return [piece];
        foreach ((ulong start, _, bool valid) in memory.Pages.Valid.Within(piece.Start.Number / sub, piece.End.Number / sub))
        {
            if (!valid)
                continue;
            var at = new Pfn(Alignment.Down(start * sub, section));
            return at > piece.Start ? [new PfnRange(piece.Start, at), new PfnRange(at, piece.End)] : [piece];
        }
        return [piece];
    }
}
