using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>
/// The size of a memory block: a section; on x86-64 with 64 GiB and more up to 2 GiB (arch/x86/mm/init_64.c probe_memory_block_size(),
/// 6.1.192; by 7.2 a
/// platform's advice comes first); on ppc64le from 1 GiB down until it divides each node (arch/powerpc, 6.12; read only).
/// </summary>
public static class MemoryBlockSize
{
    /// <summary>
    /// The sizes that a memory block has on some machine with this kernel, ascending: on x86-64 the processors' RAM decides and whether
    /// the machine is virtual, on ppc64le the firmware. One size alone: it is the same on every machine.
    /// </summary>
    public static IReadOnlyList<ByteSize> Possible(KernelProfile kernel, ArchitectureRules architecture)
    {
        ByteSize section = kernel.SectionSize(architecture.Architecture, architecture.PageSize);
        (ByteSize largest, ulong factor) = architecture.Architecture switch
        {
            Architecture.X86_64 => (LargestX86, 2UL),
            Architecture.Ppc64LittleEndian => (LargestPpc64, 4UL),
            _ => (section, 2UL),
        };
        var sizes = new List<ByteSize>();
        for (ByteSize size = section; size <= largest; size *= factor)
            sizes.Add(size);
        return sizes;
    }

    internal static ByteSize Of(
        MachineDescription description,
        ArchitectureRules architecture,
        ByteSize section,
        ByteSize endOfRam,
        IEnumerable<(PfnRange Pages, int Node)> ram
    )
    {
        if (description.Config.TryGetValue("memory_block_bytes", out ulong given))
            return new ByteSize(Math.Max(given, section.Bytes));
        return architecture.Architecture switch
        {
            Architecture.X86_64 => OfX86(description, section, endOfRam),
            Architecture.Ppc64LittleEndian => OfPpc64(section, architecture.PageSize, ram),
            _ => section,
        };
    }

    /// <summary>Why the size may be another one than <see cref="Of"/> gives, and what would settle it; null: it is known.</summary>
    public static string? Doubt(MachineDescription description, Architecture architecture, ByteSize endOfRam)
    {
        bool isGiven = description.Config.ContainsKey("memory_block_bytes") || description.Config.ContainsKey("hypervisor");
        if (isGiven || architecture == Architecture.Arm64)
            return null;
        if (architecture != Architecture.X86_64)
            return "the memory block size of this architecture is the firmware's: config memory_block_bytes gives it";
        return endOfRam < LargeBlocksFrom || endOfRam.IsMultipleOf(LargestX86)
            ? null
            : "the memory block size depends on whether the machine is virtual: config hypervisor or memory_block_bytes says it";
    }

    private static readonly ByteSize LargeBlocksFrom = ByteSize.GiB(64),
        LargestX86 = ByteSize.GiB(2),
        LargestPpc64 = ByteSize.GiB(1);

    private static ByteSize OfX86(MachineDescription description, ByteSize section, ByteSize endOfRam)
    {
        if (endOfRam < LargeBlocksFrom)
            return section; // 7.2 asks for a platform's advice first; no machine here has any
        ByteSize size = LargestX86;
        if (description.Config.GetValueOrDefault("hypervisor", 0UL) == 0)
            return size;
        while (size > section && !endOfRam.IsMultipleOf(size))
            size = new ByteSize(size.Bytes / 2);
        return size;
    }

    private static ByteSize OfPpc64(ByteSize section, ByteSize page, IEnumerable<(PfnRange Pages, int Node)> ram)
    {
        ulong size = LargestPpc64.Bytes;
        foreach (IGrouping<int, (PfnRange Pages, int Node)> node in ram.GroupBy(r => r.Node))
        {
            ulong bytes = node.Aggregate(0UL, (sum, r) => sum + r.Pages.Count.ToBytes(page).Bytes);
            while (size > section.Bytes && (bytes & (size - 1)) != 0)
                size /= 4;
        }
        return new ByteSize(Math.Max(size, section.Bytes));
    }
}
