using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain;

/// <summary>A line of a log with its page.</summary>
/// <param name="Number">Of the line, from 1.</param>
/// <param name="Line">As it was pasted, without its end.</param>
/// <param name="Page">What it means.</param>
/// <param name="Values">What stands for the stars of the pattern.</param>
/// <param name="Count">How often the same line, but for its numbers, stands in the text.</param>
public sealed record ExplainedLine(int Number, string Line, MessagePage Page, ImmutableArray<string> Values, int Count)
{
    private const int LinesMax = 1_000_000;

    /// <summary>The page of a line, or null. Costs no more than the line is long times the pages there are.</summary>
    public static (MessagePage Page, ImmutableArray<string> Values)? Find(string line)
    {
        (MessagePage Page, ImmutableArray<string> Values)? best = null;
        foreach (MessagePage page in MessagePages.All)
        {
            if (best is { } found && found.Page.Weight >= page.Weight)
                continue;
            if (page.Match(line) is { } values)
                best = (page, values);
        }
        return best;
    }

    /// <summary>The lines of a text that have a page, each page once for the same subject, in the order of the text.</summary>
    public static ImmutableArray<ExplainedLine> All(string text)
    {
        var found = new List<ExplainedLine>();
        var seen = new Dictionary<(MessagePage, string), int>();
        int number = 0;
        foreach (ReadOnlySpan<char> each in text.AsSpan().EnumerateLines())
        {
            if (++number > LinesMax)
                break;
            string line = each.ToString();
            if (Find(line) is not { } hit)
                continue;
            // The same page for the same device is one thing that happened again.
            (MessagePage, string) key = (hit.Page, DeviceOf(line));
            if (seen.TryGetValue(key, out int at))
            {
                found[at] = found[at] with { Count = found[at].Count + 1 };
                continue;
            }
            seen[key] = found.Count;
            found.Add(new ExplainedLine(number, line.Trim(), hit.Page, hit.Values, 1));
        }
        return [.. found];
    }

    /// <summary>How bad the worst line is; null where none has a page.</summary>
    public static Severity? Worst(ImmutableArray<ExplainedLine> lines) => lines.IsEmpty ? null : lines.Max(l => l.Page.Severity);

    /// <summary>The first word that names a device, as <c>namespace4.0</c>.</summary>
    private static string DeviceOf(string line)
    {
        foreach (string word in line.Split([' ', ':', ',', '\''], StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (string kind in (string[])["namespace", "region", "pfn", "dax", "btt", "nmem", "pmem"])
            {
                if (word.Length > kind.Length && word.StartsWith(kind, StringComparison.Ordinal) && char.IsAsciiDigit(word[kind.Length]))
                    return word;
            }
        }
        return "";
    }
}
