namespace Altmap.Core.Json;

/// <summary>Finds what a person may have meant.</summary>
public static class NearestWord
{
    /// <summary>The choice that differs least from <paramref name="word"/>, when that is at most a third of its letters or one starts with
    /// the other; else null. The first of equals.</summary>
    public static string? Find(string word, IEnumerable<string> choices)
    {
        if (word.Length is 0 or > 64)
            return null;
        string? best = null;
        int bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (string choice in choices)
        {
            bool isStart =
                word.Length > 2 && (choice.StartsWith(word, StringComparison.Ordinal) || word.StartsWith(choice, StringComparison.Ordinal));
            int distance = isStart ? 1 : Distance(word, choice);
            if (distance < bestDistance)
                (best, bestDistance) = (choice, distance);
        }
        return best;
    }

    /// <summary><c>did you mean "x"?</c>, or empty.</summary>
    public static string Hint(string word, IEnumerable<string> choices) =>
        Find(word, choices) is { } near ? $"did you mean \"{near}\"?" : "";

    /// <summary>Edits (insert, delete, change one letter, swap two neighbours) from one word to the other.</summary>
    internal static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1],
            above = new int[b.Length + 1],
            row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            above[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, above, row) = (above, row, before);
        }
        return above[b.Length];
    }
}
