using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>
/// Memory blocks: adding, removing, onlining, offlining (drivers/base/memory.c, mm/memory_hotplug.c; 5.10, 6.1, 6.12, 7.2). Onlined memory
/// is taken to be movable
/// again: that user pages can be migrated away is assumed; what the kernel keeps in boot memory is not known, and offlining it is not
/// modelled.
/// </summary>
public static class MemoryBlocks
{
    /// <summary>
    /// <c>echo VALUE &gt; /sys/devices/system/memory/memoryN/state</c>. ENOENT: no such block; EINVAL: no such word, that state already, a
    /// block with holes or in several zones.
    /// Throws <see cref="NotModelledException"/> for offlining boot memory without holes.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="block">N.</param>
    /// <param name="value"><c>offline</c>, <c>online</c>, <c>online_kernel</c> or <c>online_movable</c>.</param>
    public static StepResult SetState(Machine machine, MemoryBlockNumber block, string value)
    {
        MemoryBlock now = machine.Mm.Blocks[block.Number];
        if (now.State == BlockState.Absent)
            return machine.Fail(Errno.ENOENT);
        if (OnlinePolicies.Find(value) is not { } type)
            return machine.Fail(Errno.EINVAL);
        if (now.State == (type == OnlinePolicy.Offline ? BlockState.Offline : BlockState.Online))
            return machine.Fail(Errno.EINVAL);
        if (type == OnlinePolicy.Offline)
            return Offline(machine, block.Number, now);
        StepResult online = Online(machine, block.Number, block.Number + 1, type);
        return online.Succeeded ? VirtioMem.ContinueAll(online.Machine).Done() : online;
    }

    /// <summary><c>echo VALUE &gt; /sys/devices/system/memory/auto_online_blocks</c>. EINVAL: none of the four words.</summary>
    public static StepResult SetAutoOnline(Machine machine, string value) =>
        OnlinePolicies.Find(value) is { } type
            ? (machine with { Mm = machine.Mm with { AutoOnline = type } }).Done()
            : machine.Fail(Errno.EINVAL);

    /// <summary>The block, or one whose state is <see cref="BlockState.Absent"/>.</summary>
    public static MemoryBlock Find(Machine machine, MemoryBlockNumber block) => machine.Mm.Blocks[block.Number];

    /// <summary>Every block device, ascending. There may be very many: see <see cref="Runs"/>.</summary>
    public static IEnumerable<(MemoryBlockNumber Number, MemoryBlock Block)> All(Machine machine) => All(machine, 0, ulong.MaxValue);

    /// <summary>The block devices among [<paramref name="first"/>, <paramref name="past"/>), ascending.</summary>
    public static IEnumerable<(MemoryBlockNumber Number, MemoryBlock Block)> All(Machine machine, ulong first, ulong past) =>
        machine
            .Mm.Blocks.Within(first, past)
            .Where(r => r.Value.State != BlockState.Absent)
            .SelectMany(r => Range(r.Start, r.End).Select(n => (new MemoryBlockNumber(n), r.Value)));

    /// <summary>Runs of blocks that are alike, ascending: first number, one past the last.</summary>
    public static IEnumerable<(ulong First, ulong Past, MemoryBlock Block)> Runs(Machine machine) =>
        machine.Mm.Blocks.Within(0, ulong.MaxValue).Where(r => r.Value.State != BlockState.Absent);

    /// <summary>
    /// <c>valid_zones</c>: the zone of an online block or <c>none</c>; of an offline one the zone that <c>online</c> would pick, then the
    /// others
    /// (valid_zones_show(); 5.10 looks at the struct pages each time, test_pages_in_a_zone()).
    /// </summary>
    public static string ValidZones(Machine machine, MemoryBlockNumber block)
    {
        MemoryBlock now = machine.Mm.Blocks[block.Number];
        if (now.State == BlockState.Online)
            return OnlineZone(machine, block.Number, now).Name();
        PfnRange pages = machine.Mm.PagesOfBlock(block.Number);
        ZoneKind first = BlockZones.For(machine.Mm, now.Node, pages, OnlinePolicy.Online);
        ZoneKind kernel = BlockZones.For(machine.Mm, now.Node, pages, OnlinePolicy.OnlineKernel);
        return string.Join(' ', new[] { first, kernel, ZoneKind.Movable }.Distinct().Select(z => z.Name()));
    }

