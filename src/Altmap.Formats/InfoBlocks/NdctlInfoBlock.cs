using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>What <c>ndctl write-infoblock</c> is asked for.</summary>
/// <param name="Kind">-m.</param>
/// <param name="Mode">-M.</param>
/// <param name="Size">-s.</param>
/// <param name="Align">-a; a power of two.</param>
/// <param name="Offset">-O: where the namespace is taken to start.</param>
/// <param name="Uuid">-u.</param>
/// <param name="ParentUuid">-p.</param>
/// <param name="PageSize">Page size of the host that ndctl runs on.</param>
public readonly record struct NdctlInfoBlockRequest(
    InfoBlockKind Kind,
    PageMapMode Mode,
    ByteSize Size,
    ByteSize Align,
    MediaOffset Offset,
    Uuid Uuid,
    Uuid ParentUuid,
    ByteSize PageSize
);

/// <summary>The block, or why there is none.</summary>
/// <param name="Errno">None, or ENXIO.</param>
/// <param name="Message">ndctl's words without its prefix; null on success.</param>
/// <param name="Block">Null on refusal.</param>
public sealed record NdctlInfoBlockResult(Errno Errno, string? Message, InfoBlock? Block);

/// <summary>
/// The block that ndctl writes by itself, without a kernel. It differs from the kernel's where the start is not aligned: it records a
/// start_pad that its dataoff already contains. Source: ndctl/namespace.c write_pfn_sb() (76.1).
/// </summary>
public static class NdctlInfoBlock
{
    /// <summary>What it always writes: 4096 zero bytes and the block.</summary>
    public const int OutputBytes = 8192;

    private const ushort StructPageBytes = 64;

    /// <summary>Computes the block.</summary>
    public static NdctlInfoBlockResult Create(in NdctlInfoBlockRequest request)
    {
        ulong start = request.Offset.Bytes,
            size = request.Size.Bytes,
            page = request.PageSize.Bytes;
        ulong align = Math.Max(request.Align.Bytes, ArchitectureRules.SubSectionSize.Bytes);
        unchecked // unsigned long long arithmetic; fields are cut to their width
        {
            ulong pages = (size - PfnLayout.ReserveBytes) / page;
            uint startPad = (uint)(Alignment.UpWrapping(start, align) - start);
            uint endTrunc = (uint)(start + size - ((start + size) & ~(align - 1)));
            ulong map = request.Mode == PageMapMode.Pmem ? StructPageBytes * pages : 0;
            ulong offset = Alignment.UpWrapping(start + PfnLayout.ReserveBytes + map, align) - start;
            if (offset >= size)
                return new(Errno.ENXIO, "unable to satisfy requested alignment", null);
            return new(
                Errno.None,
                null,
                new InfoBlock
                {
                    Kind = request.Kind,
                    Uuid = request.Uuid,
                    ParentUuid = request.ParentUuid,
                    VersionMinor = 4,
                    DataOffset = offset,
                    PageCount = (size - offset - endTrunc - startPad) / page,
                    Mode = (uint)(request.Mode == PageMapMode.Pmem ? PageMapMode.Pmem : PageMapMode.Ram),
                    StartPad = startPad,
                    EndTrunc = endTrunc,
                    Align = (uint)request.Align.Bytes,
                    PageSize = (uint)page,
                    PageStructSize = StructPageBytes,
                }
            );
        }
    }

    /// <summary>The 8192 bytes that go to the file or stdout.</summary>
    public static byte[] ToOutput(InfoBlock block)
    {
        byte[] output = new byte[OutputBytes];
        block.ToBytes().CopyTo(output, (int)InfoBlock.StartBytes);
        return output;
    }
}
