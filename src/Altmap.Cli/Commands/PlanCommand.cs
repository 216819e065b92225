using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell.Sysfs;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap plan</c>: the capacity of a namespace that is there, or would be, to the byte.</summary>
internal static class PlanCommand
{
    /// <summary>A plan, and the namespace of a machine that it is of.</summary>
    private sealed record Answer(string? Namespace, NamespacePlan Plan);

    private sealed record Wanted(string? Start, string? Size, string? Mode, string? Map, string? Align, string? Architecture, string? PageSize)
    {
        public bool IsEmpty => this == new Wanted(null, null, null, null, null, null, null);
    }

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string?>("MACHINE") { Description = "a machine file, or a capture directory", Arity = ArgumentArity.ZeroOrOne };
        var ns = new Argument<string?>("NAMESPACE") { Description = "as namespace0.0 (default: every one)", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> start = Values.StartOption(), size = Values.SizeOption("size of the namespace");
        var mode = new Option<string?>("--mode", "-m") { Description = "fsdax (default) or devdax", HelpName = "MODE" };
        var map = new Option<string?>("--map", "-M") { Description = "where struct pages lie: dev (default) or mem", HelpName = "MAP" };
        var align = new Option<string?>("--align", "-a") { Description = "alignment (default: what one page-middle entry maps, 2M on x86-64)", HelpName = "A" };
        mode.CompletionSources.Add("fsdax", "devdax");
        map.CompletionSources.Add("dev", "mem");
        Option<string?> kernel = KernelChoice.Option(), arch = Values.ArchitectureOption(), page = Values.PageSizeOption();
        Option<bool> all = KernelChoice.AllOption(), json = JsonOutput.Option();
        var compare = new Option<bool>("--compare") { Description = "the alternatives to the present way, side by side; with a MACHINE, --start and --size lie in one of its regions" };
        var about = new Option<string?>("--about") { Description = "with --compare, one question alone: page-map, system-ram or shared-sections", HelpName = "Q" };
        about.CompletionSources.Add(PlanCompare.Groups);
        var command = new Command("plan", "Shows where each byte of a namespace goes: what is usable, and what is not.")
        {
            machine, ns, start, size, mode, map, align, kernel, all, arch, page, compare, about, json,
        };
        command.SetAction(p => p.GetValue(compare) || p.GetValue(about) is not null ? Compare(host, p.GetValue(machine), p.GetValue(ns), p.GetValue(kernel), p.GetValue(all), p.GetValue(json),
            new(p.GetValue(start), p.GetValue(size), p.GetValue(mode), p.GetValue(map), p.GetValue(align), p.GetValue(arch), p.GetValue(page), p.GetValue(about))) : Run(host, p.GetValue(machine), p.GetValue(ns), p.GetValue(kernel), p.GetValue(all), p.GetValue(json),
            new Wanted(p.GetValue(start), p.GetValue(size), p.GetValue(mode), p.GetValue(map), p.GetValue(align), p.GetValue(arch), p.GetValue(page))));
        CommandHelp.SetExamples(command, "altmap plan machine.json namespace0.0", "altmap plan --start 4G --size 1T --map dev --all-kernels", "altmap plan --compare --start 4G --size 1T",
            "altmap plan --start 4G --size 64G --mode devdax --arch aarch64 --page-size 64K --json");
        return command;
    }

    private static int Compare(CliHost host, string? machine, string? ns, string? kernel, bool all, bool isJson, PlanCompare.Options options) =>
        all ? throw CliError.Usage("--compare names the kernels that have each alternative: not with --all-kernels") : PlanCompare.Run(host, machine, ns, kernel, isJson, options);

