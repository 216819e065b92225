using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Host.Explore;
using Altmap.Model.Explore;

namespace Altmap.Cli.Explore;

/// <summary><c>altmap explore</c>: every interleaving of drivers, hotplug and pfn walkers on a small machine.</summary>
internal static class ExploreCommand
{
    private const ulong ThreadsMax = 64;

    public static Command Create(CliHost host)
    {
        Option<string?> policy = PolicyChoice.Option("how pfn_to_online_page() judges (default: current)");
        var poison = Choice("--poison", "struct pages are poisoned, as with CONFIG_DEBUG_VM (default: off)", "on", "off");
        var walkers = Choice(
            "--walkers",
            "walkers hold the hotplug lock, and the device lock of the page's device, from before the walk until they are "
                + "done with the page; "
                + "or none (default: locked)",
            "locked",
            "unlocked"
        );
        var faults = Choice("--faults", "allocations while mapping succeed, or may fail (default: none)", "none", "map-failure");
        var without = new Option<string[]>("--without")
        {
            Description =
                "locks that nobody takes, separated by commas: "
                + string.Join("; ", ExploreRequest.Locks.Select(l => $"{l.Word}: {l.Meaning}")),
            HelpName = "LOCK",
            Arity = ArgumentArity.ZeroOrMore,
        };
        without.CompletionSources.Add([.. ExploreRequest.Locks.Select(l => l.Word)]);
        var bounds = new Option<string?>("--bounds")
        {
            Description =
                $"how large the machine is, and where to stop (default: {new Bounds()}): sections, devices, "
                + "walkers, pages that walkers ask for, "
                + "memory blocks that come and go, states, depth",
            HelpName = "WORD=N,…",
        };
        var memory = new Option<string?>("--memory")
        {
            Description = "stop when states and index take more (default: no bound)",
            HelpName = "SIZE",
        };
        var reduce = new Option<string?>("--reduce")
        {
            Description =
                "visit fewer states for the same verdicts; several words with commas. symmetry: states that differ only in which walker is "
                + "which count as one, traces stay shortest; partial-order: steps that nobody can tell apart in time are taken in one "
                + "order only, traces need not be shortest (default: none)",
            HelpName = "symmetry|partial-order",
        };
        reduce.CompletionSources.Add(["none", .. ExploreRequest.Reducing.Select(r => r.Word)]);
        var threads = new Option<string?>("--threads")
        {
            Description = "cores to use (default: 1); the answer is the same",
            HelpName = "N",
        };
        var svg = new Option<string?>("--svg")
        {
            Description = "also a picture of the first trace: a lane for each actor, time downwards",
            HelpName = "FILE",
        };
        var promela = new Option<string?>("--promela")
        {
            Description = "write the model for SPIN instead of searching; - is standard output",
            HelpName = "FILE",
        };
        var replay = new Option<string?>("--replay")
        {
            Description = "carry out the traces of what --json has written, step by step, instead of searching; - is standard input",
            HelpName = "FILE",
        };
        var directory = new Option<string?>("--directory")
        {
            Description = "keep the states in a directory, level by level; a search that was ended goes on from there",
            HelpName = "DIR",
        };
        var shard = new Option<string?>("--shard")
        {
            Description =
                "be process I of N (from 0) that share the work by state through --directory, on one machine or many; process 0 tells "
                + "the result",
            HelpName = "I/N",
        };
        var table = new Option<bool>("--table")
        {
            Description = "which property holds under which policy and locks, all policies and their mutants, instead of one search",
        };
        Option<bool> json = JsonOutput.Option();
        var command = new Command(
            "explore",
            "Searches every interleaving of drivers that map and unmap devices, memory hotplug and pfn walkers on a "
                + "small machine, and shows a "
                + "shortest way to each property that does not hold."
        )
        {
            policy,
            poison,
            walkers,
            faults,
            without,
            bounds,
            memory,
            reduce,
            threads,
            directory,
            shard,
            table,
            replay,
            promela,
            svg,
            json,
        };
        command.SetAction(p =>
        {
            if (p.GetValue(table))
                return ExploreTable.Run(host, p.GetValue(json));
            if (p.GetValue(replay) is { } file)
                return ExploreReplay.Run(host, file, p.GetValue(json));
            ExploreRequest request = ExploreRequest.Of(
                p.GetValue(policy),
                p.GetValue(poison),
                p.GetValue(walkers),
                p.GetValue(faults),
                p.GetValue(without) ?? [],
                p.GetValue(bounds),
                p.GetValue(memory),
                p.GetValue(reduce)
            );
            if (p.GetValue(promela) is { } model)
                return WritePromela(host, model, request);
            if (p.GetValue(directory) is { } place)
                return ExploreShard.Run(host, request, place, p.GetValue(shard), p.GetValue(threads), p.GetValue(svg), p.GetValue(json));
            if (p.GetValue(shard) is not null)
                throw CliError.Usage("--shard: processes share their states in a directory; expected --directory DIR with it");
            return Run(host, request, Threads(p.GetValue(threads)), p.GetValue(svg), p.GetValue(json));
        });
        CommandHelp.SetExamples(
            command,
            "altmap explore --policy section-flag",
            "altmap explore --policy taint-pagemap --poison on --json",
            "altmap explore --policy current --walkers unlocked --svg windows.svg",
            "altmap explore --policy current --faults map-failure",
            "altmap explore --policy ./mine.json --bounds sections=3,devices=2,walkers=2,states=10000000",
            "altmap explore --policy current --promela current.pml"
        );
        return command;
    }

