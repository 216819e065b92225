using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Maps;

/// <summary>The map as a table: a row for each range of pages that are alike. What the bars show is in it, too.</summary>
internal static class MapTable
{
    /// <summary>The ranges of a window, cut at its ends.</summary>
    public static TextTable Of(Machine machine, PfnRange? window = null)
    {
        var table = new TextTable(">first byte", ">last byte", ">size", ">section", "struct pages", "zone", "online", "owner");
        foreach (MemoryRange whole in MapParts.Ranges(machine))
        {
            if (window is { } part && (whole.Pages.End <= part.Start || whole.Pages.Start >= part.End))
                continue;
            MemoryRange range = window is { } cut ? Cut(machine, whole, cut) : whole;
            PhysicalAddress start = range.Pages.Start.ToAddress(machine.Mm.PageSize);
            ByteSize size = range.Pages.Count.ToBytes(machine.Mm.PageSize);
            table.Add(
                $"{start}",
                $"{start + size - new ByteSize(1)}",
                size.ToHuman(),
                $"{range.SectionFirst.Number}",
                range.MemmapWord,
                ZoneText(range.Memmap),
                range.IsOnline ? "yes" : "no",
                range.Owner?.ToString() ?? "-"
            );
        }
        return table;
    }

    private static MemoryRange Cut(Machine machine, in MemoryRange range, PfnRange window)
    {
        Pfn start = range.Pages.Start > window.Start ? range.Pages.Start : window.Start,
            end = range.Pages.End < window.End ? range.Pages.End : window.End;
        return range with
        {
            Pages = new PfnRange(start, end),
            SectionFirst = new SectionNumber(start.Number / machine.Mm.Geometry.PagesPerSection.Pages),
        };
    }

    private static string ZoneText(in Memmap memmap) =>
        memmap.Zone == ZoneKind.None ? "-"
        : memmap.Node < 0 ? memmap.Zone.Name()
        : $"{memmap.Zone.Name()}, node {memmap.Node}";
}
