using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Host;

namespace Altmap.Cli.Capture;

/// <summary><c>altmap capture</c>: collects what Altmap needs of the machine it runs on, by the one script that does the same without
/// Altmap.</summary>
internal static class CaptureCommand
{
    private const string Resource = "capture.sh";

    public static Command Create(CliHost host)
    {
        var directory = new Argument<string?>("DIR")
        {
            Description = "a new folder, where all is written",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var script = new Option<bool>("--script") { Description = "print the shell script that does the same on machines without Altmap" };
        var serials = new Option<bool>("--serials") { Description = "keep serial numbers, and the NFIT, which holds them" };
        var tar = new Option<bool>("--tar") { Description = "also DIR/capture.tar, all of it in one file" };
        var root = new Option<string?>("--root")
        {
            Description = "read ROOT/sys, ROOT/proc and ROOT/dev, a tree copied from elsewhere",
            HelpName = "ROOT",
        };
        var command = new Command(
            "capture",
            "Collects what Altmap needs of this machine: reads only, writes below DIR only, says what is missing and what that leaves open."
        )
        {
            directory,
            script,
            serials,
            tar,
            root,
        };
        command.SetAction(p =>
        {
            if (p.GetValue(script))
            {
                if (p.GetValue(directory) is not null)
                    throw CliError.Usage("--script prints the script, and goes without DIR");
                host.Out.Write(Script());
                return ExitCode.Success;
            }
            string target = p.GetValue(directory) ?? throw CliError.Usage("DIR is missing: a new folder to write to");
            List<string> words = [];
            if (p.GetValue(serials))
                words.Add("--serials");
            if (p.GetValue(tar))
                words.Add("--tar");
            if (p.GetValue(root) is { } tree)
                words.AddRange(["--root", tree]);
            words.Add(target.StartsWith('-') ? "./" + target : target);
            HostResult<ShellRun> run = ShellRun.Of(Script(), words);
            if (run.Error is { } error)
                throw CliError.Of(error);
            host.Out.Write(run.Value!.Output);
            host.Error.Write(CliHost.Printable(run.Value.Error));
            return run.Value.ExitCode;
        });
        CommandHelp.SetExamples(
            command,
            "sudo altmap capture server1 --tar",
            "altmap capture --script > capture.sh    (then, on the machine: sudo sh capture.sh server1)"
        );
        return command;
    }

    /// <summary>The script, from this program.</summary>
    internal static string Script()
    {
        using Stream stream =
            typeof(CaptureCommand).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
