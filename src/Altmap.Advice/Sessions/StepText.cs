using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;

namespace Altmap.Advice.Sessions;

/// <summary>
/// A step of a machine file: a command line, and behind it as a comment the UUIDs that the tool picked then, so that the same ones come out
/// when
/// it is run again: <c>ndctl create-namespace # uuids: 5f3c…</c>.
/// </summary>
public static partial class StepText
{
    private const string Mark = " # uuids:";

    /// <summary>The step for a command that was run between two states of the UUID source.</summary>
    public static string Of(string command, UuidSource before, UuidSource after)
    {
        string uuids = "";
        while (before.Random != after.Random)
        {
            (Uuid uuid, before) = before.Take();
            uuids += $" {uuid}";
        }
        return uuids.Length == 0 ? command : command + Mark + uuids;
    }

    /// <summary>The UUIDs that a step carries; none for a step without.</summary>
    public static ImmutableArray<Uuid> UuidsOf(string step) =>
        Uuids().Match(step) is { Success: true } match
            ? [.. match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Uuid.Parse)]
            : [];

    /// <summary>A word as a shell must be given it.</summary>
    public static string QuoteWord(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,:=+@%^".Contains(c))
            ? word
            : $"'{word.Replace("'", "'\\''")}'";

    [GeneratedRegex(" # uuids:((?: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})+)$")]
    private static partial Regex Uuids();
}
