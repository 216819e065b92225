using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;

namespace Altmap.Formats.Images;

/// <summary>A damaged info-block as it was before.</summary>
/// <param name="Block">The 4096 bytes.</param>
/// <param name="Fields">Names of the fields that were damaged.</param>
/// <param name="IsProven">The checksum that stands in the damaged block is that of these bytes. Else the checksum alone was damaged, and
/// every other field is as a kernel or ndctl would have written it.</param>
public sealed record InfoBlockProof(byte[] Block, ImmutableArray<string> Fields, bool IsProven)
{
    /// <summary>
    /// The block that a damaged one was. What kernels and ndctl write follows from the namespace's size, so there are few candidates; one
    /// is taken where the old checksum confirms it, or where nothing but the checksum differs. Null: there is none, or more than one.
    /// </summary>
    /// <param name="damaged">4096 bytes with a wrong checksum or signature.</param>
    /// <param name="ns">Range and label. Where the start is not known, 0 stands for one that is aligned.</param>
    public static InfoBlockProof? Find(ReadOnlySpan<byte> damaged, in NamespaceExtent ns)
    {
        var proofs = new List<InfoBlockProof>();
        var view = new InfoBlockView(damaged);
        Uuid[] parents = [.. new[] { ns.ParentUuid, view.ParentUuid, Uuid.Zero }.Distinct()];
        foreach (byte[] candidate in Candidates(ns, view.Uuid, parents))
        {
            if (Compare(damaged, candidate) is { } proof && !proofs.Exists(p => p.Block.AsSpan().SequenceEqual(candidate)))
                proofs.Add(proof);
        }
        // A checksum that is right again outweighs one that was made anew.
        return proofs.FindAll(p => p.IsProven) is [var proven] ? proven
            : proofs is [var only] ? only
            : null;
    }

    private static InfoBlockProof? Compare(ReadOnlySpan<byte> damaged, ReadOnlySpan<byte> candidate)
    {
        var fields = ImmutableArray.CreateBuilder<string>();
        foreach (Field field in PfnInfoBlockLayout.Fields)
        {
            if (!field.Slice(damaged).SequenceEqual(field.Slice(candidate)))
                fields.Add(field.Name);
        }
        bool checksumStands = !fields.Contains(PfnInfoBlockLayout.Checksum.Name);
        return fields.Count > 0 && (checksumStands || fields.Count == 1)
            ? new InfoBlockProof(candidate.ToArray(), fields.ToImmutable(), checksumStands)
            : null;
    }

    private static IEnumerable<byte[]> Candidates(NamespaceExtent ns, Uuid uuid, Uuid[] parents)
    {
        foreach (KernelProfile kernel in KernelProfiles.All)
        {
            foreach (Architecture architecture in Enum.GetValues<Architecture>())
            {
                foreach (ulong pages in (ulong[])[4, 16, 64])
                {
                    if (ArchitectureRules.Find(kernel, architecture, ByteSize.KiB(pages)) is not { } rules)
                        continue;
                    foreach (byte[] block in OfKernel(ns, uuid, parents, kernel, rules))
                        yield return block;
                }
            }
        }
        foreach (
            (InfoBlockKind kind, PageMapMode mode, ulong align, Uuid parent) in Requests(parents, [4096, 16384, 65536, 1 << 21, 1 << 30])
        )
        {
            foreach (ulong page in (ulong[])[4, 16, 64])
            {
                NdctlInfoBlockResult made = NdctlInfoBlock.Create(
                    new NdctlInfoBlockRequest(
                        kind,
                        mode,
                        ns.Range.Size,
                        new ByteSize(align),
                        new MediaOffset(ns.Range.Start.Bytes),
                        uuid,
                        parent,
                        ByteSize.KiB(page)
                    )
                );
                if (made.Block is { } block)
                    yield return block.ToBytes();
            }
        }
    }

    private static IEnumerable<byte[]> OfKernel(
        NamespaceExtent ns,
        Uuid uuid,
        Uuid[] parents,
        KernelProfile kernel,
        ArchitectureRules rules
    )
    {
        foreach (
            (InfoBlockKind kind, PageMapMode mode, ulong align, Uuid parent) in Requests(
                parents,
                [.. rules.SupportedAligns.Select(a => a.Bytes)]
            )
        )
        {
            var request = new PageMapRequest(ns.Range, kind, mode, new ByteSize(align), uuid, parent, default);
            PfnLayoutResult made = PfnLayout.Plan(request, "namespace0.0", kernel, rules);
            if (made.Errno == Errno.None && made.Block is { } block)
                yield return block.ToBytes();
        }
    }

    private static IEnumerable<(InfoBlockKind Kind, PageMapMode Mode, ulong Align, Uuid Parent)> Requests(Uuid[] parents, ulong[] aligns) =>
        from kind in new[] { InfoBlockKind.Pfn, InfoBlockKind.Dax }
        from mode in new[] { PageMapMode.Ram, PageMapMode.Pmem }
        from align in aligns
        from parent in parents
        select (kind, mode, align, parent);
}
