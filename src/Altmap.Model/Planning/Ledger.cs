using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>
/// Where each byte of a namespace goes, from its first to its last; entries of no bytes are left out. The sum is the namespace's size,
/// always.
/// </summary>
public static class Ledger
{
    /// <summary>The ledger of a pfn or dax device.</summary>
    /// <param name="settings">The block's values.</param>
    /// <param name="reservedStructPage">Bytes that the writer of the block set aside for a page's struct page.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="usedPages">Pages of the page map that hold struct pages.</param>
    /// <param name="architecture">Of the kernel.</param>
    public static LedgerTable OfDevice(
        in PfnDeviceSettings settings,
        ByteSize reservedStructPage,
        PhysicalRange ns,
        PfnCount usedPages,
        ArchitectureRules architecture
    )
    {
        var table = new LedgerTable();
        if (settings.UsableSize(ns.Size) is not { } usable)
            return OfUnusable(ns.Size);
        AddMetadata(ref table, settings, reservedStructPage, ns, usedPages, architecture);
        table.Add(LedgerItem.Data, usable.Bytes);
        table.Add(LedgerItem.EndTrunc, settings.EndTrunc.Bytes);
        return table;
    }

    /// <summary>The ledger of a device-dax device that kmem has: its page map is not in use any more, and only whole memory blocks
    /// are.</summary>
    /// <param name="settings">The block's values.</param>
    /// <param name="reservedStructPage">What the writer of the block set aside for a page's struct page.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="block">Size of a memory block.</param>
    /// <param name="memmapPerBlock">What each block gives up for its own memmap.</param>
    /// <param name="architecture">Of the kernel.</param>
    public static LedgerTable OfSystemRam(
        in PfnDeviceSettings settings,
        ByteSize reservedStructPage,
        PhysicalRange ns,
        ByteSize block,
        ByteSize memmapPerBlock,
        ArchitectureRules architecture
    )
    {
        var table = new LedgerTable();
        if (settings.UsableSize(ns.Size) is not { } usable)
            return OfUnusable(ns.Size);
        AddMetadata(ref table, settings, reservedStructPage, ns, default, architecture);
        AddBlocks(ref table, new PhysicalRange(ns.Start + settings.StartPad + settings.DataOffset, usable), block, memmapPerBlock);
        table.Add(LedgerItem.EndTrunc, settings.EndTrunc.Bytes);
        return table;
    }

    /// <summary>The ledger of a range that is hot-added as System RAM as it is, without info-block (hmem, CXL).</summary>
    public static LedgerTable OfHotplug(PhysicalRange range, ByteSize block, ByteSize memmapPerBlock)
    {
        var table = new LedgerTable();
        AddBlocks(ref table, range, block, memmapPerBlock);
        return table;
    }

    /// <summary>The ledger of a namespace that is all data.</summary>
    public static LedgerTable OfRaw(ByteSize size)
    {
        var table = new LedgerTable();
        table.Add(LedgerItem.Data, size.Bytes);
        return table;
    }

    /// <summary>The ledger of a namespace of which nothing can be used.</summary>
    public static LedgerTable OfUnusable(ByteSize size)
    {
        var table = new LedgerTable();
        table.Add(LedgerItem.Unusable, size.Bytes);
        return table;
    }

