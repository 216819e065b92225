using System.CommandLine;
using System.Text;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Host;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Runs;

/// <summary><c>altmap replay</c>: a recorded session on the model, compared command by command.</summary>
internal static class ReplayCommand
{
    private const int SessionBytesMax = 64 << 20;

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = MachineSession.Meaning };
        var session = new Argument<string>("SESSION")
        {
            Description = "lines \"+ command\", the output, \"# rc=N\"; may be gzipped; - is standard input",
        };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> json = JsonOutput.Option();
        var command = new Command("replay", "Runs the commands of a recorded session on the model and compares output and exit codes.")
        {
            machine,
            session,
            kernel,
            json,
        };
        command.SetAction(p => Run(host, p.GetRequiredValue(machine), p.GetRequiredValue(session), p.GetValue(kernel), p.GetValue(json)));
        CommandHelp.SetExamples(
            command,
            "altmap replay machine.json session.log",
            "altmap replay machine.json session.log --kernel 6.12 --json"
        );
        return command;
    }

    private static int Run(CliHost host, string machine, string path, string? kernel, bool isJson)
    {
        RecordedSession recorded = RecordedSession.Parse(ReadSession(host, path));
        if (!recorded.IsValid)
            throw new CliError(ExitCode.Usage, [.. recorded.Errors.Select(e => $"{path}:{e.LineNumber}: {e.Message}")]);
        if (recorded.Commands.IsEmpty)
            throw CliError.Usage($"{path}: this is no recorded session; expected lines \"+ command\"");
        MachineSession session = MachineSession.Open(host, machine, kernel);
        ReplayResult result = Replay.Run(session.State.Machine, recorded.Commands);
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, result));
        else
            WriteText(host, result);
        return result.IsSame ? ExitCode.Success
            : result.Count(ReplayVerdict.Different) == 0 ? ExitCode.Unsupported
            : ExitCode.ErrorsLeft;
    }

    private static string ReadSession(CliHost host, string path)
    {
        if (path == "-")
            return host.ReadInput(SessionBytesMax);
        HostResult<byte[]> text = BoundedFile.Read(path, SessionBytesMax);
        return text.Error is { } error ? throw CliError.Of(error) : Encoding.UTF8.GetString(text.Value!);
    }

    private static void WriteText(CliHost host, ReplayResult result)
    {
        foreach (ReplayedCommand command in result.Commands)
        {
            string place = CliHost.Printable($"line {command.Command.LineNumber}: {command.Command.Text}");
            if (command.Verdict == ReplayVerdict.Unsupported)
            {
                host.Out.WriteLine($"{place}\n  {CliHost.Printable(command.Result.Stderr.TrimEnd('\n'))}");
            }
            else if (command.Verdict == ReplayVerdict.Different)
            {
                host.Out.WriteLine(place);
                host.Out.WriteLine("--- recorded\n+++ model");
                if (command.Command.ExitCode != command.Result.ExitCode)
                    host.Out.WriteLine($"-# rc={command.Command.ExitCode}\n+# rc={command.Result.ExitCode}");
                if (command.Command.IsComplete)
                    host.Out.Write(CliHost.Printable(LineDiff.Unified(command.Command.Output, command.Result.Merged)));
                else
                    host.Out.Write(CliHost.Printable(command.Result.Merged));
            }
        }
        host.Out.WriteLine(result.Summary);
    }

    private static void WriteJson(Utf8JsonWriter json, ReplayResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("commands", result.Commands.Length);
        json.WriteNumber("same", result.Count(ReplayVerdict.Same));
        json.WriteNumber("different", result.Count(ReplayVerdict.Different));
        json.WriteNumber("unsupported", result.Count(ReplayVerdict.Unsupported));
        json.WriteObjects(
            "differences",
            result.Commands.Where(c => c.Verdict != ReplayVerdict.Same),
            command =>
            {
                json.WriteNumber("line", command.Command.LineNumber);
                json.WriteString("command", command.Command.Text);
                json.WriteString("verdict", command.Verdict == ReplayVerdict.Different ? "different" : "unsupported");
                json.WriteNumber("recorded_rc", command.Command.ExitCode);
                json.WriteNumber("rc", command.Result.ExitCode);
                json.WriteString("recorded_output", command.Command.Output);
                json.WriteString("output", command.Result.Merged);
            }
        );
        json.WriteEndObject();
    }
}
