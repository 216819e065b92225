using System.Collections.Immutable;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;

namespace Altmap.Cli.Maps;

/// <summary>A memory map as it is drawn, in text or SVG: rows of bars, a legend, and what wants attention in words.</summary>
internal sealed class MapView
{
    private readonly Machine _machine;
    private readonly PfnCount _unit;

    public MapView(Machine machine, MapWindow window)
    {
        _machine = machine;
        List<MapPart> parts = MapParts.Of(machine);
        Totals = TotalsOf(parts);
        IsWrong = parts.Exists(p => p.IsWrong);
        Pfn end = parts.Count == 0 ? default : parts[^1].Pages.End;
        (PfnRange pages, _unit) = window.Of(machine, end);
        Window = pages;
        ulong section = machine.Mm.Geometry.PagesPerSection.Pages;
        Notes = MapNotes.Of(machine, parts, n => pages.Start.Number / section <= n && n * section < pages.End.Number);
        if (pages.End > end)
            parts.Add(new MapPart(new PfnRange(end, pages.End), Tone.Hole, "hole", MapPart.Nothing, "", "", false));
        Strip = [.. parts.Where(p => p.Pages.Start < pages.End && pages.Start < p.Pages.End).Select(p => p.Within(pages).ToBar(PageSize))];
        HashSet<ulong> marked = IsZoomed ? [] : [.. Notes.SelectMany(n => n.Sections)];
        Rows = [.. MapRow.Of(parts, pages, _unit, marked.Contains)];
    }

    public ImmutableArray<MapRow> Rows { get; }

    /// <summary>All that is shown as one bar, in true proportions.</summary>
    public ImmutableArray<BarPart> Strip { get; }

    /// <summary>The pages shown.</summary>
    public PfnRange Window { get; }

    public ImmutableArray<MapNote> Notes { get; }

    /// <summary>Bytes by owner, the whole machine.</summary>
    public string Totals { get; }

    /// <summary>Somewhere on the machine the kernel gives a wrong struct page, or has damaged one.</summary>
    public bool IsWrong { get; }

    public bool IsZoomed => _unit != _machine.Mm.Geometry.PagesPerSection;

    public ByteSize PageSize => _machine.Mm.PageSize;

    /// <summary>Bytes of a bar.</summary>
    public ByteSize UnitSize => _unit.ToBytes(PageSize);

    public string Title => $"{_machine.Description.Name}: physical memory under Linux {_machine.Kernel.Name}";

    public string Subtitle =>
        $"{KernelChoice.Name(_machine.Architecture.Architecture)}, pages of {PageSize.ToHuman()}, sections of "
        + $"{_machine.Mm.Geometry.PagesPerSection.ToBytes(PageSize).ToHuman()}, memory blocks of {_machine.Mm.BlockSize.ToHuman()}"
        + BlockSizeText.Reason(_machine.Mm.BlockSizing);

    /// <summary>What a row's number counts.</summary>
    public string UnitName => IsZoomed ? "section.sub" : "section";

    /// <summary><c>9-15</c>; <c>8.16-63</c> for sub-sections.</summary>
    public string NumbersOf(MapRow row)
    {
        if (!IsZoomed)
            return Numbers.Run(row.First, row.Last);
        ulong per = _machine.Mm.Geometry.PagesPerSection.Pages / _unit.Pages;
        string first = $"{Numbers.Of(row.First / per)}.{Numbers.Of(row.First % per)}";
        return row.First == row.Last ? first
            : row.First / per == row.Last / per ? $"{first}-{Numbers.Of(row.Last % per)}"
            : $"{first}-{Numbers.Of(row.Last / per)}.{Numbers.Of(row.Last % per)}";
    }

    public PhysicalAddress StartOf(MapRow row) => MapRow.PagesOf(row.First, row.First, _unit).Start.ToAddress(PageSize);

    /// <summary>What is in the row, each thing once with all its bytes, in the order of its first page.</summary>
    public IEnumerable<string> WordsOf(MapRow row)
    {
        var told = new List<MapPart>();
        foreach (MapPart part in row.Parts)
        {
            if (told.Exists(t => t.IsLike(part)))
                continue;
            told.Add(part);
            yield return part.Describe(new PfnCount(row.PagesLike(part)).ToBytes(PageSize));
        }
    }

    /// <summary>The parts of the row's bar.</summary>
    public IReadOnlyList<BarPart> BarOf(MapRow row) =>
        row.Parts.Length == 1 ? [row.Parts[0].ToBar(PageSize)] : [.. row.Parts.Select(p => p.ToBar(PageSize))];

    /// <summary>What the tones in the rows stand for.</summary>
    public IEnumerable<BarPart> Legend =>
        Rows.SelectMany(r => r.Parts)
            .Select(p => (p.Tone, p.Kind))
            .Distinct()
            .OrderBy(k => k.Tone)
            .Select(k => new BarPart(1, k.Tone, k.Kind));

    private string TotalsOf(List<MapPart> parts)
    {
        var sums = new List<(string Kind, ulong Pages)>();
        foreach (IGrouping<string, MapPart> kind in parts.Where(p => p.Tone is not Tone.Hole).GroupBy(p => p.Kind))
            sums.Add((kind.Key, kind.Aggregate(0UL, (sum, p) => sum + p.Pages.Count.Pages)));
        return sums.Count == 0
            ? "no memory"
            : string.Join("; ", sums.Select(s => $"{new PfnCount(s.Pages).ToBytes(PageSize).ToHuman()} {s.Kind}"));
    }
}
