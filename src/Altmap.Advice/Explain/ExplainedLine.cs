using System.Buffers;
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
    /// <summary>How many are told apart.</summary>
    public const int FoundMax = 10_000;

    private static readonly SearchValues<string> s_anchors = SearchValues.Create(
        [.. MessagePages.All.Select(p => p.Anchor).Distinct()],
        StringComparison.OrdinalIgnoreCase
    );
    private static readonly int s_startLength = MessagePages.All.Min(p => p.Anchor.Length);
    private static readonly ILookup<string, MessagePage> s_byStart = MessagePages.All.ToLookup(p =>
        p.Anchor[..s_startLength].ToUpperInvariant()
    );

    /// <summary>The page of a line, or null. Pages are tried where their longest piece of fixed text stands in the line, and no others:
    /// most lines of a log have none, and are passed over in one look.</summary>
    public static (MessagePage Page, ImmutableArray<string> Values)? Find(string line)
    {
        (MessagePage Page, ImmutableArray<string> Values)? best = null;
        ReadOnlySpan<char> rest = line;
        for (int at; (at = rest.IndexOfAny(s_anchors)) >= 0; rest = rest[(at + 1)..])
        {
            foreach (MessagePage page in s_byStart[rest.Slice(at, s_startLength).ToString().ToUpperInvariant()])
            {
                if (
                    (best is null || IsBetter(page, best.Value.Page))
                    && rest[at..].StartsWith(page.Anchor, StringComparison.OrdinalIgnoreCase)
                    && page.Match(line) is { } values
                )
                    best = (page, values);
            }
        }
        return best;
    }

    /// <summary>More fixed text; of as much the one that is listed first.</summary>
    private static bool IsBetter(MessagePage page, MessagePage than) =>
        page.Weight != than.Weight ? page.Weight > than.Weight : MessagePages.All.IndexOf(page) < MessagePages.All.IndexOf(than);

    /// <summary>The lines of a text that have a page, each page once for the same subject, in the order of the text.</summary>
    public static ImmutableArray<ExplainedLine> All(string text) => All(text.Split('\n').Select(l => l.TrimEnd('\r')));

    /// <summary>The same of lines as they come. Time is proportional to their length; what is kept has a bound: behind
    /// <see cref="FoundMax"/> different ones a page is counted at its first line, whatever device is meant.</summary>
    public static ImmutableArray<ExplainedLine> All(IEnumerable<string> lines)
    {
        var found = new List<ExplainedLine>();
        var counts = new List<int>();
        var seen = new Dictionary<(MessagePage, string), int>();
        var first = new Dictionary<MessagePage, int>();
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (Find(line) is not { } hit)
                continue;
            // The same page for the same device is one thing that happened again.
            (MessagePage, string) key = (hit.Page, DeviceOf(line));
            if (seen.TryGetValue(key, out int at) || (found.Count >= FoundMax && first.TryGetValue(hit.Page, out at)))
            {
                counts[at] += counts[at] == int.MaxValue ? 0 : 1;
                continue;
            }
            seen[key] = found.Count;
            first.TryAdd(hit.Page, found.Count);
            found.Add(new ExplainedLine(number, line.Trim(), hit.Page, hit.Values, 1));
            counts.Add(1);
        }
        return [.. found.Select((l, i) => l with { Count = counts[i] })];
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
