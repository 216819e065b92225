using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Btt;

/// <summary>One write of the kernel to a BTT, durable before the next one starts (drivers/nvdimm/claim.c nsio_rw_bytes()).</summary>
/// <param name="Offset">First byte, from the start of the namespace.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Bytes">What is written; empty: zeros.</param>
public readonly record struct BttWrite(MediaOffset Offset, ByteSize Length, ImmutableArray<byte> Bytes)
{
    /// <summary>A write of these bytes.</summary>
    public static BttWrite Of(MediaOffset offset, ReadOnlySpan<byte> bytes) => new(offset, new ByteSize((ulong)bytes.Length), [.. bytes]);

    /// <summary>A write of zeros.</summary>
    public static BttWrite Zeros(MediaOffset offset, ByteSize length) => new(offset, length, []);

    /// <summary>True when the write is of zeros.</summary>
    public bool IsZeros => Bytes.IsDefaultOrEmpty;

    /// <summary>The media after the writes, in order. Costs what the media hold and what is not zero, not the length of the
    /// zeros.</summary>
    /// <param name="media">The region's bytes.</param>
    /// <param name="start">The namespace's first byte in them.</param>
    /// <param name="writes">All inside of the media.</param>
    public static SparseBytes Apply(SparseBytes media, MediaOffset start, IEnumerable<BttWrite> writes)
    {
        ulong zerosAt = 0,
            zeros = 0; // zeros that follow each other are one piece: a map of terabytes is zeroed in thousands of writes
        foreach (BttWrite write in writes)
        {
            ulong at = start.Bytes + write.Offset.Bytes;
            if (write.IsZeros && zeros > 0 && at == zerosAt + zeros)
            {
                zeros += write.Length.Bytes;
                continue;
            }
            if (zeros > 0)
                media = media.Clear(zerosAt, zeros);
            (zerosAt, zeros) = write.IsZeros ? (at, write.Length.Bytes) : (0, 0);
            if (!write.IsZeros)
                media = media.Write(at, write.Bytes.AsSpan());
        }
        return zeros > 0 ? media.Clear(zerosAt, zeros) : media;
    }
}
