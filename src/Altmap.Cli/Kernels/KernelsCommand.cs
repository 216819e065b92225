using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Core.Kernels;

namespace Altmap.Cli.Kernels;

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
        var rules = new Option<string?>("--rules")
        {
            Description = "the words that rules may have and what they mean: of RULE, or of all",
            HelpName = "RULE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        rules.CompletionSources.Add(_ => Rules.All.Select(r => new System.CommandLine.Completions.CompletionItem(r.Name)));
        var kernel = new Option<string?>("--for")
        {
            Description = "which profile stands for this kernel (a version, or what uname -r prints), why, and what may differ",
            HelpName = "KERNEL",
        };
        var evidence = new Option<bool>("--evidence")
        {
            Description = "how each rule of each kernel is known: recorded on a real one, read in its source, or neither",
        };
        Option<bool> json = JsonOutput.Option();
        var command = new Command(
            "kernels",
            "Shows kernel profiles, their rules, where each was read and whether a real kernel confirmed it."
        )
        {
            names,
            rules,
            kernel,
            evidence,
            json,
        };
        command.SetAction(p =>
            p.GetValue(kernel) is not null && p.GetResult(rules) is not null
                ? throw CliError.Usage(
                    "--rules lists what rules may have, whatever the kernel; altmap kernels K shows those of one: leave --for out, "
                        + "or --rules"
                )
            : p.GetValue(evidence) && !p.GetValue(json) ? RunEvidence(host, p.GetValue(names) ?? [])
            : p.GetValue(kernel) is { } asked ? KernelMatchReport.Run(host, asked, p.GetValue(names) ?? [], p.GetValue(json))
            : p.GetResult(rules) is null ? Run(host, p.GetValue(names) ?? [], p.GetValue(json))
            : RunRules(host, p.GetValue(names) ?? [], p.GetValue(rules), p.GetValue(json))
        );
        CommandHelp.SetExamples(
            command,
            "altmap kernels",
            "altmap kernels 6.1",
            "altmap kernels 6.1 7.2",
            "altmap kernels --for $(uname -r)",
            "altmap kernels 6.1 ./mine.json --json",
            "altmap kernels --rules info-block.layout",
            "altmap kernels --evidence"
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

    /// <summary><c>--rules [RULE]</c>: what a profile file may set, and which profiles have which.</summary>
    private static int RunRules(CliHost host, string[] names, string? name, bool isJson)
    {
        if (names.Length > 0)
            throw CliError.Usage("--rules lists what rules may have, whatever the kernel; leave K out, or --rules");
        Rule[] rules = [.. Rules.All];
        if (name is not null)
        {
            string hint = NearestWord.Hint(name, [.. Rules.All.Select(r => r.Name)]);
            rules =
            [
                Rules.Find(name)
                    ?? throw CliError.Usage(
                        $"there is no rule {Quote.Text(name)}{(hint.Length == 0 ? "" : $"; {hint}")} (altmap kernels --rules lists all)"
                    ),
            ];
        }
        if (isJson)
            JsonOutput.Write(host, json => WriteRulesJson(json, rules));
        else if (name is null)
            WriteWords(host, rules);
        else
            WriteRule(host, rules[0]);
        return ExitCode.Success;
    }

    /// <summary>A line a rule, a column a kernel; the places that were read are in <c>altmap kernels K</c>, and in JSON.</summary>
    private static int RunEvidence(CliHost host, string[] names)
    {
        KernelProfile[] profiles = names.Length == 0 ? [.. KernelProfiles.All] : [.. names.Select(n => KernelChoice.Load(n))];
        var table = new TextTable(["rule", .. profiles.Select(p => p.Name)]);
        foreach (Rule rule in Rules.All)
            table.Add([rule.Name, .. profiles.Select(p => Mark(p.SettingOf(rule).Confirmation))]);
        foreach (Confirmation how in (Confirmation[])[Confirmation.RealKernel, Confirmation.SourceOnly, Confirmation.Inferred])
            table.Add([
                $"rules {Mark(how)}",
                .. profiles.Select(p =>
                    p.Settings.Count(s => s.Setting.Confirmation == how).ToString(System.Globalization.CultureInfo.InvariantCulture)
                ),
            ]);
        table.Write(host);
        host.Out.WriteLine(
            "recorded: a real kernel did so; read: in the source of that kernel; -: neither, inferred from its neighbours. Where: altmap "
                + "kernels K."
        );
        return ExitCode.Success;
    }

    private static string Mark(Confirmation confirmation) =>
        confirmation switch
        {
            Confirmation.RealKernel => "recorded",
            Confirmation.SourceOnly => "read",
            Confirmation.UserDefined => "yours",
            _ => "-",
        };

    private static void WriteWords(CliHost host, Rule[] rules)
    {
        var table = new TextTable("rule", "may be", "what it means");
        foreach (Rule rule in rules)
        {
            table.Add(rule.Name, rule.IsNumber ? rule.Expected : "", rule.Meaning);
            foreach (RuleWord word in rule.Words)
                table.Add("", word.Word, word.Meaning);
        }
        table.Write(host);
    }

    private static void WriteRule(CliHost host, Rule rule)
    {
        host.Out.WriteLine($"{rule.Name}: {rule.Meaning}");
        if (rule.IsNumber)
            host.Out.WriteLine($"It is {rule.Expected}.");
        var table = new TextTable("may be", "what it means", "kernels that have it");
        foreach (RuleWord word in rule.Words)
            table.Add(word.Word, word.Meaning, Having(rule, word.Word));
        if (rule.IsNumber)
        {
            foreach (string value in KernelProfiles.Named.Select(k => k.SettingOf(rule).Value).Distinct())
                table.Add(value, rule.Unit, Having(rule, value));
        }
        table.Write(host);
    }

    private static string Having(Rule rule, string value)
    {
        string[] names = [.. KernelProfiles.Named.Where(k => k.SettingOf(rule).Value == value).Select(k => k.Name)];
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }

    private static void WriteRulesJson(Utf8JsonWriter json, Rule[] rules)
    {
        json.WriteStartArray();
        foreach (Rule rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("name", rule.Name);
            json.WriteString("meaning", rule.Meaning);
            if (rule.IsNumber)
            {
                json.WriteString("unit", rule.Unit);
                json.WriteNumber("min", rule.Min);
                json.WriteNumber("max", rule.Max);
            }
            json.WriteObjects(
                "words",
                rule.Words,
                word =>
                {
                    json.WriteString("word", word.Word);
                    json.WriteString("meaning", word.Meaning);
                    json.WriteStrings(
                        "kernels",
                        [.. KernelProfiles.Named.Where(k => k.SettingOf(rule).Value == word.Word).Select(k => k.Name)]
                    );
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
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
        foreach ((Rule rule, RuleSetting setting) in profile.Settings)
        {
            table.Add(rule.Name, Value(rule, setting), Word(setting.Confirmation), setting.Source);
        }
        table.Write(host);
    }

    private static void WriteDifferences(CliHost host, KernelProfile from, KernelProfile to)
    {
        var table = new TextTable("rule", from.Name, to.Name, $"{to.Name} confirmed by", "what it says");
        foreach (Rule rule in Differing(from, to))
            table.Add(
                rule.Name,
                Value(rule, from.SettingOf(rule)),
                Value(rule, to.SettingOf(rule)),
                Word(to.SettingOf(rule).Confirmation),
                rule.Meaning
            );
        if (table.Rows.Count == 0)
            host.Out.WriteLine($"{from.Name} and {to.Name} have the same rules.");
        else
            table.Write(host);
    }

    private static IEnumerable<Rule> Differing(KernelProfile from, KernelProfile to) =>
        Rules.All.Where(r => from.SettingOf(r).Value != to.SettingOf(r).Value);

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
                    WriteSetting(json, "value", rule, profile.SettingOf(rule));
                    json.WriteString("confirmation", ConfirmationKey(profile.SettingOf(rule).Confirmation));
                    json.WriteString("source", profile.SettingOf(rule).Source);
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
                WriteSetting(json, "from", rule, from.SettingOf(rule));
                WriteSetting(json, "to", rule, to.SettingOf(rule));
                json.WriteString("confirmation", ConfirmationKey(to.SettingOf(rule).Confirmation));
                json.WriteString("source", to.SettingOf(rule).Source);
                json.WriteString("meaning", rule.Meaning);
            }
        );
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, string name, Rule rule, RuleSetting setting)
    {
        if (rule.IsNumber)
            json.WriteNumber(name, ulong.Parse(setting.Value, System.Globalization.CultureInfo.InvariantCulture));
        else
            json.WriteString(name, setting.Value);
    }

    private static string Value(Rule rule, RuleSetting setting) => rule.Unit.Length == 0 ? setting.Value : $"{setting.Value} {rule.Unit}";

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
