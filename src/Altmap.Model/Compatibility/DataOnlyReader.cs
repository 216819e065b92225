using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;

namespace Altmap.Model.Compatibility;

/// <summary>How a reader fares with a namespace that exists.</summary>
public enum ReaderVerdict
{
    /// <summary>The data is where it was, with all that was possible before.</summary>
    Opens,

    /// <summary>As <see cref="Opens"/>, with another size, alignment or use, or with something written to the media.</summary>
    Changes,

    /// <summary>Block I/O works, mapping does not.</summary>
    OpensWithoutDax,

    /// <summary>No device.</summary>
    Refuses,

    /// <summary>There is a device, and its first byte is not the first byte of the data: a file system is not found, and a write
    /// destroys.</summary>
    Misreads,

    /// <summary>The kernel does not see the namespace.</summary>
    Gone,
}

/// <summary>Words for <see cref="ReaderVerdict"/>.</summary>
public static class ReaderVerdicts
{
    /// <summary>As JSON and text have it.</summary>
    public static string Word(this ReaderVerdict verdict) =>
        verdict switch
        {
            ReaderVerdict.Opens => "opens",
            ReaderVerdict.Changes => "changes",
            ReaderVerdict.OpensWithoutDax => "opens without DAX",
            ReaderVerdict.Refuses => "refuses",
            ReaderVerdict.Misreads => "misreads",
            _ => "gone",
        };

    /// <summary>True where somebody has to act before the kernel is used.</summary>
    public static bool IsTrouble(this ReaderVerdict verdict) =>
        verdict is ReaderVerdict.Refuses or ReaderVerdict.Misreads or ReaderVerdict.Gone;
}

/// <summary>What a reader that only wants the data makes of a namespace.</summary>
/// <param name="Verdict">Opens, Refuses or Misreads.</param>
/// <param name="DataOffset">From the namespace's start to where it looks for the data; null when it refuses.</param>
/// <param name="Why">One sentence.</param>
public sealed record DataOnlyReading(ReaderVerdict Verdict, ByteSize? DataOffset, string Why);

/// <summary>
/// A reader as a firmware's driver for booting is: it finds the info-block by signature and checksum, starts at dataoff and looks at no
/// other field
/// (the linux-mm thread "libnvdimm/pfn: Fix 'start_pad' implementation", February 2019: what such readers must go on finding). No such
/// driver was run.
/// </summary>
public static class DataOnlyReader
{
    /// <summary>Reads a namespace.</summary>
    /// <param name="head">Its first 8192 bytes.</param>
    /// <param name="ns">Range and label.</param>
    /// <param name="claim">What the label says it is for.</param>
    /// <param name="dataOffset">Where the data really starts, from the namespace's start; null: where the block says, start_pad
    /// included.</param>
    public static DataOnlyReading Read(ReadOnlySpan<byte> head, NamespaceExtent ns, ClaimClass claim, ByteSize? dataOffset)
    {
        if (BttPresence.Probe(head, ns, claim).IsFound)
            return new(ReaderVerdict.Refuses, null, "a BTT: its blocks are found through its map alone");
        var view = new InfoBlockView(head.Length > (int)InfoBlock.StartBytes ? head[(int)InfoBlock.StartBytes..] : default);
        if (!view.IsWhole || view.Kind is null || !view.HasValidChecksum)
        {
            return dataOffset is { Bytes: > 0 } real
                ? new(
                    ReaderVerdict.Misreads,
                    ByteSize.Zero,
                    $"no info-block that it knows: it reads from the first byte on, {real} before the data"
                )
                : new(ReaderVerdict.Opens, ByteSize.Zero, "no info-block: the data starts at the first byte");
        }
        var offset = new ByteSize(view.DataOffset);
        if (offset >= ns.Range.Size)
            return new(ReaderVerdict.Refuses, null, $"dataoff {offset} is beyond the namespace");
        ulong pad = view.VersionMinor >= PfnInfoBlockLayout.StartPad.SinceMinor ? view.StartPad : 0;
        ulong data = dataOffset?.Bytes ?? (view.DataOffset > ulong.MaxValue - pad ? ulong.MaxValue : view.DataOffset + pad);
        if (data == offset.Bytes)
            return new(ReaderVerdict.Opens, offset, $"dataoff {offset} is where the data starts");
        return data > offset.Bytes
            ? new(
                ReaderVerdict.Misreads,
                offset,
                $"it starts at dataoff, {new ByteSize(data - offset.Bytes)} before the "
                    + $"data{(pad == data - offset.Bytes ? ": start_pad is not added" : "")}"
            )
            : new(
                ReaderVerdict.Misreads,
                offset,
                $"it starts at dataoff, {new ByteSize(offset.Bytes - data)} behind the first byte of the data: the block counts for "
                    + $"no kernel here"
            );
    }
}
