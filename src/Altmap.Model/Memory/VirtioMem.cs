using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory;

/// <summary>A virtio-mem device: memory of which a hypervisor gives and takes back parts.</summary>
/// <param name="Number">N of virtioN.</param>
/// <param name="Range">All that it can have.</param>
/// <param name="BlockSize">What the device gives at least.</param>
/// <param name="Unit">What the driver plugs at least: a sub-block of a memory block, or a big block of one or more.</param>
/// <param name="Node">NUMA node.</param>
public sealed record VirtioMemDevice(int Number, PhysicalRange Range, ByteSize BlockSize, ByteSize Unit, int Node)
{
    /// <summary>True where the driver is bound.</summary>
    public bool IsBound { get; init; }

    /// <summary>requested_size.</summary>
    public ByteSize Requested { get; init; }

    /// <summary>Units that are plugged, by address divided by <see cref="Unit"/>.</summary>
    public RunMap<bool> Plugged { get; init; } = new(false);

    /// <summary>The hypervisor's name of it, and of the memory behind it; null: none was given.</summary>
    public (string Id, string Backend)? Names { get; init; }

    /// <summary>As <c>virtio1</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"virtio{Number}");

    /// <summary>Bytes that are plugged.</summary>
    public ByteSize PluggedSize => Unit * UnitsIn(Range.Start.Bytes / Unit.Bytes, (Range.Last.Bytes / Unit.Bytes) + 1);

    /// <summary>Plugged units among [<paramref name="first"/>, <paramref name="past"/>).</summary>
    public ulong UnitsIn(ulong first, ulong past) =>
        Plugged.Within(first, past).Where(r => r.Value).Aggregate(0UL, (sum, r) => sum + (r.End - r.Start));
}

/// <summary>
/// The virtio_mem driver: adds memory from the lowest address on, removes it from the highest, in sub-blocks of memory blocks, or in big
/// blocks where the device gives no less than a memory block (drivers/virtio/virtio_mem.c; read in 6.1, sub-block mode seen on 6.1, 6.12
/// and 7.2).
/// </summary>
public static class VirtioMem
{
    /// <summary>Name of the module.</summary>
    public const string Module = "virtio_mem";

    /// <summary>Offline memory that the driver adds at most until somebody takes it online (virtio_mem_could_add_memory()).</summary>
    private static readonly ByteSize s_offlineMax = ByteSize.GiB(1);

    /// <summary>What the driver plugs at least of a device with blocks of this size (virtio_mem_init()).</summary>
    public static ByteSize UnitOf(Machine machine, ByteSize blockSize)
    {
        // A pageblock is what can be isolated.
        ByteSize sub = Max(blockSize, machine.Architecture.PmdSize);
        return sub < machine.Mm.BlockSize ? sub : Max(blockSize, machine.Mm.BlockSize);
    }

    /// <summary>A device comes; the driver takes it where it is loaded.</summary>
    public static Machine Add(Machine machine, VirtioMemDevice device)
    {
        machine = machine with { Mm = machine.Mm with { VirtioMem = machine.Mm.VirtioMem.Add(device) } };
        return machine.PendingModules.Contains(Module) ? machine : Probe(machine, device);
    }

    /// <summary>The module comes, or the machine boots: the driver takes the devices that are there.</summary>
    internal static Machine ProbeAll(Machine machine) =>
        machine.PendingModules.Contains(Module)
            ? machine
            : machine.Mm.VirtioMem.Where(d => !d.IsBound).Aggregate(machine, (m, d) => Probe(m, d));

    /// <summary>The hypervisor asks for another size; memory is plugged or unplugged as far as it can be.</summary>
    public static Machine Resize(Machine machine, VirtioMemDevice device, ByteSize requested)
    {
        bool isNews = device.Requested != requested;
        VirtioMemDevice next = device with { Requested = requested };
        machine = Replace(machine, next);
        return device.IsBound && isNews ? Continue(Tell(machine, next), next.Number) : machine;
    }

