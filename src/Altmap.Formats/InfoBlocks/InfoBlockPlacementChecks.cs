using System.Numerics;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Table = Altmap.Formats.InfoBlocks.PfnInfoBlockLayout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Findings about align, dataoff, start_pad, end_trunc and npfns: where the block puts the device in its namespace.</summary>
internal static class InfoBlockPlacementChecks
{
    private const string MapSource = "drivers/nvdimm/pfn_devs.c __nvdimm_setup_pfn() (5.10, 6.1, 6.12, 7.2)";

    public static void Check(
        InfoBlockReport report,
        in EffectiveFields fields,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        CheckOffset(report, settings, ns, profile, arch);
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
                "pfn.align.unknown",
                Severity.Note,
                "an alignment",
                "0",
                $"none needed: kernels take the largest power of two in dataoff, 0x{align:x}",
                InfoBlockReport.ValidateSource
            );
        }
        else if (!BitOperations.IsPow2(align))
        {
            report.Add(
                Table.Align,
                "pfn.align.power-of-two",
                Severity.Warning,
                "a power of two",
                $"0x{align:x}",
                InfoBlockReport.Rewrite,
                InfoBlockReport.ValidateSource + ": used as a bit mask"
            );
        }
        if (!PfnValidation.IsSupportedAlign(align, arch))
        {
            bool refused = isDax && profile.ChecksPageSize;
            report.AddForKernel(
                Table.Align,
                "pfn.align.unsupported",
                refused ? Severity.Error : Severity.Note,
                string.Join(", ", arch.SupportedAligns.Select(a => $"0x{a.Bytes:x}")),
                $"0x{align:x}",
                refused ? InfoBlockReport.Rewrite : "none needed: accepted, though it cannot be chosen",
                InfoBlockReport.ValidateSource
            );
        }
        if (align > ns.Range.Size.Bytes)
        {
            report.Add(
                Table.Align,
                "pfn.align.beyond-capacity",
                Severity.Error,
                $"at most {ns.Range.Size}",
                $"0x{align:x}",
                InfoBlockReport.Recreate,
                InfoBlockReport.ValidateSource
            );
        }
        if (isDax && !PageMapping.IsDaxRegionAligned(settings, ns))
        {
            report.Add(
                Table.Align,
                "pfn.align.devdax-region",
                Severity.Error,
                "start and length of the data multiples of align",
                $"0x{fields.Align:x}",
                InfoBlockReport.Rewrite,
                "drivers/dax/bus.c alloc_dax_region() (5.10, 6.1, 6.12, 7.2): ENOMEM"
            );
        }
    }

    private static void CheckOffset(
        InfoBlockReport report,
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong offset = settings.DataOffset.Bytes,
            size = ns.Range.Size.Bytes,
            align = settings.Align.Bytes,
            page = arch.PageSize.Bytes;
        string actual = $"0x{offset:x}";
        void Error(string code, string expected, string source) =>
            report.AddForKernel(Table.DataOffset, code, Severity.Error, expected, actual, InfoBlockReport.Recreate, source);

        if (offset >= size)
            Error("pfn.dataoff.beyond-end", $"below 0x{size:x}", InfoBlockReport.ValidateSource);
        ulong judged = unchecked(profile.OffsetCheckIsPhysical ? ns.Range.Start.Bytes + offset + settings.StartPad.Bytes : offset);
        if ((judged & unchecked(align - 1)) != 0)
            Error(
                "pfn.dataoff.misaligned",
                $"the first data byte (0x{judged:x}) at a multiple of align 0x{align:x}",
                InfoBlockReport.ValidateSource
            );
        if ((offset & (page - 1)) != 0)
            Error("pfn.dataoff.page-misaligned", $"a multiple of the page size {page}", InfoBlockReport.ValidateSource);
        CheckReserve(settings, ns, profile, arch, Error);

        ulong cut = PageMapping.CutBytes(settings);
        if (offset >= size || cut >= size)
            return;
        if (offset > size - cut)
        {
            Error(
                "pfn.dataoff.beyond-usable",
                $"below size - start_pad - end_trunc = 0x{size - cut:x}",
                profile.ChecksSmallNamespace
                    ? InfoBlockReport.ValidateSource
                    : "sysfs size of the device is negative there (read in the source, not tried)"
            );
        }
        else if (offset == size - cut)
        {
            report.AddForKernel(
                Table.DataOffset,
                "pfn.dataoff.no-data",
                profile.ChecksSmallNamespace ? Severity.Error : Severity.Warning,
                $"below size - start_pad - end_trunc = 0x{size - cut:x}",
                actual,
                InfoBlockReport.Recreate,
                InfoBlockReport.ValidateSource + ": 5.10 and 6.1 make a device of 0 bytes"
            );
        }
    }

    /// <summary>Room for the info-block, and with map=dev for the memmap.</summary>
    private static void CheckReserve(
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch,
        Action<string, string, string> error
    )
    {
        ulong offset = settings.DataOffset.Bytes,
            size = ns.Range.Size.Bytes,
            reserve = arch.InfoBlockReserve.Bytes,
            page = arch.PageSize.Bytes;
        bool hasSections = profile.DeviceMapsAreSections;
        if (offset < reserve)
        {
            if (settings.Mode == PageMapMode.Ram || !hasSections)
                error("pfn.dataoff.below-reserve", $"at least 0x{reserve:x}", MapSource);
            return;
        }
        ulong cut = PageMapping.CutBytes(settings);
        if (settings.Mode != PageMapMode.Pmem || hasSections || cut >= size)
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
            error(
                "pfn.dataoff.memmap-room",
                "room for the memmap of every whole section",
                "arch/x86/mm/init_64.c vmemmap_populate() (5.10, 6.1, 6.12, 7.2): ENOMEM"
            );
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
            report.Add(
                Table.StartPad,
                "pfn.start-pad",
                Severity.Warning,
                "0",
                $"0x{startPad:x}",
                "block I/O is right and DAX is wrong: use it without DAX, or move the data (altmap image convert)",
                "drivers/nvdimm/pmem.c pmem_attach_disk(): block I/O adds start_pad to dataoff, DAX does not (5.10, 6.1, 6.12, 7.2)"
            );
        }
        if (startPad + endTrunc >= size)
        {
            report.Add(
                endTrunc >= startPad ? Table.EndTrunc : Table.StartPad,
                "pfn.end-trunc.beyond-size",
                Severity.Error,
                $"start_pad + end_trunc below 0x{size:x}",
                $"0x{startPad + endTrunc:x}",
                InfoBlockReport.Recreate,
                MapSource
            );
        }
        if (profile.DeviceMapsAreSections)
            return; // sections take in what is not aligned
        ulong unit = profile.ChecksCompatAlign ? arch.CompatAlign.Bytes : ArchitectureRules.SubSectionSize.Bytes;
        string source = profile.ChecksCompatAlign
            ? InfoBlockReport.ValidateSource
            : "mm/memory_hotplug.c check_pfn_span(): EINVAL (since 5.3)";
        ulong first = unchecked(start + startPad),
            end = unchecked(start + size - endTrunc);
        if ((first & (unit - 1)) != 0)
        {
            report.AddForKernel(
                Table.StartPad,
                "pfn.start.misaligned",
                Severity.Error,
                $"namespace start + start_pad a multiple of 0x{unit:x}",
                $"0x{first:x}",
                "move the namespace to an aligned address, or back the data up by block I/O on an older kernel",
                source
            );
        }
        if ((end & (unit - 1)) != 0)
        {
            report.AddForKernel(
                Table.EndTrunc,
                "pfn.end.misaligned",
                Severity.Error,
                $"namespace end - end_trunc a multiple of 0x{unit:x}",
                $"0x{end:x}",
                "correct end_trunc so that the end is aligned; what lies behind it is cut off",
                source
            );
        }
    }

    private static void CheckPageCount(InfoBlockReport report, in PfnDeviceSettings settings, in NamespaceExtent ns, ArchitectureRules arch)
    {
        if (settings.UsableSize(ns.Range.Size) is not { } usable || settings.PageCount.Pages == usable / arch.PageSize)
            return;
        report.Add(
            Table.PageCount,
            "pfn.npfns",
            Severity.Note,
            $"{usable / arch.PageSize}",
            $"{settings.PageCount}",
            "none needed: no rule depends on it",
            MapSource
        );
    }
}
