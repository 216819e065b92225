using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.Btt;

/// <summary>The second info-block of a BTT's first arena: what is left when the first is damaged. The kernel never looks at it; ndctl does
/// (ndctl/check.c 76.1).</summary>
public static class BttCopy
{
    /// <summary>Where it may stand in a namespace of that size, for BTT 1.1 (from 4096 on) and 2.0 (from 0 on): at the end of the arena,
    /// which is the namespace's rest or 512 GiB.</summary>
    public static IEnumerable<MediaOffset> Places(ByteSize size)
    {
        foreach (ulong start in (ulong[])[4096, 0])
        {
            if (size.Bytes < start + (2 * BttInfoBlock.SizeBytes))
                continue;
            ulong arena = Math.Min(size.Bytes - start, BttConstants.ArenaSizeMax.Bytes);
            yield return new MediaOffset(((start + arena) & ~0xfffUL) - BttInfoBlock.SizeBytes);
        }
    }

    /// <summary>The first whole copy, while no first info-block is whole; null: there is none, or none is needed.</summary>
    /// <param name="head">The first 8 KiB of the namespace.</param>
    /// <param name="size">Of the namespace.</param>
    /// <param name="parent">The label's uuid; zero without.</param>
    /// <param name="read">Reads 4096 bytes at an offset of the namespace; fewer where they end.</param>
    public static MediaOffset? Find(ReadOnlySpan<byte> head, ByteSize size, Uuid parent, Func<MediaOffset, byte[]> read)
    {
        foreach (int start in (int[])[4096, 0])
        {
            if (head.Length >= start + BttInfoBlock.SizeBytes && BttInfoBlock.IsValid(head[start..], parent))
                return null;
        }
        foreach (MediaOffset place in Places(size))
        {
            if (BttInfoBlock.IsValid(read(place), parent))
                return place;
        }
        return null;
    }
}