    /// <summary>What was not plugged for want of room among offline blocks is, after some went online.</summary>
    internal static Machine ContinueAll(Machine machine) =>
        machine
            .Mm.VirtioMem.Where(d => d.IsBound)
            .Aggregate(machine, (m, d) => Find(m, d.Number).PluggedSize < d.Requested ? Continue(m, d.Number) : m);

    /// <summary>Pages of online memory blocks of a zone that the hypervisor keeps: they are present, and not managed.</summary>
    public static ulong UnpluggedPages(MemoryState memory, int node, ZoneKind zone)
    {
        ulong pages = 0;
        foreach (VirtioMemDevice device in memory.VirtioMem)
        {
            foreach (ulong number in Blocks(memory, device))
            {
                MemoryBlock block = memory.Blocks[number];
                if (block.State == BlockState.Online && block.Zone == zone && block.Node == node)
                    pages += (PerBlock(memory, device) - Plugged(memory, device, number)) * (device.Unit / memory.PageSize);
            }
        }
        return pages;
    }

    /// <summary>The memory of a device that is there as System RAM, in whole blocks, ascending.</summary>
    public static IEnumerable<PhysicalRange> AddedRanges(MemoryState memory, VirtioMemDevice device)
    {
        (ulong first, ulong past) = BlockNumbers(memory, device);
        ulong? open = null;
        for (ulong number = first; number <= past; number++)
        {
            bool isThere = number < past && memory.Blocks[number].State != BlockState.Absent;
            if (isThere)
            {
                open ??= number;
            }
            else if (open is { } start)
            {
                yield return new PhysicalRange(
                    memory.PagesOfBlock(start).Start.ToAddress(memory.PageSize),
                    memory.BlockSize * (number - start)
                );
                open = null;
            }
        }
    }

    private static Machine Probe(Machine machine, VirtioMemDevice device)
    {
        string prefix = $"virtio_mem {device.Name}: ";
        bool isSubBlocks = device.Unit < machine.Mm.BlockSize;
        foreach (
            string line in (string[])
                [
                    $"start address: 0x{device.Range.Start.Bytes:x}",
                    $"region size: 0x{device.Range.Size.Bytes:x}",
                    $"device block size: 0x{device.BlockSize.Bytes:x}",
                    $"nid: {device.Node}",
                    $"memory block size: 0x{machine.Mm.BlockSize.Bytes:x}",
                    isSubBlocks ? $"subblock size: 0x{device.Unit.Bytes:x}" : $"big block size: 0x{device.Unit.Bytes:x}",
                ]
        )
            machine = machine.WithMessage(prefix + line);
        VirtioMemDevice next = device with { IsBound = true };
        PfnCount unit = new(Max(device.Unit, machine.Mm.BlockSize) / machine.Mm.PageSize);
        PfnRange pages = machine.Mm.PagesOf(device.Range);
        machine = machine with { Mm = machine.Mm with { Groups = machine.Mm.Groups.Add(new MemoryGroup(device.Node, [pages], unit)) } };
        return Continue(Tell(Replace(machine, next), next), next.Number);
    }

    private static Machine Tell(Machine machine, VirtioMemDevice device) =>
        machine
            .WithMessage($"virtio_mem {device.Name}: plugged size: 0x{device.PluggedSize.Bytes:x}")
            .WithMessage($"virtio_mem {device.Name}: requested size: 0x{device.Requested.Bytes:x}");

    private static Machine Continue(Machine machine, int number)
    {
        VirtioMemDevice device = Find(machine, number);
        ulong has = device.PluggedSize.Bytes / device.Unit.Bytes,
            wants = device.Requested.Bytes / device.Unit.Bytes;
        return has < wants ? Plug(machine, number, wants - has)
            : has > wants ? Unplug(machine, number, has - wants)
            : machine;
    }

