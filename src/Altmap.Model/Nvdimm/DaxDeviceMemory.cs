using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>What a device-dax device could give as System RAM, and what the memory side of the machine says to it.</summary>
public static class DaxDeviceMemory
{
    private static readonly ByteSize LargestBlock = ByteSize.GiB(2);

    /// <summary>
    /// The size of a memory block: one section; on x86-64 with 64 GiB of RAM or more, 2 GiB on bare metal, in a virtual machine the largest power of two up to that which
    /// divides the end of RAM (arch/x86/mm/init_64.c probe_memory_block_size(), drivers/base/memory.c memory_block_size_bytes(); 5.10, 6.1, 6.12, 7.2).
    /// Throws <see cref="NotModelledException"/> where neither machine file nor rule decides.
    /// </summary>
    public static ByteSize BlockSize(Machine machine)
    {
        if (machine.Description.Config.TryGetValue("memory_block_bytes", out ulong given)) return new ByteSize(given);
        ArchitectureRules architecture = machine.Architecture;
        ByteSize section = machine.Description.Config.TryGetValue("section_bits", out ulong bits)
            ? new ByteSize(1UL << (int)bits)
            : machine.Kernel.SectionSize(architecture.Architecture, architecture.PageSize);
        if (architecture.Architecture == Architecture.Arm64) return section;
        if (architecture.Architecture != Architecture.X86_64)
            throw new NotModelledException("the memory block size of this architecture is the firmware's: config memory_block_bytes gives it");

        PhysicalAddress end = new FirmwareMap(machine.Memory, null).EndOfRam(architecture.PageSize);
        if (end.Bytes < ByteSize.GiB(64).Bytes) return section;
        ByteSize dividing = LargestBlock;
        while (dividing > section && !end.IsAligned(dividing)) dividing = new ByteSize(dividing.Bytes / 2);
        if (dividing == LargestBlock) return LargestBlock;
        if (!machine.Description.Config.TryGetValue("hypervisor", out ulong isVirtual))
            throw new NotModelledException("the memory block size depends on whether the machine is virtual: config hypervisor or memory_block_bytes says it");
        return isVirtual == 1 ? dividing : LargestBlock;
    }

    /// <summary>How many memory blocks lie in the device as a whole (drivers/dax/kmem.c dax_kmem_range(); 5.10, 6.1, 6.12, 7.2): what kmem would add.</summary>
    public static ulong WholeBlocks(Machine machine, DaxDeviceState device)
    {
        ulong block = BlockSize(machine).Bytes;
        ulong first = device.Range.Start.Bytes / block, last = device.Range.Last.Bytes / block;
        if (device.Range.Start.Bytes % block != 0) first++;
        // Counted by the last byte: the end may be that of the address space.
        ulong end = device.Range.Last.Bytes % block == block - 1 ? last + 1 : last;
        return end > first ? end - first : 0;
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

    /// <summary>auto_online_blocks: what was written to it, or memhp_default_state= (the last that is a policy), or the machine file, or the profile
    /// (mm/memory_hotplug.c setup_memhp_default_state(); 5.10, 6.1, 6.12, 7.2).</summary>
    public static OnlinePolicy AutoOnline(Machine machine)
    {
        if (machine.WrittenAutoOnline is { } written) return written;
        OnlinePolicy? booted = CommandLine.Parse(machine.Description.CommandLine)
            .Where(p => p.Name == "memhp_default_state").Select(p => OnlinePolicies.Find(p.Value)).LastOrDefault(p => p is not null);
        if (booted is { } policy) return policy;
        if (!machine.Description.Config.TryGetValue("auto_online_blocks", out ulong configured)) return machine.Kernel.AutoOnline;
        return configured == 1 ? OnlinePolicy.Online : OnlinePolicy.Offline;
    }

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
