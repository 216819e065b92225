using System.Globalization;

namespace Altmap.Model.Hardware;

/// <summary>What is assumed of a machine, in a line.</summary>
public static class FactSummary
{
    /// <summary><c>kernel (taken as 6.1), labels of nmem0, media of 12</c>; empty: nothing is assumed.</summary>
    public static string Assumed(IEnumerable<Fact> facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return string.Join(
            ", ",
            facts.Where(f => f.Origin == FactOrigin.Assumed).GroupBy(f => f.Topic).OrderBy(g => g.Key).Select(g => Words(g.Key, [.. g]))
        );
    }

    private static string Words(FactTopic topic, Fact[] facts)
    {
        string[] names = [.. facts.Select(f => f.Of).Where(n => n.Length > 0)];
        return names.Length switch
        {
            0 when topic is FactTopic.Kernel or FactTopic.Architecture => $"{topic.Word()} ({facts[0].From})",
            0 => topic.Word(),
            1 => $"{topic.Word()} of {names[0]}",
            _ => string.Create(CultureInfo.InvariantCulture, $"{topic.Word()} of {names.Length}"),
        };
    }
}
