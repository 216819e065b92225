using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Altmap.Host;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a tar of pieces, its headers' checksums made right so that what is behind them is looked at: a machine or errors,
/// never an exception, and no file made anywhere.</summary>
public static class ArchiveTarget
{
    private const int Block = 512,
        ChecksumOffset = 148,
        ChecksumBytes = 8,
        SizeOffset = 124,
        SizeDigits = 11;

    private static readonly string File = NewFile();

    /// <summary>Runs one input. Throws only when something is wrong with Altmap.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        Mend(bytes);
        System.IO.File.WriteAllBytes(File, bytes);
        LoadResult loaded = MachineLoader.Load(File);
        if (loaded.Source is null == loaded.Errors.IsEmpty)
            throw new InvalidOperationException("neither a machine nor an error, or both");
        foreach (HostError error in loaded.Errors)
            _ = error.ToString();
        if (Directory.GetFileSystemEntries(Path.GetDirectoryName(File)!).Length != 1)
            throw new InvalidOperationException("a file was made");
    }

    /// <summary>Tars with pieces, links, long names, packed entries; one packed as a whole.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        byte[] iomem = "00100000-3fffffff : System RAM\n100000000-13fffffff : Persistent Memory\n"u8.ToArray(),
            list = "[{\"dev\":\"region0\",\"size\":1073741824,\"available_size\":0,\"type\":\"pmem\"}]"u8.ToArray();
        byte[] plain = Tar(TarEntryFormat.Ustar, ("iomem.txt", iomem), ("list.json", list));
        yield return plain;
        yield return Tar(TarEntryFormat.Pax, ("proc/iomem", iomem), ("media.region0.0.bin", new byte[64]));
        yield return Tar(TarEntryFormat.Gnu, (new string('d', 120) + "/iomem.txt", iomem), ("../../etc/passwd", list));
        yield return Tar(TarEntryFormat.V7, ("iomem.txt.gz", Gzip(iomem)), ("labels.nmem0.bin", new byte[64]));
        yield return Gzip(plain);
        using var links = new MemoryStream();
        using (var tar = new TarWriter(links, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "iomem.txt") { LinkName = "/etc/shadow" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "list.json") { LinkName = "../x" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "sys/"));
        }
        yield return links.ToArray();
    }

    /// <summary>The checksum of each header as the walk by sizes comes upon it.</summary>
    private static void Mend(byte[] tar)
    {
        for (long at = 0; at + Block <= tar.Length; )
        {
            Span<byte> header = tar.AsSpan((int)at, Block);
            if (!header.ContainsAnyExcept((byte)0))
                return;
            header.Slice(ChecksumOffset, ChecksumBytes).Fill((byte)' ');
            int sum = 0;
            foreach (byte b in header)
                sum += b;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[ChecksumOffset..]);
            string digits = Encoding.ASCII.GetString(header.Slice(SizeOffset, SizeDigits)).Trim('\0', ' ');
            long size = 0;
            foreach (char digit in digits)
            {
                if (digit is < '0' or > '7')
                    return;
                size = (size << 3) + (digit - '0');
            }
            at += Block + ((size + Block - 1) / Block * Block);
        }
    }

    private static byte[] Tar(TarEntryFormat format, params (string Name, byte[] Bytes)[] files)
    {
        using var all = new MemoryStream();
        using (var tar = new TarWriter(all, format, leaveOpen: true))
            foreach ((string name, byte[] bytes) in files)
            {
                TarEntryType type = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                    _ => new PaxTarEntry(type, name),
                };
                entry.DataStream = new MemoryStream(bytes);
                tar.WriteEntry(entry);
            }
        return all.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static string NewFile()
    {
        string root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
            folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"altmap-fuzz-{Environment.ProcessId}"));
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, true);
        return Path.Combine(folder, "pieces.tar");
    }
}
