using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell.Sysfs;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan</c>: the capacity of namespaces that are there, or would be, to the byte; and how large they must be.</summary>
internal static class PlanCommand
{
    private const int CountMax = 4096;
    private static readonly string[] Modes = ["fsdax", "devdax", "system-ram", "sector", "raw", "hotplug"];

    /// <summary>A plan, and the namespace of a machine that it is of.</summary>
    private sealed record Answer(string? Namespace, NamespacePlan Plan, MadeNamespace? Made = null);

    /// <summary>What the words of the command line ask for; null: not given.</summary>
    private sealed record Wanted(
        string? Start,
        string? Size,
        string? Usable,
        string? Mode,
        string? Map,
        string? Align,
        string? Sector,
        string? Block,
        string? Architecture,
        string? PageSize,
        string? Count,
        string? Rest,
        string? Region
    )
    {
        public bool IsEmpty => this == new Wanted(null, null, null, null, null, null, null, null, null, null, null, null, null);
    }

    private sealed record Output(bool IsJson, bool IsWhole, string? Svg);

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string?>("MACHINE")
        {
            Description = "a machine file, or a capture directory",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var ns = new Argument<string?>("NAMESPACE")
        {
            Description = "as namespace0.0 (default: every one, and the books of the whole machine)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> start = Values.StartOption(),
            size = Values.SizeOption("size of the namespace");
        Option<string?> usable = Text("--usable", "U", "instead of --size: the smallest size that gives at least U to the user");
        Option<string?> mode = Text(
            "--mode",
            "MODE",
            "fsdax (default), devdax, system-ram (devdax given to kmem), sector, raw; hotplug: a range without info-block",
            "-m"
        );
        Option<string?> map = Text(
            "--map",
            "MAP",
            "where struct pages lie: dev (default) or mem; any: with --usable, what takes less",
            "-M"
        );
        Option<string?> align = Text(
            "--align",
            "A",
            "alignment (default: what one page-middle entry maps, 2M on x86-64); any: with --usable, what takes less",
            "-a"
        );
        Option<string?> sector = Text("--sector-size", "BYTES", "of a sector namespace (default: 4096)", "-l");
        Option<string?> block = Text(
            "--block-size",
            "SIZE",
            "size of a memory block, for system-ram and hotplug (default: the smallest; a MACHINE has its own)"
        );
        Option<string?> count = Text("--count", "N", "with --usable: so many namespaces; without a MACHINE one behind the other");
        Option<string?> rest = Text("--rest", "MODE", "with --usable: one more namespace, of what is left then");
        Option<string?> region = Text("--region", "REGION", "with --usable: only in this region, as region0", "-r");
        mode.CompletionSources.Add(Modes);
        rest.CompletionSources.Add(Modes[..^1]);
        map.CompletionSources.Add("dev", "mem", "any");
        Option<string?> kernel = KernelChoice.Option(),
            arch = Values.ArchitectureOption(),
            page = Values.PageSizeOption();
        Option<string?> svg = Text("--svg", "FILE", "writes the bars as a picture");
        var whole = new Option<bool>("--whole")
        {
            Description = "with --json: one document with every DIMM, region and namespace of the machine",
        };
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var compare = new Option<bool>("--compare")
        {
            Description = "the alternatives to the present way, side by side; with a MACHINE, --start and --size lie in one of its regions",
        };
        Option<string?> about = Text(
            "--about",
            "Q",
            "one question of --compare alone (and implies it): page-map, system-ram or shared-sections"
        );
        about.CompletionSources.Add(PlanCompare.Groups);
        var command = new Command("plan", "Shows where each byte of a namespace goes, and how large one must be to get so much.")
        {
            machine,
            ns,
            start,
            size,
            usable,
            mode,
            map,
            align,
            sector,
            block,
            count,
            rest,
            region,
            compare,
            about,
            whole,
            kernel,
            all,
            arch,
            page,
            svg,
            json,
        };
        command.SetAction(p =>
            p.GetValue(compare) || p.GetValue(about) is not null
                ? Compare(
                    host,
                    p.GetValue(machine),
                    p.GetValue(ns),
                    p.GetValue(kernel),
                    p.GetValue(all),
                    p.GetValue(json),
                    new[] { usable, sector, block, count, rest, region, svg }.FirstOrDefault(o => p.GetValue(o) is not null)?.Name
                        ?? (p.GetValue(whole) ? whole.Name : null),
                    new(
                        p.GetValue(start),
                        p.GetValue(size),
                        p.GetValue(mode),
                        p.GetValue(map),
                        p.GetValue(align),
                        p.GetValue(arch),
                        p.GetValue(page),
                        p.GetValue(about)
                    )
                )
                : Run(
                    host,
                    p.GetValue(machine),
                    p.GetValue(ns),
                    p.GetValue(kernel),
                    p.GetValue(all),
                    new Output(p.GetValue(json), p.GetValue(whole), p.GetValue(svg)),
                    new Wanted(
                        p.GetValue(start),
                        p.GetValue(size),
                        p.GetValue(usable),
                        p.GetValue(mode),
                        p.GetValue(map),
                        p.GetValue(align),
                        p.GetValue(sector),
                        p.GetValue(block),
                        p.GetValue(arch),
                        p.GetValue(page),
                        p.GetValue(count),
                        p.GetValue(rest),
                        p.GetValue(region)
                    )
                )
        );
        CommandHelp.SetExamples(
            command,
            "altmap plan machine.json namespace0.0",
            "altmap plan --start 4G --size 1T --map dev --all-kernels",
            "altmap plan --compare --start 4G --size 1T",
            "altmap plan machine.json --usable 1G --count 3 --rest fsdax",
            "altmap plan --start 5G --size 2G --mode system-ram --map mem --arch aarch64 --kernel 5.10",
            "altmap plan --start 4G --size 64G --mode devdax --arch aarch64 --page-size 64K --json"
        );
        return command;

        static Option<string?> Text(string name, string help, string description, params string[] aliases) =>
            new(name, aliases) { Description = description, HelpName = help };
    }

    private static int Compare(
        CliHost host,
        string? machine,
        string? ns,
        string? kernel,
        bool all,
        bool isJson,
        string? other,
        PlanCompare.Options options
    ) =>
        other is not null
            ? throw CliError.Usage($"--compare and {other} exclude each other; --compare takes --start and --size, or a MACHINE")
        : all ? throw CliError.Usage("--compare names the kernels that have each alternative: not with --all-kernels")
        : PlanCompare.Run(host, machine, ns, kernel, isJson, options);

    private static int Run(CliHost host, string? machine, string? ns, string? kernel, bool all, Output output, Wanted wanted)
    {
        CheckUse(machine, ns, wanted, output);
        ImmutableArray<string?> kernels = KernelChoice.Names(kernel, all);
        ImmutableArray<Answer> plans;
        if (machine is null)
        {
            plans = OfRange(host, wanted, KernelChoice.Select(kernel, all), output.IsJson);
        }
        else if (wanted.IsEmpty)
        {
            if (ns is null)
                return PlanWhole.Run(host, machine, kernels, output.IsJson, output.IsWhole, output.Svg);
            plans = [.. kernels.Select(k => OfNamespace(host, machine, ns, k))];
        }
        else
        {
            plans = EachKernel(
                host,
                kernels,
                k => k!,
                k => wanted.Usable is null ? [InMachine(host, machine, k, wanted, output.IsJson)] : OfUsable(host, machine, k, wanted)
            );
        }
        bool isList = all || wanted.Count is not null || wanted.Rest is not null;
        if (output.Svg is { } path)
            SvgFile.WriteSvg(path, PlanPicture.Draw("Where the bytes go", [.. plans.Select(p => PlanPicture.BarOf(p.Namespace, p.Plan))]));
        if (output.IsJson)
            JsonOutput.Write(host, json => WriteJson(json, plans, isList));
        else
            foreach (IGrouping<KernelProfile, Answer> answers in plans.GroupBy(p => p.Plan.Kernel))
                WriteText(host, [.. answers], all);
        bool isWhole = all ? plans.DistinctBy(p => p.Plan.Kernel).Count() == kernels.Length : plans.Length > 0;
        return isWhole && plans.All(p => p.Plan.IsAccepted) ? ExitCode.Success : ExitCode.ErrorsLeft;
    }

    /// <summary>The answers of several kernels; one that has none says why, and the others are heard.</summary>
    private static ImmutableArray<Answer> EachKernel<T>(
        CliHost host,
        ImmutableArray<T> kernels,
        Func<T, string> name,
        Func<T, IEnumerable<Answer>> ask
    )
    {
        var all = ImmutableArray.CreateBuilder<Answer>();
        foreach (T kernel in kernels)
        {
            try
            {
                all.AddRange(ask(kernel));
            }
            catch (CliError e) when (kernels.Length > 1 && e.ExitCode != ExitCode.Usage)
            {
                host.Note($"kernel {name(kernel)}: {e.Message}");
            }
        }
        return all.ToImmutable();
    }

    private static void CheckUse(string? machine, string? ns, Wanted wanted, Output output)
    {
        CheckMode(wanted);
        if (wanted is { Size: not null, Usable: not null })
            throw CliError.Usage("--size and --usable exclude each other: how large it is, or how much it shall give");
        if (output.IsWhole && (!output.IsJson || machine is null || ns is not null || !wanted.IsEmpty))
            throw CliError.Usage("--whole goes with MACHINE and --json alone");
        if (machine is null)
        {
            if (wanted.Start is null || (wanted.Size ?? wanted.Usable) is null)
                throw CliError.Usage("give a MACHINE, or --start and --size (or --usable) of a namespace");
            if ((wanted.Rest ?? wanted.Region) is not null)
                throw CliError.Usage("--rest and --region need a MACHINE");
            if (wanted is { Count: not null, Usable: null })
                throw CliError.Usage(
                    "--count goes with --usable: so many namespaces, one behind the other: altmap plan --start 4G --usable 1G --count 3"
                );
            return;
        }
        if (wanted.IsEmpty)
            return;
        if (ns is not null)
            throw CliError.Usage($"{Quote.Text(ns)} is there already, the options are of a new namespace: not both");
        Values.RefuseBesideMachine("--arch, --page-size or --block-size", wanted.Architecture, wanted.PageSize, wanted.Block);
        if (wanted.Usable is null && (wanted.Size is null || wanted.Start is null))
            throw CliError.Usage("of a new namespace on a MACHINE give --usable, or --start and --size: altmap plan MACHINE --usable 1G");
        if (wanted is { Usable: not null, Start: not null })
            throw CliError.Usage("with a MACHINE and --usable the kernel chooses the start: --region says where");
        if (wanted.Usable is null && (wanted.Count ?? wanted.Rest ?? wanted.Region) is not null)
            throw CliError.Usage("--count, --rest and --region go with --usable");
    }

    /// <summary>No option is ignored in silence.</summary>
    private static void CheckMode(Wanted wanted)
    {
        if (wanted.IsEmpty)
            return;
        CapacityMode[] modes = wanted.Rest is null
            ? [Mode(wanted.Mode, "--mode", Modes)]
            : [Mode(wanted.Mode, "--mode", Modes), Mode(wanted.Rest, "--rest", Modes[..^1])];
        string words = string.Join(" and ", modes.Select(NamespaceWish.WordOf).Distinct());
        if (
            (
                wanted.Map is null
                    ? wanted.Align is null
                        ? null
                        : "--align"
                    : "--map"
            )
                is { } page
            && !modes.Any(m => m is CapacityMode.FsDax or CapacityMode.DevDax or CapacityMode.SystemRam)
        )
            throw CliError.Usage($"{page} is of a page map, and {words} has none: not both");
        if (wanted.Sector is not null && !modes.Contains(CapacityMode.Sector))
            throw CliError.Usage($"--sector-size is of a BTT, and {words} has none: --mode sector");
        if (wanted.Block is not null && !modes.Any(m => m is CapacityMode.SystemRam or CapacityMode.Hotplug))
            throw CliError.Usage($"--block-size is of memory that is added, and {words} adds none: --mode system-ram or hotplug");
    }

    /// <summary>Scripts get the refused plan, as the kernel's attribute gives EINVAL; people hear what they may say.</summary>
    private static void CheckAlign(Wanted wanted, ArchitectureRules architecture, bool isJson)
    {
        if (isJson || wanted.Align is null or "any")
            return;
        ByteSize align = Values.Size(wanted.Align, "--align")!.Value;
        if (!architecture.SupportedAligns.Contains(align))
            throw CliError.Usage($"--align: {Values.NoAlign(align, architecture)}");
    }

    /// <summary>ndctl's own default where the start is odd.</summary>
    private static void NoteAlign(CliHost host, Wanted wanted, NamespacePlan plan)
    {
        if (wanted.Align is null && plan.Align is { } align && !plan.Range.Start.IsAligned(align))
            host.Note(
                $"align {align.ToHuman()} is assumed; ndctl create-namespace takes a page where its region starts at no multiple of "
                    + $"that: --align {Numbers.Unit(plan.Architecture.PageSize)}"
            );
    }

    private static CapacityMode Mode(string? text, string option, string[] words)
    {
        string word = Values.Word(text, option, words) ?? "fsdax";
        return Enum.GetValues<CapacityMode>().First(m => NamespaceWish.WordOf(m) == word);
    }

    private static NamespaceWish WishOf(Wanted wanted, ArchitectureRules architecture)
    {
        ByteSize? block = Values.Size(wanted.Block, "--block-size");
        if (block is { } b && (!b.IsPowerOfTwo || b < ByteSize.MiB(2)))
            throw CliError.Usage($"--block-size: {b} is none; expected a power of two from 2M on, as 128M, 1G or 2G");
        PageMapMode map = Values.PageMap(wanted.Map);
        return new NamespaceWish(Mode(wanted.Mode, "--mode", Modes), map, Values.Size(wanted.Align, "--align") ?? architecture.PmdSize)
        {
            BlockSize = block,
            SectorSizeBytes = SectorOf(wanted),
        };
    }

    private static uint SectorOf(Wanted wanted)
    {
        ByteSize size = Values.Size(wanted.Sector, "--sector-size") ?? ByteSize.KiB(4);
        return BttConstants.SectorSizes.FirstOrDefault(s => s == size.Bytes) is var found and not 0
            ? found
            : throw CliError.Usage(
                $"--sector-size: {size.Bytes} is none of a BTT's; expected {string.Join(", ", BttConstants.SectorSizes)}"
            );
    }

    private static ByteSize UsableOf(Wanted wanted) =>
        Values.Size(wanted.Usable, "--usable") is { IsZero: false } usable
            ? usable
            : throw CliError.Usage("--usable: 0 bytes need no namespace; expected a size, as 1G");

    private static ImmutableArray<Answer> OfRange(CliHost host, Wanted wanted, ImmutableArray<KernelProfile> kernels, bool isJson) =>
        EachKernel(
            host,
            kernels,
            k => k.Name,
            kernel =>
            {
                ArchitectureRules architecture = Values.Architecture(kernel, wanted.Architecture, wanted.PageSize);
                CheckAlign(wanted, architecture, isJson);
                KernelChoice.NoteUnverified(host, kernel, kernel == kernels[0] ? architecture : null);
                Answer[] answers = wanted.Usable is null
                    ?
                    [
                        new(
                            null,
                            NamespacePlan.Of(
                                PlanPlaces.RangeOf(wanted.Start, wanted.Size),
                                WishOf(wanted, architecture),
                                kernel,
                                architecture
                            )
                        ),
                    ]
                    : [.. InRow(wanted, kernel, architecture)];
                if (kernel == kernels[0])
                    NoteAlign(host, wanted, answers[0].Plan);
                return answers;
            }
        );

    /// <summary>So many, one behind the other.</summary>
    private static IEnumerable<Answer> InRow(Wanted wanted, KernelProfile kernel, ArchitectureRules architecture)
    {
        PhysicalAddress start = Values.Address(wanted.Start, "--start")!.Value;
        for (int left = CountOf(wanted); left > 0; left--)
        {
            NamespacePlan plan = Smallest(wanted, start, kernel, architecture);
            yield return new(null, plan);
            if (!plan.IsAccepted || plan.Range.End.Bytes >= Values.AddressMax)
                yield break;
            // A kernel that maps whole sections has no room for two namespaces in one.
            start = kernel.Get(Rules.DeviceMapsAreSections)
                ? plan.Range.End.AlignUp(kernel.SectionSize(architecture.Architecture, architecture.PageSize))
                : plan.Range.End;
        }
    }

    private static int CountOf(Wanted wanted)
    {
        ulong count = Values.Number(wanted.Count, "--count") ?? 1;
        return count is 0 or > CountMax
            ? throw CliError.Usage(string.Create(CultureInfo.InvariantCulture, $"--count: {count}; expected 1 to {CountMax}"))
            : (int)count;
    }

    /// <summary>Sizes are multiples of what the kernel maps: what comes behind the range starts aligned.</summary>
    private static NamespacePlan Smallest(Wanted wanted, PhysicalAddress start, KernelProfile kernel, ArchitectureRules architecture)
    {
        ByteSize usable = UsableOf(wanted),
            step = architecture.CompatAlign;
        NamespacePlan? best = null;
        foreach ((PageMapMode map, ByteSize align) in from m in MapsOf(wanted) from a in AlignsOf(wanted, architecture) select (m, a))
        {
            NamespaceWish wish = WishOf(wanted with { Map = null, Align = null }, architecture) with { Map = map, Align = align };
            if (!architecture.SupportedAligns.Contains(align))
                return NamespacePlan.Of(new PhysicalRange(start, usable), wish, kernel, architecture);
            var sizes = new SizeRange(start, step, new ByteSize(Values.AddressMax), step, start.IsAligned(step) ? step : new ByteSize(1));
            if (
                SizeSearch.Smallest(sizes, usable, wish, kernel, architecture) is { } plan
                && (best is null || plan.Range.Size < best.Range.Size)
            )
                best = plan;
        }
        if (best is not null)
            return best;
        NamespacePlan refused = NamespacePlan.Of(
            new PhysicalRange(start, usable),
            WishOf(wanted with { Map = null, Align = null }, architecture),
            kernel,
            architecture
        );
        string why = refused is { IsAccepted: false, Message: { } message } ? $": {message}" : "";
        throw new CliError(
            ExitCode.ErrorsLeft,
            $"no size from {start} on gives {usable} on kernel {kernel.Name}{why}; a start that is a multiple of {step} may"
        );
    }

    private static ImmutableArray<PageMapMode> MapsOf(Wanted wanted) =>
        Values.Word(wanted.Map, "--map", "dev", "mem", "any") switch
        {
            "mem" => [PageMapMode.Ram],
            "any" => [PageMapMode.Pmem, PageMapMode.Ram],
            _ => [PageMapMode.Pmem],
        };

    private static ImmutableArray<ByteSize> AlignsOf(Wanted wanted, ArchitectureRules architecture) =>
        wanted.Align switch
        {
            null => [architecture.PmdSize],
            "any" => [.. architecture.SupportedAligns.OrderBy(a => a == architecture.PmdSize ? 0 : 1)],
            _ => [Values.Size(wanted.Align, "--align")!.Value],
        };

    /// <summary>A range of a machine: free space of one of its regions.</summary>
    private static Answer InMachine(CliHost host, string path, string? kernel, Wanted wanted, bool isJson)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        PhysicalRange range = PlanPlaces.RangeOf(wanted.Start, wanted.Size);
        CheckAlign(wanted, machine.Architecture, isJson);
        NamespaceWish wish = WishOf(wanted, machine.Architecture);
        if (wish is { BlockSize: null, Mode: CapacityMode.SystemRam or CapacityMode.Hotplug })
            wish = wish with { BlockSize = Modelled.Answer(() => DaxDeviceMemory.BlockSize(machine)) };
        RegionState region = PlanPlaces.RegionOf(path, machine, range);
        NamespaceState? taken = region.Namespaces.Values.FirstOrDefault(n =>
            n.Range.Overlaps(range) && (n.Type == NamespaceType.Pmem || n.Claim is not null)
        );
        string[] free = [.. RegionPlace.Of(machine, region)?.Free().Select(f => f.ToString()) ?? []];
        if (taken is not null)
            throw CliError.Usage(
                $"{path}: {range} overlaps {taken.Device} {taken.Range}; free in {region.Device}: {PlanPlaces.Listed(free, "nothing")}"
            );
        RegionPlace? place = RegionPlace.Of(machine, region);
        if (place is { Use: RegionUse.Whole } && range != region.Range)
            throw CliError.Usage($"{path}: {region.Device} has no labels and holds one namespace, all of {region.Range}");
        NamespacePlan plan = NamespacePlan.Of(range, wish, machine.Kernel, machine.Architecture);
        NoteAlign(host, wanted, plan);
        if (place is not null && UsablePlanner.SizeStep(place, wish, machine) is var step && !range.Size.IsMultipleOf(step))
            host.Note($"ndctl refuses this size on {region.Device}: it is no multiple of {step.ToHuman()}");
        if (place is { Use: RegionUse.Whole } && wish is { Mode: CapacityMode.FsDax, Map: PageMapMode.Ram } && region.Ways == 0)
            host.Note(
                $"ndctl create-namespace -m fsdax -M mem makes no info-block on {region.Device}, whose namespace has pages already: "
                    + $"all of it is data then (--mode raw)"
            );
        return new(null, plan);
    }