    private static Option<string?> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', words) };
        option.CompletionSources.Add(words);
        return option;
    }

    private static int Threads(string? text) =>
        Values.Number(text, "--threads") switch
        {
            null => 1,
            >= 1 and <= ThreadsMax and var number => (int)number,
            _ => throw CliError.Usage($"--threads: {Quote.Text(text!)}; expected 1 to {ThreadsMax}, no more than the machine has cores"),
        };

    private static int Run(CliHost host, ExploreRequest request, int threads, string? svg, bool isJson)
    {
        ExplorerModel model = request.Model();
        bool isInterrupted = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            context => (context.Cancel, isInterrupted) = (true, true)
        );
        var progress = new Progress(host);
        Exploration found = ParallelExplorer.Search(
            model,
            request.Limits with
            {
                OnLevel = at =>
                {
                    progress.Tell(at);
                    return !Volatile.Read(ref isInterrupted);
                },
            },
            threads
        );
        progress.Clear();
        return Tell(host, model, request, found, svg, isJson);
    }

    /// <summary>The result as it was asked for, and the exit code.</summary>
    internal static int Tell(CliHost host, ExplorerModel model, ExploreRequest request, Exploration found, string? svg, bool isJson)
    {
        if (svg is not null && !found.Violations.IsEmpty)
            SvgFile.WriteSvg(svg, ExploreSvg.Draw(model, found.Violations[0]));
        else if (svg is not null)
            host.Note($"{svg} was not written: there is no trace");
        if (isJson)
            JsonOutput.Write(host, j => ExploreJson.Write(j, model, request, found));
        else
            ExploreText.Write(host, model, request, found);
        return !found.Violations.IsEmpty ? ExitCode.ErrorsLeft
            : found.IsComplete ? ExitCode.Success
            : ExitCode.Unsupported;
    }

    private static int WritePromela(CliHost host, string path, ExploreRequest request)
    {
        string text = PromelaModel.Write(request.Model());
        if (path == "-")
            host.Out.Write(text);
        else
        {
            NewFile.Require(path);
            NewFile.Write(path, text);
        }
        return ExitCode.Success;
    }

    /// <summary>Rate and frontier on a terminal, a few times a second.</summary>
    internal sealed class Progress(CliHost host)
    {
        private readonly bool _isShown = host.IsOutputTerminal && !host.IsQuiet;
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private TimeSpan _last;
        private bool _isThere;

        public void Tell(SearchProgress at)
        {
            if (!_isShown || _clock.Elapsed - _last < TimeSpan.FromMilliseconds(300))
                return;
            _last = _clock.Elapsed;
            _isThere = true;
            double rate = at.States / Math.Max(0.001, _last.TotalSeconds) / 1e6;
            host.Error.Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\r\x1b[Kdepth {at.Depth}: {at.States:N0} states, {at.Frontier:N0} in the frontier, "
                        + $"{rate:0.00} M/s, {at.Bytes >> 20:N0} MiB"
                )
            );
            host.Error.Flush();
        }

        public void Clear()
        {
            if (_isThere)
                host.Error.Write("\r\x1b[K");
        }
    }
}
