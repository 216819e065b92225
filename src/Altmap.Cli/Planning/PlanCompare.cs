using System.Collections.Immutable;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Model.Planning.Alternatives;

namespace Altmap.Cli.Planning;

/// <summary>What of <c>--compare</c> is wanted.</summary>
/// <param name="About">One question, or null: all.</param>
/// <param name="All">Also what other kernels do and what was proposed.</param>
/// <param name="IsJson"><c>--json</c>.</param>
internal sealed record CompareAsked(string? About, bool All, bool IsJson);

/// <summary>The alternatives of a range or namespace.</summary>
/// <param name="Name">The namespace, or null.</param>
/// <param name="Request">What they are priced on.</param>
/// <param name="Ways">What can be done on this machine today, tried; default: there is no machine, or nothing to try.</param>
/// <param name="Groups">All that was weighed.</param>
/// <param name="Unknown">What the numbers of System RAM need and do not have; null: nothing.</param>
internal sealed record CompareAnswer(
    string? Name,
    AlternativesRequest Request,
    ImmutableArray<Way> Ways,
    ImmutableArray<AlternativeGroup> Groups,
    string? Unknown
)
{
    /// <summary>Something that is shown rests on what nobody gave.</summary>
    public bool IsUnknown => Unknown is not null && Groups.Any(g => g.Id == Advice.Plans.Ways.SystemRam);
}

/// <summary><c>altmap plan --compare</c>: the ways to use a range, side by side.</summary>
internal static class PlanCompare
{
    /// <summary>The groups that <c>--about</c> can ask for.</summary>
    public static readonly string[] Groups = ["page-map", "system-ram", "shared-sections"];

    public static int Run(CliHost host, string? machine, string? ns, string? kernel, PlanRequest request, CompareAsked asked)
    {
        if (machine is null && (request.Start is null || request.Size is null))
            throw CliError.Usage("give a MACHINE, or --start and --size of a namespace");
        if (machine is not null)
            Values.RefuseBesideMachine(
                "--arch, --page-size or --block-size",
                request.Architecture?.ToString(),
                request.PageSize?.ToString(),
                request.BlockSize?.ToString()
            );
        if (machine is not null && (request.Start is null) != (request.Size is null))
            throw CliError.Usage("--start and --size go together");
        if (ns is not null && request.Start is not null)
            throw CliError.Usage("a NAMESPACE, or --start and --size: not both");
        if (request.Mode is not (null or CapacityMode.FsDax or CapacityMode.DevDax))
            throw CliError.Usage($"--mode: {Quote.Text(NamespaceWish.WordOf(request.Mode.Value))}; --compare expects fsdax or devdax");
        if (request.Maps.Length > 1 || request.IsAnyAlign)
            throw CliError.Usage($"--{(request.IsAnyAlign ? "align" : "map")} any goes with --usable");
        ImmutableArray<CompareAnswer> answers = machine is null
            ? [OfRange(host, kernel, request)]
            : OfMachine(host, machine, ns, kernel, request);
        if (asked.About is { } about)
            answers =
            [
                .. answers.Select(a =>
                    a with
                    {
                        Groups = [.. a.Groups.Where(g => g.Id == about)],
                        Ways = a.Ways.IsDefault ? a.Ways : [.. a.Ways.Where(w => w.Group == about)],
                    }
                ),
            ];
        if (asked.IsJson)
            JsonOutput.Write(
                host,
                json => PlanCompareJson.Write(json, answers, isList: machine is not null && ns is null && request.Start is null)
            );
        else
            foreach (CompareAnswer answer in answers)
                PlanCompareText.Write(host, answer, asked.All, answer == answers[0]);
        return answers.Any(a => a.IsUnknown) ? ExitCode.Unsupported : ExitCode.Success;
    }

    private static CompareAnswer OfRange(CliHost host, string? name, PlanRequest request)
    {
        KernelProfile kernel = KernelChoice.Select(name, false)[0];
        ArchitectureRules architecture = Values.Architecture(kernel, request.Architecture, request.PageSize);
        KernelChoice.NoteUnverified(host, kernel, architecture);
        PlanUse.CheckBlock(request.BlockSize);
        IReadOnlyList<ByteSize> possible = request.BlockSize is { } given ? [given] : MemoryBlockSize.Possible(kernel, architecture);
        var range = new PhysicalRange(request.Start!.Value, request.Size!.Value);
        string? unknown =
            possible.Count == 1
                ? null
                : $"needs --block-size, or a MACHINE: memory blocks have {string.Join(", ", possible.Select(b => b.ToOption()))}; the "
                    + $"figures are for {possible[0].ToOption()}";
        AlternativesRequest priced = Priced(range, request, kernel, architecture, default, possible[0]);
        return new(null, priced, default, priced.Compare(), unknown);
    }

