using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning.Alternatives;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan --compare</c>: the ways out that were weighed, side by side, priced on a range.</summary>
internal static class PlanCompare
{
    /// <summary>What the options of <c>plan</c> say of the range.</summary>
    internal sealed record Options(
        string? Start,
        string? Size,
        string? Mode,
        string? Map,
        string? Align,
        string? Architecture,
        string? PageSize,
        string? About = null
    );

    /// <summary>The groups that <c>--about</c> can ask for.</summary>
    public static readonly string[] Groups = ["page-map", "system-ram", "shared-sections"];

    private sealed record Answer(string? Name, AlternativesRequest Request, ImmutableArray<AlternativeGroup> Groups);

    public static int Run(CliHost host, string? machine, string? ns, string? kernel, bool isJson, Options options)
    {
        if (machine is null && (options.Start is null || options.Size is null))
            throw CliError.Usage("give a MACHINE, or --start and --size of a namespace");
        if (machine is not null)
            Values.RefuseBesideMachine("--arch or --page-size", options.Architecture, options.PageSize);
        if (machine is not null && (options.Start is null) != (options.Size is null))
            throw CliError.Usage("--start and --size go together");
        if (ns is not null && options.Start is not null)
            throw CliError.Usage("a NAMESPACE, or --start and --size: not both");
        string? about = Values.Word(options.About, "--about", Groups);
        ImmutableArray<Answer> answers = machine is null ? [OfRange(host, kernel, options)] : OfMachine(host, machine, ns, kernel, options);
        if (about is not null)
            answers = [.. answers.Select(a => a with { Groups = [.. a.Groups.Where(g => g.Id == about)] })];
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, answers, isList: machine is not null && ns is null && options.Start is null));
        else
            foreach (Answer answer in answers)
                PlanCompareText.Write(host, answer.Name, answer.Request, answer.Groups, answer == answers[0]);
        return ExitCode.Success;
    }

    private static Answer OfRange(CliHost host, string? name, Options options)
    {
        KernelProfile kernel = KernelChoice.Select(name, false)[0];
        ArchitectureRules architecture = Values.Architecture(kernel, options.Architecture, options.PageSize);
        KernelChoice.NoteUnverified(host, kernel, architecture);
        ByteSize block = kernel.SectionSize(architecture.Architecture, architecture.PageSize);
        host.Note(
            $"memory blocks are taken to have {block.ToHuman()}, a section; a MACHINE says more, and what shares the sections of the range"
        );
        return Answered(null, Request(PlanPlaces.RangeOf(options.Start, options.Size), options, kernel, architecture, default, block));
    }

    private static ImmutableArray<Answer> OfMachine(CliHost host, string path, string? name, string? kernel, Options options)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        if (options.Start is not null)
        {
            PhysicalRange range = PlanPlaces.RangeOf(options.Start, options.Size);
            return [Answered(null, Of(host, machine, PlanPlaces.RegionOf(path, machine, range), range, options, null))];
        }
        NamespaceState[] all = [.. machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => !n.Size.IsZero)];
        NamespaceState[] asked = name is null ? all : [.. all.Where(n => n.Device.Name == name)];
        if (asked.Length == 0)
            throw CliError.Usage(
                $"{path}: there is no namespace {(name is null ? "" : Quote.Text(name) + " ")}with a size; expected "
                    + $"{PlanPlaces.Listed(all.Select(n => n.Device.Name), "one, but this machine has none")}, or --start and --size "
                    + $"in a region"
            );
        return [.. asked.Select(n => Answered(n.Device.Name, Of(host, machine, machine.Regions[n.Device.Number], n.Range, options, n)))];
    }

    private static Answer Answered(string? name, AlternativesRequest request) => new(name, request, request.Compare());

    private static AlternativesRequest Of(
        CliHost host,
        Machine machine,
        RegionState region,
        PhysicalRange range,
        Options options,
        NamespaceState? ndns
    )
    {
        PfnDeviceState? device = ndns?.Claim is { } claim ? machine.FindPfnDevice(claim) : null;
        Options given = device is null
            ? options
            : options with
            {
                Mode = options.Mode ?? (device.BlockKind == InfoBlockKind.Dax ? "devdax" : "fsdax"),
                Map = options.Map ?? device.Mode.Word(),
                Align = options.Align ?? Numbers.Of(device.Align),
            };
        return Request(range, given, machine.Kernel, machine.Architecture, PfnNeighbours.Of(machine, region), BlockOf(host, machine)) with
        {
            Place = PlaceOf(machine, region, range),
        };
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

    private static ByteSize BlockOf(CliHost host, Machine machine)
    {
        try
        {
            return DaxDeviceMemory.BlockSize(machine);
        }
        catch (NotModelledException e)
        {
            host.Note($"{e.Message}; taken to be {machine.Mm.BlockSize.ToHuman()}");
            return machine.Mm.BlockSize;
        }
    }

    private static AlternativesRequest Request(
        PhysicalRange range,
        Options options,
        KernelProfile kernel,
        ArchitectureRules architecture,
        SectionNeighbours neighbours,
        ByteSize block
    )
    {
        InfoBlockKind kind = Values.Word(options.Mode, "--mode", "fsdax", "devdax") == "devdax" ? InfoBlockKind.Dax : InfoBlockKind.Pfn;
        PageMapMode map = Values.PageMap(options.Map);
        ByteSize align = Values.Size(options.Align, "--align") ?? architecture.PmdSize;
        if (!architecture.SupportedAligns.Contains(align))
            throw CliError.Usage($"--align: {Values.NoAlign(align, architecture)}");
        return new(range, kind, map, align, kernel, architecture, neighbours, block);
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> answers, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        foreach (Answer answer in answers)
        {
            AlternativesRequest request = answer.Request;
            json.WriteStartObject();
            json.WriteString("namespace", answer.Name);
            json.WriteString("kernel", request.Kernel.Name);
            json.WriteString("start", JsonOutput.Hex(request.Range.Start.Bytes));
            json.WriteNumber("size", request.Range.Size.Bytes);
            json.WriteString("mode", Mode(request));
            json.WriteString("map", request.Map.Word());
            json.WriteNumber("align", request.Align.Bytes);
            json.WriteNumber("memory_block", request.MemoryBlock.Bytes);
            json.WriteStartArray("groups");
            foreach (AlternativeGroup group in answer.Groups)
                WriteJson(json, group);
            json.WriteEndArray();
            json.WriteBoolean("verified", KernelChoice.IsVerified(request.Kernel, request.Architecture));
            json.WriteEndObject();
        }
        if (isList)
            json.WriteEndArray();
    }

    private static void WriteJson(Utf8JsonWriter json, AlternativeGroup group)
    {
        json.WriteStartObject();
        json.WriteString("group", group.Id);
        json.WriteString("question", group.Question);
        json.WriteObjects(
            "alternatives",
            group.Rows,
            row =>
            {
                json.WriteString("id", row.Id);
                json.WriteString("what", row.What);
                json.WriteBoolean("present", row.IsPresent);
                json.WriteNumber("lost", row.Lost.Bytes);
                json.WriteNumber("usable", row.Usable.Bytes);
                json.WriteNumber("ram_cost", row.RamCost.Bytes);
                json.WriteString("dax", row.Uses.Dax);
                json.WriteString("block_io", row.Uses.BlockIo);
                json.WriteString("hot_remove", row.Uses.HotRemove);
                json.WriteString("huge_pages", row.Uses.HugePages);
                json.WriteString("kexec", row.Uses.Kexec);
                json.WriteString("debug_kernel", row.DebugKernel);
                json.WriteStrings("kernels", row.Kernels.Select(k => k.Name));
                json.WriteBoolean("proposed_only", row.IsProposedOnly);
                json.WriteString("why", row.Why);
                json.WriteString("source", row.Source);
            }
        );
        json.WriteEndObject();
    }

    internal static string Mode(AlternativesRequest request) => request.Kind == InfoBlockKind.Dax ? "devdax" : "fsdax";
}
