using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;
using Altmap.Shell.Sysfs;

namespace Altmap.Cli.Planning;

/// <summary>Puts what was asked to the planners, and says what they say.</summary>
internal static class PlanAsked
{
    private const int RefusalsTold = 5;

    /// <summary>A range of no machine.</summary>
    public static PlanAnswers OfRange(CliHost host, PlanRequest request, KernelProfile kernel, bool isFirst, bool isJson)
    {
        ArchitectureRules architecture = Values.Architecture(kernel, request.Architecture, request.PageSize);
        PlanUse.CheckAlign(request, architecture, isJson);
        KernelChoice.NoteUnverified(host, kernel, isFirst ? architecture : null);
        var plan = RangePlan.Of(request, kernel, architecture);
        if (plan.Shortfall is { } shortfall && plan.Cases.All(c => c.Size is null))
            throw new CliError(ExitCode.ErrorsLeft, shortfall);
        if (plan.Plans.IsEmpty)
            throw new CliError(ExitCode.Unsupported, PlanAnswerText.Unknown(plan.Cases));
        if (isFirst)
            PlanUse.NoteAlign(host, request, plan.Plans[0]);
        return new([.. plan.Plans.Select(p => new PlanAnswer(null, p))], plan.Cases);
    }

    /// <summary>A range of a machine.</summary>
    public static PlanAnswers OfPlace(CliHost host, string path, string? kernel, PlanRequest request, bool isJson)
    {
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 0).Answering(host, Provenance.Layout);
        ArchitectureRules architecture = session.State.Machine.Architecture;
        PlanUse.CheckAlign(request, architecture, isJson);
        var range = new PhysicalRange(request.Start!.Value, request.Size!.Value);
        PlaceTrial trial = Modelled.Answer(() => PlaceTrial.Of(session.State, range, request.WishOn(architecture)));
        if (trial.Plan is not { } plan)
            throw CliError.Usage($"{path}: {trial.Problem}");
        PlanUse.NoteAlign(host, request, plan);
        foreach (string note in trial.Notes)
            host.Note(note);
        return new([new PlanAnswer(null, plan, null, trial.Commands)], []);
    }

    /// <summary>Namespaces that give so much.</summary>
    public static PlanAnswers OfUsable(CliHost host, string path, string? kernel, PlanRequest request)
    {
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 0).Answering(host, Provenance.Layout);
        Machine machine = session.State.Machine;
        NdDevice? region = RegionOf(path, machine, request.Region);
        ImmutableArray<ByteSize> aligns = request.AlignsOn(machine.Architecture);
        if (aligns.FirstOrDefault(a => !machine.Architecture.SupportedAligns.Contains(a)) is { IsZero: false } odd)
            throw CliError.Usage($"--align: {Values.NoAlign(odd, machine.Architecture)}, or any");
        var wish = new UsableWish(request.Usable!.Value, request.ModeOrDefault, request.MapsOrDefault, aligns)
        {
            Count = request.Count ?? 1,
            Rest = request.Rest,
            SectorSizeBytes = request.SectorSizeBytes ?? 4096,
            Region = region,
        };
        UsableTrial trial = Modelled.Answer(() => UsableTrial.Of(session.State, wish));
        if (trial.Short is { } plan)
            throw new CliError(
                trial.Most is null && trial.Refusals.Any(r => r.IsNotModelled) ? ExitCode.Unsupported : ExitCode.ErrorsLeft,
                [
                    Shortfall(path, machine, trial, plan, wish) + MapHint(session.State, trial, request, wish),
                    .. trial.Refusals.Distinct().Take(RefusalsTold).Select(Told),
                ]
            );
        if (request.Rest is not null)
            NoteRest(host, trial, machine, wish);
        return new([.. trial.Made.Select(PlanAnswer.Of)], [], PlanAnswerText.Sum(trial.Made));
    }

    /// <summary>A namespace as it is.</summary>
    public static PlanAnswers OfNamespace(CliHost host, string path, string name, string? kernel)
    {
        Machine machine = MachineSession.Open(host, path, kernel).Answering(host, Provenance.Layout).State.Machine;
        NamespaceState ndns = NamespaceOf(path, machine, name);
        return new([new PlanAnswer(name, Modelled.Answer(() => NamespacePlan.Of(machine, ndns))!)], []);
    }

    /// <summary>What a namespace would give as something else; without a name, each that the machine has, one after the other.</summary>
    public static PlanAnswers OfNamespaceAs(CliHost host, string path, string? name, string? kernel, PlanRequest request, bool isJson)
    {
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 0).Answering(host, Provenance.Layout);
        Machine machine = session.State.Machine;
        PlanUse.CheckAlign(request, machine.Architecture, isJson);
        NamespaceState[] asked = name is null ? NamespacesOf(machine) : [NamespaceOf(path, machine, name)];
        if (asked.Length == 0)
            throw CliError.Usage($"{path}: this machine has no namespace with a size; of a new one give --usable, or --start and --size");
        ShellState state = session.State;
        var answers = new List<PlanAnswer>();
        var all = new List<TriedNamespace>();
        foreach (NamespaceState ndns in asked)
        {
            NamespaceWish wish = NamespaceTrial.WishOf(machine, ndns, request);
            ShellState before = state;
            (TriedNamespace? made, NamespacePlan plan, state) = Modelled.Answer(() => NamespaceTrial.Of(before, ndns, wish));
            answers.Add(made is null ? new PlanAnswer(ndns.Device.Name, plan, null, []) : PlanAnswer.Of(made));
            if (made is not null)
                all.Add(made);
        }
        return new([.. answers], [], all.Count == 0 ? null : PlanAnswerText.Sum([.. all]));
    }

    private static string Told(Refusal refusal) => $"{(refusal.IsNotModelled ? "not known" : "refused")}: {refusal}";

    private static NdDevice? RegionOf(string path, Machine machine, string? name)
    {
        if (name is null)
            return null;
        return machine.Regions.Values.FirstOrDefault(r => r.Device.Name == name)?.Device
            ?? throw CliError.Usage(
                $"{path}: there is no region {Quote.Text(name)}; expected "
                    + $"{PlaceTrial.Listed(machine.Regions.Values.Select(r => r.Device.Name), "one, but this machine has none")}"
            );
    }

    /// <summary>The rest is that of one region: what others have free is said.</summary>
    private static void NoteRest(CliHost host, UsableTrial trial, Machine machine, UsableWish wish)
    {
        NdDevice region = trial.Made[^1].Region;
        var others = UsablePlanner
            .PlacesOf(machine)
            .Where(p => p.Region.Device != region && (wish.Region is null || wish.Region == p.Region.Device))
            .Select(p => (p.Region.Device, Last: trial.Made.LastOrDefault(m => m.Region == p.Region.Device)?.After ?? p))
            .Select(p => (p.Device, Free: p.Last.Free().Aggregate(ByteSize.Zero, (sum, f) => sum + f.Size)))
            .Where(p => !p.Free.IsZero)
            .ToArray();
        string left = string.Join(", ", others.Select(o => $"{o.Free.ToHuman()} in {o.Device}"));
        host.Note($"--rest is the largest free extent of {region}{(left.Length == 0 ? "" : $"; it leaves {left}")}");
    }

    private static string Shortfall(string path, Machine machine, UsableTrial trial, UsablePlan plan, UsableWish wish)
    {
        string before = trial.Made.IsEmpty
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $" after {trial.Made.Length} namespaces of {trial.Made[0].Result.Range.Size.ToHuman()}"
            );
        if (plan.Namespaces.Length == wish.Count)
            return $"{path}: nothing is left for --rest in {trial.Made[^1].Region}{before}";
        string word = NamespaceWish.WordOf(wish.Mode);
        if (trial.Most is { Result: var most })
            return $"{path}: no namespace gives {wish.Usable} as {word}{before}; the most that one gives is {most.Usable}, with "
                + $"{most.Range.Size} from {most.Range.Start} on";
        string where = string.Join(
            ", ",
            machine.Regions.Values.Where(r => wish.Region is null || r.Device == wish.Region).Take(20).Select(r => r.Device.Name)
        );
        string why =
            where.Length == 0 ? "this machine has no region"
            : trial.Refusals.IsEmpty ? $"no free space that {word} fits in, of {where} (altmap plan MACHINE shows who has it)"
            : $"the model of this machine refuses {word} in {where}";
        return $"{path}: no namespace can be made{before}: {why}";
    }

    /// <summary>The same with the page map in RAM, where that was not asked about and gives what is wanted; else nothing.</summary>
    private static string MapHint(ShellState state, UsableTrial trial, PlanRequest request, UsableWish wish)
    {
        if (trial.Most is null || !request.Maps.IsEmpty || wish.Mode is CapacityMode.Raw or CapacityMode.Sector)
            return "";
        UsableTrial inRam = Modelled.Answer(() => UsableTrial.Of(state, wish with { Maps = [PageMapMode.Ram] }));
        return inRam.Short is null ? $"; with --map mem it gives {inRam.Made[0].Result.Usable}, its page map then takes RAM" : "";
    }

    private static NamespaceState[] NamespacesOf(Machine machine) =>
        [
            .. SysfsTree
                .Devices(machine)
                .Where(d => d.Kind == NdDeviceKind.Namespace)
                .Order()
                .Select(d => machine.FindNamespace(d)!)
                .Where(n => !n.Size.IsZero),
        ];

    private static NamespaceState NamespaceOf(string path, Machine machine, string name)
    {
        NamespaceState[] all = NamespacesOf(machine);
        if (all.FirstOrDefault(n => n.Device.Name == name) is { } found)
            return found;
        string[] names = [.. all.Select(n => n.Device.Name)];
        string hint = NearestWord.Hint(name, names);
        throw CliError.Usage(
            $"{path}: there is no namespace {Quote.Text(name)} with a size; expected "
                + $"{PlaceTrial.Listed(names, "one, but this machine has none")}{(hint.Length == 0 ? "" : $"; {hint}")}"
        );
    }
}
