using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Advice;
using Altmap.Advice.Explain;
using Altmap.Cli.Common;
using Altmap.Cli.Doctor;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Json;

namespace Altmap.Cli.Explain;

/// <summary><c>altmap explain</c>: the page of a finding, or of a message of kernel, ndctl or daxctl.</summary>
internal static class ExplainCommand
{
    private const long InputBytesMax = 4L << 30;

    public static Command Create(CliHost host)
    {
        var what = new Argument<string?>("WHAT")
        {
            Description =
                "a code as pfn.dataoff.misaligned, a message as pasted from a log, or - for a whole log on standard input "
                + "(default: a list of all codes)",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "CODE|MESSAGE|-",
        };
        what.CompletionSources.Add(_ => FindingPages.All.Select(p => new System.CommandLine.Completions.CompletionItem(p.Name)));
        var machine = new Argument<string?>("MACHINE")
        {
            Description = "a machine: the findings with that code, or about the device in the message, in its numbers",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var messages = new Option<bool>("--messages") { Description = "list the messages that have a page" };
        Option<bool> json = JsonOutput.Option();
        var command = new Command("explain", "Explains a finding, a message, or the lines of a log.") { what, machine, messages, json };
        command.SetAction(p => Run(host, p.GetValue(what), p.GetValue(machine), p.GetValue(messages), p.GetValue(json)));
        CommandHelp.SetExamples(
            command,
            "altmap explain",
            "altmap explain pfn.start-pad",
            "altmap explain \"init failed, struct page size mismatch 64\"",
            "dmesg | altmap explain -",
            "altmap explain section.shared-with-ram machine.json"
        );
        return command;
    }

    private static int Run(CliHost host, string? what, string? machine, bool listsMessages, bool isJson)
    {
        if (listsMessages)
            return Messages(host, isJson);
        if (what is null)
            return Codes(host, isJson);
        if (FindingPages.Find(what) is { } code)
            return Code(host, code, machine, isJson);
        long count = 0;
        ImmutableArray<ExplainedLine> lines =
            what == "-" ? ExplainedLine.All(host.ReadLines(InputBytesMax).Select(Counted)) : ExplainedLine.All(what);
        if (lines.IsEmpty)
            throw what == "-" ? NothingKnown(count) : Unknown(what);
        if (lines.Length >= ExplainedLine.FoundMax)
            host.Note(
                $"more than {ExplainedLine.FoundMax} different messages: of further devices only their number is told, at the first "
                    + "line of each message"
            );
        if (isJson)
            JsonOutput.Write(host, json => ExplainJson.Write(json, lines));
        else
            ExplainText.Write(host, lines, isLog: what == "-" || lines.Length > 1);
        if (machine is not null)
            ShowOnMachine(host, machine, f => lines.Any(l => l.Line.Contains(f.Subject.Name, StringComparison.Ordinal)), isJson);
        return ExitCode.Success;

        string Counted(string line)
        {
            count++;
            return line;
        }
    }

    private static CliError NothingKnown(long lines) =>
        new(
            ExitCode.Unsupported,
            $"<stdin>: none of {Numbers.Count(lines, "line")} has a page; altmap explain --messages lists the messages " + "that have one"
        );

    private static CliError Unknown(string what)
    {
        // One word is a code that is not there; more are a message.
        if (what.Contains(' ', StringComparison.Ordinal))
            return new CliError(
                ExitCode.Unsupported,
                $"no page fits {Quote.Text(what)}; altmap explain --messages lists the messages that have one"
            );
        string hint = NearestWord.Hint(what, FindingPages.All.Select(p => p.Name));
        return CliError.Usage($"there is no code {Quote.Text(what)}; \"altmap explain\" lists them{(hint.Length == 0 ? "" : $"; {hint}")}");
    }

    private static int Codes(CliHost host, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartArray();
                    foreach (FindingCode page in FindingPages.All)
                        ExplainJson.Write(json, page);
                    json.WriteEndArray();
                }
            );
            return ExitCode.Success;
        }
        var table = new TextTable("code", "severity", "what was found");
        foreach (FindingCode page in FindingPages.All)
            table.Add(page.Name, page.Severity.Word(), page.Title);
        table.Write(host);
        return ExitCode.Success;
    }

    private static int Messages(CliHost host, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartArray();
                    foreach (MessagePage page in MessagePages.All)
                    {
                        json.WriteStartObject();
                        ExplainJson.WritePage(json, page);
                        json.WriteEndObject();
                    }
                    json.WriteEndArray();
                }
            );
            return ExitCode.Success;
        }
        var table = new TextTable("message", "of");
        foreach (MessagePage page in MessagePages.All)
            table.Add(page.Pattern, page.Speaker);
        table.Write(host);
        return ExitCode.Success;
    }

    private static int Code(CliHost host, FindingCode code, string? machine, bool isJson)
    {
        if (isJson && machine is null)
        {
            JsonOutput.Write(host, json => ExplainJson.Write(json, code));
            return ExitCode.Success;
        }
        if (!isJson)
            ExplainText.Write(host, code);
        if (machine is not null)
            ShowOnMachine(host, machine, f => f.Code == code, isJson);
        return ExitCode.Success;
    }

    /// <summary>The same question asked of a machine: what the doctor finds there.</summary>
    private static void ShowOnMachine(CliHost host, string path, Func<Finding, bool> isMeant, bool isJson)
    {
        MachineReport report = DoctorCommand.Examine(path, null, null).Report;
        if (report.Failure is { } failure)
            throw failure;
        MachineReport part = report with { Findings = [.. report.Findings.Where(isMeant)] };
        if (isJson)
        {
            JsonOutput.Write(host, json => DoctorJson.Write(json, part));
            return;
        }
        host.Out.WriteLine();
        if (part.Findings.IsEmpty)
            host.Out.WriteLine($"{path}: the doctor does not find it there");
        else
            DoctorText.Write(host, part);
    }
}
