using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning.Alternatives;

/// <summary>
/// A devdax range given back as System RAM: what of it comes back, and the ways out weighed in January 2021. kmem uses no page map on the
/// device, but one that was made stays lost.
/// </summary>
internal static class SystemRamAlternatives
{
    private const string Thread = "linux-mm thread on hot-plugging a devdax carve-out, January 2021";
    private const string KmemSource = "drivers/dax/kmem.c dev_dax_kmem_probe()";

    /// <summary>Memory of kmem is not in the firmware's map: the next kernel knows nothing of it.</summary>
    private const string Kexec = "not in the firmware map";

    public static AlternativeGroup Of(AlternativesRequest given)
    {
        AlternativesRequest request = given with { Kind = InfoBlockKind.Dax };
        var rows = ImmutableArray.CreateBuilder<Alternative>();
        // What a kernel without kmem cannot do at all has no price; what was only proposed is priced as if it could.
        Alternative[] real = [AsItIs(request), .. OtherAligns(request), Early(request)];
        rows.AddRange(
            !request.Kernel.Get(Rules.HasKmem)
                ? real.Select(row =>
                    WithoutKmem(row, $"kernel {request.Kernel.Name} has no kmem driver ({Rules.HasKmem.Name})", row.Kernels)
                )
            : request.KmemRefusal is { } refusal ? real.Select(row => WithoutKmem(row, $"refused by every kernel: {refusal}", []))
            : real
        );
        rows.Add(SubSections(request));
        rows.Add(LabelKept(request));
        rows.Add(LabelAtEnd(request));
        rows.Add(
            NoLabel(
                request,
                "label-outside",
                "info-block kept elsewhere",
                [],
                "nothing in the range but data; nobody proposed where it should be"
            )
        );
        rows.Add(
            NoLabel(
                request,
                "label-none",
                "no info-block at all",
                [],
                "raw mode has none and cannot become devdax; soft-reserved memory (EFI, CXL) has none from the start, but its "
                    + "contents are not kept over a reboot by the firmware"
            )
        );
        rows.AddRange(SmallerSections(request));
        return new(
            "system-ram",
            $"the range as devdax with map={request.Map.Word()}, given back as System RAM in memory blocks of "
                + $"{request.MemoryBlock.ToHuman()}",
            rows.ToImmutable()
        );
    }

    private static Alternative AsItIs(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan();
        ByteSize usable = UsableOf(plan, request.MemoryBlock);
        return Row(
            request,
            "as-is",
            "as it is",
            plan,
            usable,
            request.Having(HasKmem),
            Breakdown(plan, request.MemoryBlock),
            KmemSource
        ) with
        {
            IsPresent = true,
        };
    }

    private static IEnumerable<Alternative> OtherAligns(AlternativesRequest request)
    {
        foreach (ByteSize align in request.Architecture.SupportedAligns)
        {
            if (align == request.Align)
                continue;
            NamespacePlan plan = (request with { Align = align }).Plan();
            yield return Row(
                request with
                {
                    Align = align,
                },
                $"align-{align.ToHuman().Replace(" ", "", StringComparison.Ordinal)}",
                $"align {align.ToHuman()}",
                plan,
                UsableOf(plan, request.MemoryBlock),
                request.Having(k =>
                    HasKmem(k)
                    && ArchitectureRules
                        .Find(k, request.Architecture.Architecture, request.Architecture.PageSize)!
                        .SupportedAligns.Contains(align)
                ),
                Breakdown(plan, request.MemoryBlock),
                "drivers/nvdimm/pfn_devs.c nd_pfn_init(); " + KmemSource
            );
        }
    }

    /// <summary>The data then starts at a memory block. What is before it comes from the RAM there, and shares its last block.</summary>
    private static Alternative Early(AlternativesRequest request)
    {
        ByteSize block = request.MemoryBlock;
        ulong boundary = Alignment.Up(request.Range.Start.Bytes, block.Bytes);
        ByteSize early = EarlyBy(request, boundary);
        if (boundary < early.Bytes || boundary - early.Bytes >= request.Range.End.Bytes)
            return Impossible(
                request,
                "early",
                $"start {early.ToHuman()} before a memory block",
                "the range holds no start of a memory block"
            );
        var start = new PhysicalAddress(boundary - early.Bytes);
        var range = new PhysicalRange(start, request.Range.End - start);
        NamespacePlan plan = request.Plan(range: range);
        ByteSize usable = UsableOf(plan, block),
            pageblock = request.Architecture.PmdSize;
        string hazard = plan.Overrun is { IsZero: false } past
            ? $". Hazard: align {request.Align.ToHuman()} with map=mem writes the struct pages of {past.ToHuman()} behind the range, "
                + $"or oopses; an align of one page does not"
            : "";
        string thp =
            pageblock > early ? $". The RAM before it loses the last {(pageblock - early).ToHuman()} of a pageblock for huge pages" : "";
        return Row(
            request,
            "early",
            $"start {early.ToHuman()} early",
            plan,
            usable,
            request.Having(HasKmem),
            $"from {start} on: {Breakdown(plan, block)}. The block before has a hole and never goes "
                + $"offline{Obstacle(request, start)}{thp}{OnlineHole(request)}{hazard}",
            Thread + "; seen on arm64 5.10, 6.12 and 7.2, x86-64 6.1"
        );
    }

