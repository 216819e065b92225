using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Formats;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap explain</c>: what a finding's code means.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliHost host)
    {
        var code = new Argument<string?>("CODE")
        {
            Description = "as pfn.dataoff.misaligned (default: a list of all)",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "CODE",
        };
        code.CompletionSources.Add(_ => MediaFindings.Codes.Select(p => new System.CommandLine.Completions.CompletionItem(p.Name)));
        Option<bool> json = JsonOutput.Option();
        var command = new Command("explain", "Explains the code of a finding.") { code, json };
        command.SetAction(p => Run(host, p.GetValue(code), p.GetValue(json)));
        CommandHelp.SetExamples(command, "altmap explain", "altmap explain pfn.start-pad");
        return command;
    }

    private static int Run(CliHost host, string? code, bool isJson)
    {
        if (code is null && isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartArray();
                    foreach (FindingCode page in MediaFindings.Codes)
                        WriteJson(json, page);
                    json.WriteEndArray();
                }
            );
            return ExitCode.Success;
        }
        if (code is null)
        {
            var table = new TextTable("code", "what was found");
            foreach (FindingCode page in MediaFindings.Codes)
                table.Add(page.Name, page.Title);
            table.Write(host);
            return ExitCode.Success;
        }
        if (MediaFindings.Codes.FirstOrDefault(p => p.Name == code) is not { } found)
        {
            string hint = NearestWord.Hint(code, MediaFindings.Codes.Select(p => p.Name));
            throw CliError.Usage(
                $"there is no code {Quote.Text(code)}; \"altmap explain\" lists them{(hint.Length == 0 ? "" : $"; {hint}")}"
            );
        }
        if (isJson)
        {
            JsonOutput.Write(host, json => WriteJson(json, found));
            return ExitCode.Success;
        }
        host.Out.WriteLine($"{found.Name}: {found.Title}");
        host.Out.WriteLine();
        host.Out.WriteLine($"Consequence: {found.Consequence}");
        host.Out.WriteLine($"What to do:  {found.Advice}");
        if (found.Source.Length > 0)
            host.Out.WriteLine($"Source:      {found.Source}");
        return ExitCode.Success;
    }

    private static void WriteJson(Utf8JsonWriter json, FindingCode page)
    {
        json.WriteStartObject();
        json.WriteString("code", page.Name);
        json.WriteString("severity", page.Severity.Word());
        json.WriteString("what", page.Title);
        json.WriteString("consequence", page.Consequence);
        json.WriteString("remedy", page.Advice);
        json.WriteString("source", page.Source);
        json.WriteEndObject();
    }
}
