using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Cli.Maps;

/// <summary>A section or sub-section, or a run of them that are alike.</summary>
/// <param name="First">Number of the first.</param>
/// <param name="Last">Number of the last.</param>
/// <param name="Parts">What is in the first of them; where they are one thing altogether, that one part.</param>
/// <param name="IsMarked">Something in it wants attention.</param>
internal sealed record MapRow(ulong First, ulong Last, ImmutableArray<MapPart> Parts, bool IsMarked)
{
    /// <summary>The rows of touching parts. A part that covers many units is one row; units that hold the same parts at the same places
    /// fold too.</summary>
    /// <param name="parts">Ascending, touching.</param>
    /// <param name="window">What to show; multiples of the unit.</param>
    /// <param name="unit">Pages of a row's bar.</param>
    /// <param name="isMarked">True for units that want attention whatever is in them.</param>
    public static List<MapRow> Of(IReadOnlyList<MapPart> parts, PfnRange window, PfnCount unit, Func<ulong, bool> isMarked)
    {
        var rows = new List<MapRow>();
        int at = 0;
        for (Pfn start = window.Start; start < window.End && at < parts.Count; )
        {
            while (at < parts.Count && parts[at].Pages.End <= start)
                at++;
            if (at == parts.Count)
                break;
            ulong whole = Math.Min(parts[at].Pages.End.Number, window.End.Number) / unit.Pages,
                first = start.Number / unit.Pages;
            if (whole > first && !isMarked(first))
            {
                // The next unit that is marked for another reason ends the run.
                ulong last = whole - 1;
                Add(rows, new MapRow(first, last, [parts[at].Within(PagesOf(first, last, unit))], parts[at].IsWrong), unit);
                start = PagesOf(first, last, unit).End;
                continue;
            }
            PfnRange pages = PagesOf(first, first, unit);
            ImmutableArray<MapPart> mixed = [.. parts.Skip(at).TakeWhile(p => p.Pages.Start < pages.End).Select(p => p.Within(pages))];
            Add(rows, new MapRow(first, first, mixed, isMarked(first) || mixed.Any(p => p.IsWrong)), unit);
            start = pages.End;
        }
        return rows;
    }

    /// <summary>All pages of units.</summary>
    public static PfnRange PagesOf(ulong first, ulong last, PfnCount unit) =>
        new(new Pfn(first * unit.Pages), new Pfn((last + 1) * unit.Pages));

    /// <summary>Pages of the row that are like a part, all units counted.</summary>
    public ulong PagesLike(MapPart part)
    {
        ulong pages = 0;
        foreach (MapPart p in Parts)
            pages += p.IsLike(part) ? p.Pages.Count.Pages : 0;
        return Parts.Length == 1 ? pages : pages * (Last - First + 1);
    }

    private static void Add(List<MapRow> rows, MapRow row, PfnCount unit)
    {
        if (rows.Count > 0 && rows[^1] is var last && last.IsMarked == row.IsMarked && Folds(last, row, unit))
            rows[^1] =
                row.Parts.Length > 1
                    ? last with
                    {
                        Last = row.Last,
                    }
                    : last with
                    {
                        Last = row.Last,
                        Parts = [last.Parts[0] with { Pages = new PfnRange(last.Parts[0].Pages.Start, row.Parts[0].Pages.End) }],
                    };
        else
            rows.Add(row);
    }

    private static bool Folds(MapRow a, MapRow b, PfnCount unit)
    {
        if (a.Parts.Length != b.Parts.Length)
            return false;
        ulong shift = (b.First - a.First) * unit.Pages;
        for (int i = 0; i < a.Parts.Length; i++)
        {
            if (!a.Parts[i].IsLike(b.Parts[i]))
                return false;
            if (
                a.Parts.Length > 1
                && (a.Parts[i].Pages.Start.Number + shift, a.Parts[i].Pages.End.Number + shift)
                    != (b.Parts[i].Pages.Start.Number, b.Parts[i].Pages.End.Number)
            )
                return false;
        }
        return true;
    }
}
