using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Host.Media;

/// <summary>Copies media with holes where there are zeros.</summary>
public static class SparseCopy
{
    private const int ChunkBytes = 1 << 20,
        PageBytes = 4096;

    /// <summary>Copies <paramref name="source"/> to a place of media that are zero there. Memory does not grow with the length.</summary>
    /// <param name="source">What is copied, from its first byte to its last.</param>
    /// <param name="target">Where to.</param>
    /// <param name="offset">First byte there.</param>
    /// <param name="progress">Told how many bytes of the source are done.</param>
    public static void Run(IMediaReader source, IMediaWriter target, ulong offset, Action<ByteSize>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        byte[] chunk = new byte[(int)Math.Min(ChunkBytes, Math.Max(1, source.LengthBytes))];
        foreach ((ulong start, ulong end) in source.DataRuns(0, source.LengthBytes))
        {
            for (ulong at = start; at < end; )
            {
                // Chunks end at multiples of a page, so that pages of zeros are seen.
                int count = (int)Math.Min((ulong)chunk.Length - (at % PageBytes), end - at);
                Span<byte> bytes = chunk.AsSpan(0, count);
                source.Read(at, bytes);
                WriteData(target, offset + at, bytes);
                at += (ulong)count;
                progress?.Invoke(new ByteSize(at));
            }
        }
    }

    private static void WriteData(IMediaWriter target, ulong offset, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; )
        {
            int start = at;
            bool isZero = IsZero(bytes, ref at);
            while (at < bytes.Length)
            {
                int next = at;
                if (IsZero(bytes, ref next) != isZero)
                    break;
                at = next;
            }
            if (!isZero)
                target.Write(offset + (ulong)start, bytes[start..at]);
        }
    }

    /// <summary>Looks at one page and goes behind it.</summary>
    private static bool IsZero(ReadOnlySpan<byte> bytes, ref int at)
    {
        int start = at;
        at = Math.Min(bytes.Length, at + PageBytes);
        return !bytes[start..at].ContainsAnyExcept((byte)0);
    }
}