    private static int Run(CliHost host, string? machine, string? ns, string? kernel, bool all, bool isJson, Wanted wanted)
    {
        if (machine is not null && !wanted.IsEmpty) throw CliError.Usage("a MACHINE, or --start and --size with the options of a new namespace: not both");
        if (machine is null && (wanted.Start is null || wanted.Size is null)) throw CliError.Usage("give a MACHINE, or --start and --size of a namespace");
        if (machine is not null && kernel is not null && all) throw CliError.Usage("--kernel and --all-kernels exclude each other");
        ImmutableArray<Answer> plans = machine is null ? Forward(host, wanted, KernelChoice.Select(kernel, all))
            : all ? [.. KernelProfiles.All.SelectMany(k => OfMachine(host, machine, ns, k.Name))]
            : OfMachine(host, machine, ns, kernel);
        bool isList = all || (machine is not null && ns is null);
        if (isJson) JsonOutput.Write(host, json => WriteJson(json, plans, isList));
        else foreach (Answer answer in plans) WriteText(host, answer.Plan, answer.Namespace);
        return plans.All(p => p.Plan.IsAccepted) ? ExitCode.Success : ExitCode.ErrorsLeft;
    }

    private static ImmutableArray<Answer> Forward(CliHost host, Wanted wanted, ImmutableArray<KernelProfile> kernels)
    {
        var range = new PhysicalRange(Values.Address(wanted.Start, "--start")!.Value, Values.Size(wanted.Size, "--size")!.Value);
        if (range.Size.IsZero) throw CliError.Usage($"--size: 0; a namespace has bytes, at least {NamespacePlan.SizeMin} for a page map");
        InfoBlockKind kind = Values.Word(wanted.Mode, "--mode", "fsdax", "devdax") == "devdax" ? InfoBlockKind.Dax : InfoBlockKind.Pfn;
        PageMapMode map = Values.Word(wanted.Map, "--map", "dev", "mem") == "mem" ? PageMapMode.Ram : PageMapMode.Pmem;
        ByteSize? align = Values.Size(wanted.Align, "--align");
        var plans = ImmutableArray.CreateBuilder<Answer>(kernels.Length);
        foreach (KernelProfile kernel in kernels)
        {
            ArchitectureRules architecture = Values.Architecture(kernel, wanted.Architecture, wanted.PageSize);
            KernelChoice.NoteUnverified(host, kernel, kernel == kernels[0] ? architecture : null);
            plans.Add(new(null, NamespacePlan.Of(range, kind, map, align ?? architecture.PmdSize, kernel, architecture)));
        }
        return plans.ToImmutable();
    }

