using Altmap.Core.Findings;
using Altmap.Core.Kernels;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// The kernel's own decision about an existing block: the first rule that fires. For all that is wrong with a block see
/// <see cref="InfoBlockChecks"/>. Source: drivers/nvdimm/pfn_devs.c nd_pfn_validate() (5.10, 6.1, 6.12, 7.2). Success allocates nothing.
/// </summary>
public static class PfnValidation
{
    /// <summary>While the raw namespace is probed: the device is new and takes its settings from the block.</summary>
    /// <param name="block">4096 bytes from offset 4096 of the namespace; fewer count as a read error.</param>
    /// <param name="wanted">Whose signature is looked for.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="namespaceName">As <c>namespace0.0</c>, for messages.</param>
    /// <param name="profile">The kernel.</param>
    /// <param name="arch">The architecture.</param>
    public static PfnVerdict Probe(
        ReadOnlySpan<byte> block,
        InfoBlockKind wanted,
        NamespaceExtent ns,
        string namespaceName,
        KernelProfile profile,
        ArchitectureRules arch
    ) => Validate(block, wanted, ns, namespaceName, null, profile, arch);

    /// <summary>While the pfn or dax device itself is bound: the block must agree with the live settings. ENODEV means that a new block
    /// will be written.</summary>
    /// <param name="block">4096 bytes from offset 4096 of the namespace; fewer count as a read error.</param>
    /// <param name="wanted">Whose signature is looked for.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="namespaceName">As <c>namespace0.0</c>, for messages.</param>
    /// <param name="live">The device's settings.</param>
    /// <param name="profile">The kernel.</param>
    /// <param name="arch">The architecture.</param>
    public static PfnVerdict Bind(
        ReadOnlySpan<byte> block,
        InfoBlockKind wanted,
        NamespaceExtent ns,
        string namespaceName,
        PfnSettings live,
        KernelProfile profile,
        ArchitectureRules arch
    ) => Validate(block, wanted, ns, namespaceName, live, profile, arch);

    private static PfnVerdict Validate(
        ReadOnlySpan<byte> block,
        InfoBlockKind wanted,
        in NamespaceExtent ns,
        string namespaceName,
        PfnSettings? live,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        var view = new InfoBlockView(block);
        if (!view.IsWhole)
            return Silent(Errno.ENXIO, "V3");
        if (!view.HasSignature(wanted))
            return Silent(Errno.ENODEV, "V4");
        if (!view.HasValidChecksum)
            return Silent(Errno.ENODEV, "V5");
        if (view.ParentUuid != ns.ParentUuid)
            return Silent(Errno.ENODEV, "V6");

        EffectiveFields fields = EffectiveFields.Of(view, arch.PageSize);
        if (fields.Mode is not (PageMapMode.Ram or PageMapMode.Pmem))
            return Silent(Errno.ENXIO, "V11");
        ulong align = fields.EffectiveAlign;
        if (PageGeometry(fields, wanted, align, live, profile, arch) is { } geometry)
            return geometry;
        if (live is not null)
        {
            if (view.Uuid != live.Uuid)
                return Silent(Errno.ENODEV, "V16b");
            if (align != live.Align || fields.Mode != live.Mode)
                return new(Refusal(profile, Errno.EINVAL), "init failed, settings mismatch", "V16c", default);
        }
        if (Placement(fields, align, ns, namespaceName, profile, arch) is { } placement)
            return placement;
        return new(Errno.None, null, "V23", fields.ToSettings(wanted, view.Uuid, view.PageCount));
    }

    /// <summary>V13 to V15: sizes that the reading kernel must share.</summary>
    private static PfnVerdict? PageGeometry(
        in EffectiveFields fields,
        InfoBlockKind wanted,
        ulong align,
        PfnSettings? live,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        if (!profile.Get(Rules.ChecksPageSize))
            return null;
        if (fields.PageSize > arch.PageSize.Bytes && fields.Mode == PageMapMode.Pmem)
            return Refused("V13", $"init failed, page size mismatch {unchecked((int)fields.PageSize)}"); // %d of a 32-bit field
        if (fields.PageStructSize < profile.Get(Rules.StructPageSize).Bytes && fields.Mode == PageMapMode.Pmem)
            return Refused("V14", $"init failed, struct page size mismatch {fields.PageStructSize}");
        if (wanted == InfoBlockKind.Dax && !IsSupportedAlign(align, arch))
        {
            ulong liveAlign = live?.Align ?? arch.PmdSize.Bytes; // a new device starts with the default
            return Refused("V15", $"init failed, alignment mismatch: {unchecked((long)liveAlign)}:{unchecked((long)align)}"); // %ld
        }
        return null;
    }

    /// <summary>V17 to V22: where the block's ranges lie in the namespace.</summary>
    private static PfnVerdict? Placement(
        in EffectiveFields fields,
        ulong align,
        in NamespaceExtent ns,
        string namespaceName,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong start = ns.Range.Start.Bytes,
            size = ns.Range.Size.Bytes,
            compat = arch.CompatAlign.Bytes;
        if (align > size)
            return new(Refusal(profile, Errno.EINVAL), $"alignment: {align:x} exceeds capacity {size:x}", "V17", default);
        if (fields.DataOffset >= size)
            return new(Refusal(profile, Errno.EBUSY), $"pfn array size exceeds capacity of {namespaceName}", "V18", default);
        unchecked // the kernel adds, subtracts and masks in 64 bits
        {
            ulong judged = profile.Get(Rules.OffsetCheckIsPhysical) ? start + fields.DataOffset + fields.StartPad : fields.DataOffset;
            if ((judged & (align - 1)) != 0 || (fields.DataOffset & (arch.PageSize.Bytes - 1)) != 0)
                return new(
                    Refusal(profile, Errno.ENXIO),
                    $"bad offset: {KernelFormat.Hex(fields.DataOffset)} dax disabled align: {KernelFormat.Hex(align)}",
                    "V19",
                    default
                );
            if (profile.Get(Rules.ChecksCompatAlign) && ((start + fields.StartPad) & (compat - 1)) != 0)
                return Refused("V20", "resource start misaligned");
            if (profile.Get(Rules.ChecksCompatAlign) && ((start + size - fields.EndTrunc) & (compat - 1)) != 0)
                return Refused("V21", "resource end misaligned");
            if (profile.Get(Rules.ChecksSmallNamespace) && fields.DataOffset >= size - fields.StartPad - fields.EndTrunc)
                return Refused("V22", "bad offset with small namespace");
        }
        return null;
    }

    internal static bool IsSupportedAlign(ulong align, ArchitectureRules arch) =>
        align != 0 && (align == arch.PageSize.Bytes || align == arch.PmdSize.Bytes || align == arch.PudSize.Bytes);

    private static Errno Refusal(KernelProfile profile, Errno older) => profile.Get(Rules.RefusesWithEopnotsupp) ? Errno.EOPNOTSUPP : older;

    private static PfnVerdict Refused(string rule, string message) => new(Errno.EOPNOTSUPP, message, rule, default);

    private static PfnVerdict Silent(Errno errno, string rule) => new(errno, null, rule, default);
}
