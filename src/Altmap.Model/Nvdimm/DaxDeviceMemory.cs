using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>What a device-dax device could give as System RAM, and what the memory side of the machine says to it.</summary>
public static class DaxDeviceMemory
{
    /// <summary>
    /// The size of a memory block, where it is known: on x86-64 with 64 GiB of RAM or more it can depend on whether the machine is virtual
    /// (<see cref="MemoryBlockSize"/>). Throws <see cref="NotModelledException"/> where the machine file does not say.
    /// </summary>
    public static ByteSize BlockSize(Machine machine)
    {
        bool isGiven = machine.Description.Config.ContainsKey("memory_block_bytes") || machine.Description.Config.ContainsKey("hypervisor");
        if (isGiven || machine.Architecture.Architecture == Architecture.Arm64) return machine.Mm.BlockSize;
        if (machine.Architecture.Architecture != Architecture.X86_64)
            throw new NotModelledException("the memory block size of this architecture is the firmware's: config memory_block_bytes gives it");
        PhysicalAddress end = new FirmwareMap(machine.Memory, null).EndOfRam(machine.Architecture.PageSize);
        if (end.Bytes >= ByteSize.GiB(64).Bytes && !end.IsAligned(ByteSize.GiB(2)))
            throw new NotModelledException("the memory block size depends on whether the machine is virtual: config hypervisor or memory_block_bytes says it");
        return machine.Mm.BlockSize;
    }

    /// <summary>
    /// For a device without a whole memory block: the block of boot RAM that starts in the device and goes on behind its end, or null. daxctl takes such a block for
    /// the device's own. It is online, in no one zone, and has a hole, so it can never go offline.
    /// </summary>
    public static ulong? BorrowedBlock(Machine machine, DaxDeviceState device)
    {
        ulong block = BlockSize(machine).Bytes;
        ulong number = device.Range.Last.Bytes / block;
        if (number * block < device.Range.Start.Bytes || number > (ulong.MaxValue / block) - 1) return null;
        var range = new PhysicalRange(new PhysicalAddress(number * block), new ByteSize(block));
        return RamOfNode(machine, device.TargetNode).Any(ram => ram.Overlaps(range)) ? number : null;
    }

    /// <summary>True when the node has boot RAM, and so a folder in sysfs. A node of processors alone has one too, but a machine file names no processors.</summary>
    public static bool HasBootMemory(Machine machine, int node) => RamOfNode(machine, node).Any();

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
