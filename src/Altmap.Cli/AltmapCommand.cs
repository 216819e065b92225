using System.CommandLine;
using Altmap.Cli.Btt;
using Altmap.Cli.Common;
using Altmap.Cli.Compatibility;
using Altmap.Cli.Completion;
using Altmap.Cli.Doctor;
using Altmap.Cli.Explain;
using Altmap.Cli.Explore;
using Altmap.Cli.Images;
using Altmap.Cli.InfoBlocks;
using Altmap.Cli.Kernels;
using Altmap.Cli.Kmsan;
using Altmap.Cli.Labels;
using Altmap.Cli.Machines;
using Altmap.Cli.Manual;
using Altmap.Cli.Maps;
using Altmap.Cli.Planning;
using Altmap.Cli.Reports;
using Altmap.Cli.Runs;
using Altmap.Cli.Sandboxes;
using Altmap.Cli.StructPages;
using Altmap.Cli.Writes;
using Altmap.Core.Json;
using Altmap.Core.Media;
using Altmap.Host;

namespace Altmap.Cli;

/// <summary>The <c>altmap</c> command: from words to an exit code. All that can go wrong ends here, in words.</summary>
internal static class AltmapCommand
{
    private static readonly Option<bool> s_quiet = new("--quiet", "-q")
    {
        Description = "no notes on standard error, only errors",
        Recursive = true,
    };

    /// <summary>Runs a command line.</summary>
    public static int Run(string[] args, CliHost host)
    {
        int exitCode;
        try
        {
            exitCode = Dispatch(args, host);
            host.Out.Flush();
            exitCode = Provenance.Conclude(host, exitCode);
        }
        catch (CliError e)
        {
            exitCode = e.ExitCode;
            TryFlush(host);
            Tell(host, e.Messages.Select(m => m.StartsWith("unsupported: ", StringComparison.Ordinal) ? m : $"altmap: {m}"));
        }
        catch (MediaException e)
        {
            TryFlush(host);
            Tell(host, [$"altmap: {e.Message}"]);
            exitCode = ExitCode.HostError;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files are Host's and come as errors; what is left is our own output: a full disk, a closed descriptor.
            Tell(host, [$"altmap: standard output: {(e is UnauthorizedAccessException ? "it is closed" : HostError.Words(e))}"]);
            exitCode = ExitCode.HostError;
        }
        catch (Exception e)
        {
            TryFlush(host);
            Tell(
                host,
                [
                    $"altmap: internal error: {e.GetType().Name}: {e.Message}",
                    "This is a mistake in altmap. Please report it with the command, its input files and this line:",
                    FirstFrame(e),
                ]
            );
            exitCode = ExitCode.Internal;
        }
        return exitCode;
    }

    /// <summary>The whole tree of commands, options and arguments.</summary>
    public static RootCommand CreateRoot(CliHost host)
    {
        var root = new RootCommand("Answers, without the hardware and without root, what Linux makes of persistent memory.");
        root.Add(RunCommand.Create(host));
        root.Add(ReplayCommand.Create(host));
        root.Add(SandboxCommand.Create(host));
        root.Add(Capture.CaptureCommand.Create(host));
        root.Add(MachineCommand.Create(host));
        root.Add(InfoBlockCommand.Create(host));
        root.Add(LabelsCommand.Create(host));
        root.Add(BttCommand.Create(host));
        root.Add(ImageCommand.Create(host));
        root.Add(PlanCommand.Create(host));
        root.Add(UpgradeCommand.Create(host));
        root.Add(DoctorCommand.Create(host));
        root.Add(MapCommand.Create(host));
        root.Add(PfnCommand.Create(host));
        root.Add(ReportCommand.Create(host));
        root.Add(StructPageCommand.Create(host));
        root.Add(KmsanCommand.Create(host));
        root.Add(ExploreCommand.Create(host));
        root.Add(KernelsCommand.Create(host));
        root.Add(ExplainCommand.Create(host));
        root.Add(UndoCommand.Create(host));
        root.Add(CompletionCommand.Create(host));
        root.Add(ManCommand.Create(host));
        root.Add(s_quiet);
        root.SetAction(_ => Tour.TourCommand.Run(host));
        CommandHelp.SetExamples(
            root,
            "altmap                                  (a short tour)",
            "altmap run machine.json -- ndctl list",
            "altmap infoblock check disk.img --start 4G --size 256M --all-kernels"
        );
        CommandHelp.Apply(root, host);
        return root;
    }

    private static int Dispatch(string[] args, CliHost host)
    {
        if (args.FirstOrDefault(a => a.Contains('\ufffd')) is { } foreign)
            throw CliError.Usage($"{Quote.Text(foreign)} is not UTF-8; expected UTF-8: two such words could be taken for one");
        if (args is ["help", .. var asked])
            args = [.. asked, "--help"];
        if (args is ["--version"] or ["version"])
        {
            foreach (string line in ProgramVersion.Lines)
                host.Out.WriteLine(line);
            return ExitCode.Success;
        }
        // Its words are ndctl's, bundled letters and all.
        if (args is ["infoblock", "write", .. var words] && words is not (["--help"] or ["-h"] or ["-?"] or []))
            return InfoBlockWriteCommand.Run(host, words);
        // A file of arguments (@FILE) is not what a path with @ means here.
        ParseResult parse = CreateRoot(host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageErrors.IsWrong(parse))
            return UsageErrors.Report(parse, host);
        host.IsQuiet = parse.GetValue(s_quiet);
        return parse.Invoke(
            new InvocationConfiguration
            {
                Output = host.Out,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }
        );
    }

    /// <summary>Where standard error is closed or full too, the exit code is all that is left to say.</summary>
    private static void Tell(CliHost host, IEnumerable<string> lines)
    {
        try
        {
            foreach (string line in lines)
                host.Error.WriteLine(CliHost.Printable(line));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
    }

    private static void TryFlush(CliHost host)
    {
        try
        {
            host.Out.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to tell.
        }
    }

    private static string FirstFrame(Exception e) => e.StackTrace?.Split('\n')[0].Trim() ?? "(no place known)";
}
