using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap kernels</c>: profiles, their rules and how we know them.</summary>
internal static class KernelsCommand
{
    public static Command Create(CliHost host)
    {
        var names = new Argument<string[]>("K")
        {
            Description = "none: all profiles; one: its rules; two: what differs",
            Arity = new ArgumentArity(0, 2),
            HelpName = "K",
        };
        names.CompletionSources.Add(_ => KernelProfiles.All.Select(p => new System.CommandLine.Completions.CompletionItem(p.Name)));
        Option<bool> json = JsonOutput.Option();
        var command = new Command(
            "kernels",
            "Shows kernel profiles, their rules, where each was read and whether a real kernel confirmed it."
        )
        {
            names,
            json,
        };
        command.SetAction(p => Run(host, p.GetValue(names) ?? [], p.GetValue(json)));
        CommandHelp.SetExamples(
            command,
            "altmap kernels",
            "altmap kernels 6.1",
            "altmap kernels 6.1 7.2",
            "altmap kernels 6.1 ./mine.json --json"
        );
        return command;
    }

    private static int Run(CliHost host, string[] names, bool isJson)
    {
        KernelProfile[] profiles = [.. names.Select(n => KernelChoice.Load(n))];
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, profiles));
        else if (profiles.Length == 0)
            WriteList(host);
        else if (profiles.Length == 1)
            WriteRules(host, profiles[0]);
        else
            WriteDifferences(host, profiles[0], profiles[1]);
        return ExitCode.Success;
    }

    private static void WriteList(CliHost host)
    {
        var table = new TextTable("kernel", "verified", "what it stands for");
        foreach (KernelProfile profile in KernelProfiles.Named)
            table.Add(profile.Name, profile.IsVerified ? "yes" : "no", profile.Description);
        table.Write(host);
    }

    private static void WriteRules(CliHost host, KernelProfile profile)
    {
        host.Out.WriteLine($"{profile.Name}: {profile.Description}");
        var table = new TextTable("rule", "value", "confirmed by", "source");
        foreach (RuleDefinition rule in Rules.All)
        {
            RuleSetting setting = profile.Settings[rule.Name];
            table.Add(rule.Name, Value(rule, setting), Word(setting.Confirmation), setting.Source);
        }
        table.Write(host);
    }

    private static void WriteDifferences(CliHost host, KernelProfile from, KernelProfile to)
    {
        var table = new TextTable("rule", from.Name, to.Name, $"{to.Name} confirmed by", "what it says");
        foreach (RuleDefinition rule in Differing(from, to))
            table.Add(
                rule.Name,
                Value(rule, from.Settings[rule.Name]),
                Value(rule, to.Settings[rule.Name]),
                Word(to.Settings[rule.Name].Confirmation),
                rule.Meaning
            );
        if (table.Rows.Count == 0)
            host.Out.WriteLine($"{from.Name} and {to.Name} have the same rules.");
        else
            table.Write(host);
    }

    private static IEnumerable<RuleDefinition> Differing(KernelProfile from, KernelProfile to) =>
        Rules.All.Where(r => from.Settings[r.Name].Value != to.Settings[r.Name].Value);

    private static void WriteJson(Utf8JsonWriter json, KernelProfile[] profiles)
    {
        if (profiles.Length == 2)
        {
            WriteDifferences(json, profiles[0], profiles[1]);
            return;
        }
        json.WriteStartArray();
        foreach (KernelProfile profile in profiles.Length == 0 ? KernelProfiles.Named : [profiles[0]])
        {
            json.WriteStartObject();
            json.WriteString("name", profile.Name);
            json.WriteString("description", profile.Description);
            json.WriteBoolean("verified", profile.IsVerified);
            json.WriteObjects(
                "rules",
                Rules.All,
                rule =>
                {
                    json.WriteString("name", rule.Name);
                    WriteSetting(json, "value", rule, profile.Settings[rule.Name]);
                    json.WriteString("confirmation", ConfirmationKey(profile.Settings[rule.Name].Confirmation));
                    json.WriteString("source", profile.Settings[rule.Name].Source);
                    json.WriteString("meaning", rule.Meaning);
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDifferences(Utf8JsonWriter json, KernelProfile from, KernelProfile to)
    {
        json.WriteStartObject();
        json.WriteString("from", from.Name);
        json.WriteString("to", to.Name);
        json.WriteObjects(
            "differences",
            Differing(from, to),
            rule =>
            {
                json.WriteString("name", rule.Name);
                WriteSetting(json, "from", rule, from.Settings[rule.Name]);
                WriteSetting(json, "to", rule, to.Settings[rule.Name]);
                json.WriteString("confirmation", ConfirmationKey(to.Settings[rule.Name].Confirmation));
                json.WriteString("source", to.Settings[rule.Name].Source);
                json.WriteString("meaning", rule.Meaning);
            }
        );
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, string name, RuleDefinition rule, RuleSetting setting)
    {
        if (rule.IsNumber)
            json.WriteNumber(name, ulong.Parse(setting.Value, System.Globalization.CultureInfo.InvariantCulture));
        else
            json.WriteString(name, setting.Value);
    }

    private static string Value(RuleDefinition rule, RuleSetting setting) =>
        rule.Unit.Length == 0 ? setting.Value : $"{setting.Value} {rule.Unit}";

    private static string Word(Confirmation confirmation) =>
        confirmation switch
        {
            Confirmation.RealKernel => "a real kernel",
            Confirmation.SourceOnly => "its source only",
            Confirmation.Inferred => "nothing: inferred",
            _ => "you",
        };

    private static string ConfirmationKey(Confirmation confirmation) =>
        confirmation switch
        {
            Confirmation.RealKernel => "real_kernel",
            Confirmation.SourceOnly => "source_only",
            Confirmation.Inferred => "inferred",
            _ => "user_defined",
        };
}
