using Altmap.Cli.Common;
using Altmap.Core.Units;
using Altmap.Model;

namespace Altmap.Cli.Maps;

/// <summary>Which part of a map to show: <c>--section</c>, <c>--from</c>, <c>--to</c>.</summary>
/// <param name="Sections">Sections or sub-sections, or null.</param>
/// <param name="From">First address, or null.</param>
/// <param name="To">One past the last address, or null.</param>
internal sealed record MapWindow(SectionSpan? Sections, PhysicalAddress? From, PhysicalAddress? To)
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
        PfnCount section = machine.Mm.Geometry.PagesPerSection,
            sub = machine.Mm.Geometry.PagesPerSubSection;
        ulong sections = Alignment.Up(end.Number, section.Pages) / section.Pages;
        if (IsEverything)
            return (MapRow.PagesOf(0, 0, new PfnCount(sections * section.Pages)), section);
        if (Sections is { } span)
        {
            PfnRange pages = span.PagesOf(sections, section, sub, "--section");
            return (pages, span.IsZoomed || pages.Count.Pages / section.Pages <= ZoomedSectionsMax ? sub : section);
        }
        ByteSize page = machine.Mm.PageSize;
        Pfn first = From is { } from ? Pfn.Containing(from, page) : default,
            last = To is { Bytes: > 0 } to ? Pfn.Containing(new PhysicalAddress(to.Bytes - 1), page) : new Pfn(Math.Max(1, end.Number) - 1);
        if (To is { } past && (From ?? default) >= past)
            throw CliError.Usage(
                $"--to {To} is not behind {(From is null ? "the first byte" : $"--from {From}")}: nothing is left to show"
            );
        if (first > last)
            throw CliError.Usage($"--from {From} is behind the last page, at {last.ToAddress(page)}");
        ulong asked = (last.Number / section.Pages) - (first.Number / section.Pages) + 1;
        PfnCount unit = asked <= ZoomedSectionsMax ? sub : section;
        return (MapRow.PagesOf(first.Number / unit.Pages, Math.Min(last.Number, Math.Max(1, end.Number) - 1) / unit.Pages, unit), unit);
    }
}
