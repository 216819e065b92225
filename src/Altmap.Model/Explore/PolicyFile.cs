using System.Collections.Immutable;
using Altmap.Core.Json;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>A policy, or why there is none.</summary>
/// <param name="Policy">Null when there are errors.</param>
/// <param name="Errors">In the order of the file.</param>
public sealed record PolicyFileResult(Policy? Policy, ImmutableArray<InputError> Errors);

/// <summary>
/// A user's policy, format altmap-policy/1. Either its checks in order, or a policy that it is based on with checks left out and added.
/// Example: <c>{"format":"altmap-policy/1","name":"mine","based_on":"current","remove":["section-valid"],"add":["any-pagemap"]}</c>.
/// </summary>
public static class PolicyFile
{
    /// <summary>What <c>format</c> must say.</summary>
    public const string Format = "altmap-policy/1";

    private static readonly string[] Keys = ["format", "name", "description", "based_on", "checks", "remove", "add", "holes", "collisions"];

    /// <summary>Words for <c>holes</c> with what they mean.</summary>
    public static ImmutableArray<(string Word, HolePages Holes, string Meaning)> HoleWords { get; } =
    [
        ("neighbour", HolePages.Neighbour, "boot-time holes get the zone of the RAM beside them (5.12 and later)"),
        ("zone-zero", HolePages.ZoneZero, "boot-time holes get zone 0 of node 0 (5.10.0 to 5.11)"),
        ("uninitialised", HolePages.Uninitialised, "nobody initialises boot-time holes"),
    ];

    /// <summary>Words for <c>collisions</c> with what they mean.</summary>
    public static ImmutableArray<(string Word, Collisions Collisions, string Meaning)> CollisionWords { get; } =
    [
        ("share", Collisions.Share, "a device and RAM share a section"),
        ("drop-ram", Collisions.DropRam, "the RAM of a section that a device shares is thrown away"),
        ("drop-pmem", Collisions.DropPmem, "what of a device shares a section with RAM is thrown away"),
    ];

    /// <summary>Reads a whole file. Any bytes give a policy or errors.</summary>
    public static PolicyFileResult Parse(ReadOnlyMemory<byte> utf8, string fileName)
    {
        var errors = new InputErrors(fileName);
        if (JsonText.Parse(utf8.Span, errors) is not { } root)
            return new(null, [.. errors.Sorted]);
        var fields = new JsonFields(root, "the policy", Keys, errors);
        string format = fields.RequireText("format");
        if (format.Length > 0 && format != Format)
            fields.Complain("format", $"the format is {Quote.Text(format)}", $"\"{Format}\"");
        string name = fields.RequireText("name");
        if (Policy.Find(name) is not null)
            fields.Complain("name", $"the name {Quote.Text(name)} is that of a policy that ships", "", "choose another");
        Policy? basis = Basis(fields);
        List<OnlineCheck> checks = basis is null ? [] : [.. basis.Checks];
        if (fields.Find("checks") is { } list)
        {
            if (basis is not null)
                errors.Add(list, "\"checks\" and \"based_on\" both say which checks there are", "one of them");
            checks = [.. Checks(list, "checks", errors)];
        }
        else if (basis is null && fields.IsObject && fields.Find("based_on") is null)
            errors.Add(root, "the policy has neither \"checks\" nor \"based_on\"", "", "add \"checks\": [\"section-online\", …]");
        if (fields.Find("remove") is { } remove)
        {
            foreach (OnlineCheck check in Checks(remove, "remove", errors))
            {
                if (!checks.Remove(check))
                    errors.Add(remove, $"there is no check {Quote.Text(check.Word)} to remove", $"one of {Words(checks)}");
            }
        }
        if (fields.Find("add") is { } add)
            checks.AddRange(Checks(add, "add", errors));
        foreach (IGrouping<OnlineTest, OnlineCheck> twice in checks.GroupBy(c => c.Test).Where(g => g.Count() > 1))
            errors.Add(root, $"the check {Quote.Text(OnlineCheck.WordOf(twice.Key))} stands {twice.Count()} times", "once");
        HolePages holes = One(fields, "holes", basis?.Holes ?? default, [.. HoleWords.Select(w => (w.Word, w.Holes))], errors);
        Collisions collisions = One(
            fields,
            "collisions",
            basis?.Collisions ?? default,
            [.. CollisionWords.Select(w => (w.Word, w.Collisions))],
            errors
        );
        var policy = new Policy(name, fields.Text("description", $"{fileName}"), [.. checks]) { Holes = holes, Collisions = collisions };
        return errors.IsEmpty ? new(policy, []) : new(null, [.. errors.Sorted]);
    }

    private static Policy? Basis(JsonFields fields)
    {
        string basedOn = fields.Text("based_on");
        if (basedOn.Length == 0)
            return null;
        Policy? basis = Policy.Find(basedOn);
        if (basis is null)
            fields.Complain(
                "based_on",
                $"there is no policy {Quote.Text(basedOn)}",
                $"one of {string.Join(", ", Policy.All.Select(p => p.Name))}",
                NearestWord.Hint(basedOn, Policy.All.Select(p => p.Name))
            );
        return basis;
    }

    private static IEnumerable<OnlineCheck> Checks(JsonValue list, string key, InputErrors errors)
    {
        string[] words = [.. Enum.GetValues<OnlineTest>().Select(OnlineCheck.WordOf)];
        if (list.Kind != JsonKind.Array)
        {
            errors.Add(list, $"\"{key}\" is {list.Describe()}", "a list of checks");
            yield break;
        }
        foreach (JsonValue item in list.Items)
        {
            if (item.Kind == JsonKind.String && OnlineCheck.Find(item.Text) is { } check)
                yield return check;
            else
                errors.Add(
                    item,
                    $"{item.Describe()} is no check",
                    $"one of {string.Join(", ", words)}, each also with \"{OnlineCheck.TaintedPrefix}\" before it",
                    item.Kind == JsonKind.String ? NearestWord.Hint(item.Text, words) : ""
                );
        }
    }

    private static T One<T>(JsonFields fields, string key, T otherwise, (string Word, T Value)[] words, InputErrors errors)
    {
        if (fields.Find(key) is not { } value)
            return otherwise;
        foreach ((string word, T meant) in words)
        {
            if (value.Kind == JsonKind.String && value.Text == word)
                return meant;
        }
        errors.Add(value, $"\"{key}\" is {value.Describe()}", $"one of {string.Join(", ", words.Select(w => w.Word))}");
        return otherwise;
    }

    private static string Words(List<OnlineCheck> checks) =>
        checks.Count == 0 ? "none is left" : string.Join(", ", checks.Select(c => c.Word));
}
