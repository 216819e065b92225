using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory;

/// <summary>
/// The memory side at boot: which sections are there, what their struct pages hold, zones and memory blocks. Sources, Linux 6.1.192 (others
/// where a rule of
/// the profile says so): mm/sparse.c memory_present(), sparse_init_nid(), subsection_map_init(); mm/page_alloc.c free_area_init(),
/// memmap_init();
/// drivers/base/memory.c. What the kernel reserves for itself is not known: those pages count as RAM.
/// </summary>
internal static class MemoryBoot
{
    /// <summary>RAM of one node, in whole pages.</summary>
    private readonly record struct Ram(PfnRange Pages, short Node);

    public static MemoryState Start(
        MachineDescription description,
        ImmutableArray<MemoryMapEntry> map,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        ByteSize page = architecture.PageSize;
        ByteSize section = kernel.SectionSize(architecture.Architecture, page);
        if (section < ArchitectureRules.SubSectionSize)
            section = ArchitectureRules.SubSectionSize;
        var geometry = new Geometry(new PfnCount(ArchitectureRules.SubSectionSize / page), new PfnCount(section / page));
        MemoryOptions options = MemoryParameters.Options(description, kernel, architecture);
        ImmutableArray<Ram> ram = RamOf(description, map, page, (1UL << options.PhysicalBits) - 1);
        Pfn end = ram.IsEmpty ? default : ram[^1].Pages.End;
        MemoryBlockSizing blockSize = MemoryBlockSize.Of(
            description,
            kernel,
            architecture,
            section,
            new ByteSize(end.Number * page.Bytes),
            ram.Select(r => (r.Pages, (int)r.Node))
        );
        ImmutableArray<ZoneSpan> zones = ZonesOf(ram, description, architecture);
        RunLengthState pages = PagesOf(geometry, ram, zones, kernel, architecture);
        return new MemoryState
        {
            Pages = pages,
            PageSize = page,
            BlockSizing = blockSize,
            BootRam = [.. ram.Select(r => r.Pages)],
            Zones = zones,
            BootZones = zones,
            ZonePolicy = MemoryParameters.ZonePolicyOf(description, kernel),
            MaxPfn = end,
            Options = options,
            Blocks = BlocksOf(pages, ram, zones, new PfnCount(blockSize.Size / page)),
            AutoOnline = MemoryParameters.AutoOnline(description, kernel),
        };
    }

    /// <summary>RAM in whole pages, cut at the last address that the architecture can have (mminit_validate_memmodel_limits()).</summary>
    private static ImmutableArray<Ram> RamOf(
        MachineDescription description,
        ImmutableArray<MemoryMapEntry> map,
        ByteSize page,
        ulong lastAddress
    )
    {
        var all = ImmutableArray.CreateBuilder<Ram>();
        FirmwareRange[] nodes = [.. description.Memory.Where(r => r.Type == FirmwareRangeType.SystemRam).OrderBy(r => r.Range.Start)];
        bool isOneNode = nodes.Select(n => n.Node).Distinct().Count() <= 1;
        foreach (MemoryMapEntry entry in map.Where(m => m.Type == E820Type.Ram))
        {
            if (isOneNode)
            {
                Add(entry.Range.Start.Bytes, entry.Range.Last.Bytes, nodes.FirstOrDefault()?.Node ?? 0);
                continue;
            }
            ulong at = entry.Range.Start.Bytes,
                last = entry.Range.Last.Bytes;
            foreach (FirmwareRange node in nodes.Where(n => n.Range.Overlaps(entry.Range)))
            {
                // What no range of the firmware describes goes with the node before it, or after it at the start.
                ulong to = Math.Min(last, node.Range.Last.Bytes);
                if (to < at)
                    continue;
                Add(at, to, node.Node);
                at = to + 1;
            }
            if (at <= last)
                Add(at, last, nodes.LastOrDefault(n => n.Range.Start.Bytes <= at)?.Node ?? 0);
        }
        return all.ToImmutable();

        void Add(ulong first, ulong last, int node)
        {
            if (first > lastAddress)
                return;
            last = Math.Min(last, lastAddress);
            ulong start = (first / page.Bytes) + (first % page.Bytes == 0 ? 0UL : 1),
                end = last % page.Bytes == page.Bytes - 1 ? (last / page.Bytes) + 1 : last / page.Bytes;
            if (start >= end)
                return;
            if (all.Count > 0 && all[^1].Pages.End.Number == start && all[^1].Node == node)
                all[^1] = all[^1] with { Pages = all[^1].Pages with { End = new Pfn(end) } };
            else
                all.Add(new Ram(new PfnRange(new Pfn(start), new Pfn(end)), (short)node));
        }
    }

