using System.Collections.Immutable;
using Altmap.Core.Json;

namespace Altmap.Core.Kernels;

/// <summary>A profile, or why there is none.</summary>
/// <param name="Profile">Null when there are errors.</param>
/// <param name="Errors">In the order of the file, at most <see cref="InputErrors.CountMax"/>.</param>
public sealed record ProfileFileResult(KernelProfile? Profile, ImmutableArray<InputError> Errors);

/// <summary>
/// A user's kernel profile, format altmap-kernel/1: a shipped profile with some rules set otherwise. Example:
/// <c>{"format":"altmap-kernel/1","name":"mine","based_on":"6.1","rules":{"info-block.max-struct-page-size":128}}</c>.
/// </summary>
public static class ProfileFile
{
    /// <summary>What <c>format</c> must say.</summary>
    public const string Format = "altmap-kernel/1";

    private static readonly string[] Keys = ["format", "name", "based_on", "description", "rules"];
    private static readonly string[] RuleNames = [.. Rules.All.Select(r => r.Name)];

    /// <summary>Reads a whole file. Any bytes give a profile or errors.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="fileName">As messages name it.</param>
    public static ProfileFileResult Parse(ReadOnlyMemory<byte> utf8, string fileName)
    {
        var errors = new InputErrors(fileName);
        if (JsonText.Parse(utf8.Span, errors) is not { } root)
            return new(null, [.. errors.Sorted]);
        var fields = new JsonFields(root, "the profile", Keys, errors);
        string format = fields.RequireText("format");
        if (format.Length > 0 && format != Format)
            fields.Complain("format", $"the format is {Quote.Text(format)}", $"\"{Format}\"");
        string name = fields.RequireText("name");
        if (KernelProfiles.Find(name) is not null)
            fields.Complain("name", $"the name {Quote.Text(name)} is that of a profile that ships", "", "choose another");
        string basedOn = fields.RequireText("based_on");
        KernelProfile? basis = KernelProfiles.Find(basedOn);
        if (basis is null && basedOn.Length > 0)
            fields.Complain(
                "based_on",
                $"there is no kernel profile {Quote.Text(basedOn)}",
                $"one of {KernelProfiles.Names}",
                KernelNames.Hint(basedOn)
            );
        string description = fields.Text("description", $"{basedOn} with other rules");
        List<RuleChange> changes = ReadRules(fields, errors);
        return errors.IsEmpty && basis is not null ? new(basis.With(name, description, [.. changes]), []) : new(null, [.. errors.Sorted]);
    }

    private static List<RuleChange> ReadRules(JsonFields profile, InputErrors errors)
    {
        var changes = new List<RuleChange>();
        if (profile.Find("rules") is not { } value)
            return changes;
        var fields = new JsonFields(value, "\"rules\"", RuleNames, errors);
        foreach (Rule rule in Rules.All)
        {
            if (fields.Find(rule.Name) is not { } set)
                continue;
            string? text = set.Kind switch
            {
                JsonKind.Number or JsonKind.String => set.Text,
                JsonKind.Boolean => set.Text == "true" ? "yes" : "no",
                _ => null,
            };
            if (text is null)
                errors.Add(set, $"\"{rule.Name}\" is {set.Describe()}", rule.Expected);
            else if (!rule.Allows(text))
                errors.Add(set, $"\"{rule.Name}\" cannot be {set.Describe()}", rule.Expected);
            else
                changes.Add(rule.ToText(text));
        }
        return changes;
    }
}