    /// <summary>How much comes before the data: 2 MiB with the page map in RAM, else the page map too, which grows with what is
    /// added.</summary>
    private static ByteSize EarlyBy(AlternativesRequest request, ulong boundary)
    {
        ByteSize unit = request.Architecture.CompatAlign,
            early = unit;
        if (request.Map == PageMapMode.Ram)
            return early;
        const int RoundsMax = 8; // each adds a 64th or less of the one before
        for (int i = 0; i < RoundsMax && boundary >= early.Bytes && boundary - early.Bytes < request.Range.End.Bytes; i++)
        {
            var start = new PhysicalAddress(boundary - early.Bytes);
            if (request.Plan(range: new PhysicalRange(start, request.Range.End - start)).Settings is not { } settings)
                return early;
            ByteSize needed = settings.DataOffset.AlignUp(unit);
            if (needed == early)
                break;
            early = needed;
        }
        return early;
    }

    private static Alternative WithoutKmem(Alternative row, string why, ImmutableArray<KernelProfile> kernels) =>
        row with
        {
            Lost = row.Lost + row.Usable,
            Usable = ByteSize.Zero,
            RamCost = ByteSize.Zero,
            Uses = row.Uses with { HotRemove = "-", HugePages = "no", Kexec = "-" },
            Kernels = kernels,
            IsRefused = kernels.IsEmpty,
            Why = $"{why}; without that: {row.Why}",
        };

    private static bool HasKmem(KernelProfile kernel) => kernel.Get(Rules.HasKmem);

    /// <summary>Why the range cannot start there on the machine at hand, if there is one.</summary>
    private static string Obstacle(AlternativesRequest request, PhysicalAddress start)
    {
        if (start >= request.Range.Start || request.Place is not { } place)
            return "";
        var before = new PhysicalRange(start, request.Range.Start - start);
        if (place.Others.FirstOrDefault(o => o.Range.Overlaps(before)) is { Name: { } name })
            return $". NOT POSSIBLE here: bytes before the range are those of {name}";
        if (place.Region.Contains(start))
            return "";
        bool isRam = !request.Neighbours.SystemRam.IsDefaultOrEmpty && request.Neighbours.SystemRam.Any(r => r.Overlaps(before));
        string owner = isRam
            ? "bytes before the range are System RAM"
            : "the range starts with its region, and nobody describes the bytes before it";
        return place.MovedBy is { } how
            ? $". Here {owner}: {how} takes them"
            : $". NOT POSSIBLE here: {owner}, and a region of the firmware cannot be moved";
    }

    private static string OnlineHole(AlternativesRequest request) =>
        request.Kernel.Get(Rules.PfnToOnlinePage) is PfnOnlineRule.SectionFlag && !request.Kernel.Get(Rules.Arm64PfnValidAsksMemblock)
            ? ". This kernel takes its device pages for online memory"
            : "";

    private static Alternative SubSections(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan();
        return Row(
            request,
            "sub-section",
            "go online in sub-sections of 2 MiB",
            plan,
            UsableOf(plan, ArchitectureRules.SubSectionSize),
            [],
            "not wanted by a maintainer of memory hotplug; check_hotplug_memory_range() takes whole blocks. Huge pages need whole "
                + "pageblocks all the same",
            Thread
        );
    }

    /// <summary>The whole range is added; the pages of the metadata are never handed out.</summary>
    private static Alternative LabelKept(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan();
        ByteSize usable = ByteSize.Zero;
        if (plan.Settings is { } settings && Kmem.Trim(request.Range, request.MemoryBlock) is { } added)
        {
            PhysicalAddress data = request.Range.Start + settings.DataOffset;
            usable =
                data <= added.Start ? added.Size
                : added.Contains(data) ? added.End - data
                : ByteSize.Zero;
        }
        return Row(
            request,
            "label-kept",
            "info-block added, never handed out",
            plan,
            usable,
            [],
            "add_memory() would have to skip the first pages, as it does for memmap_on_memory; kmem does not know the size of the "
                + "metadata. The metadata must have no device map of its own",
            Thread
        );
    }

