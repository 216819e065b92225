using System.Numerics;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Table = Altmap.Formats.InfoBlocks.PfnInfoBlockLayout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Findings about align, dataoff, start_pad, end_trunc and npfns: where the block puts the device in its namespace.</summary>
internal static class InfoBlockPlacementChecks
{
    public static void Check(
        InfoBlockReport report,
        in EffectiveFields fields,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        bool fitsStructPage = !profile.Get(Rules.ChecksPageSize) || fields.PageStructSize >= profile.Get(Rules.StructPageSize).Bytes;
        CheckOffset(report, settings, ns, profile, arch, fitsStructPage);
        CheckPageCount(report, settings, ns, arch);
        CheckPads(report, settings, ns, profile, arch);
        CheckAlign(report, fields, settings, ns, profile, arch);
    }

    private static void CheckAlign(
        InfoBlockReport report,
        in EffectiveFields fields,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong align = settings.Align.Bytes;
        bool isDax = settings.Kind == InfoBlockKind.Dax;
        if (fields.Align == 0)
        {
            report.Add(
                Table.Align,
                PfnFindings.AlignUnknown,
                "an alignment",
                "0",
                advice: $"none needed: kernels take the largest power of two in dataoff, 0x{align:x}"
            );
        }
        else if (!BitOperations.IsPow2(align))
        {
            report.Add(Table.Align, PfnFindings.AlignPowerOfTwo, "a power of two", $"0x{align:x}");
        }
        if (!PfnValidation.IsSupportedAlign(align, arch))
        {
            bool refused = isDax && profile.Get(Rules.ChecksPageSize);
            report.AddForKernel(
                Table.Align,
                PfnFindings.AlignUnsupported,
                string.Join(", ", arch.SupportedAligns.Select(a => $"0x{a.Bytes:x}")),
                $"0x{align:x}",
                severity: refused ? Severity.Error : Severity.Note,
                advice: refused ? null : "none needed: accepted, though it cannot be chosen"
            );
        }
        if (align > ns.Range.Size.Bytes)
        {
            report.Add(Table.Align, PfnFindings.AlignBeyondCapacity, $"at most {ns.Range.Size}", $"0x{align:x}");
        }
        if (isDax && !PageMapping.IsDaxRegionAligned(settings, ns))
        {
            report.Add(
                Table.Align,
                PfnFindings.AlignDevdaxRegion,
                "start and length of the data multiples of align",
                $"0x{fields.Align:x}"
            );
        }
    }

    // Not fitsStructPage: the kernel refuses the block for its struct page, and never looks for room for its own.
    private static void CheckOffset(
        InfoBlockReport report,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch,
        bool fitsStructPage
    )
    {
        ulong offset = settings.DataOffset.Bytes,
            size = ns.Range.Size.Bytes,
            align = settings.Align.Bytes,
            page = arch.PageSize.Bytes;
        string actual = $"0x{offset:x}";
        void Error(FindingCode code, string expected, string? source = null) =>
            report.AddForKernel(Table.DataOffset, code, expected, actual, source: source);

        if (offset >= size)
            Error(PfnFindings.DataOffsetBeyondEnd, $"below 0x{size:x}");
        ulong judged = unchecked(
            profile.Get(Rules.OffsetCheckIsPhysical) ? ns.Range.Start.Bytes + offset + settings.StartPad.Bytes : offset
        );
        if ((judged & unchecked(align - 1)) != 0)
            Error(PfnFindings.DataOffsetMisaligned, $"the first data byte (0x{judged:x}) at a multiple of align 0x{align:x}");
        if ((offset & (page - 1)) != 0)
            Error(PfnFindings.DataOffsetPageMisaligned, $"a multiple of the page size {page}");
        CheckReserve(settings, ns, profile, arch, fitsStructPage, Error);

        ulong cut = PageMapping.CutBytes(settings);
        if (offset >= size || cut >= size)
            return;
        if (offset > size - cut)
        {
            Error(
                PfnFindings.DataOffsetBeyondUsable,
                $"below size - start_pad - end_trunc = 0x{size - cut:x}",
                profile.Get(Rules.ChecksSmallNamespace)
                    ? null
                    : "sysfs size of the device is negative there (read in the source, not tried)"
            );
        }
        else if (offset == size - cut)
        {
            report.AddForKernel(
                Table.DataOffset,
                PfnFindings.DataOffsetNoData,
                $"below size - start_pad - end_trunc = 0x{size - cut:x}",
                actual,
                severity: profile.Get(Rules.ChecksSmallNamespace) ? Severity.Error : Severity.Warning
            );
        }
    }

