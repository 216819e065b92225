using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;

namespace Altmap.Cli.Kernels;

/// <summary><c>altmap kernels --for KERNEL</c>: the profile that stands for a kernel, by which rule, and what may differ.</summary>
internal static class KernelMatchReport
{
    public static int Run(CliHost host, string asked, string[] names, bool isJson)
    {
        if (names.Length > 0)
            throw CliError.Usage("--for and a profile's name exclude each other");
        KernelMatch match = KernelNames.Find(asked) ?? throw CliError.Usage(KernelNames.Refusal(asked));
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, match));
        else
            WriteText(host, match);
        return ExitCode.Success;
    }

    private static void WriteText(CliHost host, KernelMatch match)
    {
        host.Out.WriteLine($"{match.Asked} is taken as {match.Profile.Name} ({match.Profile.Description})");
        host.Out.WriteLine($"rule: {KernelNames.Word(match.Rule)}: {Text(match.Rule)}");
        host.Out.WriteLine($"here: {match.Why}");
        if (match.Differences.IsEmpty)
            host.Out.WriteLine("differs: nothing that is known here");
        else
        {
            var table = new TextTable("what", "differs", "why");
            foreach (KernelDifference difference in match.Differences)
                table.Add(difference.Rule, difference.IsKnown ? "yes" : "not known", difference.Why);
            table.Write(host);
        }
        host.Out.WriteLine(
            match.Profile.IsVerified
                ? $"verified: the rules of {match.Profile.Name} were seen on a real kernel or read in its source"
                : "not verified on this kernel: answers carry a note"
        );
    }

    private static void WriteJson(Utf8JsonWriter json, KernelMatch match)
    {
        json.WriteStartObject();
        json.WriteString("asked", match.Asked);
        json.WriteString("profile", match.Profile.Name);
        json.WriteString("rule", KernelNames.Word(match.Rule));
        json.WriteString("why", match.Why);
        json.WriteString("distribution", match.Distribution?.Name);
        json.WriteBoolean("verified", match.Profile.IsVerified);
        json.WriteObjects(
            "differences",
            match.Differences,
            difference =>
            {
                json.WriteString("what", difference.Rule);
                json.WriteBoolean("known", difference.IsKnown);
                json.WriteString("why", difference.Why);
            }
        );
        json.WriteEndObject();
    }

    private static string Text(KernelMatchRule rule) => KernelNames.Rules.First(r => r.Rule == rule).Text;
}