    private static Alternative LabelAtEnd(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan();
        if (plan.Settings is not { } settings || settings.DataOffset >= request.Range.Size)
            return Impossible(request, "label-end", "info-block at the end", Refusal(plan));
        var data = new PhysicalRange(request.Range.Start, request.Range.Size - settings.DataOffset);
        return Row(
            request,
            "label-end",
            "info-block at the end",
            plan,
            Kmem.Trim(data, request.MemoryBlock)?.Size ?? ByteSize.Zero,
            [],
            "the loss moves from the first memory block to the last, unless the range goes on behind one",
            Thread
        );
    }

    private static Alternative NoLabel(
        AlternativesRequest request,
        string id,
        string what,
        ImmutableArray<KernelProfile> kernels,
        string why
    ) => Row(request, id, what, request.Plan(), Kmem.Trim(request.Range, request.MemoryBlock)?.Size ?? ByteSize.Zero, kernels, why, Thread);

    /// <summary>The section sizes of other kernels, and where there are none smaller, half of the present one.</summary>
    private static IEnumerable<Alternative> SmallerSections(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan();
        Architecture architecture = request.Architecture.Architecture;
        ByteSize page = request.Architecture.PageSize;
        ByteSize[] known =
        [
            .. KernelProfiles
                .All.SelectMany(k => new[] { k.SectionSize(architecture, page), k.SectionSize(architecture, ByteSize.KiB(4)) })
                .Where(s => s < request.MemoryBlock)
                .Distinct()
                .OrderDescending(),
        ];
        if (known.Length == 0)
            known = [new ByteSize(request.MemoryBlock.Bytes / 2)];
        foreach (ByteSize section in known)
        {
            ImmutableArray<KernelProfile> kernels = request.Having(k => HasKmem(k) && k.SectionSize(architecture, page) == section);
            string why = kernels.IsEmpty
                ? "no kernel has them with these pages: a pageblock must fit into a section"
                : "kdump must know the new size (SECTION_SIZE_BITS in vmcoreinfo, exported since stable 5.10.46)";
            yield return Row(
                request,
                $"sections-{section.ToHuman().Replace(" ", "", StringComparison.Ordinal)}",
                $"sections, memory blocks of {section.ToHuman()}",
                plan,
                UsableOf(plan, section),
                kernels,
                $"{why}. {Breakdown(plan, section)}",
                Thread + "; arch/*/include/asm/sparsemem.h",
                section
            );
        }
    }

    private static ByteSize UsableOf(NamespacePlan plan, ByteSize block) =>
        DataOf(plan) is { IsEmpty: false } data ? Kmem.Trim(data, block)?.Size ?? ByteSize.Zero : ByteSize.Zero;

    private static PhysicalRange? DataOf(NamespacePlan plan) =>
        plan.Settings is { } settings ? new PhysicalRange(plan.Range.Start + settings.StartPad + settings.DataOffset, plan.Usable) : null;

    private static string Breakdown(NamespacePlan plan, ByteSize block)
    {
        if (DataOf(plan) is not { } data)
            return Refusal(plan);
        string metadata = $"{(data.Start - plan.Range.Start).ToHuman()} of metadata";
        if (data.IsEmpty || Kmem.Trim(data, block) is not { } added)
            return $"{metadata}, and no whole memory block in the rest";
        ByteSize behind = plan.Range.End - added.End;
        return $"{metadata}, {(added.Start - data.Start).ToHuman()} lost in front of the first whole block, {behind.ToHuman()} "
            + $"behind the last";
    }

    private static string Refusal(NamespacePlan plan) => $"no devdax device: {plan.Message ?? plan.Errno.Describe()}";

    private static Alternative Impossible(AlternativesRequest request, string id, string what, string why) =>
        new(id, what, request.Range.Size, ByteSize.Zero, ByteSize.Zero, new("-", "-", "-", "-", "-"), [], why, Thread);

    private static Alternative Row(
        AlternativesRequest request,
        string id,
        string what,
        NamespacePlan plan,
        ByteSize usable,
        ImmutableArray<KernelProfile> kernels,
        string why,
        string source,
        ByteSize? unit = null
    )
    {
        string dax = plan.IsAccepted ? "as devdax" : "no";
        bool hasMemory = !usable.IsZero;
        ByteSize pageblock = request.Architecture.PmdSize;
        string pages = !hasMemory || (unit is { } section && section < pageblock) ? "no" : pageblock.ToHuman();
        return new(
            id,
            what,
            plan.Range.Size - usable,
            usable,
            StructPages(request, usable),
            new(dax, "no", hasMemory ? "if online_movable" : "-", pages, hasMemory ? Kexec : "-"),
            kernels,
            why,
            source
        );
    }

    /// <summary>The memmap of the added blocks, from the RAM that is there.</summary>
    private static ByteSize StructPages(AlternativesRequest request, ByteSize usable) =>
        request.Kernel.Get(Rules.StructPageSize) * (usable / request.Architecture.PageSize);
}
