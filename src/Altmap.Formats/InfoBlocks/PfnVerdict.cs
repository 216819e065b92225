using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>What the kernel knows of a namespace before it looks at its media.</summary>
/// <param name="Range">The namespace's physical range (not the region's).</param>
/// <param name="ParentUuid">The uuid of its label; zero for a namespace without label (drivers/nvdimm/region_devs.c
/// nd_dev_to_uuid()).</param>
public readonly record struct NamespaceExtent(PhysicalRange Range, Uuid ParentUuid);

/// <summary>The live settings of a pfn or dax device, from sysfs or from an earlier probe.</summary>
/// <param name="Uuid">Its uuid.</param>
/// <param name="Align">Alignment in bytes.</param>
/// <param name="Mode">Where its memmap goes.</param>
public sealed record PfnSettings(Uuid Uuid, ulong Align, PageMapMode Mode);

/// <summary>What an accepted block makes of its device: values after the version rules (fields unknown to the block's minor version
/// replaced).</summary>
/// <param name="Kind">pfn or dax.</param>
/// <param name="Uuid">Identity.</param>
/// <param name="Mode">Ram or Pmem.</param>
/// <param name="Align">Effective alignment; where the block has none, the largest power of two not above dataoff.</param>
/// <param name="MediaAlign">The align field after the version rules; 0 where the block has none (what devdax uses).</param>
/// <param name="StartPad">Bytes cut off at the start.</param>
/// <param name="EndTrunc">Bytes cut off at the end.</param>
/// <param name="DataOffset">dataoff.</param>
/// <param name="PageCount">npfns as written.</param>
public readonly record struct PfnDeviceSettings(
    InfoBlockKind Kind,
    Uuid Uuid,
    PageMapMode Mode,
    ByteSize Align,
    ByteSize MediaAlign,
    ByteSize StartPad,
    ByteSize EndTrunc,
    ByteSize DataOffset,
    PfnCount PageCount
)
{
    /// <summary>The values of a block as the drivers use them, whether valid or not: what a block has just after it was written.</summary>
    /// <param name="block">A whole block with a pfn or dax signature.</param>
    /// <param name="pageSize">PAGE_SIZE of the kernel.</param>
    public static PfnDeviceSettings OfBlock(ReadOnlySpan<byte> block, ByteSize pageSize)
    {
        var view = new InfoBlockView(block);
        InfoBlockKind kind = view.Kind ?? throw new ArgumentException("no pfn or dax block", nameof(block));
        return EffectiveFields.Of(view, pageSize).ToSettings(kind, view.Uuid, view.PageCount);
    }

    /// <summary>The settings that a later bind holds the block against.</summary>
    public PfnSettings ToLive() => new(Uuid, Align.Bytes, Mode);

    /// <summary>From the namespace's start to the first data byte of block I/O: start_pad + dataoff (drivers/nvdimm/pmem.c, sysfs
    /// resource). Null beyond 64 bits.</summary>
    public MediaOffset? DataStart =>
        DataOffset.Bytes > ulong.MaxValue - StartPad.Bytes ? null : new MediaOffset(StartPad.Bytes + DataOffset.Bytes);

    /// <summary>The altmap that a bind asks for; null with the page map in RAM. Wraps below the reserve, as the kernel's sum does
    /// (drivers/nvdimm/pfn_devs.c __nvdimm_setup_pfn()).</summary>
    public AltmapSpace? Altmap(ArchitectureRules arch) =>
        Mode != PageMapMode.Pmem
            ? null
            : new AltmapSpace(
                new PfnCount(arch.InfoBlockReserve / arch.PageSize),
                new PfnCount(unchecked(DataOffset.Bytes - arch.InfoBlockReserve.Bytes) / arch.PageSize.Bytes)
            );

    /// <summary>The same as the kernel computes it: modulo 2^64.</summary>
    public ByteSize WrappedSize(ByteSize namespaceSize) =>
        new(unchecked(namespaceSize.Bytes - StartPad.Bytes - EndTrunc.Bytes - DataOffset.Bytes));

    /// <summary>Size of the device: namespace size - start_pad - end_trunc - dataoff; null when that is negative.</summary>
    public ByteSize? UsableSize(ByteSize namespaceSize)
    {
        ulong left = namespaceSize.Bytes;
        foreach (ulong cut in (ReadOnlySpan<ulong>)[StartPad.Bytes, EndTrunc.Bytes, DataOffset.Bytes])
        {
            if (cut > left)
                return null;
            left -= cut;
        }
        return new ByteSize(left);
    }
}

/// <summary>What nd_pfn_validate() says of a block.</summary>
/// <param name="Errno">None when it is accepted.</param>
/// <param name="Message">The kernel's words after the device prefix; null where it is silent.</param>
/// <param name="Rule">The row of the decision list that decided, <c>V4</c> to <c>V23</c>.</param>
/// <param name="Settings">On success the effective values; else default.</param>
public readonly record struct PfnVerdict(Errno Errno, string? Message, string Rule, PfnDeviceSettings Settings)
{
    /// <summary>True when the block is accepted.</summary>
    public bool IsAccepted => Errno == Errno.None;
}