    /// <summary>arch/x86/mm/init.c zone_sizes_init(), as distributions configure it.</summary>
    internal static ImmutableArray<(ZoneKind Kind, Pfn End)> X86ZoneLimits(ByteSize page) =>
        [
            (ZoneKind.Dma, new Pfn(ByteSize.MiB(16) / page)),
            (ZoneKind.Dma32, new Pfn(ByteSize.GiB(4) / page)),
            (ZoneKind.Normal, new Pfn(ulong.MaxValue)),
        ];

    /// <summary>Zone limits of the architecture, ascending; the last is open.</summary>
    private static ImmutableArray<(ZoneKind Kind, Pfn End)> ZoneLimits(
        ImmutableArray<Ram> ram,
        MachineDescription description,
        ArchitectureRules architecture
    )
    {
        ByteSize page = architecture.PageSize;
        var open = (ZoneKind.Normal, new Pfn(ulong.MaxValue));
        Pfn below4 = new(ByteSize.GiB(4) / page);
        switch (architecture.Architecture)
        {
            case Architecture.X86_64:
                return X86ZoneLimits(page);
            // Arch/arm64/mm/init.c zone_sizes_init(): 32 bits, unless all memory is above; no device tree with narrower limits.
            case Architecture.Arm64:
                bool has = description.Config.GetValueOrDefault("zone_dma", 1UL) != 0 && !ram.IsEmpty && ram[0].Pages.Start < below4;
                return has ? [(ZoneKind.Dma, below4), open] : [open];
            default:
                return [open];
        }
    }

    private static ImmutableArray<ZoneSpan> ZonesOf(ImmutableArray<Ram> ram, MachineDescription description, ArchitectureRules architecture)
    {
        var zones = ImmutableArray.CreateBuilder<ZoneSpan>();
        foreach (IGrouping<short, Ram> node in ram.GroupBy(r => r.Node).OrderBy(g => g.Key))
        {
            Pfn nodeStart = node.Min(r => r.Pages.Start),
                nodeEnd = node.Max(r => r.Pages.End),
                low = default;
            foreach ((ZoneKind kind, Pfn high) in ZoneLimits(ram, description, architecture))
            {
                var span = new PfnRange(nodeStart > low ? nodeStart : low, nodeEnd < high ? nodeEnd : high);
                ulong present = node.Aggregate(0UL, (sum, r) => sum + Common(r.Pages, span).Pages);
                if (present != 0)
                    zones.Add(new ZoneSpan(node.Key, kind, span.Start, span.Count, new PfnCount(present)));
                low = high;
            }
        }
        return zones.ToImmutable();
    }

    private static PfnCount Common(PfnRange a, PfnRange b)
    {
        Pfn start = a.Start > b.Start ? a.Start : b.Start,
            end = a.End < b.End ? a.End : b.End;
        return end > start ? end - start : default;
    }

