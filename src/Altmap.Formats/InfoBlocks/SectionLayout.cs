using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// Layouts of kernels that mapped memory in whole sections: a namespace that shares its first or last section with something else is
/// padded to the section (start_pad, end_trunc). Read in vendor trees of 4.12 and 4.19.37, drivers/nvdimm/pfn_devs.c nd_pfn_init() and
/// trim_pfn_device(); never run. dataoff counts from start + start_pad.
/// </summary>
internal static class SectionLayout
{
    /// <summary>4.12 keeps this much for a device-dax label.</summary>
    private const ulong DaxLabelReserveBytes = 128 * 1024;

    /// <summary>npfns is in units of 4 KiB even where pages are larger.</summary>
    private const ulong CountedPageBytes = 4096;

    public static PfnLayoutResult Plan(in PageMapRequest request, string namespaceName, KernelProfile profile, ArchitectureRules arch)
    {
        ulong start = request.Namespace.Start.Bytes,
            size = request.Namespace.Size.Bytes,
            page = arch.PageSize.Bytes;
        ulong section = profile.SectionSize(arch.Architecture, arch.PageSize).Bytes,
            align = request.Align.Bytes;
        bool is412 = profile.Get(Rules.InfoBlockLayout) == InfoBlockLayout.Section412;
        ulong reserve = is412 ? PfnLayout.ReserveBytes : arch.InfoBlockReserve.Bytes;
        ulong label = is412 && request.Kind == InfoBlockKind.Dax ? DaxLabelReserveBytes : 0;
        unchecked // as the kernel computes: 64 bits, fields cut to 32
        {
            (uint startPad, uint endTrunc) = Pads(request, section, is412);
            ulong first = start + startPad;
            ulong pages = Alignment.UpWrapping((size - startPad - endTrunc - reserve) / page, section / page);
            if (request.Mode is not (PageMapMode.Ram or PageMapMode.Pmem))
                return PfnLayout.Refuse(Errno.ENXIO, "W13", null);
            ulong offset =
                request.Mode == PageMapMode.Pmem
                    ? Alignment.UpWrapping(
                        first + reserve + (profile.Get(Rules.MaxStructPageSize).Bytes * pages) + label,
                        Math.Max(align, arch.PmdSize.Bytes)
                    ) - first
                    : Alignment.UpWrapping(first + reserve + label, align) - first;
            uint cut = startPad + endTrunc;
            string? note = cut == 0 ? null : $"{namespaceName} alignment collision, truncate {(int)cut} bytes";
            if (offset + startPad + endTrunc >= size)
                return PfnLayout.Refuse(Errno.ENXIO, "W14", $"{namespaceName} unable to satisfy requested alignment") with { Note = note };
            return PfnLayout.Accept(
                request,
                profile,
                arch,
                offset,
                startPad,
                endTrunc,
                (size - offset - startPad - endTrunc) / CountedPageBytes,
                (ushort)profile.Get(Rules.MaxStructPageSize).Bytes
            ) with
            {
                Note = note,
            };
        }
    }

    private static (uint StartPad, uint EndTrunc) Pads(in PageMapRequest request, ulong section, bool is412)
    {
        ulong start = request.Namespace.Start.Bytes,
            size = request.Namespace.Size.Bytes,
            align = request.Align.Bytes;
        SectionNeighbours around = request.Neighbours;
        unchecked
        {
            ulong end = start + size;
            ulong sectionStart = start & ~(section - 1);
            // 4.12 tests as many bytes as the namespace has, counted from the section; 4.19 up to the namespace's end.
            bool padStart = is412
                ? around.IsMixedWithRam(sectionStart, size)
                : around.IsMixedWithRam(sectionStart, end - sectionStart) || around.MeetsOtherRegion(sectionStart, end - sectionStart);
            ulong toSectionEnd = Alignment.UpWrapping(end, section) - start;
            bool cutEnd =
                around.IsMixedWithRam(start, toSectionEnd)
                || (end & (align - 1)) != 0
                || (!is412 && around.MeetsOtherRegion(start, toSectionEnd));
            uint startPad = padStart ? (uint)(Alignment.UpWrapping(start, section) - start) : 0;
            uint endTrunc = cutEnd ? (uint)(end - Math.Min(end & ~(section - 1), end & ~(align - 1))) : 0;
            return (startPad, endTrunc);
        }
    }
}
