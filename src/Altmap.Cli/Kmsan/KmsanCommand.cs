using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Buddy;
using Altmap.Model.Hardware;
using Altmap.Model.Kmsan;

namespace Altmap.Cli.Kmsan;

/// <summary><c>altmap kmsan</c>: which memory a KMSAN kernel keeps for metadata at boot, and which it can allocate.</summary>
internal static class KmsanCommand
{
    private const int RangesBytesMax = 64 << 20;

    /// <summary>The options that speak of a machine's boot.</summary>
    private sealed record BootWords(string? Image, string? Early, string? Late);

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string?>("MACHINE")
        {
            Description = MachineSession.Meaning + " (x86-64)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var ranges = new Option<string?>("--ranges")
        {
            Description = "free memblock ranges instead of a machine: a line start_pfn end_pfn (half-open) each; - is standard input",
            HelpName = "FILE",
        };
        Option<string?> kernel = KernelChoice.Option();
        var initrd = new Option<string?>("--initrd")
        {
            Description =
                "where the initial RAM disk lies, as dmesg prints it: 0x3fe00000-0x403d7fff; decimal numbers are pages. It is freed "
                + "after boot (default: none)",
            HelpName = "A-B",
        };
        var later = new Option<string[]>("--freed-later")
        {
            Description = "more boot memory that is freed later, as the kernel's init sections",
            HelpName = "A-B",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var image = new Option<string?>("--kernel-image")
        {
            Description = "where the kernel lies (default: 0x1000000-0x2607fff, that of a small 6.12)",
            HelpName = "A-B",
        };
        var early = new Option<string?>("--early")
        {
            Description = "other memory taken before metadata are made (default: 1 MiB and 1.5 KiB per MiB of RAM, up to 193 MiB)",
            HelpName = "S",
        };
        var late = new Option<string?>("--late")
        {
            Description = "memory taken between metadata and the page allocator (default: 1 KiB per MiB of RAM, up to 16 MiB)",
            HelpName = "S",
        };
        var blocks = new Option<bool>("--blocks")
        {
            Description = "every block that reaches the page allocator, in order, with its shadow and origins",
        };
        var search = new Option<bool>("--search")
        {
            Description = "look for torn blocks on all small memory maps, and on large ones at random, instead",
        };
        var seed = new Option<string?>("--seed") { Description = "for --search and --compare (default: 1)", HelpName = "N" };
        Option<bool> json = JsonOutput.Option();
        var compare = KmsanCompare.Options.Create();
        var command = new Command(
            "kmsan",
            "Shows which memory a KMSAN kernel keeps as shadow and origins at boot, which reaches the page allocator, and whether "
                + "free blocks have their metadata side by side."
        )
        {
            machine,
            ranges,
            initrd,
            later,
            image,
            early,
            late,
            blocks,
            search,
            seed,
            compare.Compare,
            compare.Simulate,
            compare.Seeds,
            kernel,
            compare.Svg,
            json,
        };
        command.SetAction(p =>
        {
            bool compares = KmsanCompare.IsAsked(p, compare);
            if (compares && (p.GetValue(search) || p.GetValue(blocks)))
                throw CliError.Usage("--compare answers something else than --search and --blocks: one of them");
            if (p.GetValue(seed) is not null && !compares && !p.GetValue(search))
                throw CliError.Usage("--seed goes with --search or --compare: nothing else is random");
            if (
                p.GetValue(search)
                && (
                    p.GetValue(machine)
                    ?? p.GetValue(ranges)
                    ?? p.GetValue(kernel)
                    ?? p.GetValue(initrd)
                    ?? p.GetValue(image)
                    ?? p.GetValue(early)
                    ?? p.GetValue(late)
                )
                    is { } other
            )
                throw CliError.Usage($"--search looks at memory maps of its own, not at {Quote.Text(other)}: one of them");
            if (p.GetValue(search))
                return KmsanSearch.Run(host, Values.Number(p.GetValue(seed), "--seed") ?? 1, p.GetValue(json));
            KmsanAnswer answer = (p.GetValue(machine), p.GetValue(ranges)) switch
            {
                ({ } path, null) => OfMachine(
                    host,
                    path,
                    p.GetValue(kernel),
                    p.GetValue(initrd),
                    p.GetValue(later)!,
                    new(p.GetValue(image), p.GetValue(early), p.GetValue(late))
                ),
                (null, { } file) when (p.GetValue(image) ?? p.GetValue(early) ?? p.GetValue(late)) is null => OfRanges(
                    host,
                    file,
                    p.GetValue(kernel),
                    p.GetValue(initrd),
                    p.GetValue(later)!
                ),
                (null, { }) => throw CliError.Usage(
                    "--kernel-image, --early and --late speak of the boot of a MACHINE; free ranges are what is left after it"
                ),
                ({ }, { }) => throw CliError.Usage("a MACHINE, or --ranges with the free ranges of one: not both"),
                _ => throw CliError.Usage("give a MACHINE, or --ranges FILE with free memblock ranges; example: altmap kmsan machine.json"),
            };
            if (compares)
                return KmsanCompare.Run(
                    host,
                    CompareSource(answer),
                    p,
                    compare,
                    Values.Number(p.GetValue(seed), "--seed") ?? 1,
                    p.GetValue(json)
                );
            if (p.GetValue(json) && p.GetValue(blocks))
                JsonOutput.WriteLong(host, j => KmsanJson.Write(j, answer, hasBlocks: true));
            else if (p.GetValue(json))
                JsonOutput.Write(host, j => KmsanJson.Write(j, answer, hasBlocks: false));
            else
                KmsanText.Write(host, answer, p.GetValue(blocks));
            return answer.Contiguity.Torn.IsEmpty ? ExitCode.Success : ExitCode.ErrorsLeft;
        });
        CommandHelp.SetExamples(
            command,
            "altmap kmsan machine.json",
            "altmap kmsan machine.json --initrd 0x3fe00000-0x403d7fff",
            "altmap kmsan --ranges free.txt --blocks --json",
            "altmap kmsan --search",
            "altmap kmsan machine.json --compare --svg designs.svg"
        );
        return command;
    }

    private static KmsanCompare.Source CompareSource(KmsanAnswer answer) =>
        new(
            answer.Kernel,
            answer.Architecture,
            answer.CarveOut.FreeRanges,
            answer.Zones,
            ranges => CarveOut.Of(ranges, answer.Architecture.PageOrderMax).Blocks().Select(b => b.Block.Block),
            null
        );

    private static KmsanAnswer OfRanges(CliHost host, string path, string? kernelName, string? initrd, string[] later)
    {
        KernelProfile kernel = kernelName is null ? KernelProfiles.Default : KernelChoice.Load(kernelName);
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!;
        Require(kernel, architecture);
        KernelChoice.NoteUnverified(host, kernel, architecture);
        HostResult<byte[]> text =
            path == "-" ? BoundedFile.Read("<stdin>", host.OpenInput(), RangesBytesMax) : BoundedFile.Read(path, RangesBytesMax);
        if (text.Error is { } error)
            throw CliError.Of(error);
        Pfn limit = new((1UL << architecture.PhysicalBits) / architecture.PageSize.Bytes);
        FreeRangesResult read = FreeRangesFile.Parse(text.Value, path == "-" ? "<stdin>" : path, limit);
        if (!read.Errors.IsEmpty)
            throw CliError.Of([.. read.Errors.Select(HostError.Of)]);
        CarveOut carveOut = CarveOut.Of(read.Ranges, architecture.PageOrderMax);
        ImmutableArray<MetadataSegment> freed =
        [
            .. FreedLater(initrd, later, architecture.PageSize, limit).Select(f => new MetadataSegment(f.Pages, null, f.What)),
        ];
        return Answer(kernel, architecture, carveOut, DefaultZones.ForPages(architecture), freed, null);
    }

    private static KmsanAnswer OfMachine(CliHost host, string path, string? kernelName, string? initrd, string[] later, BootWords words)
    {
        Machine machine = MachineSession.Open(host, path, kernelName).Answering(host, FactTopic.Memory).State.Machine;
        Require(machine.Kernel, machine.Architecture);
        ByteSize page = machine.Mm.PageSize;
        Pfn limit = new((1UL << machine.Mm.Options.PhysicalBits) / page.Bytes);
        var assumptions = new BootAssumptions
        {
            EarlyAllocations = Values.Size(words.Early, "--early"),
            LateAllocations = Values.Size(words.Late, "--late"),
            Initrd = initrd is null ? default : Bytes(PageRange.ParseRange(initrd, "--initrd", page), page),
        };
        if (words.Image is { } image)
        {
            PfnRange pages = PageRange.ParseRange(image, "--kernel-image", page);
            PhysicalRange where = Bytes(pages, page);
            if (where.Start.Bytes < ByteSize.MiB(1).Bytes)
                throw CliError.Usage($"--kernel-image: {Quote.Text(image)} starts below 1 MiB, where x86-64 has no kernel");
            RequireRam(path, machine, "--kernel-image", pages);
            // Where its .data lies is not known then; its size stands for it.
            assumptions = assumptions with
            {
                KernelImage = where,
                KernelData = new(where.Start, where.Size < assumptions.KernelData.Size ? where.Size : assumptions.KernelData.Size),
            };
        }
        if (initrd is not null)
            RequireRam(path, machine, "initrd", PageRange.ParseRange(initrd, "--initrd", page));
        if (!assumptions.Initrd.IsEmpty && assumptions.Initrd.Start.Bytes < ByteSize.MiB(1).Bytes)
            host.Note("what of the initrd lies in the first MiB is counted there: x86-64 keeps all of it");
        BootMemory boot = BootMemory.Of(machine, assumptions);
        if (boot.Failure is { } failure)
            throw new CliError(ExitCode.ErrorsLeft, $"{path}: a KMSAN kernel does not boot on this machine: {failure}");
        (string What, PfnRange Pages)[] freed = [.. FreedLater(initrd, later, page, limit)];
        foreach ((string what, PfnRange pages) in freed)
        {
            RequireRam(path, machine, what, pages);
        }
        CarveOut carveOut = CarveOut.Of(boot.FreeRanges, machine.Architecture.PageOrderMax);
        return Answer(
            machine.Kernel,
            machine.Architecture,
            carveOut,
            DefaultZones.Of(machine),
            [.. freed.SelectMany(f => boot.Metadata.Segments(f.Pages, page, f.What))],
            boot
        );
    }

    private static void RequireRam(string path, Machine machine, string what, PfnRange pages)
    {
        if (!machine.Mm.BootRam.Any(r => r.Start <= pages.Start && pages.End <= r.End))
            throw CliError.Usage($"{path}: {what} {Text(pages)} is not in one range of System RAM");
    }

    private static KmsanAnswer Answer(
        KernelProfile kernel,
        ArchitectureRules architecture,
        CarveOut carveOut,
        ImmutableArray<BuddySpan> zones,
        ImmutableArray<MetadataSegment> freed,
        BootMemory? boot
    )
    {
        foreach (MetadataSegment segment in freed)
        {
            if (carveOut.PagesIn(segment.Pages).Pages > 0)
                throw CliError.Usage(
                    $"{segment.Owner} {Text(segment.Pages)} overlaps the free ranges; expected memory that was in use at boot"
                );
        }
        return new(kernel, architecture, carveOut, zones, freed, Contiguity.Check(carveOut, zones, freed), boot);
    }

    private static IEnumerable<(string What, PfnRange Pages)> FreedLater(string? initrd, string[] later, ByteSize page, Pfn limit)
    {
        var all = new List<(string What, PfnRange Pages)>();
        if (initrd is not null)
            all.Add(("initrd", PageRange.ParseRange(initrd, "--initrd", page)));
        all.AddRange(later.Select(l => ("memory freed later", PageRange.ParseRange(l, "--freed-later", page))));
        foreach ((string what, PfnRange pages) in all)
        {
            if (pages.End > limit)
                throw CliError.Usage(
                    $"{what} {Text(pages)} goes beyond the last page that this architecture can have; expected an end below {limit.Number}"
                );
            if (all.Count(o => o.Pages.Start < pages.End && pages.Start < o.Pages.End) > 1)
                throw CliError.Usage($"{what} {Text(pages)} overlaps other memory that is freed later");
        }
        return all;
    }

    private static void Require(KernelProfile kernel, ArchitectureRules architecture)
    {
        if (architecture.Architecture != Architecture.X86_64)
            throw new CliError(ExitCode.Unsupported, $"unsupported: KMSAN on {KernelChoice.Name(architecture.Architecture)}");
        if (!kernel.Get(Rules.HasKmsan))
            throw CliError.Usage(
                $"kernel {kernel.Name} has no KMSAN; expected one of "
                    + $"{string.Join(", ", KernelProfiles.All.Where(k => k.Get(Rules.HasKmsan)).Select(k => k.Name))}"
            );
    }

    internal static string Text(PfnRange pages) => $"pfn {pages.Start.Number}-{pages.End.Number - 1}";

    private static PhysicalRange Bytes(PfnRange pages, ByteSize page) => new(pages.Start.ToAddress(page), pages.Count.ToBytes(page));
}
