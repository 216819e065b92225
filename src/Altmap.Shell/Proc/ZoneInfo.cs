using System.Globalization;
using System.Text;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Shell.Proc;

/// <summary>
/// /proc/zoneinfo as far as it is exact: of each zone its name, <c>spanned</c>, <c>present</c>, <c>start_pfn</c>, and <c>managed</c> where
/// every page of the
/// zone came while the machine ran (mm/vmstat.c zoneinfo_show_print(); 5.10, 6.1, 6.12, 7.2). What counts free or reserved pages,
/// watermarks and statistics is left out.
/// </summary>
internal static class ZoneInfo
{
    public static string Text(Machine machine)
    {
        var text = new StringBuilder();
        MemoryState memory = machine.Mm;
        foreach (int node in memory.Zones.Select(z => z.Node).Distinct().Order())
        {
            foreach (ZoneKind kind in Kinds(machine))
                Append(text, machine, memory.ZoneOf(node, kind));
        }
        return text.ToString();
    }

    /// <summary>True where a zone's <c>managed</c> is not known.</summary>
    public static bool LacksManaged(Machine machine) => machine.Mm.Zones.Any(z => Managed(machine, z) is null);

    /// <summary>Zones that the kernel is built with, ascending; those with nothing in them are printed too.</summary>
    private static ZoneKind[] Kinds(Machine machine)
    {
        bool hasDma =
            machine.Architecture.Architecture is Architecture.X86_64 or Architecture.Arm64
            && machine.Description.Config.GetValueOrDefault("zone_dma", 1UL) != 0;
        return hasDma
            ? [ZoneKind.Dma, ZoneKind.Dma32, ZoneKind.Normal, ZoneKind.Movable, ZoneKind.Device]
            : [ZoneKind.Normal, ZoneKind.Movable, ZoneKind.Device];
    }

    private static void Append(StringBuilder text, Machine machine, ZoneSpan zone)
    {
        text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Kind.Name(), 8}\n");
        text.Append(CultureInfo.InvariantCulture, $"        spanned  {zone.Spanned}\n        present  {zone.Present}\n");
        if (Managed(machine, zone) is { } managed)
            text.Append(CultureInfo.InvariantCulture, $"        managed  {managed}\n");
        // An unpopulated zone ends before its start_pfn.
        if (zone.Present.Pages != 0)
            text.Append(CultureInfo.InvariantCulture, $"  start_pfn:           {zone.Start.Number}\n");
    }

    /// <summary>
    /// Pages that the page allocator got: of memory that came while running all but the memmap that blocks hold of themselves. What the
    /// kernel took at boot for itself is not known.
    /// </summary>
    private static PfnCount? Managed(Machine machine, ZoneSpan zone)
    {
        if (zone.Present.Pages == 0)
            return zone.Present;
        ulong held = 0,
            perBlock = machine.Mm.PagesPerBlock.Pages;
        ulong first = zone.Start.Number / perBlock,
            past = Alignment.Up(zone.End.Number, perBlock) / perBlock;
        foreach ((ulong start, ulong end, MemoryBlock block) in machine.Mm.Blocks.Within(first, past))
        {
            if (block.State != BlockState.Online || block.Node != zone.Node)
                continue;
            if (block.IsEarly && (block.Zone == zone.Kind || block.Zone == ZoneKind.None))
                return null;
            if (block.Zone == zone.Kind)
                held = checked(held + ((end - start) * block.MemmapPages.Pages));
        }
        held = checked(held + VirtioMem.UnpluggedPages(machine.Mm, zone.Node, zone.Kind));
        return new PfnCount(zone.Present.Pages - held);
    }
}
