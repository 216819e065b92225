using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Which driver a mapping is refused by, or speaks.</summary>
public enum MappingDriver
{
    /// <summary>The driver of the pfn or dax device: nd_pmem or dax_pmem.</summary>
    Holder,

    /// <summary>device_dax, which maps what dax_pmem has registered.</summary>
    DeviceDax,
}

/// <summary>What mapping an accepted block's range gives.</summary>
/// <param name="Errno">None: mapped.</param>
/// <param name="Rule">B5, B6, B7, or <c>B4</c> when nothing fired.</param>
/// <param name="Driver">Whose probe fails.</param>
/// <param name="Message">A line without device that the memory code logs, or null.</param>
/// <param name="Truncated">B6: what the holder's device logs before, or null.</param>
/// <param name="Refused">B7: why the holder's device is refused, in its words, or null: it says nothing.</param>
public readonly record struct PageMapVerdict(
    Errno Errno,
    string Rule,
    MappingDriver Driver = MappingDriver.Holder,
    string? Message = null,
    string? Truncated = null,
    string? Refused = null
);

/// <summary>
/// The part of the bind after the block was accepted, as far as block and namespace decide it
/// (drivers/nvdimm/pfn_devs.c __nvdimm_setup_pfn(), mm/memremap.c, mm/memory_hotplug.c __add_pages(), drivers/dax/bus.c
/// alloc_dax_region()).
/// </summary>
public static class PageMapping
{
    /// <summary>Rows B5 to B7. What else of the machine lies in the range is not judged here.</summary>
    public static PageMapVerdict Judge(in PfnDeviceSettings settings, in NamespaceExtent ns, KernelProfile profile, ArchitectureRules arch)
    {
        PageMapVerdict before = JudgeBeforeMapping(settings, ns, profile, arch);
        if (before.Errno != Errno.None)
            return before;
        // dax_pmem makes a region whose size wraps, and device_dax finds no such range free (6.1, found by fuzzing).
        if (settings.Kind == InfoBlockKind.Dax && settings.UsableSize(ns.Range.Size) is null)
            return before with { Errno = Errno.EBUSY, Rule = "B7", Driver = MappingDriver.DeviceDax };
        if (CutBytes(settings) >= ns.Range.Size.Bytes)
            return before with { Errno = Errno.EINVAL, Rule = "B7" };
        ulong length = unchecked(ns.Range.Size.Bytes - settings.StartPad.Bytes - settings.EndTrunc.Bytes);
        if (profile.Get(Rules.DeviceMapsAreSections) || MapRange(settings, ns, length, profile, arch) is not { } failed)
            return before;
        return failed with
        {
            Truncated = before.Truncated,
            Driver = settings.Kind == InfoBlockKind.Dax ? MappingDriver.DeviceDax : MappingDriver.Holder,
        };
    }

    /// <summary>What is refused before the range is mapped: B5, and the dax region of B7.</summary>
    public static PageMapVerdict JudgeBeforeMapping(
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        if (settings.Mode == PageMapMode.Ram && settings.DataOffset < arch.InfoBlockReserve)
            return new(Errno.EINVAL, "B5");
        // The page map's place is claimed to clear its bad blocks; no place is no claim (pfn_devs.c nd_pfn_clear_memmap_errors(), 6.1).
        if (settings.Mode == PageMapMode.Pmem && settings.DataOffset.Bytes == 0)
            return new(Errno.EBUSY, "B5", Truncated: $"could not reserve region {KernelFormat.Resource(ns.Range)}");
        ulong length = unchecked(ns.Range.Size.Bytes - settings.StartPad.Bytes - settings.EndTrunc.Bytes);
        string? truncated = settings.Mode == PageMapMode.Pmem ? TruncationNote(settings, length, arch) : null;
        bool isDax = settings.Kind == InfoBlockKind.Dax;
        // dax_pmem first makes a region of the data; it must not end before it starts. An end_trunc beyond address 0 wraps to an end near
        // 2^64, which passes here and fails in device_dax (6.1, found by fuzzing).
        ulong first = unchecked(ns.Range.Start.Bytes + settings.StartPad.Bytes + settings.DataOffset.Bytes),
            last = unchecked(ns.Range.Start.Bytes + ns.Range.Size.Bytes - settings.EndTrunc.Bytes - 1);
        bool isNegative = settings.UsableSize(ns.Range.Size) is null && last < first;
        // Found by fuzzing on 7.2: what ends before it starts is said to conflict with the tree itself.
        string? refused =
            last < first && profile.Get(Rules.RefusesEmptyDaxRegion) && IsDaxRegionAligned(settings, ns)
                ? $"dax_region resource conflict for {KernelFormat.Resource(first, last)}"
                : null;
        if (isDax && (refused is not null || isNegative || !IsDaxRegionAligned(settings, ns)))
            return new(Errno.ENOMEM, "B7", Truncated: truncated, Refused: refused);
        return new(Errno.None, truncated is null ? "B4" : "B6", Truncated: truncated);
    }

