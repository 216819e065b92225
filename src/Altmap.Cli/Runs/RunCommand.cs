using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Altmap.Advice.Sessions;
using Altmap.Cli.Common;
using Altmap.Cli.Scripts;
using Altmap.Cli.Sessions;
using Altmap.Core.Json;
using Altmap.Host;
using Altmap.Shell;
using Altmap.Shell.Modules;

namespace Altmap.Cli.Runs;

/// <summary><c>altmap run</c>: the commands people know on a modelled machine.</summary>
internal static class RunCommand
{
    private const int ScriptBytesMax = 16 << 20;

    private sealed record Request(
        string Machine,
        string? Kernel,
        string? Script,
        string? Save,
        bool Transcript,
        ulong? Seed,
        string[] Words,
        bool IsForced
    );

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = MachineSession.Meaning };
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "one command, after --: its words as they are",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> kernel = KernelChoice.Option();
        var script = new Option<string?>("--script", "-s")
        {
            Description = "runs the commands of a file, one a line; - is standard input",
            HelpName = "FILE",
        };
        var save = new Option<string?>("--save", "-o")
        {
            Description = "writes the machine file of the machine afterwards",
            HelpName = "OUT",
        };
        var transcript = new Option<bool>("--transcript", "-t")
        {
            Description = "prints \"+ command\", its output and \"# rc=N\", as recorded sessions have them",
        };
        var seed = new Option<string?>("--uuid-seed") { Description = "makes the UUIDs that tools pick repeatable", HelpName = "N" };
        Option<bool> force = NewFile.ForceOption();
        var command = new Command("run", "Runs ndctl, daxctl and sysfs commands on a model of a machine.")
        {
            machine,
            words,
            script,
            save,
            force,
            transcript,
            seed,
            kernel,
        };
        command.SetAction(p =>
        {
            string[] given = p.GetValue(words) ?? [];
            // What stands before -- and is none of ours would otherwise run as a command of the machine.
            if (given.Length > p.Tokens.SkipWhile(t => t.Type != TokenType.DoubleDash).Skip(1).Count())
            {
                string hint =
                    CommandShell.Knows(given[0]) || SessionCommands.Names.Contains(given[0])
                        ? $": altmap run {p.GetRequiredValue(machine)} -- {string.Join(' ', given.Select(StepText.QuoteWord))}"
                        : "";
                throw CliError.Usage($"what does {Quote.Text(given[0])} mean here? A command of the machine stands after --{hint}");
            }
            return Run(
                host,
                new Request(
                    p.GetRequiredValue(machine),
                    p.GetValue(kernel),
                    p.GetValue(script),
                    p.GetValue(save),
                    p.GetValue(transcript),
                    Values.Number(p.GetValue(seed), "--uuid-seed"),
                    given,
                    p.GetValue(force)
                )
            );
        });
        CommandHelp.SetExamples(
            command,
            "altmap run machine.json -- ndctl list -RNi",
            "altmap run machine.json --kernel 7.2 --script setup.sh --transcript",
            "altmap run capture/ --save after.json -- ndctl create-namespace -m devdax -s 1G",
            "altmap run machine.json                (a prompt)"
        );
        return command;
    }

    private static int Run(CliHost host, Request request)
    {
        if (request.Script is not null && request.Words.Length > 0)
            throw CliError.Usage("--script and a command after -- exclude each other");
        // Before anything runs: a session is not worked through for a file that cannot be.
        if (request.Save is { } where)
            SavedMachine.Require(where, request.IsForced);
        bool prompts = request.Words.Length == 0 && request.Script is null && host.IsInputTerminal;
        // The script is read before the machine: a mistake in it runs nothing.
        Script script =
            request.Words.Length > 0 ? Script.OfWords(request.Words)
            : prompts ? Script.Empty
            : ReadScript(host, request.Script ?? "-");
        MachineSession session = MachineSession.Open(host, request.Machine, request.Kernel, request.Seed);
        ShellState start = session.State;
        // A machine that has done nothing yet has loaded at boot what the script does not load itself.
        if (session.Steps.IsEmpty)
            start = start with { Machine = ModuleCommands.Prepare(start.Machine, script.Lines.Select(l => l.Words)) };
        bool isScriptRead = request.Words.Length == 0 && request.Script is null or "-";
        var runner = new SessionRunner(host, start, request.Transcript)
        {
            GivesInput = !isScriptRead && !host.IsInputTerminal,
            IsSaved = request.Save is not null,
        };
        if (prompts)
            Prompt.InteractivePrompt.Run(host, runner);
        else
            runner.Run(script);
        if (request.Save is not { } target)
            return runner.ExitCode;
        host.Out.Flush();
        SavedMachine.Write(target, session, runner.Steps, request.IsForced);
        return runner.ExitCode;
    }

    private static Script ReadScript(CliHost host, string name)
    {
        if (name == "-")
            return Script.Parse("<stdin>", host.ReadInput(ScriptBytesMax));
        HostResult<byte[]> text = BoundedFile.Read(name, ScriptBytesMax);
        return text.Error is { } error ? throw CliError.Of(error) : Script.Parse(name, Encoding.UTF8.GetString(text.Value!));
    }
}