    private static RunLengthState PagesOf(
        Geometry geometry,
        ImmutableArray<Ram> ram,
        ImmutableArray<ZoneSpan> zones,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        const SectionBits AtBoot = SectionBits.Present | SectionBits.HasMemmap | SectionBits.Online | SectionBits.Early;
        RunLengthState state = RunLengthState.Empty(geometry);
        foreach (Ram range in ram)
        {
            state = state
                .ChangeSections(range.Pages, AtBoot, SectionBits.None)
                .SetMemmap(geometry.WholeSections(range.Pages), Memmap.Uninitialised);
        }
        foreach (Ram range in ram)
            state = state.SetValid(range.Pages, true);

        Pfn hole = default;
        Memmap filler = default;
        bool isLimited = architecture.Architecture == Architecture.Arm64 && kernel.Get(Rules.Arm64PfnValidAsksMemblock);
        PfnCount pageblock = new(architecture.PmdSize / architecture.PageSize);
        foreach (Ram range in ram)
        {
            foreach (ZoneSpan zone in zones.Where(z => z.Node == range.Node))
            {
                var part = new PfnRange(
                    range.Pages.Start > zone.Start ? range.Pages.Start : zone.Start,
                    range.Pages.End < zone.End ? range.Pages.End : zone.End
                );
                if (part.IsEmpty)
                    continue;
                state = state.SetMemmap(part, new Memmap(MemmapContent.Ram, zone.Kind, range.Node));
                filler = kernel.Get(Rules.BootHolesTakeNeighbourZone)
                    ? new Memmap(MemmapContent.Hole, zone.Kind, range.Node)
                    : new Memmap(MemmapContent.Hole, zones[0].Kind, 0);
                state = FillHole(state, new PfnRange(hole, part.Start), filler, isLimited, pageblock);
                hole = part.End;
            }
        }
        return FillHole(state, new PfnRange(hole, geometry.WholeSections(new PfnRange(default, hole)).End), filler, isLimited, pageblock);
    }

    /// <summary>
    /// init_unavailable_range(): every page of a hole that has a struct page; where pfn_valid() asks memblock, only the rest of the
    /// pageblock that begins with RAM.
    /// </summary>
    private static RunLengthState FillHole(RunLengthState state, PfnRange hole, Memmap filler, bool isLimited, PfnCount pageblock)
    {
        if (hole.IsEmpty)
            return state;
        if (isLimited)
        {
            PfnRange block = Geometry.Widen(new PfnRange(hole.Start, hole.Start + new PfnCount(1)), pageblock);
            if (block.Start == hole.Start || state.MemmapOf(block.Start).Content != MemmapContent.Ram)
                return state;
            hole = hole with { End = block.End < hole.End ? block.End : hole.End };
        }
        return state with
        {
            Memmap = state.Memmap.Change(hole.Start.Number, hole.End.Number, m => m.Content == MemmapContent.Uninitialised ? filler : m),
        };
    }

    /// <summary>A device for each block with a present section; its zone is the only one of its node that spans part of it
    /// (early_node_zone_for_memory_block()).</summary>
    private static RunMap<MemoryBlock> BlocksOf(
        RunLengthState pages,
        ImmutableArray<Ram> ram,
        ImmutableArray<ZoneSpan> zones,
        PfnCount perBlock
    )
    {
        var blocks = new RunMap<MemoryBlock>(default(MemoryBlock));
        ulong section = pages.Geometry.PagesPerSection.Pages;
        // Where the answer can change: next to the ends of zones and of a node's memory.
        ulong[] edges =
        [
            .. zones
                .SelectMany(z => new[] { z.Start.Number, z.End.Number })
                .Concat(ram.SelectMany(r => new[] { r.Pages.Start.Number, r.Pages.End.Number }))
                .SelectMany(p => new[] { p / perBlock.Pages, (p / perBlock.Pages) + 1 })
                .Distinct()
                .Order(),
        ];
        foreach ((ulong start, ulong end, _) in pages.Sections.Within(0, ulong.MaxValue).Where(s => s.Value != SectionBits.None))
        {
            ulong block = checked(start * section) / perBlock.Pages,
                past = Alignment.Up(checked(end * section), perBlock.Pages) / perBlock.Pages;
            while (block < past)
            {
                ulong next = Math.Min(past, edges.FirstOrDefault(e => e > block, past));
                var range = new PfnRange(new Pfn(block * perBlock.Pages), new Pfn((block + 1) * perBlock.Pages));
                short[] nodes = [.. ram.Where(r => Common(r.Pages, range).Pages != 0).Select(r => r.Node).Distinct()];
                ZoneSpan[] met = nodes.Length == 1 ? [.. zones.Where(z => z.Node == nodes[0] && z.Meets(range))] : [];
                blocks = blocks.Set(
                    block,
                    next,
                    new MemoryBlock(
                        BlockState.Online,
                        met.Length == 1 ? met[0].Kind : ZoneKind.None,
                        nodes.Length == 0 ? (short)0 : nodes[^1],
                        IsEarly: true,
                        default
                    )
                );
                block = next;
            }
        }
        return blocks;
    }
}