    /// <summary>The kernel counts in 64 bits that wrap, and prints signed numbers.</summary>
    private static string? TruncationNote(in PfnDeviceSettings settings, ulong lengthBytes, ArchitectureRules arch)
    {
        unchecked
        {
            ulong pages = (lengthBytes - settings.DataOffset.Bytes) / arch.PageSize.Bytes;
            return settings.PageCount.Pages > pages
                ? $"number of pfns truncated from {(long)settings.PageCount.Pages} to {(long)pages}"
                : null;
        }
    }

    internal static ulong CutBytes(in PfnDeviceSettings settings) => settings.StartPad.Bytes + settings.EndTrunc.Bytes; // two 32-bit fields

    /// <summary>A dax region must start and end at multiples of the align on the media; 0 there never fits (read in the source, not
    /// tried).</summary>
    internal static bool IsDaxRegionAligned(in PfnDeviceSettings settings, in NamespaceExtent ns)
    {
        unchecked
        {
            ulong first = ns.Range.Start.Bytes + settings.StartPad.Bytes + settings.DataOffset.Bytes;
            ulong length = ns.Range.Start.Bytes + ns.Range.Size.Bytes - settings.EndTrunc.Bytes - first;
            ulong mask = settings.MediaAlign.Bytes - 1;
            return ((first | length) & mask) == 0;
        }
    }

    /// <summary>Sub-section alignment of the range, then whether the altmap is big enough.</summary>
    private static PageMapVerdict? MapRange(
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        ulong length,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong page = arch.PageSize.Bytes,
            start = unchecked(ns.Range.Start.Bytes + settings.StartPad.Bytes);
        if (IsMisaligned(start, length))
            return new(Errno.EINVAL, "B7");
        if (settings.Altmap(arch) is not { } altmap)
            return null;
        if (!altmap.Fits(new PfnCount(length / page)))
            return new(Errno.EINVAL, "B7", Message: AltmapSpace.DoesNotFit);
        var first = new Pfn(start / page);
        return HasRoomForMemmap(new PfnRange(first, first + new PfnCount(length / page)), altmap, profile, arch)
            ? null
            : new(Errno.ENOMEM, "B7");
    }

    /// <summary>True where start or length in bytes is no multiple of a sub-section: a kernel that maps sub-sections refuses it
    /// (mm/memory_hotplug.c check_pfn_span(), 5.10, 6.1, 6.12, 7.2).</summary>
    public static bool IsMisaligned(ulong startBytes, ulong lengthBytes) =>
        ((startBytes | lengthBytes) & (ArchitectureRules.SubSectionSize.Bytes - 1)) != 0;

    /// <summary>
    /// Whether the altmap holds the memmap of the range's whole sections (<see cref="MemmapAccount"/>). What the others need depends on
    /// what else is in them, which
    /// nobody knows here: it counts as nothing.
    /// </summary>
    internal static bool HasRoomForMemmap(PfnRange pages, AltmapSpace altmap, KernelProfile profile, ArchitectureRules arch) =>
        new MemmapAccount(pages.Start, altmap, profile, arch, profile.Get(Rules.StructPageSize)).TryAddAll(pages, sharesWithBoot: true);
}
