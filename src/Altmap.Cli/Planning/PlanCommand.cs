using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>A plan, and the namespace of a machine that it is of.</summary>
/// <param name="Namespace">Its name; null: it has none yet.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Region">Of what was tried on a machine; null: nothing was.</param>
/// <param name="Commands">What makes it; each was run on the model.</param>
/// <param name="Loses">What they destroy, or null.</param>
internal sealed record PlanAnswer(
    string? Namespace,
    NamespacePlan Plan,
    string? Region = null,
    ImmutableArray<string> Commands = default,
    string? Loses = null
)
{
    public static PlanAnswer Of(TriedNamespace made) => new(made.Namespace, made.Result, made.Region.Name, made.Commands, made.Loses);
}

/// <summary>The answers of one kernel.</summary>
/// <param name="Plans">In order.</param>
/// <param name="Cases">Where the answer rests on the size of a memory block that nobody gave: that of each size.</param>
/// <param name="Summary">A line that sums up what was made, or null.</param>
internal sealed record PlanAnswers(ImmutableArray<PlanAnswer> Plans, ImmutableArray<BlockCase> Cases, string? Summary = null)
{
    public bool IsUnknown => !Cases.IsEmpty;
}

/// <summary><c>altmap plan</c>: the capacity of namespaces that are there, or would be, to the byte; and how large they must be.</summary>
internal static class PlanCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string?>("MACHINE") { Description = MachineSession.Meaning, Arity = ArgumentArity.ZeroOrOne };
        var ns = new Argument<string?>("NAMESPACE")
        {
            Description = "as namespace0.0 (default: every one, and the books of the whole machine); with --mode: what it would give so",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var options = new PlanOptions();
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption();
        var compare = new Option<bool>("--compare")
        {
            Description = "the ways to use a namespace or range side by side: on a MACHINE each with its commands, tried on the model",
        };
        var proposals = new Option<bool>("--all") { Description = "with --compare: also what other kernels do, and what was proposed" };
        var about = new Option<string?>("--about")
        {
            Description = "one question of --compare alone (and implies it): page-map, system-ram or shared-sections",
            HelpName = "Q",
        };
        about.CompletionSources.Add(PlanCompare.Groups);
        var windows = new Option<bool>("--windows")
        {
            Description = "what CXL windows, soft-reserved memory and regions lose as System RAM, on each kernel, bare metal and guest",
        };
        var ram = new Option<bool>("--ram")
        {
            Description = "where RAM goes from the firmware's map to MemTotal: carve-outs, struct pages, sections that it fills in part",
        };
        var plug = new Option<string?>("--plug")
        {
            Description =
                "memory of that size is plugged as a DIMM: accepted or not, blocks, zones, RAM for struct pages; and the nearest that is",
            HelpName = "SIZE",
        };
        var at = new Option<string?>("--at") { Description = "with --plug: its physical address", HelpName = "A" };
        var command = new Command("plan", "Shows where each byte of a namespace goes, and how large one must be to get so much.")
        {
            machine,
            ns,
        };
        options.AddTo(command, compare, about, proposals, windows, ram, plug, at, kernel, all);
        command.SetAction(p =>
        {
            bool isComparison = p.GetValue(compare) || p.GetValue(about) is not null;
            if (p.GetValue(proposals) && !isComparison)
                throw CliError.Usage("--all goes with --compare; the answer of every kernel: --all-kernels");
            PlanRequest request = options.Read(p);
            PlanOutput output = options.Output(p);
            bool isOther = isComparison || p.GetValue(ns) is not null || !request.IsEmpty || !output.IsPlain;
            if (p.GetValue(plug) is { } plugged)
            {
                isOther |= p.GetValue(windows) || p.GetValue(ram) || p.GetValue(all);
                string path = MachineAlone(p.GetValue(machine), "--plug 1G", isOther, "--at, --kernel and --json");
                ByteSize size = Values.Size(plugged, "--plug")!.Value;
                return size.IsZero
                    ? throw CliError.Usage("--plug: 0 bytes; expected a size, as 1G")
                    : PlanPlug.Run(host, path, p.GetValue(kernel), size, Values.Address(p.GetValue(at), "--at"), output.IsJson);
            }
            if (p.GetValue(at) is not null)
                throw CliError.Usage("--at goes with --plug");
            if (p.GetValue(ram))
            {
                isOther |= p.GetValue(windows) || p.GetValue(all);
                string path = MachineAlone(p.GetValue(machine), "--ram", isOther, "--kernel and --json");
                return PlanRam.Run(host, path, p.GetValue(kernel), output.IsJson);
            }
            if (p.GetValue(windows))
            {
                string path = MachineAlone(p.GetValue(machine), "--windows", isOther, "--kernel and --json");
                bool isOfAll = p.GetValue(all) || p.GetValue(kernel) is null;
                return PlanWindows.Run(host, path, KernelChoice.Select(p.GetValue(kernel), isOfAll), output.IsJson);
            }
            if (!isComparison)
                return Run(host, p.GetValue(machine), p.GetValue(ns), p.GetValue(kernel), p.GetValue(all), output, request);
            if (options.NotOfCompare(p) is { } other)
                throw CliError.Usage($"--compare and {other} exclude each other; --compare takes --start and --size, or a MACHINE");
            if (p.GetValue(all))
                throw CliError.Usage("--compare names the kernels that have each alternative: not with --all-kernels");
            var asked = new CompareAsked(
                Values.Word(p.GetValue(about), "--about", PlanCompare.Groups),
                p.GetValue(proposals),
                output.IsJson
            );
            return PlanCompare.Run(host, p.GetValue(machine), p.GetValue(ns), p.GetValue(kernel), request, asked);
        });
        CommandHelp.SetExamples(
            command,
            "altmap plan machine.json namespace0.0",
            "altmap plan machine.json namespace0.0 --mode system-ram --map mem",
            "altmap plan machine.json --usable 1G --count 3 --rest fsdax --script make.sh",
            "altmap plan machine.json --compare",
            "altmap plan machine.json --windows",
            "altmap plan machine.json --ram",
            "altmap plan machine.json --plug 3G --at 0x108000000",
            "altmap plan --start 4G --size 1T --map dev --all-kernels",
            "altmap plan --start 0x100200000 --size 1G --mode dimm --block-size 128M",
            "altmap plan --start 4G --size 64G --mode devdax --arch aarch64 --page-size 64K --json"
        );
        return command;
    }

    /// <summary>The machine of a question about all of it, which nothing about a namespace goes with.</summary>
    private static string MachineAlone(string? machine, string question, bool isOther, string others)
    {
        string option = question.Split(' ')[0];
        return machine is null ? throw CliError.Usage($"{option} needs a MACHINE: altmap plan machine.json {question}")
            : isOther ? throw CliError.Usage($"{option} goes with a MACHINE, {others} alone")
            : machine;
    }

    /// <summary>A refusal is an answer: with <c>--json</c> it is a document as well.</summary>
    private static int Run(CliHost host, string? machine, string? ns, string? kernel, bool all, PlanOutput output, PlanRequest request)
    {
        try
        {
            return Answer(host, machine, ns, kernel, all, output, request);
        }
        catch (CliError e) when (output.IsJson && !all && e.ExitCode == ExitCode.ErrorsLeft)
        {
            bool isList = request.Count is not null || request.Rest is not null;
            JsonOutput.Write(host, json => PlanJson.WriteRefusal(json, kernel, request, e.Message, isList));
            throw;
        }
    }

    private static int Answer(CliHost host, string? machine, string? ns, string? kernel, bool all, PlanOutput output, PlanRequest request)
    {
        PlanUse.Check(machine, ns, request, output);
        if (all && output.Script is not null)
            throw CliError.Usage("--script is of one kernel: not with --all-kernels");
        ImmutableArray<string?> kernels = KernelChoice.Names(kernel, all);
        KernelChoice.NoteWithoutKmsan(host, all);
        if (machine is not null && ns is null && request.IsEmpty)
            return PlanWhole.Run(host, machine, kernels, output.IsJson, output.IsWhole, output.Svg);
        bool isOfAll = machine is not null && ns is null && PlanUse.IsOfNamespaces(request);
        ImmutableArray<PlanAnswers> answers;
        var failures = new List<int>();
        if (machine is null)
        {
            ImmutableArray<KernelProfile> profiles = KernelChoice.Select(kernel, all);
            answers = EachKernel(
                host,
                profiles,
                failures,
                k => k.Name,
                k => PlanAsked.OfRange(host, request, k, isFirst: k == profiles[0], output.IsJson)
            );
        }
        else
        {
            answers = EachKernel(
                host,
                kernels,
                failures,
                k => k ?? "",
                k =>
                    ns is not null && request.IsEmpty ? PlanAsked.OfNamespace(host, machine, ns, k)
                    : ns is not null || isOfAll ? PlanAsked.OfNamespaceAs(host, machine, ns, k, request, output.IsJson)
                    : request.Usable is null ? PlanAsked.OfPlace(host, machine, k, request, output.IsJson)
                    : PlanAsked.OfUsable(host, machine, k, request)
            );
        }
        bool isList = all || isOfAll || request.Count is not null || request.Rest is not null;
        Print(host, answers, isList, all, output);
        return answers.Any(a => !a.IsUnknown && a.Plans.Any(p => !p.Plan.IsAccepted)) || failures.Contains(ExitCode.ErrorsLeft)
                ? ExitCode.ErrorsLeft
            : failures.Count > 0 ? failures[0]
            : answers.Any(a => a.IsUnknown) ? ExitCode.Unsupported
            : ExitCode.Success;
    }

    private static void Print(CliHost host, ImmutableArray<PlanAnswers> answers, bool isList, bool isOneOfMany, PlanOutput output)
    {
        PlanAnswer[] plans = [.. answers.SelectMany(a => a.Plans)];
        if (output.Script is { } script)
            PlanScript.Write(script, plans);
        if (output.Svg is { } path)
            SvgFile.WriteSvg(
                path,
                PlanPicture.Draw(
                    "Where the bytes go",
                    PlanPicture.Answer([.. plans.Select(p => p.Plan)]),
                    [.. plans.Select(p => PlanPicture.BarOf(p.Namespace, p.Plan))]
                )
            );
        if (output.IsJson)
            JsonOutput.Write(host, json => PlanJson.Write(json, answers, isList));
        else
            foreach (PlanAnswers each in answers)
                PlanAnswerText.Write(host, each, isOneOfMany);
    }

    /// <summary>The answers of several kernels; one that has none says why, and the others are heard.</summary>
    private static ImmutableArray<PlanAnswers> EachKernel<T>(
        CliHost host,
        ImmutableArray<T> kernels,
        List<int> failures,
        Func<T, string> name,
        Func<T, PlanAnswers> ask
    )
    {
        var all = ImmutableArray.CreateBuilder<PlanAnswers>();
        foreach (T kernel in kernels)
        {
            try
            {
                all.Add(ask(kernel));
            }
            catch (CliError e) when (kernels.Length > 1 && e.ExitCode != ExitCode.Usage)
            {
                host.Note($"kernel {name(kernel)}: {e.Message}");
                failures.Add(e.ExitCode);
            }
        }
        return all.ToImmutable();
    }
}