    private static ImmutableArray<Answer> OfMachine(CliHost host, string path, string? name, string? kernel)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        NamespaceState[] all = [.. SysfsTree.Devices(machine).Where(d => d.Kind == NdDeviceKind.Namespace).Order().Select(d => machine.FindNamespace(d)!).Where(n => !n.Size.IsZero)];
        if (name is null) return [.. all.Select(n => TryPlan(machine, n, what => host.Note($"{n.Device} is left out: unsupported: {what}"))).OfType<Answer>()];
        if (all.FirstOrDefault(n => n.Device.Name == name) is { } found)
            return [TryPlan(machine, found, what => throw new CliError(ExitCode.Unsupported, $"unsupported: {what}"))!];
        string[] names = [.. all.Select(n => n.Device.Name)];
        string hint = NearestWord.Hint(name, names);
        throw CliError.Usage($"{path}: there is no namespace {Quote.Text(name)} with a size; expected {(names.Length == 0 ? "one, but this machine has none" : string.Join(", ", names.Take(20)))}{(hint.Length == 0 ? "" : $"; {hint}")}");
    }

    private static Answer? TryPlan(Machine machine, NamespaceState ndns, Action<string> refuse)
    {
        try
        {
            return NamespacePlan.Of(machine, ndns) is { } plan ? new Answer(ndns.Device.Name, plan) : null;
        }
        catch (NotModelledException e)
        {
            refuse(e.Message);
            return null;
        }
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> plans, bool isList)
    {
        if (isList) json.WriteStartArray();
        foreach ((string? name, NamespacePlan plan) in plans)
        {
            json.WriteStartObject();
            json.WriteString("namespace", name);
            json.WriteString("kernel", plan.Kernel.Name);
            json.WriteString("mode", plan.Mode);
            json.WriteString("map", MapWord(plan.Map));
            json.WriteOptional("align", plan.Align?.Bytes);
            json.WriteString("start", JsonOutput.Hex(plan.Range.Start.Bytes));
            json.WriteNumber("size", plan.Range.Size.Bytes);
            json.WriteBoolean("accepted", plan.IsAccepted);
            json.WriteNumber("errno", (int)plan.Errno);
            json.WriteString("message", plan.Message);
            json.WriteString("reason", Reason(plan));
            json.WriteOptional("start_pad", plan.Settings?.StartPad.Bytes);
            json.WriteOptional("dataoff", plan.Settings?.DataOffset.Bytes);
            json.WriteOptional("npfns", plan.Settings?.PageCount.Pages);
            json.WriteOptional("end_trunc", plan.Settings?.EndTrunc.Bytes);
            json.WriteNumber("usable", plan.Usable.Bytes);
            json.WriteStartArray("ledger");
            foreach (LedgerEntry entry in plan.Ledger)
            {
                json.WriteStartObject();
                json.WriteString("what", entry.What);
                json.WriteNumber("bytes", entry.Bytes.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNumber("struct_pages_in_ram", plan.StructPagesInRam.Bytes);
            json.WriteBoolean("verified", KernelChoice.IsVerified(plan.Kernel, plan.Architecture));
            json.WriteEndObject();
        }
        if (isList) json.WriteEndArray();
    }

    /// <summary>The ledger for people.</summary>
    internal static void WriteText(CliHost host, NamespacePlan plan, string? name = null)
    {
        string device = plan.Map is null ? plan.Mode : $"{plan.Mode}, map={MapWord(plan.Map)}, align {plan.Align}";
        host.Out.WriteLine($"kernel {plan.Kernel.Name}: {(name is null ? "" : name + ": ")}{device}: {plan.Range.Size} from {plan.Range.Start} on");
        if (!plan.IsAccepted) host.Out.WriteLine($"refused: {plan.Errno.Describe()} ({plan.Errno}){((plan.Message ?? Reason(plan)) is { } why ? $": {why}" : "")}");
        var table = new TextTable("what", ">bytes", ">", ">of the namespace");
        foreach (LedgerEntry entry in plan.Ledger) table.Add(entry.What, Number(entry.Bytes), entry.Bytes.ToHuman(), Share(entry.Bytes, plan.Range.Size));
        table.Add("total", Number(plan.Range.Size), plan.Range.Size.ToHuman(), Share(plan.Range.Size, plan.Range.Size));
        table.Write(host);
        if (!plan.StructPagesInRam.IsZero) host.Out.WriteLine($"and {plan.StructPagesInRam} of RAM for struct pages");
    }

    /// <summary>Why a namespace is refused where the kernel gives only an error number; null where it says more, or the cause is not known.</summary>
    private static string? Reason(NamespacePlan plan)
    {
        if (plan.IsAccepted || plan.Message is not null) return null;
        if (plan.Errno == Errno.ENODEV) return "no driver is bound to it (altmap run MACHINE -- dmesg)";
        if (plan.Align is { } align && !plan.Architecture.SupportedAligns.Contains(align))
            return $"align {align} is none that {KernelChoice.Name(plan.Architecture.Architecture)} offers with pages of {plan.Architecture.PageSize.ToHuman()}; expected {string.Join(", ", plan.Architecture.SupportedAligns.Select(a => a.ToHuman()))}";
        return plan.Range.Size < NamespacePlan.SizeMin ? $"fewer than {NamespacePlan.SizeMin}, the least that a page map is made for" : null;
    }

    private static string Number(ByteSize size) => size.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Share(ByteSize part, ByteSize whole) =>
        whole.IsZero ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100.0 * part.Bytes / whole.Bytes:0.00} %");

    private static string? MapWord(PageMapMode? map) => map switch
    {
        PageMapMode.Ram => "mem",
        PageMapMode.Pmem => "dev",
        PageMapMode.None => "none",
        _ => null,
    };
}
