using Altmap.Cli.Common;
using Altmap.Core.Units;
using Altmap.Model;

namespace Altmap.Cli.Maps;

/// <summary>Which part of a map to show: <c>--section</c>, <c>--from</c>, <c>--to</c>.</summary>
/// <param name="Section">A section's number, or null.</param>
/// <param name="From">First address, or null.</param>
/// <param name="To">Last address, or null.</param>
internal sealed record MapWindow(ulong? Section, PhysicalAddress? From, PhysicalAddress? To)
{
    public static readonly MapWindow Everything = new(null, null, null);

    /// <summary>Up to so many sections are shown by the sub-section.</summary>
    private const ulong ZoomedSectionsMax = 32;

    public bool IsEverything => this == Everything;

    /// <summary>The pages to show, whole units, and the unit: a section, or a sub-section where few sections are asked for.</summary>
    /// <param name="machine">Whose sizes.</param>
    /// <param name="end">One past the last page that is anything.</param>
    public (PfnRange Pages, PfnCount Unit) Of(Machine machine, Pfn end)
    {
        PfnCount section = machine.Mm.Geometry.PagesPerSection, sub = machine.Mm.Geometry.PagesPerSubSection;
        ulong sections = Alignment.Up(end.Number, section.Pages) / section.Pages;
        if (IsEverything) return (MapRow.PagesOf(0, 0, new PfnCount(sections * section.Pages)), section);
        if (Section is { } number)
        {
            if (number >= sections) throw CliError.Usage($"--section: {number} is behind the last one that holds anything; expected 0 to {Math.Max(sections, 1) - 1}");
            return (MapRow.PagesOf(number, number, section), sub);
        }
        ByteSize page = machine.Mm.PageSize;
        Pfn first = From is { } from ? Pfn.Containing(from, page) : default, last = To is { } to ? Pfn.Containing(to, page) : new Pfn(Math.Max(1, end.Number) - 1);
        if (first > last) throw CliError.Usage($"--from {From} is behind {(To is null ? $"the last page, at {last.ToAddress(page)}" : $"--to {To}")}");
        ulong asked = (last.Number / section.Pages) - (first.Number / section.Pages) + 1;
        PfnCount unit = asked <= ZoomedSectionsMax ? sub : section;
        return (MapRow.PagesOf(first.Number / unit.Pages, Math.Min(last.Number, Math.Max(1, end.Number) - 1) / unit.Pages, unit), unit);
    }
}