    private static ImmutableArray<CompareAnswer> OfMachine(CliHost host, string path, string? name, string? kernel, PlanRequest request)
    {
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 0).Answering(host, Provenance.Layout);
        Machine machine = session.State.Machine;
        if (request.Start is { } start)
        {
            var range = new PhysicalRange(start, request.Size!.Value);
            if (PlaceTrial.RegionOf(machine, range) is not ({ } region, _))
                throw CliError.Usage($"{path}: {PlaceTrial.RegionOf(machine, range).Problem}");
            return [Of(session, region, range, request, null)];
        }
        NamespaceState[] all = [.. machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => !n.Size.IsZero)];
        NamespaceState[] asked = name is null ? all : [.. all.Where(n => n.Device.Name == name)];
        if (asked.Length == 0)
            throw CliError.Usage(
                $"{path}: there is no namespace {(name is null ? "" : Quote.Text(name) + " ")}with a size; expected "
                    + $"{PlaceTrial.Listed(all.Select(n => n.Device.Name), "one, but this machine has none")}, or --start and --size "
                    + $"in a region"
            );
        return [.. asked.Select(n => Of(session, machine.Regions[n.Device.Number], n.Range, request, n))];
    }

    private static CompareAnswer Of(
        MachineSession session,
        RegionState region,
        PhysicalRange range,
        PlanRequest request,
        NamespaceState? ndns
    )
    {
        Machine machine = session.State.Machine;
        PfnDeviceState? device = ndns?.Claim is { } claim ? machine.FindPfnDevice(claim) : null;
        PlanRequest given = device is null
            ? request
            : request with
            {
                Mode = request.Mode ?? (device.BlockKind == InfoBlockKind.Dax ? CapacityMode.DevDax : CapacityMode.FsDax),
                Maps = request.Maps.IsEmpty ? [device.Mode] : request.Maps,
                Align = request.Align ?? device.Align,
            };
        (ByteSize block, string? unknown) = BlockOf(machine);
        AlternativesRequest priced = Priced(
            range,
            given,
            machine.Kernel,
            machine.Architecture,
            PfnNeighbours.Of(machine, region),
            block
        ) with
        {
            Place = PlaceOf(machine, region, range),
            KmemRefusal =
                region.Description.TargetNode < 0
                    ? $"rejecting DAX region with invalid node: -1 (target_node of {region.Device} is -1: the firmware gives it no "
                        + "proximity domain)"
                    : null,
        };
        NamespaceWish wish = given.WishOn(machine.Architecture);
        ImmutableArray<Way> ways = Modelled.Answer(() =>
            ndns is null ? Ways.OfRange(session.State, range, wish) : Ways.Of(session.Source, session.State, ndns, wish)
        );
        return new(ndns?.Device.Name, priced, ways, priced.Compare(), unknown);
    }

    private static RangePlace PlaceOf(Machine machine, RegionState region, PhysicalRange range)
    {
        bool isLegacy = machine.Description.Buses.Any(b => b.Name == region.Description.Bus && b.Provider == E820Regions.Provider);
        return new(
            region.Range,
            isLegacy ? "another start in memmap= (or of the memory map's entry)" : null,
            [
                .. region
                    .Namespaces.Values.Where(n =>
                        !n.Size.IsZero && n.Range != range && (n.Type == NamespaceType.Pmem || n.Claim is not null)
                    )
                    .Select(n => (n.Device.Name, n.Range)),
                .. machine.Regions.Values.Where(r => r.Device != region.Device).Select(r => (r.Device.Name, r.Range)),
            ]
        );
    }

    private static (ByteSize Block, string? Unknown) BlockOf(Machine machine)
    {
        try
        {
            return (DaxDeviceMemory.BlockSize(machine), null);
        }
        catch (NotModelledException e)
        {
            return (machine.Mm.BlockSize, $"{e.Message}; the figures are for {machine.Mm.BlockSize.ToOption()}");
        }
    }

    private static AlternativesRequest Priced(
        PhysicalRange range,
        PlanRequest request,
        KernelProfile kernel,
        ArchitectureRules architecture,
        SectionNeighbours neighbours,
        ByteSize block
    )
    {
        NamespaceWish wish = request.WishOn(architecture);
        if (!architecture.SupportedAligns.Contains(wish.Align))
            throw CliError.Usage($"--align: {Values.NoAlign(wish.Align, architecture)}");
        return new(range, wish.Kind, wish.Map, wish.Align, kernel, architecture, neighbours, block);
    }

    internal static string Mode(AlternativesRequest request) => request.Kind == InfoBlockKind.Dax ? "devdax" : "fsdax";
}
