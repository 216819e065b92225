using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;

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
        code.CompletionSources.Add(_ => ExplainPages.All.Select(p => new System.CommandLine.Completions.CompletionItem(p.Code)));
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
                    foreach (ExplainPage page in ExplainPages.All)
                        WriteJson(json, page);
                    json.WriteEndArray();
                }
            );
            return ExitCode.Success;
        }
        if (code is null)
        {
            var table = new TextTable("code", "what was found");
            foreach (ExplainPage page in ExplainPages.All)
                table.Add(page.Code, page.What);
            table.Write(host);
            return ExitCode.Success;
        }
        if (ExplainPages.All.FirstOrDefault(p => p.Code == code) is not { } found)
        {
            string hint = NearestWord.Hint(code, ExplainPages.All.Select(p => p.Code));
            throw CliError.Usage(
                $"there is no code {Quote.Text(code)}; \"altmap explain\" lists them{(hint.Length == 0 ? "" : $"; {hint}")}"
            );
        }
        if (isJson)
        {
            JsonOutput.Write(host, json => WriteJson(json, found));
            return ExitCode.Success;
        }
        host.Out.WriteLine($"{found.Code}: {found.What}");
        host.Out.WriteLine();
        host.Out.WriteLine($"Consequence: {found.Consequence}");
        host.Out.WriteLine($"What to do:  {found.Remedy}");
        return ExitCode.Success;
    }

    private static void WriteJson(Utf8JsonWriter json, ExplainPage page)
    {
        json.WriteStartObject();
        json.WriteString("code", page.Code);
        json.WriteString("what", page.What);
        json.WriteString("consequence", page.Consequence);
        json.WriteString("remedy", page.Remedy);
        json.WriteEndObject();
    }
}
