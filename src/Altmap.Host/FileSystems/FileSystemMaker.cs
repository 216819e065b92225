using System.Globalization;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Host.FileSystems;

/// <summary>What a new file system is to be.</summary>
/// <param name="Kind">ext4, xfs or erofs.</param>
/// <param name="Uuid">Its uuid.</param>
/// <param name="Source">A directory with what is to be in it; null: nothing.</param>
/// <param name="Epoch">Seconds since 1970 that stand for every time at which it was made; null: now.</param>
public sealed record FileSystemRequest(string Kind, Uuid Uuid, string? Source, long? Epoch);

/// <summary>Makes file systems with the standard tools, in a file of exactly the size that they shall have.</summary>
public static class FileSystemMaker
{
    private static readonly ExternalTool Mke2fs = new("mke2fs", "e2fsprogs"),
        Debugfs = new("debugfs", "e2fsprogs"),
        MkfsXfs = new("mkfs.xfs", "xfsprogs"),
        MkfsErofs = new("mkfs.erofs", "erofs-utils");

    /// <summary>Makes it.</summary>
    /// <param name="path">A new file; it is made.</param>
    /// <param name="size">Its size, a multiple of 4 KiB. An EROFS has the size that it needs, whatever is said here.</param>
    /// <param name="request">What it is to be.</param>
    /// <returns>Null, or the error.</returns>
    public static HostError? Make(string path, ByteSize size, FileSystemRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            if (request.Kind != "erofs")
            {
                using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
                file.SetLength((long)size.Bytes);
            }
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(path, e);
        }
        return request.Kind switch
        {
            "ext4" => MakeExt4(path, size, request),
            "xfs" => MakeXfs(path, size, request),
            _ => MakeErofs(path, request),
        };
    }

    /// <summary>Bytes that a directory's files need, with room to spare for what a file system needs itself.</summary>
    public static HostResult<ByteSize?> Estimate(string directory, string kind)
    {
        try
        {
            ulong bytes = 0,
                count = 0;
            var options = new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = 0,
                IgnoreInaccessible = false,
            };
            foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", options))
            {
                count++;
                if (entry is FileInfo { LinkTarget: null } file)
                    bytes += Alignment.Up((ulong)file.Length, 4096);
                else
                    bytes += 4096;
            }
            // Inodes, bitmaps, a journal; an XFS has at least 300 MiB (xfsprogs 5.19 and later).
            ulong own = bytes + (bytes / 16) + (count * 512) + (kind == "xfs" ? 300UL << 20 : 24UL << 20);
            return new(new ByteSize(Alignment.Up(own, 4096)), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(directory, e));
        }
    }

    /// <summary>Blocks of 4 KiB, because DAX asks for blocks as large as pages.</summary>
    private static HostError? MakeExt4(string path, ByteSize size, FileSystemRequest request)
    {
        List<string> words =
        [
            "-q",
            "-F",
            "-t",
            "ext4",
            "-b",
            "4096",
            "-m",
            "0",
            "-U",
            $"{request.Uuid}",
            "-E",
            $"hash_seed={request.Uuid},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard",
        ];
        if (request.Source is { } source)
            words.AddRange(["-d", source]);
        words.AddRange([path, $"{size.Bytes / 4096}"]);
        var environment = new Dictionary<string, string>();
        if (request.Epoch is { } epoch)
        {
            environment["SOURCE_DATE_EPOCH"] = Text(epoch);
            environment["E2FSPROGS_FAKE_TIME"] = Text(epoch); // before 1.47.1
        }
        return Mke2fs.Run(words, environment)
            ?? (request is { Epoch: { } time, Source: { } from } ? SetTimes(path, from, time, environment) : null);
    }

    /// <summary>mke2fs before 1.47.1 keeps when the source was last read and changed, which is another time in every run.</summary>
    private static HostError? SetTimes(string path, string source, long epoch, Dictionary<string, string> environment)
    {
        const int firstFree = 11; // lost+found; the tools give out the next ones in order
        int count;
        try
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
            count = Directory.EnumerateFileSystemEntries(source, "*", options).Count();
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(source, e);
        }
        var commands = new StringBuilder();
        foreach (int inode in Enumerable.Range(firstFree, count + 1).Prepend(2))
        {
            foreach (string field in (string[])["atime", "ctime", "crtime"])
            {
                commands.Append(CultureInfo.InvariantCulture, $"set_inode_field <{inode}> {field} @{epoch}\n");
                commands.Append(CultureInfo.InvariantCulture, $"set_inode_field <{inode}> {field}_extra 0\n");
            }
        }
        return Debugfs.Run(["-w", "-f", "-", path], environment, commands.ToString());
    }

    /// <summary>Without reflink: kernels before 6.2 refuse DAX beside it.</summary>
    private static HostError? MakeXfs(string path, ByteSize size, FileSystemRequest request)
    {
        if (request.Source is not null)
            return new HostError(
                "--fs xfs",
                "mkfs.xfs fills no directory in",
                "",
                "make it empty and copy into it once it is mounted, or take --fs ext4 or erofs"
            );
        var environment = new Dictionary<string, string>();
        if (request.Epoch is { } epoch)
            environment["SOURCE_DATE_EPOCH"] = Text(epoch);
        return MkfsXfs.Run(
            ["-q", "-f", "-m", $"uuid={request.Uuid},reflink=0", "-b", "size=4096", "-d", $"name={path},file=1,size={size.Bytes}"],
            environment
        );
    }

    /// <summary>Uncompressed: DAX maps the blocks as they are.</summary>
    private static HostError? MakeErofs(string path, FileSystemRequest request)
    {
        if (request.Source is not { } source)
            return new HostError("--fs erofs", "an EROFS is read-only: an empty one is of no use", "", "give --rootfs DIR");
        List<string> words = ["-U", $"{request.Uuid}"];
        if (request.Epoch is { } epoch)
            words.AddRange(["-T", Text(epoch)]);
        return MkfsErofs.Run([.. words, path, source]);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
