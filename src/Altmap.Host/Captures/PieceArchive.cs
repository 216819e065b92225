using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using Altmap.Core.Json;

namespace Altmap.Host.Captures;

/// <summary>
/// The files of a tar, plain or gzipped. Nothing is unpacked: names only tell what a file may be, links and devices are passed over, and
/// what is read is bounded however much the archive claims to hold.
/// </summary>
internal static class PieceArchive
{
    private const int EntriesMax = 100_000,
        FewEntries = 64;
    private const long EntryBytesMax = 64L << 20,
        AllBytesMax = 512L << 20;
    private const int MagicOffset = 257;

    /// <summary>True when the bytes start a tar, plain or inside gzip.</summary>
    public static bool IsArchive(ReadOnlySpan<byte> head) => HasMagic(head);

    /// <summary>True for what xz and zstd write; neither can be read here.</summary>
    public static bool IsForeign(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
        || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd])
        || head.StartsWith("BZh"u8);

    /// <summary>All files that may be pieces, in the archive's order.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="stream">From the first byte of the tar on, inflated.</param>
    /// <param name="notes">What was passed over.</param>
    public static HostResult<List<PieceFile>> Read(string path, Stream stream, List<string> notes)
    {
        var files = new List<PieceFile>();
        int links = 0;
        try
        {
            using var bounded = new TarStream(new BoundedStream(stream, AllBytesMax));
            using var tar = new TarReader(bounded, leaveOpen: true);
            for (int count = 0; tar.GetNextEntry() is { } entry; count++)
            {
                if (count >= EntriesMax)
                    return Fail(path, string.Create(CultureInfo.InvariantCulture, $"more than {EntriesMax} entries"));
                if (entry.EntryType is TarEntryType.Directory)
                    continue;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                {
                    links++;
                    continue;
                }
                string name = Quote.Short(entry.Name);
                if (entry.DataStream is null || (count >= FewEntries && !PieceFile.IsOfInterest(entry.Name)))
                    continue;
                if (entry.Length > EntryBytesMax)
                {
                    notes.Add($"{path}:{name}: {entry.Length} bytes: too large to be a piece, passed over");
                    continue;
                }
                using var copy = new MemoryStream();
                entry.DataStream.CopyTo(copy);
                if (Inflate(copy.ToArray(), entry.Name) is { } bytes)
                    files.Add(new PieceFile($"{path}:{name}", BareName(entry.Name), bytes));
            }
        }
        // The library's reader throws whatever its parsing of damaged headers runs into.
        catch (Exception e) when (HostError.IsOfFiles(e) || e is InvalidOperationException or FormatException or OverflowException)
        {
            return Fail(
                path,
                e switch
                {
                    BoundedStream.TooMuchException => string.Create(
                        CultureInfo.InvariantCulture,
                        $"the archive holds more than {AllBytesMax >> 20} MiB"
                    ),
                    TarStream.NamesTooLongException => "a header of the archive claims a name of more than 1 MiB",
                    _ => "the archive is damaged or cut off",
                }
            );
        }
        if (links > 0)
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: {links} links and devices passed over"));
        return new(files, null);
    }

    private static HostResult<List<PieceFile>> Fail(string path, string what) =>
        new(null, new HostError(path, what, "a tar of a capture or of single pieces", "give the pieces themselves"));

    private static bool HasMagic(ReadOnlySpan<byte> head) =>
        head.Length >= MagicOffset + 5 && head.Slice(MagicOffset, 5).SequenceEqual("ustar"u8);

    private static byte[]? Inflate(byte[] bytes, string name)
    {
        if (!name.EndsWith(".gz", StringComparison.Ordinal) || name.EndsWith(".sparse.gz", StringComparison.Ordinal))
            return bytes;
        using var gzip = new BoundedStream(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress), EntryBytesMax);
        using var inflated = new MemoryStream();
        gzip.CopyTo(inflated);
        return inflated.ToArray();
    }

    internal static string BareName(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.EndsWith(".gz", StringComparison.Ordinal) && !name.EndsWith(".sparse.gz", StringComparison.Ordinal) ? name[..^3] : name;
    }
}