    /// <summary>Room for the info-block, and with map=dev for the memmap.</summary>
    private static void CheckReserve(
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch,
        bool fitsStructPage,
        Action<FindingCode, string, string?> error
    )
    {
        ulong offset = settings.DataOffset.Bytes,
            size = ns.Range.Size.Bytes,
            reserve = arch.InfoBlockReserve.Bytes,
            page = arch.PageSize.Bytes;
        bool hasSections = profile.Get(Rules.DeviceMapsAreSections);
        if (offset < reserve)
        {
            // Kernels that map whole sections go by the page map's own pages; without any byte for it they refuse as the others do.
            if (settings.Mode == PageMapMode.Ram || !hasSections || offset == 0)
                error(PfnFindings.DataOffsetBelowReserve, $"at least 0x{reserve:x}", null);
            return;
        }
        ulong cut = PageMapping.CutBytes(settings);
        if (settings.Mode != PageMapMode.Pmem || hasSections || cut >= size || !fitsStructPage)
            return;
        var first = new Pfn(unchecked(ns.Range.Start.Bytes + settings.StartPad.Bytes) / page);
        if (
            !PageMapping.HasRoomForMemmap(
                new PfnRange(first, first + new PfnCount((size - cut) / page)),
                settings.Altmap(arch)!.Value,
                profile,
                arch
            )
        )
        {
            error(PfnFindings.DataOffsetMemmapRoom, "room for the memmap of every whole section", null);
        }
    }

    private static void CheckPads(
        InfoBlockReport report,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong startPad = settings.StartPad.Bytes,
            endTrunc = settings.EndTrunc.Bytes,
            start = ns.Range.Start.Bytes,
            size = ns.Range.Size.Bytes;
        if (startPad != 0)
        {
            report.Add(Table.StartPad, PfnFindings.StartPad, "0", $"0x{startPad:x}");
        }
        if (startPad + endTrunc >= size)
        {
            report.Add(
                endTrunc >= startPad ? Table.EndTrunc : Table.StartPad,
                PfnFindings.EndTruncBeyondSize,
                $"start_pad + end_trunc below 0x{size:x}",
                $"0x{startPad + endTrunc:x}"
            );
        }
        if (profile.Get(Rules.DeviceMapsAreSections))
            return; // sections take in what is not aligned
        ulong unit = profile.Get(Rules.ChecksCompatAlign) ? arch.CompatAlign.Bytes : ArchitectureRules.SubSectionSize.Bytes;
        string? source = profile.Get(Rules.ChecksCompatAlign) ? null : "mm/memory_hotplug.c check_pfn_span(): EINVAL (since 5.3)";
        ulong first = unchecked(start + startPad),
            end = unchecked(start + size - endTrunc);
        if ((first & (unit - 1)) != 0)
        {
            report.AddForKernel(
                Table.StartPad,
                PfnFindings.StartMisaligned,
                $"namespace start + start_pad a multiple of 0x{unit:x}",
                $"0x{first:x}",
                source: source
            );
        }
        if ((end & (unit - 1)) != 0)
        {
            report.AddForKernel(
                Table.EndTrunc,
                PfnFindings.EndMisaligned,
                $"namespace end - end_trunc a multiple of 0x{unit:x}",
                $"0x{end:x}",
                source: source
            );
        }
    }

    private static void CheckPageCount(InfoBlockReport report, in PfnDeviceSettings settings, in NamespaceExtent ns, ArchitectureRules arch)
    {
        if (settings.UsableSize(ns.Range.Size) is not { } usable || settings.PageCount.Pages == usable / arch.PageSize)
            return;
        report.Add(Table.PageCount, PfnFindings.PageCount, $"{usable / arch.PageSize}", $"{settings.PageCount}");
    }
}