    /// <summary>The ledger of a BTT, the parts of all arenas taken together; null where its info-blocks do not make sense as a whole (old
    /// or damaged media).</summary>
    /// <param name="size">Of the namespace.</param>
    /// <param name="arenas">In order.</param>
    /// <param name="sector">Bytes of a sector of the disk.</param>
    public static LedgerTable? OfBtt(ByteSize size, ImmutableArray<BttArena> arenas, ByteSize sector)
    {
        ulong info = 0,
            data = 0,
            metadata = 0,
            free = 0,
            map = 0,
            log = 0,
            rounding = 0,
            end = 0;
        ulong start = arenas.IsEmpty ? 0 : arenas[0].Start.Bytes;
        foreach ((MediaOffset at, ByteSize arena, BttInfoBlock block) in arenas)
        {
            ulong blocks = block.InternalBlocks,
                visible = block.ExternalBlocks,
                unit = block.InternalLbaSize;
            ulong infoEnd = block.Info2Offset + BttInfoBlock.SizeBytes;
            bool isSane =
                blocks >= visible
                && unit >= sector.Bytes
                && block.DataOffset <= block.MapOffset
                && block.MapOffset <= block.LogOffset
                && block.LogOffset <= block.Info2Offset
                && infoEnd > block.Info2Offset
                && infoEnd <= arena.Bytes
                && blocks * unit <= block.MapOffset - block.DataOffset
                && block.DataOffset >= BttInfoBlock.SizeBytes
                && visible * (ulong)Formats.Btt.BttMap.EntryBytes <= block.LogOffset - block.MapOffset
                && at.Bytes == (end == 0 ? start : end)
                && at.Bytes <= size.Bytes
                && arena.Bytes <= size.Bytes - at.Bytes;
            if (!isSane)
                return null;
            info += 2 * BttInfoBlock.SizeBytes;
            data += visible * sector.Bytes;
            metadata += visible * (unit - sector.Bytes);
            free += (blocks - visible) * unit;
            map += block.LogOffset - block.MapOffset;
            log += block.Info2Offset - block.LogOffset;
            rounding +=
                block.MapOffset
                - block.DataOffset
                - (blocks * unit)
                + (block.DataOffset - BttInfoBlock.SizeBytes)
                + (arena.Bytes - infoEnd);
            end = at.Bytes + arena.Bytes;
        }
        var table = new LedgerTable();
        table.Add(LedgerItem.BttStart, start);
        table.Add(LedgerItem.BttInfo, info);
        table.Add(LedgerItem.Data, data);
        table.Add(LedgerItem.BttSectorMetadata, metadata);
        table.Add(LedgerItem.BttFreeBlocks, free);
        table.Add(LedgerItem.BttMap, map);
        table.Add(LedgerItem.BttLog, log);
        table.Add(LedgerItem.BttRounding, rounding);
        table.Add(LedgerItem.BttRest, size.Bytes - end);
        return table;
    }

    /// <summary>What is set aside for struct pages: as the block's writer counts, 8 KiB less than the namespace (nd_pfn_init()).</summary>
    public static ByteSize PageMapReserve(
        in PfnDeviceSettings settings,
        ByteSize reservedStructPage,
        ByteSize size,
        ArchitectureRules architecture
    ) =>
        settings.Mode != PageMapMode.Pmem || size.Bytes < PfnLayout.ReserveBytes
            ? ByteSize.Zero
            : reservedStructPage * ((size.Bytes - PfnLayout.ReserveBytes) / architecture.PageSize.Bytes);

    /// <summary>The ledger of a pfn or dax device that has its sections for itself (<see cref="PageMapOf"/>).</summary>
    public static LedgerTable OfDevice(
        in PfnDeviceSettings settings,
        ByteSize reservedStructPage,
        PhysicalRange ns,
        KernelProfile kernel,
        ArchitectureRules architecture
    ) =>
        OfDevice(
            settings,
            reservedStructPage,
            ns,
            PageMapOf(settings, ns, kernel, architecture, kernel.Get(Rules.StructPageSize), 0).AltmapPages,
            architecture
        );

