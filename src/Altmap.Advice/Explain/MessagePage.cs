using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain;

/// <summary>A line that a kernel or a tool prints, and what it means.</summary>
/// <param name="Pattern">The line without time stamp; <c>*</c> stands for a number, a name or any other text.</param>
/// <param name="Speaker">Who prints it, and on what check.</param>
/// <param name="Severity">How bad it is where it stands.</param>
/// <param name="Meaning">What happened.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Kernels">Which versions print it, or did; empty: all that are known here.</param>
public sealed record MessagePage(string Pattern, string Speaker, Severity Severity, string Meaning, string Advice, string Kernels = "")
{
    private readonly ImmutableArray<string> _parts = [.. Pattern.Split('*', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>How much of the pattern is fixed text: of several pages that fit, the one with the most of it is meant.</summary>
    public int Weight { get; } = Pattern.Count(c => c != '*');

    /// <summary>The longest piece of fixed text: no line fits that lacks it.</summary>
    public string Anchor { get; } = Pattern.Split('*').MaxBy(p => p.Length)!;

    /// <summary>The texts behind the stars where the line fits, in order; null where it does not. Upper and lower case, and any text before
    /// the pattern (time stamp, device), do not matter.</summary>
    public ImmutableArray<string>? Match(string line)
    {
        var values = ImmutableArray.CreateBuilder<string>(_parts.Length);
        int at = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            int found = line.IndexOf(_parts[i], at, StringComparison.OrdinalIgnoreCase);
            if (found < 0)
                return null;
            if (i > 0)
                values.Add(line[at..found]);
            at = found + _parts[i].Length;
        }
        if (Pattern.EndsWith('*'))
            values.Add(line[at..].TrimEnd());
        return values.DrainToImmutable();
    }
}
