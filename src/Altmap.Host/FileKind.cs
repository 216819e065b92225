using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Altmap.Host;

/// <summary>What a path leads to, links followed.</summary>
internal enum FileKind
{
    /// <summary>Nothing, or what may not be looked at.</summary>
    None,

    /// <summary>A plain file.</summary>
    Regular,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A pipe, with a name or without (<c>/dev/fd/63</c>).</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A character device.</summary>
    Other,
}

/// <summary>Asks statx(2), whose answer has one layout on every architecture; the base library tells no device from a file.</summary>
internal static class FileKinds
{
    private const int CurrentDirectory = -100,
        ModeOffset = 28,
        NumberOffset = 32, // stx_ino
        DeviceOffset = 128, // stx_rdev_major, stx_rdev_minor
        FileSystemOffset = 136, // stx_dev_major, stx_dev_minor
        AnswerBytes = 256;
    private const uint WantsType = 1,
        WantsNumber = 0x100; // STATX_INO
    private const int TypeMask = 0xf000,
        RegularType = 0x8000,
        BlockType = 0x6000,
        PipeType = 0x1000,
        SocketType = 0xc000,
        DirectoryType = 0x4000;

    public static FileKind Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.Exists(path) ? FileKind.Regular
                : Path.Exists(path) ? FileKind.Directory
                : FileKind.None;
        byte[] answer = new byte[AnswerBytes];
        if (StatX(CurrentDirectory, path, 0, WantsType, answer) != 0)
            return FileKind.None;
        return (BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(ModeOffset)) & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            BlockType => FileKind.BlockDevice,
            PipeType => FileKind.Pipe,
            SocketType => FileKind.Socket,
            DirectoryType => FileKind.Directory,
            _ => FileKind.Other,
        };
    }

    /// <summary>What it is where neither bytes at any place nor a length can be asked of it; null: a file or block device, or
    /// nothing.</summary>
    public static string? WordOfNoMedia(FileKind kind) =>
        kind switch
        {
            FileKind.Pipe => "a pipe",
            FileKind.Socket => "a socket",
            FileKind.Directory => "a directory",
            FileKind.Other => "a character device",
            _ => null,
        };

    /// <summary>True where two paths lead to one file.</summary>
    public static bool AreOne(string path, string other)
    {
        if (!OperatingSystem.IsLinux())
            return Path.GetFullPath(path) == Path.GetFullPath(other);
        byte[] one = new byte[AnswerBytes],
            two = new byte[AnswerBytes];
        return StatX(CurrentDirectory, path, 0, WantsNumber, one) == 0
            && StatX(CurrentDirectory, other, 0, WantsNumber, two) == 0
            && one.AsSpan(NumberOffset, 8).SequenceEqual(two.AsSpan(NumberOffset, 8))
            && one.AsSpan(FileSystemOffset, 8).SequenceEqual(two.AsSpan(FileSystemOffset, 8));
    }

    /// <summary>Major and minor number of a device; 0, 0 for what is none.</summary>
    public static (uint Major, uint Minor) DeviceNumber(string path)
    {
        byte[] answer = new byte[AnswerBytes];
        return !OperatingSystem.IsLinux() || StatX(CurrentDirectory, path, 0, WantsType, answer) != 0
            ? (0, 0)
            : (
                BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(DeviceOffset)),
                BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(DeviceOffset + 4))
            );
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(
        int directory,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string path,
        int flags,
        uint mask,
        [Out] byte[] answer
    );
}
