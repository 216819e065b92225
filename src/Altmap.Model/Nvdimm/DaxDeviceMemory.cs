using System.Globalization;
using Altmap.Core;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>What a device-dax device could give as System RAM, and what the memory side of the machine says to it.</summary>
public static class DaxDeviceMemory
{
    /// <summary>
    /// The size of a memory block, where it is known: on x86-64 with 64 GiB of RAM or more it can depend on whether the machine is virtual,
    /// and on its CXL windows (<see cref="MemoryBlockSize"/>). Throws <see cref="NotModelledException"/> where it is not
    /// said.
    /// </summary>
    public static ByteSize BlockSize(Machine machine)
    {
        if (machine.Mm.BlockSizing.Doubt is { } doubt)
            throw new NotModelledException(doubt);
        return machine.Mm.BlockSize;
    }

    /// <summary>
    /// The memory blocks that daxctl takes for the device's: those in the folder of its node that start in the device, in ascending order.
    /// That is what kmem added, and a block of
    /// boot RAM where the device ends in the middle of one. Throws <see cref="NotModelledException"/> where it is not known whether there
    /// is such a folder.
    /// </summary>
    public static IEnumerable<(MemoryBlockNumber Number, MemoryBlock Block)> Blocks(Machine machine, DaxDeviceState device)
    {
        ulong size = BlockSize(machine).Bytes;
        if (!HasMemory(machine, device.TargetNode))
            throw new NotModelledException(
                string.Create(CultureInfo.InvariantCulture, $"system-ram mode on node {device.TargetNode}, which has no memory of its own")
            );
        if (device.Range.IsEmpty)
            return [];
        ulong first = device.Range.Start.Bytes / size,
            past = (device.Range.Last.Bytes / size) + 1;
        if (first * size < device.Range.Start.Bytes)
            first++;
        return MemoryBlocks.All(machine, first, past).Where(b => IsOnNode(machine, b.Number, b.Block, device.TargetNode));
    }

    /// <summary>
    /// True when the block has a link in the node's folder: boot memory in that of each node that has a part of it, other memory in that of
    /// its node
    /// (drivers/base/node.c register_mem_block_under_node_early(), …_hotplug(); 6.1).
    /// </summary>
    public static bool IsOnNode(Machine machine, MemoryBlockNumber number, MemoryBlock block, int node)
    {
        if (!block.IsEarly)
            return block.Node == node;
        ByteSize size = machine.Mm.BlockSize;
        var range = new PhysicalRange(new PhysicalAddress(number.Number * size.Bytes), size);
        return RamOfNode(machine, node).Any(ram => ram.Overlaps(range));
    }

    /// <summary>True when the node has memory blocks, and so a folder in sysfs. A node of processors alone has one too, but a machine file
    /// names no processors.</summary>
    public static bool HasMemory(Machine machine, int node) =>
        RamOfNode(machine, node).Any() || MemoryBlocks.Runs(machine).Any(r => !r.Block.IsEarly && r.Block.Node == node);

    /// <summary>Usable memory that the kernel has, cut to what the firmware puts on the node.</summary>
    private static IEnumerable<PhysicalRange> RamOfNode(Machine machine, int node) =>
        from ram in machine.Memory
        where ram.Type == E820Type.Ram
        from given in machine.Description.Memory
        where given.Type == FirmwareRangeType.SystemRam && given.Node == node && given.Range.Overlaps(ram.Range)
        let start = Math.Max(ram.Range.Start.Bytes, given.Range.Start.Bytes)
        let last = Math.Min(ram.Range.Last.Bytes, given.Range.Last.Bytes)
        select PhysicalRange.FromInclusive(new PhysicalAddress(start), new PhysicalAddress(last));
}