    /// <summary>Blocks that are there in part first: of kernel zones, Movable, offline; then new ones by address.</summary>
    private static Machine Plug(Machine machine, int number, ulong units)
    {
        VirtioMemDevice device = Find(machine, number);
        ulong perBlock = PerBlock(machine.Mm, device);
        ulong[] partial =
        [
            .. Blocks(machine.Mm, device)
                .Where(b => Plugged(machine.Mm, device, b) < perBlock)
                .OrderBy(b => Order(machine.Mm.Blocks[b], [Place.Kernel, Place.Movable, Place.Offline]))
                .ThenBy(b => b),
        ];
        foreach (ulong block in partial)
        {
            if (units == 0)
                return machine;
            (device, ulong taken) = Fill(machine.Mm, device, block, units);
            units -= taken;
            machine = Replace(machine, device);
        }
        (ulong first, ulong past) = BlockNumbers(machine.Mm, device);
        ulong step = Math.Max(1, device.Unit / machine.Mm.BlockSize);
        for (ulong block = first; units > 0 && block + step <= past; block += step)
        {
            if (machine.Mm.Blocks[block].State != BlockState.Absent)
                continue;
            ByteSize size = machine.Mm.BlockSize * step;
            ByteSize offline = AddedRanges(machine.Mm, device)
                .Select(r => OfflineIn(machine.Mm, r))
                .Aggregate(ByteSize.Zero, (sum, s) => sum + s);
            if (offline + size > Max(s_offlineMax, Max(size, machine.Mm.BlockSize * 2)))
                return machine;
            (device, ulong taken) = Fill(machine.Mm, device, block, units);
            var range = new PhysicalRange(machine.Mm.PagesOfBlock(block).Start.ToAddress(machine.Mm.PageSize), size);
            StepResult added = MemoryBlocks.Add(Replace(machine, device), range, device.Node, wantsMemmapOnMemory: false);
            if (!added.Succeeded)
                return machine.WithMessage(
                    string.Create(CultureInfo.InvariantCulture, $"virtio_mem {device.Name}: adding memory failed: {-(int)added.Errno}")
                );
            machine = added.Machine;
            units -= taken;
        }
        return machine;
    }

    /// <summary>Blocks that are there in part first, then whole ones; each time offline ones, Movable, kernel zones; from the highest
    /// address down.</summary>
    private static Machine Unplug(Machine machine, int number, ulong units)
    {
        VirtioMemDevice device = Find(machine, number);
        ulong perBlock = PerBlock(machine.Mm, device);
        ulong[] order = [.. Blocks(machine.Mm, device).OrderBy(b => UnplugOrder(machine.Mm, device, b, perBlock)).ThenByDescending(b => b)];
        ulong step = Math.Max(1, device.Unit / machine.Mm.BlockSize);
        foreach (ulong block in order.Where(b => step == 1 || b * machine.Mm.BlockSize.Bytes % device.Unit.Bytes == 0))
        {
            if (units == 0)
                return machine;
            (VirtioMemDevice next, ulong taken) = Empty(machine.Mm, device, block, units);
            if (Plugged(machine.Mm, next, block) == 0)
            {
                var range = new PhysicalRange(
                    machine.Mm.PagesOfBlock(block).Start.ToAddress(machine.Mm.PageSize),
                    machine.Mm.BlockSize * step
                );
                StepResult gone = MemoryBlocks.OfflineAndRemove(machine, range);
                if (!gone.Succeeded && step > 1)
                    continue; // a big block goes as a whole or not at all
                machine = gone.Succeeded ? gone.Machine : machine;
            }
            device = next;
            machine = Replace(machine, device);
            units -= taken;
        }
        return machine;
    }

    private enum Place
    {
        Offline,
        Movable,
        Kernel,
    }

    private static Place PlaceOf(MemoryBlock block) =>
        block.State != BlockState.Online ? Place.Offline
        : block.Zone == ZoneKind.Movable ? Place.Movable
        : Place.Kernel;

    private static int Order(MemoryBlock block, Place[] order) => Array.IndexOf(order, PlaceOf(block));

    /// <summary>mb_states of virtio_mem_sbm_unplug_request(); big blocks: virtio_mem_bbm_unplug_request().</summary>
    private static int UnplugOrder(MemoryState memory, VirtioMemDevice device, ulong block, ulong perBlock)
    {
        Place place = PlaceOf(memory.Blocks[block]);
        if (perBlock == 1)
            return (int)place;
        bool isPartial = Plugged(memory, device, block) < perBlock;
        return place == Place.Offline ? (isPartial ? 0 : 1) : (isPartial ? 2 : 4) + (place == Place.Movable ? 0 : 1);
    }

