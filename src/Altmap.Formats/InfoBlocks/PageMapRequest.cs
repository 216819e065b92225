using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// What lies around a namespace, as far as section-based layouts (4.12, 4.19) ask. Later kernels do not. Default: nothing does.
/// </summary>
/// <param name="SystemRam">Ranges of System RAM, in any order.</param>
/// <param name="OtherRegions">Ranges of the bus's other regions, without the namespace's own.</param>
public readonly record struct SectionNeighbours(ImmutableArray<PhysicalRange> SystemRam, ImmutableArray<PhysicalRange> OtherRegions)
{
    /// <summary>True when System RAM reaches into [<paramref name="start"/>, +<paramref name="sizeBytes"/>). The namespace itself is in the
    /// range too, which is what makes it mixed.</summary>
    internal bool IsMixedWithRam(ulong start, ulong sizeBytes) => Meets(SystemRam, start, sizeBytes);

    /// <summary>True when another region reaches into [<paramref name="start"/>, +<paramref name="sizeBytes"/>).</summary>
    internal bool MeetsOtherRegion(ulong start, ulong sizeBytes) => Meets(OtherRegions, start, sizeBytes);

    private static bool Meets(ImmutableArray<PhysicalRange> ranges, ulong start, ulong sizeBytes)
    {
        if (ranges.IsDefaultOrEmpty || sizeBytes == 0)
            return false;
        ulong last = LastByte(start, sizeBytes);
        foreach (PhysicalRange range in ranges)
        {
            if (!range.IsEmpty && range.Start.Bytes <= last && start <= LastByte(range.Start.Bytes, range.Size.Bytes))
                return true;
        }
        return false;
    }

    /// <summary>Stops at the end of the address space: ranges come from files.</summary>
    private static ulong LastByte(ulong start, ulong sizeBytes) =>
        sizeBytes - 1 > ulong.MaxValue - start ? ulong.MaxValue : start + (sizeBytes - 1);
}

/// <summary>A pfn or dax device that is bound without a block of its own on the media.</summary>
/// <param name="Namespace">The namespace's physical range.</param>
/// <param name="Kind">pfn or dax.</param>
/// <param name="Mode">Where the memmap goes.</param>
/// <param name="Align">The device's align attribute; a power of two.</param>
/// <param name="Uuid">The device's uuid.</param>
/// <param name="ParentUuid">The label's uuid, or zero.</param>
/// <param name="Neighbours">For section-based layouts.</param>
public readonly record struct PageMapRequest(
    PhysicalRange Namespace,
    InfoBlockKind Kind,
    PageMapMode Mode,
    ByteSize Align,
    Uuid Uuid,
    Uuid ParentUuid,
    SectionNeighbours Neighbours
);

/// <summary>What the kernel writes, or why it does not.</summary>
/// <param name="Errno">None when a block is written.</param>
/// <param name="Message">The kernel's words after the device prefix, or null.</param>
/// <param name="Rule">The row that decided, <c>W8</c> to <c>W17</c>.</param>
/// <param name="Block">The block that is written; null on refusal.</param>
public sealed record PfnLayoutResult(Errno Errno, string? Message, string Rule, InfoBlock? Block)
{
    /// <summary>What section-based layouts log before, refused or not, after the device prefix: that they pad or truncate. Null
    /// otherwise.</summary>
    public string? Note { get; init; }
}
