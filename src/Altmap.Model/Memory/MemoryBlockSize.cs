using System.Collections.Immutable;
using System.Numerics;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>What decided the size of a memory block.</summary>
public enum BlockSizeDecider
{
    /// <summary>The machine's configuration gives it.</summary>
    Given,

    /// <summary>The architecture has blocks of one section.</summary>
    Section,

    /// <summary>RAM ends below 64 GiB: a section, whatever the windows say.</summary>
    SmallRam,

    /// <summary>No hypervisor and no advice: the largest.</summary>
    BareMetal,

    /// <summary>A CXL window bounds it.</summary>
    Window,

    /// <summary>The largest that divides the end of RAM.</summary>
    EndOfRam,

    /// <summary>ppc64le: the largest that divides the memory of each node.</summary>
    Nodes,
}

/// <summary>The size of a memory block, and why it is that.</summary>
/// <param name="Size">The size: a power of two, at least a section.</param>
/// <param name="Decider">What decided.</param>
/// <param name="Window">The CXL window that bounds it, where one does.</param>
/// <param name="EndOfRam">One past the last byte of RAM.</param>
/// <param name="Doubt">Why it may be another one, and what would settle it; null: it is known.</param>
public sealed record MemoryBlockSizing(ByteSize Size, BlockSizeDecider Decider, PhysicalRange? Window, ByteSize EndOfRam, string? Doubt);

/// <summary>
/// The size of a memory block: a section; on x86-64 with RAM up to 64 GiB and more, up to 2 GiB (arch/x86/mm/init_64.c
/// probe_memory_block_size(); seen on 6.1, 6.12 and 7.2), from 6.15 on bounded by the CXL windows (drivers/acpi/numa/srat.c
/// acpi_parse_cfmws(), drivers/base/memory.c memory_block_advise_max_size()); on ppc64le from 1 GiB down until it divides each node
/// (arch/powerpc, 6.12; read only).
/// </summary>
public static class MemoryBlockSize
{
    private static readonly ByteSize LargeBlocksFrom = ByteSize.GiB(64),
        LargestX86 = ByteSize.GiB(2),
        LargestPpc64 = ByteSize.GiB(1),
        WindowAlignMin = ByteSize.MiB(256);

    /// <summary>
    /// The sizes that a memory block has on some machine with this kernel, ascending: on x86-64 the processors' RAM decides, whether the
    /// machine is virtual, and its CXL windows; on ppc64le the firmware. One size alone: it is the same on every machine.
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

    /// <summary>The size on a machine.</summary>
    /// <param name="description">The machine; its <c>config</c>, command line and CXL windows count.</param>
    /// <param name="kernel">The rules.</param>
    /// <param name="architecture">The architecture's rules.</param>
    /// <param name="section">Size of a section.</param>
    /// <param name="endOfRam">One past the last byte of RAM after the command line; other ranges do not count.</param>
    /// <param name="ram">RAM with its nodes.</param>
    internal static MemoryBlockSizing Of(
        MachineDescription description,
        KernelProfile kernel,
        ArchitectureRules architecture,
        ByteSize section,
        ByteSize endOfRam,
        IEnumerable<(PfnRange Pages, int Node)> ram
    )
    {
        if (description.Config.TryGetValue("memory_block_bytes", out ulong given))
            return new(new ByteSize(Math.Max(given, section.Bytes)), BlockSizeDecider.Given, null, endOfRam, null);
        return architecture.Architecture switch
        {
            Architecture.X86_64 => OfX86(description, kernel, section, endOfRam),
            Architecture.Ppc64LittleEndian => new(
                OfPpc64(section, architecture.PageSize, ram),
                BlockSizeDecider.Nodes,
                null,
                endOfRam,
                "the memory block size of this architecture is the firmware's: config memory_block_bytes gives it"
            ),
            _ => new(section, BlockSizeDecider.Section, null, endOfRam, null),
        };
    }

    /// <summary>
    /// What a window advises: the largest power of two that divides its start and its end; null where that is below 256 MiB, which
    /// the kernel logs as a firmware bug and leaves out (acpi_parse_cfmws(), 7.2).
    /// </summary>
    public static ByteSize? Advice(PhysicalRange window)
    {
        ulong both = window.Start.Bytes | unchecked(window.Start.Bytes + window.Size.Bytes);
        ByteSize size = new(1UL << Math.Min(62, BitOperations.TrailingZeroCount(both)));
        return size < WindowAlignMin ? null : size;
    }

    private static MemoryBlockSizing OfX86(MachineDescription description, KernelProfile kernel, ByteSize section, ByteSize endOfRam)
    {
        if (endOfRam < LargeBlocksFrom)
            return new(section, BlockSizeDecider.SmallRam, null, endOfRam, null);
        bool asksWindows =
            kernel.Get(Rules.CxlWindowsAdviseBlockSize)
            && CommandLine.Find(description.CommandLine, "numa") != "off"
            && CommandLine.Find(description.CommandLine, "acpi") != "off";
        ImmutableArray<PhysicalRange> windows = description.CxlWindows.IsDefault || !asksWindows ? [] : description.CxlWindows;
        (ByteSize Size, PhysicalRange Window) advice = windows
            .Select(w => (Size: Advice(w) ?? ByteSize.Zero, Window: w))
            .Where(a => !a.Size.IsZero)
            .DefaultIfEmpty()
            .MinBy(a => a.Size);
        bool isAdvised = !advice.Size.IsZero;
        bool isVirtual = description.Config.GetValueOrDefault("hypervisor", 0UL) != 0;
        if (!isAdvised && !isVirtual)
            return new(LargestX86, BlockSizeDecider.BareMetal, null, endOfRam, DoubtOf(false));
        ByteSize start = isAdvised && advice.Size < LargestX86 ? advice.Size : LargestX86;
        ByteSize size = start;
        while (size > section && !endOfRam.IsMultipleOf(size))
            size = new ByteSize(size.Bytes / 2);
        PhysicalRange? window = isAdvised && start < LargestX86 ? advice.Window : null;
        BlockSizeDecider decider = window is not null && size == start ? BlockSizeDecider.Window : BlockSizeDecider.EndOfRam;
        return new(size, decider, window, endOfRam, DoubtOf(isAdvised));

        // With an advice, bare metal and guests do alike; and where the end of RAM is a multiple of the largest block, too.
        string? DoubtOf(bool advised) =>
            asksWindows && description.CxlWindows.IsDefault && description.Memory.Any(m => m.Type == FirmwareRangeType.SoftReserved)
                ? "the memory block size depends on the CXL windows of the firmware: cxl_windows gives them, [] where there are none"
            : advised || description.Config.ContainsKey("hypervisor") || endOfRam.IsMultipleOf(LargestX86) ? null
            : "the memory block size depends on whether the machine is virtual: config hypervisor or memory_block_bytes says it";
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
