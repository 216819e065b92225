using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// The block that the kernel writes when a pfn or dax device is bound to a namespace without one.
/// Source: drivers/nvdimm/pfn_devs.c nd_pfn_init() (5.10, 6.1, 6.12, 7.2; older layouts in <see cref="SectionLayout"/>).
/// </summary>
public static class PfnLayout
{
    /// <summary>The kernel takes 8 KiB here for every page size (SZ_8K), not the rounded reserve.</summary>
    public const ulong ReserveBytes = 8192;

    /// <summary>Computes the block as <paramref name="profile"/> does, faults included. The media are not asked: that no valid block is
    /// there is the caller's knowledge.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="namespaceName">As <c>namespace0.0</c>, for messages.</param>
    /// <param name="profile">The kernel.</param>
    /// <param name="arch">The architecture.</param>
    public static PfnLayoutResult Plan(in PageMapRequest request, string namespaceName, KernelProfile profile, ArchitectureRules arch) =>
        profile.Get(Rules.InfoBlockLayout) switch
        {
            InfoBlockLayout.Section412 or InfoBlockLayout.Section419 => SectionLayout.Plan(request, namespaceName, profile, arch),
            InfoBlockLayout.SubSection => PlanWholeNamespace(
                request,
                namespaceName,
                ArchitectureRules.SubSectionSize,
                false,
                profile,
                arch
            ),
            _ => PlanWholeNamespace(request, namespaceName, arch.CompatAlign, true, profile, arch),
        };

    /// <summary>Layouts from 5.3 on: the start is never padded.</summary>
    private static PfnLayoutResult PlanWholeNamespace(
        in PageMapRequest request,
        string namespaceName,
        ByteSize leastAlign,
        bool checksStart,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong start = request.Namespace.Start.Bytes,
            size = request.Namespace.Size.Bytes,
            page = arch.PageSize.Bytes,
            least = leastAlign.Bytes;
        if (checksStart && (start & (least - 1)) != 0)
        {
            return Refuse(
                Errno.EINVAL,
                "W8",
                $"{namespaceName}: start {KernelFormat.PhysicalAddress(start)} misaligned to {KernelFormat.Hex(least)}"
            );
        }
        ulong structPage = profile.Get(Rules.MaxStructPageSize).Bytes;
        if (request.Mode == PageMapMode.Pmem && profile.Get(Rules.StructPageSize) > profile.Get(Rules.MaxStructPageSize))
        {
            if (profile.Get(Rules.LargeStructPage) == LargeStructPage.RecordRealSize)
                structPage = profile.Get(Rules.StructPageSize).Bytes;
            // A kernel whose rule is a build error does not exist with this size; refusing is the only answer left.
            else
                return Refuse(
                    Errno.EINVAL,
                    "W10",
                    profile.Get(Rules.LargeStructPage) == LargeStructPage.Refuse
                        ? "Memory debug options prevent using pmem for the page map"
                        : null
                );
        }
        unchecked // 64-bit wrap as in the kernel: W14 of 6.12 and 7.2 depends on it
        {
            ulong pages = (size - ReserveBytes) / page;
            ulong align = Math.Max(request.Align.Bytes, least);
            uint endTrunc = (uint)(start + size - ((start + size) & ~(align - 1)));
            ulong map = request.Mode == PageMapMode.Pmem ? structPage * pages : 0;
            if (request.Mode is not (PageMapMode.Pmem or PageMapMode.Ram))
                return Refuse(Errno.ENXIO, "W13", null);
            ulong offset = Alignment.UpWrapping(start + ReserveBytes + map, align) - start;
            if (offset >= (profile.Get(Rules.CreateSpaceCountsEndTrunc) ? size - endTrunc : size))
                return Refuse(Errno.ENXIO, "W14", $"{namespaceName} unable to satisfy requested alignment");
            return Accept(request, profile, arch, offset, 0, endTrunc, (size - offset - endTrunc) / page, RecordedStructPage(profile));
        }
    }

    /// <summary>W16: the recorded size does not depend on the mode (6.1 and later record the real one only with
    /// CONFIG_NVDIMM_KMSAN).</summary>
    private static ushort RecordedStructPage(KernelProfile profile)
    {
        bool real =
            profile.Get(Rules.LargeStructPage) == LargeStructPage.RecordRealSize
            && profile.Get(Rules.StructPageSize) > profile.Get(Rules.MaxStructPageSize);
        return (ushort)(real ? profile.Get(Rules.StructPageSize) : profile.Get(Rules.MaxStructPageSize)).Bytes;
    }

    internal static PfnLayoutResult Refuse(Errno errno, string rule, string? message) => new(errno, message, rule, null);

    internal static PfnLayoutResult Accept(
        in PageMapRequest request,
        KernelProfile profile,
        ArchitectureRules arch,
        ulong dataOffset,
        uint startPad,
        uint endTrunc,
        ulong pageCount,
        ushort structPage
    )
    {
        int minor = profile.Get(Rules.InfoBlockMinor);
        bool hasPageSizes = minor >= PfnInfoBlockLayout.PageSize.SinceMinor;
        return new(
            Errno.None,
            null,
            "W17",
            new InfoBlock
            {
                Kind = request.Kind,
                Uuid = request.Uuid,
                ParentUuid = request.ParentUuid,
                VersionMinor = (ushort)minor,
                DataOffset = dataOffset,
                PageCount = pageCount,
                Mode = (uint)request.Mode,
                StartPad = startPad,
                EndTrunc = endTrunc,
                Align = minor >= PfnInfoBlockLayout.Align.SinceMinor ? unchecked((uint)request.Align.Bytes) : 0,
                PageSize = hasPageSizes ? (uint)arch.PageSize.Bytes : 0,
                PageStructSize = hasPageSizes ? structPage : (ushort)0,
            }
        );
    }
}
