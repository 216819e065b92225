using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Maps;

/// <summary>The map as a table: a row for each range of pages that are alike.</summary>
internal static class MapTable
{
    /// <summary>The ranges that meet a window, uncut.</summary>
    public static TextTable Of(Machine machine, PfnRange? window = null)
    {
        var table = new TextTable(">first byte", ">last byte", ">size", ">section", "struct pages", "zone", "online", "owner");
        foreach (MemoryRange range in MemoryMap.Of(machine).Ranges)
        {
            if (window is { } part && (range.Pages.End <= part.Start || range.Pages.Start >= part.End)) continue;
            PhysicalAddress start = range.Pages.Start.ToAddress(machine.Mm.PageSize);
            ByteSize size = range.Pages.Count.ToBytes(machine.Mm.PageSize);
            table.Add($"{start}", $"{start + size - new ByteSize(1)}", size.ToHuman(), $"{range.SectionFirst.Number}", range.MemmapWord, ZoneText(range.Memmap),
                range.IsOnline ? "yes" : "no", range.Owner ?? "-");
        }
        return table;
    }

    private static string ZoneText(in Memmap memmap) => memmap.Zone == ZoneKind.None ? "-" : memmap.Node < 0 ? memmap.Zone.Name() : $"{memmap.Zone.Name()}, node {memmap.Node}";
}