    private static IEnumerable<Answer> OfUsable(CliHost host, string path, string? kernel, Wanted wanted)
    {
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 0);
        Machine machine = session.State.Machine;
        int count = CountOf(wanted);
        CapacityMode mode = Mode(wanted.Mode, "--mode", Modes[..^1]);
        NdDevice? region = RegionOf(path, machine, wanted.Region);
        ImmutableArray<ByteSize> aligns = AlignsOf(wanted, machine.Architecture);
        if (aligns.FirstOrDefault(a => !machine.Architecture.SupportedAligns.Contains(a)) is { IsZero: false } odd)
            throw CliError.Usage($"--align: {Values.NoAlign(odd, machine.Architecture)}, or any");
        var wish = new UsableWish(UsableOf(wanted), mode, MapsOf(wanted), aligns)
        {
            Count = count,
            Rest = wanted.Rest is null ? null : Mode(wanted.Rest, "--rest", Modes[..^1]),
            SectorSizeBytes = SectorOf(wanted),
            Region = region,
        };
        ImmutableArray<MadeNamespace> made = Modelled.Answer(() =>
            PlanUsable.Make(session.State, wish, plan => Shortfall(path, machine, plan, wish))
        );
        foreach (string note in made.Select(m => m.Note).OfType<string>().Distinct())
            host.Note($"not run on the model: {note}");
        return made.Select(m => new Answer(m.Namespace, m.Result, m));
    }

    private static NdDevice? RegionOf(string path, Machine machine, string? name)
    {
        if (name is null)
            return null;
        return machine.Regions.Values.FirstOrDefault(r => r.Device.Name == name)?.Device
            ?? throw CliError.Usage(
                $"{path}: there is no region {Quote.Text(name)}; expected "
                    + $"{PlanPlaces.Listed(machine.Regions.Values.Select(r => r.Device.Name), "one, but this machine has none")}"
            );
    }

    private static string Shortfall(string path, Machine machine, UsablePlan plan, UsableWish wish)
    {
        string before =
            plan.Namespaces.Length == 0
                ? ""
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $" after {plan.Namespaces.Length} namespaces of {plan.Namespaces[0].Plan.Range.Size.ToHuman()}"
                );
        if (plan.Namespaces.Length == wish.Count)
            return $"{path}: nothing is left for --rest{before}";
        string word = NamespaceWish.WordOf(wish.Mode);
        if (plan.MostUsable is { } most)
            return $"{path}: no namespace gives {wish.Usable} as {word}{before}; the most that one gives is {most.Usable}, with "
                + $"{most.Range.Size} from {most.Range.Start} on";
        string where = string.Join(
            ", ",
            machine.Regions.Values.Where(r => wish.Region is null || r.Device == wish.Region).Take(20).Select(r => r.Device.Name)
        );
        return $"{path}: no namespace can be made{before}: "
            + (
                where.Length == 0
                    ? "this machine has no region"
                    : $"no free space that {word} fits in, of {where} (altmap plan MACHINE shows who has it)"
            );
    }

    private static Answer OfNamespace(CliHost host, string path, string name, string? kernel)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        NamespaceState[] all =
        [
            .. SysfsTree
                .Devices(machine)
                .Where(d => d.Kind == NdDeviceKind.Namespace)
                .Order()
                .Select(d => machine.FindNamespace(d)!)
                .Where(n => !n.Size.IsZero),
        ];
        if (all.FirstOrDefault(n => n.Device.Name == name) is { } found)
            return new Answer(name, Modelled.Answer(() => NamespacePlan.Of(machine, found))!);
        string[] names = [.. all.Select(n => n.Device.Name)];
        string hint = NearestWord.Hint(name, names);
        throw CliError.Usage(
            $"{path}: there is no namespace {Quote.Text(name)} with a size; expected "
                + $"{PlanPlaces.Listed(names, "one, but this machine has none")}{(hint.Length == 0 ? "" : $"; {hint}")}"
        );
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> plans, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        foreach ((string? name, NamespacePlan plan, MadeNamespace? made) in plans)
        {
            PlanJson.Write(
                json,
                name,
                plan,
                made is null
                    ? null
                    : () =>
                    {
                        json.WriteString("region", made.Planned.Place.Region.Device.Name);
                        json.WriteStrings("commands", made.Commands);
                        json.WriteBoolean("checked", made.IsChecked);
                    }
            );
        }
        if (isList)
            json.WriteEndArray();
    }

    private static void WriteText(CliHost host, Answer[] answers, bool isOneOfMany)
    {
        PlanUsableText.Write(host, [.. answers.Select(a => a.Made).OfType<MadeNamespace>()], isOneOfMany);
        if (answers.Length > 1 && answers.All(a => a is { Made: null, Plan.IsAccepted: true }))
            PlanUsableText.WriteRow(host, [.. answers.Select(a => a.Plan)]);
        foreach (Answer answer in answers)
            PlanText.Write(host, answer.Plan, answer.Namespace);
    }
}
