using Altmap.Core.Identity;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Namespaces;

/// <summary>What nd_btt_probe() found in a namespace.</summary>
/// <param name="IsFound">A btt device is registered; pfn and dax are not tried.</param>
/// <param name="HasErrorFlag">The kernel logs <c>Found arena with an error flag</c>, also for a block that has the wrong version.</param>
/// <param name="Uuid">Of the btt device, when found.</param>
/// <param name="LbaSizeBytes">Of the btt device, when found: whatever the block says, 0 too.</param>
public readonly record struct BttProbe(bool IsFound, bool HasErrorFlag, Uuid Uuid, uint LbaSizeBytes);

/// <summary>Whether a BTT takes a namespace before pfn and dax are tried (drivers/nvdimm/btt_devs.c nd_btt_probe(), nd_btt_version(); 5.10,
/// 6.1, 6.12, 7.2).</summary>
public static class BttPresence
{
    /// <summary>BTT 2.0 is looked for at 0 only where the label says so, else 1.1 at 4096. The copies at the arenas' ends are never looked
    /// at.</summary>
    /// <param name="head">The namespace's first 8192 bytes; bytes that are missing cannot be read.</param>
    /// <param name="ns">Range and parent uuid.</param>
    /// <param name="claim">What the label says it is for.</param>
    public static BttProbe Probe(ReadOnlySpan<byte> head, in NamespaceExtent ns, ClaimClass claim)
    {
        if (claim is not (ClaimClass.None or ClaimClass.Btt or ClaimClass.Btt2) || ns.Range.Size < BttConstants.ArenaSizeMin)
            return default;
        BttVersion version = BttVersion.Of(claim);
        int at = (int)version.Start.Bytes;
        if (head.Length < at + BttInfoBlock.SizeBytes || !BttInfoBlock.IsValid(head[at..], ns.ParentUuid))
            return default;
        BttInfoBlock block = BttInfoBlock.Parse(head[at..])!;
        bool isFound = (block.VersionMajor, block.VersionMinor) == (version.Major, version.Minor);
        return new BttProbe(isFound, block.HasErrorFlag, block.Uuid, block.ExternalLbaSize);
    }
}