    /// <summary>
    /// Where the memmap of a device goes, as if nothing else were in its sections; where the page map is too small for that, as if boot RAM
    /// shared the first and the last.
    /// </summary>
    /// <param name="settings">The block's values.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">Of that kernel.</param>
    /// <param name="structPage">Size of struct page.</param>
    /// <param name="sharedCompoundPages">See <see cref="MemmapAccount.SharedCompoundPages"/>.</param>
    public static MemmapAccount PageMapOf(
        in PfnDeviceSettings settings,
        PhysicalRange ns,
        KernelProfile kernel,
        ArchitectureRules architecture,
        ByteSize structPage,
        ulong sharedCompoundPages
    )
    {
        AltmapSpace? space = settings.DataOffset >= architecture.InfoBlockReserve ? settings.Altmap(architecture) : null;
        PfnRange mapped = MappedPages(settings, ns, kernel, architecture);
        var start = new MemmapAccount(mapped.Start, space, kernel, architecture, structPage) { SharedCompoundPages = sharedCompoundPages };
        MemmapAccount account = start;
        if (account.TryAddAll(mapped, sharesWithBoot: false))
            return account;
        account = start;
        _ = account.TryAddAll(mapped, sharesWithBoot: true); // the last word is the mapping's
        return account;
    }

    /// <summary>The pages that a device maps: from start_pad to end_trunc, or the whole sections that hold them (rule
    /// <c>memory.device-map-unit</c>).</summary>
    internal static PfnRange MappedPages(
        in PfnDeviceSettings settings,
        PhysicalRange ns,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        ulong cut = settings.StartPad.Bytes + settings.EndTrunc.Bytes; // two 32-bit fields
        Pfn first = Pfn.Containing(ns.Start + settings.StartPad, architecture.PageSize);
        var pages = new PfnRange(
            first,
            first + new PfnCount(cut >= ns.Size.Bytes ? 0 : (ns.Size.Bytes - cut) / architecture.PageSize.Bytes)
        );
        if (!kernel.Get(Rules.DeviceMapsAreSections) || pages.IsEmpty)
            return pages;
        ulong section = kernel.SectionSize(architecture.Architecture, architecture.PageSize) / architecture.PageSize;
        return new PfnRange(new Pfn(Alignment.Down(pages.Start.Number, section)), new Pfn(Alignment.Up(pages.End.Number, section)));
    }

    private static void AddMetadata(
        ref LedgerTable table,
        in PfnDeviceSettings settings,
        ByteSize reservedStructPage,
        PhysicalRange ns,
        PfnCount usedPages,
        ArchitectureRules architecture
    )
    {
        ulong offset = settings.DataOffset.Bytes,
            area = Math.Min(architecture.InfoBlockReserve.Bytes, offset);
        ulong used = 0,
            unused = 0;
        if (settings.Mode == PageMapMode.Pmem)
        {
            ulong reserve = Math.Min(PageMapReserve(settings, reservedStructPage, ns.Size, architecture).Bytes, offset - area);
            used = Math.Min(usedPages.ToBytes(architecture.PageSize).Bytes, offset - area);
            unused = Math.Max(reserve, used) - used;
        }
        table.Add(LedgerItem.StartPad, settings.StartPad.Bytes);
        table.Add(LedgerItem.InfoBlockArea, area);
        table.Add(LedgerItem.PageMapUsed, used);
        table.Add(LedgerItem.PageMapUnused, unused);
        table.Add(LedgerItem.Padding, offset - area - used - unused);
    }

    /// <summary>The trimming rule of kmem (drivers/dax/kmem.c dax_kmem_range(); 5.10, 6.1, 6.12, 7.2).</summary>
    private static void AddBlocks(ref LedgerTable table, PhysicalRange range, ByteSize block, ByteSize memmapPerBlock)
    {
        if (Kmem.Trim(range, block) is not { } whole)
        {
            table.Add(LedgerItem.BlockFront, range.Size.Bytes);
            return;
        }
        ulong front = (whole.Start - range.Start).Bytes,
            memmap = (memmapPerBlock * (whole.Size / block)).Bytes;
        table.Add(LedgerItem.BlockFront, front);
        table.Add(LedgerItem.SystemRam, whole.Size.Bytes - memmap);
        table.Add(LedgerItem.BlockMemmap, memmap);
        table.Add(LedgerItem.BlockBack, range.Size.Bytes - front - whole.Size.Bytes);
    }
}
