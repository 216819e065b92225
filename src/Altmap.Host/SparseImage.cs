using System.Globalization;
using System.IO.Compression;
using System.Text;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Host;

/// <summary>
/// The <c>.sparse.gz</c> form of an image: gzip over the line <c>PMEMSPARSE1 SIZE</c>, then for each run a line <c>OFFSET LENGTH</c> and
/// that many bytes;
/// runs ascend without overlap, and what is in none is zero. Read and written as a stream: memory holds the pages that are not zero.
/// </summary>
public static class SparseImage
{
    /// <summary>Largest image: above any region there is.</summary>
    public const ulong SizeBytesMax = 1UL << 52;

    /// <summary>How many bytes the runs may have together, unless the caller says otherwise.</summary>
    public const ulong StoredBytesMax = 1UL << 30;

    private const string Magic = "PMEMSPARSE1 ";
    private const int ChunkBytes = 1 << 20;

    /// <summary>Reads a whole image.</summary>
    public static HostResult<SparseBytes> Read(string path, ulong storedBytesMax = StoredBytesMax)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            return Read(file, path, storedBytesMax);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>Reads the head of an image, and its size from its first line; what follows is not unpacked.</summary>
    internal static HostResult<NamespaceHead> ReadHead(string path, int count)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            using var inflated = new GzipInput(file);
            HostResult<SparseBytes> read = new Reader(inflated, path, StoredBytesMax).Read((ulong)count);
            return read.Value is { } image
                ? new(
                    new NamespaceHead(image.Read(0, (int)Math.Min(image.LengthBytes, (ulong)count)), new ByteSize(image.LengthBytes)),
                    null
                )
                : new(null, read.Error);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>Reads a whole image from a stream of gzip data; <paramref name="name"/> is for messages.</summary>
    public static HostResult<SparseBytes> Read(Stream gzip, string name, ulong storedBytesMax = StoredBytesMax)
    {
        try
        {
            using var inflated = new GzipInput(gzip);
            return new Reader(inflated, name, storedBytesMax).Read();
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(name, e));
        }
    }

    /// <summary>Writes an image; the same bytes give the same file. Null, or the error; nothing half-written is left.</summary>
    public static HostError? Write(string path, SparseBytes image) => FileWriter.WriteAtomically(path, stream => Write(stream, image));

    /// <summary>Writes an image to a stream.</summary>
    public static void Write(Stream destination, SparseBytes image)
    {
        using var gzip = new GZipStream(destination, CompressionLevel.Optimal, leaveOpen: true);
        gzip.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Magic}{image.LengthBytes}\n")));
        var run = new List<ReadOnlyMemory<byte>>();
        ulong start = 0,
            end = 0;
        foreach ((ulong offset, ReadOnlyMemory<byte> bytes) in image.Pages())
        {
            if (run.Count > 0 && (offset != end || end - start >= ChunkBytes))
                Flush();
            if (run.Count == 0)
                start = offset;
            run.Add(bytes);
            end = offset + (ulong)bytes.Length;
        }
        Flush();

        void Flush()
        {
            if (run.Count == 0)
                return;
            gzip.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{start} {end - start}\n")));
            foreach (ReadOnlyMemory<byte> page in run)
                gzip.Write(page.Span);
            run.Clear();
        }
    }

    /// <summary>An image that holds more than may be held in memory.</summary>
    internal static HostError TooMuch(string name, ulong storedBytesMax) =>
        new(
            name,
            string.Create(CultureInfo.InvariantCulture, $"the image holds more than {storedBytesMax} bytes that are not zero"),
            "",
            "unpack it and give the raw file"
        )
        {
            IsTooMuch = true,
        };

    private sealed class Reader(GzipInput stream, string name, ulong storedBytesMax)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _have;
        private int _at;
        private bool _ended;

        /// <summary>Reads the runs that start below <paramref name="limit"/>, each up to there.</summary>
        public HostResult<SparseBytes> Read(ulong limit = ulong.MaxValue)
        {
            if (
                ReadLine() is not { } first
                || !first.StartsWith(Magic, StringComparison.Ordinal)
                || !TryNumber(first.AsSpan(Magic.Length), out ulong size)
            )
                return Fail("this is no sparse image", $"the line \"{Magic}SIZE\"");
            if (size > SizeBytesMax)
                return Fail(
                    string.Create(CultureInfo.InvariantCulture, $"an image of {size} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"at most {SizeBytesMax}")
                );
            SparseBytes image = SparseBytes.Zero(size);
            ulong end = 0,
                stored = 0;
            byte[] chunk = new byte[Math.Min(ChunkBytes, (int)Math.Min(size, int.MaxValue))];
            while (ReadLine() is { } line)
            {
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                if (
                    space < 0
                    || !TryNumber(line.AsSpan(0, space), out ulong offset)
                    || !TryNumber(line.AsSpan(space + 1), out ulong length)
                )
                    return Fail("a run does not start with \"OFFSET LENGTH\"", "", "copy it again");
                if (offset < end)
                    return Fail(
                        string.Create(CultureInfo.InvariantCulture, $"the run at {offset} overlaps the one before it, which ends at {end}"),
                        "runs in ascending order"
                    );
                if (offset > size || length > size - offset)
                    return Fail(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"the run at {offset} with {length} bytes ends beyond the image of {size} bytes"
                        )
                    );
                if (offset >= limit)
                    return new(image, null);
                // A page is held whole, so a run counts at least one: a million runs of a byte are not a megabyte.
                stored += Math.Max(length, 4096);
                if (stored > storedBytesMax)
                    return new(null, TooMuch(name, storedBytesMax));
                end = offset + length;
                ulong wanted = Math.Min(end, Math.Max(limit, offset));
                for (ulong at = offset; at < wanted; )
                {
                    // Up to the next page edge first, so that a page is written once.
                    int count = (int)Math.Min(wanted - at, (ulong)chunk.Length - (at % 4096 == 0 || chunk.Length < 4096 ? 0 : at % 4096));
                    int got = ReadBytes(chunk.AsSpan(0, count));
                    if (got < count)
                        return Fail(
                            string.Create(CultureInfo.InvariantCulture, $"the file ends inside the run at {offset}"),
                            "",
                            "copy it again"
                        );
                    image = image.Write(at, chunk.AsSpan(0, count));
                    at += (ulong)count;
                }
                if (wanted < end)
                    return new(image, null);
            }
            return _at < _have ? Fail("a line without end") : new(image, null);
        }

        private HostResult<SparseBytes> Fail(string what, string expected = "", string todo = "") =>
            new(null, new HostError(name, what, expected, todo));

        /// <summary>The next line without its end, or null at the end of the stream or when it is no short line.</summary>
        private string? ReadLine()
        {
            const int LengthMax = 64;
            if (_have - _at < LengthMax)
                Fill();
            int length = _buffer.AsSpan(_at, Math.Min(LengthMax, _have - _at)).IndexOf((byte)'\n');
            if (length < 0)
                return null;
            string line = Encoding.Latin1.GetString(_buffer, _at, length);
            _at += length + 1;
            return line;
        }

        private int ReadBytes(Span<byte> destination)
        {
            int total = 0;
            while (total < destination.Length)
            {
                if (_at == _have)
                    Fill();
                if (_at == _have)
                    break;
                int count = Math.Min(_have - _at, destination.Length - total);
                _buffer.AsSpan(_at, count).CopyTo(destination[total..]);
                _at += count;
                total += count;
            }
            return total;
        }

        private void Fill()
        {
            _buffer.AsSpan(_at, _have - _at).CopyTo(_buffer);
            (_have, _at) = (_have - _at, 0);
            if (_ended)
                return;
            int count = stream.Read(_buffer.AsSpan(_have));
            _ended = count < _buffer.Length - _have;
            _have += count;
        }

        private static bool TryNumber(ReadOnlySpan<char> text, out ulong number) =>
            ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
