using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Planning;

/// <summary>A stretch of a namespace and what it is for.</summary>
/// <param name="What">As <c>data</c>; the words are those of <see cref="Ledger"/>.</param>
/// <param name="Bytes">How many.</param>
public sealed record LedgerEntry(string What, ByteSize Bytes);

/// <summary>
/// Where each byte of a namespace goes, from its first to its last; entries of no bytes are left out. The sum is the namespace's size, always.
/// </summary>
public static class Ledger
{
    /// <summary>Cut off at the start so that the mapping is aligned (start_pad).</summary>
    public const string StartPad = "start_pad";

    /// <summary>The info-block and what is kept free for it: 8 KiB in whole pages.</summary>
    public const string InfoBlockArea = "info-block area";

    /// <summary>struct pages that the kernel stores on the device.</summary>
    public const string PageMapUsed = "page map in use";

    /// <summary>Reserved for struct pages, and never used: they are smaller than the reserve, or in RAM.</summary>
    public const string PageMapUnused = "page map reserve, unused";

    /// <summary>Up to the next multiple of the alignment.</summary>
    public const string Padding = "alignment padding";

    /// <summary>What the user gets.</summary>
    public const string Data = "data";

    /// <summary>Cut off at the end so that the mapping is aligned (end_trunc).</summary>
    public const string EndTrunc = "end_trunc";

    /// <summary>Of a namespace without a device: nothing of it can be used.</summary>
    public const string Unusable = "not usable";

    /// <summary>The ledger of a pfn or dax device.</summary>
    /// <param name="settings">The block's values.</param>
    /// <param name="reservedStructPage">Bytes that the writer of the block set aside for a page's struct page.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="kernel">Decides what is used of the page map.</param>
    /// <param name="architecture">Of that kernel.</param>
    public static ImmutableArray<LedgerEntry> Of(
        in PfnDeviceSettings settings, ByteSize reservedStructPage, PhysicalRange ns, KernelProfile kernel, ArchitectureRules architecture)
    {
        if (settings.UsableSize(ns.Size) is not { } usable) return [new(Unusable, ns.Size)];
        ulong offset = settings.DataOffset.Bytes, page = architecture.PageSize.Bytes;
        ulong area = Math.Min(architecture.InfoBlockReserve.Bytes, offset);
        ulong used = 0, unused = 0;
        if (settings.Mode == PageMapMode.Pmem)
        {
            ulong pages = Math.Max(ns.Size.Bytes, PfnLayout.ReserveBytes) - PfnLayout.ReserveBytes;
            ulong reserve = Math.Min(pages / page * reservedStructPage.Bytes, offset - area);
            used = Math.Min(PageMapBytes(settings, ns, kernel, architecture), offset - area);
            unused = Math.Max(reserve, used) - used;
        }
        (string What, ulong Bytes)[] entries =
        [
            (StartPad, settings.StartPad.Bytes), (InfoBlockArea, area), (PageMapUsed, used), (PageMapUnused, unused), (Padding, offset - area - used - unused),
            (Data, usable.Bytes), (EndTrunc, settings.EndTrunc.Bytes),
        ];
        return [.. entries.Where(e => e.Bytes > 0).Select(e => new LedgerEntry(e.What, new ByteSize(e.Bytes)))];
    }

    /// <summary>The struct pages of the whole mapped range, in bytes, wherever they lie: the reserve at the start has struct pages too.</summary>
    public static ByteSize StructPages(in PfnDeviceSettings settings, PhysicalRange ns, KernelProfile kernel, ArchitectureRules architecture) =>
        kernel.StructPageSize * (MappedBytes(settings, ns) / architecture.PageSize.Bytes);

    /// <summary>
    /// What the kernel takes from the device. x86-64: a section's struct pages come from there only when the section is mapped whole
    /// (arch/x86/mm/init_64.c vmemmap_populate(), 5.10, 6.1, 6.12, 7.2); elsewhere those of every page.
    /// </summary>
    private static ulong PageMapBytes(in PfnDeviceSettings settings, PhysicalRange ns, KernelProfile kernel, ArchitectureRules architecture)
    {
        if (architecture.Architecture != Architecture.X86_64) return StructPages(settings, ns, kernel, architecture).Bytes;
        ulong section = kernel.SectionSize(architecture.Architecture, architecture.PageSize).Bytes;
        ulong first = ns.Start.Bytes + settings.StartPad.Bytes, end = first + MappedBytes(settings, ns);
        ulong firstWhole = Alignment.Up(first, section), lastWhole = Alignment.Down(end, section);
        return lastWhole <= firstWhole ? 0 : (lastWhole - firstWhole) / architecture.PageSize.Bytes * kernel.StructPageSize.Bytes;
    }

    private static ulong MappedBytes(in PfnDeviceSettings settings, PhysicalRange ns)
    {
        ulong cut = settings.StartPad.Bytes + settings.EndTrunc.Bytes; // two 32-bit fields
        return cut >= ns.Size.Bytes ? 0 : ns.Size.Bytes - cut;
    }
}