    /// <summary>Memory plugged while running, without a driver (a DIMM): System RAM at the top of /proc/iomem. Errors as
    /// <c>add_memory()</c>'s.</summary>
    public static StepResult Plug(Machine machine, PhysicalRange range, int node)
    {
        if (SystemRam.Overlap(machine, range.Start, range.Last) != RamOverlap.Disjoint)
            return machine.Fail(Errno.EEXIST);
        bool isWhole = range.Start.IsAligned(machine.Mm.BlockSize) && range.Size.IsMultipleOf(machine.Mm.BlockSize);
        if (isWhole && !HasRoomForMemmap(machine, range))
            return machine.Fail(Errno.ENOMEM);
        return Add(
            machine,
            range,
            node,
            wantsMemmapOnMemory: true,
            claim: m =>
                m with
                {
                    Mm = m.Mm with
                    {
                        PluggedRam = m.Mm.PluggedRam.Add(new PluggedDimm(range, node)),
                        Groups = m.Mm.Groups.Add(new MemoryGroup(node, [m.Mm.PagesOf(range)], null)),
                    },
                }
        );
    }

    /// <summary>
    /// A plugged DIMM goes: its blocks are offlined first; where one cannot be, nothing has changed (drivers/acpi/scan.c
    /// acpi_scan_hot_remove(),
    /// acpi_scan_try_to_offline(), which bring the others online again; 5.10, 6.1, 6.12, 7.2). ENOENT: no such DIMM.
    /// </summary>
    public static StepResult Unplug(Machine machine, PhysicalAddress start)
    {
        if (machine.Mm.PluggedRam.FirstOrDefault(d => d.Range.Start == start) is not { Range.IsEmpty: false } dimm)
            return machine.Fail(Errno.ENOENT);
        PfnRange pages = machine.Mm.PagesOf(dimm.Range);
        ulong perBlock = machine.Mm.PagesPerBlock.Pages;
        Machine next = machine;
        for (ulong block = pages.Start.Number / perBlock; block < pages.End.Number / perBlock; block++)
        {
            if (next.Mm.Blocks[block].State != BlockState.Online)
                continue;
            StepResult offline = SetState(next, new MemoryBlockNumber(block), "offline");
            if (!offline.Succeeded)
                return machine.WithMessage($"memory {new MemoryBlockNumber(block)}: Offline failed.").Fail(Errno.EBUSY);
            next = offline.Machine;
        }
        StepResult removed = Remove(next, dimm.Range);
        if (!removed.Succeeded)
            return removed;
        MemoryState memory = removed.Machine.Mm;
        MemoryGroup? group = memory.GroupOf(pages);
        return (
            removed.Machine with
            {
                Mm = memory with
                {
                    PluggedRam = memory.PluggedRam.Remove(dimm),
                    Groups = group is null ? memory.Groups : memory.Groups.Remove(group),
                },
            }
        ).Done();
    }

    /// <summary>
    /// False where the struct pages of the range fit into no RAM that the kernel could have left: more than all RAM of kernel zones less
    /// those of what came before. Where they might fit, whether they do depends on what is free, which is not known.
    /// </summary>
    private static bool HasRoomForMemmap(Machine machine, PhysicalRange range)
    {
        MemoryState memory = machine.Mm;
        if (MemmapOnMemory.PagesFor(machine, range, isAsked: true).Pages != 0)
            return true;
        UInt128 room = 0,
            blocks = range.Size / memory.BlockSize,
            maps = 0;
        foreach (ZoneSpan zone in memory.Zones.Where(z => z.Kind is not (ZoneKind.Movable or ZoneKind.Device)))
            room += zone.Present.Pages;
        foreach ((ulong first, ulong past, MemoryBlock block) in Runs(machine))
            blocks += block is { IsEarly: false, MemmapPages.Pages: 0 } ? past - first : 0;
        foreach (DeviceMap map in memory.Maps.Values)
            maps += map.Use.RamPages.Pages;
        UInt128 needed =
            (blocks * memory.PagesPerBlock.Pages * machine.Kernel.Get(Rules.StructPageSize).Bytes) + (maps * memory.PageSize.Bytes);
        return room == 0 || needed <= room * memory.PageSize.Bytes; // a machine that says nothing of its RAM has room
    }

    /// <summary>Takes a range of whole blocks offline and away. EBUSY: something in it cannot move (offline_and_remove_memory()).</summary>
    internal static StepResult OfflineAndRemove(Machine machine, PhysicalRange range)
    {
        Machine next = machine;
        PfnRange pages = machine.Mm.PagesOf(range);
        ulong perBlock = machine.Mm.PagesPerBlock.Pages;
        for (ulong block = pages.Start.Number / perBlock; block < pages.End.Number / perBlock; block++)
        {
            if (next.Mm.Blocks[block].State != BlockState.Online)
                continue;
            StepResult offline = Offline(next, block, next.Mm.Blocks[block]);
            if (!offline.Succeeded)
                return machine.Fail(offline.Errno);
            next = offline.Machine;
        }
        return Remove(next, range);
    }

