using System.Runtime.InteropServices;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Images;

/// <summary>
/// Finds the signatures of everything that Altmap knows, by looking at the first bytes of each possible place and at no others. An
/// info-block stands at a multiple of 4 KiB of its namespace, and a namespace in a partition at a multiple of 512; the second index block
/// of a label area at a multiple of 256.
/// </summary>
public static class ScanSignatures
{
    /// <summary>Bytes between possible places.</summary>
    public const int StepBytes = 256;

    /// <summary>Length of every signature.</summary>
    public const int LengthBytes = 16;

    // "NVDI", "BTT_", "NAME" as a little-endian machine reads them; the rest is compared where these are met.
    private static readonly uint[] Starts =
    [
        MemoryMarshal.Read<uint>("NVDI"u8),
        MemoryMarshal.Read<uint>("BTT_"u8),
        MemoryMarshal.Read<uint>("NAME"u8),
    ];

    /// <summary>What may start at the first of some bytes; null: nothing.</summary>
    public static ScanKind? KindOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(PfnInfoBlockLayout.SignatureOf(InfoBlockKind.Pfn)))
            return ScanKind.Pfn;
        if (bytes.StartsWith(PfnInfoBlockLayout.SignatureOf(InfoBlockKind.Dax)))
            return ScanKind.Dax;
        if (bytes.StartsWith(BttInfoBlockLayout.SignatureBytes))
            return ScanKind.Btt;
        return bytes.StartsWith(IndexFormat.Signature) ? ScanKind.LabelIndex : null;
    }

    /// <summary>Adds the places in a window at which a signature stands whole.</summary>
    /// <param name="window">Bytes of the image; what reaches beyond the last of them is not found.</param>
    /// <param name="offset">Of the first of them; a multiple of <paramref name="step"/> where that is 16 or more.</param>
    /// <param name="step">Bytes between possible places, a power of two.</param>
    /// <param name="max">No more places than that are kept in the list.</param>
    /// <param name="found">Gets the places.</param>
    public static void FindIn(ReadOnlySpan<byte> window, ulong offset, int step, int max, List<ulong> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (step < LengthBytes)
        {
            FindAnywhere(window, offset, step, max, found);
            return;
        }
        (uint a, uint b, uint c) = (Starts[0], Starts[1], Starts[2]);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(window);
        int stride = step / sizeof(uint);
        for (int i = 0; i < words.Length; i += stride)
        {
            uint word = words[i];
            if ((word == a || word == b || word == c) && found.Count < max && KindOf(window[(i * sizeof(uint))..]) is not null)
                found.Add(offset + ((ulong)i * sizeof(uint)));
        }
    }

    private static void FindAnywhere(ReadOnlySpan<byte> window, ulong offset, int step, int max, List<ulong> found)
    {
        Span<byte> first = stackalloc byte[sizeof(uint)];
        foreach (uint start in Starts)
        {
            MemoryMarshal.Write(first, start);
            for (int at = 0; found.Count < max; at++)
            {
                int next = window[at..].IndexOf(first);
                if (next < 0)
                    break;
                at += next;
                if ((offset + (ulong)at) % (ulong)step == 0 && KindOf(window[at..]) is not null)
                    found.Add(offset + (ulong)at);
            }
        }
    }
}
