using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Json;
using Altmap.Core.Units;

namespace Altmap.Cli.Maps;

/// <summary>Sections or sub-sections, both ends inside, as a map numbers its rows.</summary>
/// <param name="First">Section of the first.</param>
/// <param name="FirstSub">Its sub-section; null: from the section's start.</param>
/// <param name="Last">Section of the last.</param>
/// <param name="LastSub">Its sub-section; null: to the section's end.</param>
internal sealed record SectionSpan(ulong First, ulong? FirstSub, ulong Last, ulong? LastSub)
{
    /// <summary><c>8</c>, <c>8-15</c>, <c>8.16</c>, <c>8.16-63</c>, <c>8.16-9.3</c>; null where the option was not given.</summary>
    public static SectionSpan? Parse(string? text, string option)
    {
        if (text is null)
            return null;
        string[] ends = text.Split('-');
        if (ends.Length > 2 || Place(ends[0]) is not { } first)
            throw Wrong();
        if (ends.Length == 1)
            return new(first.Section, first.Sub, first.Section, first.Sub);
        // Behind a sub-section a number alone is one of the same section.
        if (
            Place(
                first.Sub is not null && !ends[1].Contains('.')
                    ? string.Create(CultureInfo.InvariantCulture, $"{first.Section}.{ends[1]}")
                    : ends[1]
            )
            is not { } last
        )
            throw Wrong();
        return (last.Section, last.Sub ?? ulong.MaxValue).CompareTo((first.Section, first.Sub ?? 0)) >= 0
            ? new(first.Section, first.Sub, last.Section, last.Sub)
            : throw CliError.Usage($"{option}: {Quote.Text(text)} ends before it starts");

        CliError Wrong() => CliError.Usage($"{option}: {Quote.Text(text)} is no section; expected one as 8, 8-15, 8.16 or 8.16-63");
    }

    /// <summary>The pages of it. A number behind the last is an error that says what there is.</summary>
    /// <param name="sections">How many sections there are.</param>
    /// <param name="section">Pages of one.</param>
    /// <param name="sub">Pages of a sub-section.</param>
    /// <param name="option">For messages.</param>
    public PfnRange PagesOf(ulong sections, PfnCount section, PfnCount sub, string option)
    {
        ulong subs = section.Pages / sub.Pages;
        if (Last >= sections)
            throw CliError.Usage(
                $"{option}: {Last} is behind the last section that holds anything; expected 0 to {Math.Max(sections, 1) - 1}"
            );
        if ((LastSub ?? 0) >= subs || (FirstSub ?? 0) >= subs)
            throw CliError.Usage(
                $"{option}: a section has the sub-sections 0 to {subs - 1}, not {((FirstSub ?? 0) >= subs ? FirstSub : LastSub)}"
            );
        return new PfnRange(
            new Pfn((First * section.Pages) + ((FirstSub ?? 0) * sub.Pages)),
            new Pfn((Last * section.Pages) + (((LastSub ?? (subs - 1)) + 1) * sub.Pages))
        );
    }

    /// <summary>True where the ends are sub-sections, or it is one section: it is shown by the sub-section however long it is.</summary>
    public bool IsZoomed => (FirstSub ?? LastSub) is not null || First == Last;

    private static (ulong Section, ulong? Sub)? Place(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length > 2 || !ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong section))
            return null;
        if (parts.Length == 1)
            return (section, null);
        return ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong sub) ? (section, sub) : null;
    }
}