    /// <summary>The lowest units of a block that are not plugged, at most <paramref name="units"/>.</summary>
    private static (VirtioMemDevice Device, ulong Taken) Fill(MemoryState memory, VirtioMemDevice device, ulong block, ulong units)
    {
        ulong taken = 0;
        ulong first = FirstUnit(memory, device, block),
            past = first + PerBlock(memory, device);
        for (ulong at = first; taken < units && at < past; at++)
        {
            if (device.Plugged[at])
                continue;
            device = device with { Plugged = device.Plugged.Set(at, at + 1, true) };
            taken++;
        }
        return (device, taken);
    }

    /// <summary>The highest units of a block that are plugged and not held, at most <paramref name="units"/>.</summary>
    private static (VirtioMemDevice Device, ulong Taken) Empty(MemoryState memory, VirtioMemDevice device, ulong block, ulong units)
    {
        ulong taken = 0,
            first = FirstUnit(memory, device, block);
        bool isOnline = memory.Blocks[block].State == BlockState.Online;
        for (ulong at = first + PerBlock(memory, device); taken < units && at-- > first; )
        {
            var range = new PhysicalRange(new PhysicalAddress(at * device.Unit.Bytes), device.Unit);
            if (!device.Plugged[at] || (isOnline && memory.Held.Any(h => h.Overlaps(range))))
                continue;
            device = device with { Plugged = device.Plugged.Set(at, at + 1, false) };
            taken++;
        }
        return (device, taken);
    }

    private static ByteSize OfflineIn(MemoryState memory, PhysicalRange range)
    {
        ulong first = range.Start.Bytes / memory.BlockSize.Bytes,
            past = (range.Last.Bytes / memory.BlockSize.Bytes) + 1;
        return memory
            .Blocks.Within(first, past)
            .Where(r => r.Value.State == BlockState.Offline)
            .Aggregate(ByteSize.Zero, (sum, r) => sum + (memory.BlockSize * (r.End - r.Start)));
    }

    private static ulong FirstUnit(MemoryState memory, VirtioMemDevice device, ulong block) =>
        block * memory.BlockSize.Bytes / device.Unit.Bytes;

    private static ulong PerBlock(MemoryState memory, VirtioMemDevice device) => Math.Max(1, memory.BlockSize / device.Unit);

    private static ulong Plugged(MemoryState memory, VirtioMemDevice device, ulong block)
    {
        ulong first = FirstUnit(memory, device, block);
        return device.UnitsIn(first, first + PerBlock(memory, device));
    }

    /// <summary>Whole memory blocks (big blocks) of the region.</summary>
    private static (ulong First, ulong Past) BlockNumbers(MemoryState memory, VirtioMemDevice device)
    {
        ulong unit = Math.Max(memory.BlockSize.Bytes, device.Unit.Bytes),
            per = unit / memory.BlockSize.Bytes;
        ulong first = ((device.Range.Start.Bytes - 1) / unit) + 1,
            past = (device.Range.Last.Bytes / unit) + (device.Range.Last.Bytes % unit == unit - 1 ? 1UL : 0UL);
        return (first * per, Math.Max(first, past) * per);
    }

    private static IEnumerable<ulong> Blocks(MemoryState memory, VirtioMemDevice device)
    {
        (ulong first, ulong past) = BlockNumbers(memory, device);
        if (first >= past)
            yield break;
        foreach ((ulong start, ulong end, MemoryBlock block) in memory.Blocks.Within(first, past))
        {
            for (ulong number = start; block.State != BlockState.Absent && number < end; number++)
                yield return number;
        }
    }

    private static VirtioMemDevice Find(Machine machine, int number) => machine.Mm.VirtioMem.First(d => d.Number == number);

    private static Machine Replace(Machine machine, VirtioMemDevice device) =>
        machine with
        {
            Mm = machine.Mm with { VirtioMem = machine.Mm.VirtioMem.Replace(Find(machine, device.Number), device) },
        };

    private static ByteSize Max(ByteSize a, ByteSize b) => a > b ? a : b;
}