    /// <summary>add_memory_resource(): blocks are there, offline, or online at once where auto_online_blocks says so.</summary>
    internal static StepResult Add(
        Machine machine,
        PhysicalRange range,
        int node,
        bool wantsMemmapOnMemory,
        Func<Machine, Machine>? claim = null
    )
    {
        MemoryState memory = machine.Mm;
        ByteSize size = memory.BlockSize;
        if (range.IsEmpty || !range.Start.IsAligned(size) || !range.Size.IsMultipleOf(size))
        {
            return machine
                .WithMessage(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Block size [0x{size.Bytes:x}] unaligned hotplug range: start 0x{range.Start.Bytes:x}, size 0x{range.Size.Bytes:x}"
                    )
                )
                .Fail(Errno.EINVAL);
        }
        if (range.Last.Bytes >> memory.Options.PhysicalBits != 0)
        {
            return machine
                .WithMessage(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Hotplug memory [0x{range.Start.Bytes:x}-0x{unchecked(range.Last.Bytes + 1):x}] exceeds maximum addressable "
                            + $"range [0x0-0x{(1UL << memory.Options.PhysicalBits) - 1:x}]"
                    )
                )
                .Fail(Errno.E2BIG);
        }
        PfnCount memmapPages = MemmapOnMemory.PagesFor(machine, range, wantsMemmapOnMemory);
        PfnRange pages = memory.PagesOf(range);
        (RunLengthState state, Errno errno) = BlockSteps.Add(pages, memory.Options.Poisons).Fold(memory.Pages);
        if (errno != Errno.None)
            return machine.Fail(errno);
        ulong first = pages.Start.Number / memory.PagesPerBlock.Pages,
            past = pages.End.Number / memory.PagesPerBlock.Pages;
        var block = new MemoryBlock(BlockState.Offline, ZoneKind.None, (short)node, IsEarly: false, memmapPages);
        machine = machine with
        {
            Mm = memory with
            {
                Pages = state,
                Blocks = memory.Blocks.Set(first, past, block),
                MaxPfn = DeviceMaps.MaxPfnAfter(machine, pages.End, isDeviceMap: false),
            },
        };
        if (claim is not null)
            machine = claim(machine);
        return memory.AutoOnline == OnlinePolicy.Offline ? machine.Done() : Online(machine, first, past, memory.AutoOnline);
    }

    /// <summary>try_remove_memory(): EBUSY while a block is online, with the kernel's message.</summary>
    internal static StepResult Remove(Machine machine, PhysicalRange range)
    {
        MemoryState memory = machine.Mm;
        PfnRange pages = memory.PagesOf(range);
        ulong first = pages.Start.Number / memory.PagesPerBlock.Pages,
            past = pages.End.Number / memory.PagesPerBlock.Pages;
        foreach ((ulong number, _, MemoryBlock block) in memory.Blocks.Within(first, past))
        {
            if (block.State != BlockState.Online)
                continue;
            PhysicalAddress start = memory.PagesOfBlock(number).Start.ToAddress(memory.PageSize),
                end = start + memory.BlockSize - new ByteSize(1);
            return machine
                .WithMessage(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"removing memory fails, because memory [0x{start.Bytes:x16}-0x{end.Bytes:x16}] is onlined"
                    )
                )
                .Fail(Errno.EBUSY);
        }
        (RunLengthState state, _) = BlockSteps.Remove(memory.Geometry, pages).Fold(memory.Pages);
        return (machine with { Mm = memory with { Pages = state, Blocks = memory.Blocks.Set(first, past, default) } }).Done();
    }

    /// <summary>Onlines offline blocks, in runs for which the zone is the same.</summary>
    private static StepResult Online(Machine machine, ulong first, ulong past, OnlinePolicy type)
    {
        while (first < past)
        {
            MemoryState memory = machine.Mm;
            MemoryBlock block = memory.Blocks[first];
            ZoneKind zone = BlockZones.For(memory, block.Node, memory.PagesOfBlock(first), type);
            ulong next = BlockZones.SameUntil(memory, block.Node, first, past);
            // Of a DIMM the first block decides for all; each other block counts for the next one.
            if (type == OnlinePolicy.Online && memory.ZonePolicy.IsAutoMovable)
                next = Math.Min(
                    next,
                    memory.GroupOf(memory.PagesOfBlock(first)) is { UnitPages: null } group ? EndOf(memory, group, first) : first + 1
                );
            var pages = new PfnRange(memory.PagesOfBlock(first).Start, memory.PagesOfBlock(next - 1).End);
            (RunLengthState state, Errno errno) = BlockSteps.Online(pages, zone, block.Node).Fold(memory.Pages);
            if (errno != Errno.None)
                return machine.Fail(errno);
            bool isFirst = memory.ZoneOf(block.Node, zone).Present.Pages == 0;
            memory = (
                memory with
                {
                    Pages = state,
                    Blocks = memory.Blocks.Change(first, next, b => b with { State = BlockState.Online, Zone = zone }),
                }
            ).WidenZone(block.Node, zone, pages, pages.Count);
            machine = machine with { Mm = memory };
            if (isFirst)
                machine = BlockZones.TellFallbackOrder(machine);
            first = next;
        }
        return machine.Done();
    }

    /// <summary>One past the last block of the group's range that holds this one.</summary>
    private static ulong EndOf(MemoryState memory, MemoryGroup group, ulong block)
    {
        PfnRange pages = memory.PagesOfBlock(block);
        return group.Ranges.First(r => r.Start <= pages.Start && pages.End <= r.End).End.Number / memory.PagesPerBlock.Pages;
    }

    private static StepResult Offline(Machine machine, ulong number, MemoryBlock block)
    {
        MemoryState memory = machine.Mm;
        PfnRange pages = memory.PagesOfBlock(number);
        if (memory.Held.Any(h => memory.PagesOf(h).Start < pages.End && pages.Start <= Pfn.Containing(h.Last, memory.PageSize)))
            return machine.Fail(Errno.EBUSY);
        ZoneKind zone = OnlineZone(machine, number, block);
        bool hasHole = !memory.BootRam.Any(r => r.Start <= pages.Start && pages.End <= r.End) && block.IsEarly;
        if (zone == ZoneKind.None || hasHole)
            return machine.Fail(Errno.EINVAL);
        if (block.IsEarly)
            throw new NotModelledException(WhyBootMemoryIsUnknown(machine, number, zone));
        (RunLengthState state, Errno errno) = BlockSteps.Offline(pages, memory.Options.Poisons).Fold(memory.Pages);
        if (errno != Errno.None)
            return machine.Fail(errno);
        memory = memory with
        {
            Pages = state,
            Blocks = memory.Blocks.Set(number, number + 1, block with { State = BlockState.Offline, Zone = ZoneKind.None }),
        };
        machine = machine with { Mm = BlockZones.Shrink(memory, machine, block.Node, zone, pages) };
        if (machine.Kernel.Get(Rules.SaysFallbackOrder) is false)
            machine = machine.WithMessage($"Offlined Pages {pages.Count}");
        return (machine.Mm.ZoneOf(block.Node, zone).Present.Pages == 0 ? BlockZones.TellFallbackOrder(machine) : machine).Done();
    }

    /// <summary>
    /// Boot memory without holes, in one zone. Where isolation meets no page that cannot move, arm64 refuses it all the same
    /// (arch/arm64/mm/mmu.c prevent_bootmem_remove_notifier(), 6.1, 6.12; seen on 6.12 and 7.2: EPERM, EBUSY where an unmovable page
    /// came first).
    /// </summary>
    private static string WhyBootMemoryIsUnknown(Machine machine, ulong number, ZoneKind zone) =>
        machine.Architecture.Architecture == Architecture.Arm64
            ? $"offlining memory{number}: it is boot memory, which arm64 never lets go: Operation not permitted, or Device or "
                + "resource busy where the kernel keeps a page there that cannot move; which of the two is not known"
            : $"offlining memory{number}: it is boot memory in zone {zone.Name()}; it goes offline only if the kernel keeps no page there "
                + "that cannot move (else Device or resource busy), and what the kernel keeps in boot memory is in no machine file";

    private static ZoneKind OnlineZone(Machine machine, ulong number, MemoryBlock block) =>
        machine.Kernel.Get(Rules.BlockZoneFollowsPages) ? BlockZones.OfPages(machine, machine.Mm.PagesOfBlock(number)) : block.Zone;

    private static IEnumerable<ulong> Range(ulong first, ulong past)
    {
        for (ulong n = first; n < past; n++)
            yield return n;
    }
}

/// <summary>The number of a memory block: N of memoryN.</summary>
/// <param name="Number">N.</param>
public readonly record struct MemoryBlockNumber(ulong Number)
{
    /// <summary>As <c>memory34</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"memory{Number}");
}
