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

    /// <summary>A character device, a pipe, a socket, a directory.</summary>
    Other,
}

/// <summary>Asks statx(2), whose answer has one layout on every architecture; the base library tells no device from a file.</summary>
internal static class FileKinds
{
    private const int CurrentDirectory = -100,
        ModeOffset = 28,
        DeviceOffset = 128, // stx_rdev_major, stx_rdev_minor
        AnswerBytes = 256;
    private const uint WantsType = 1;
    private const int TypeMask = 0xf000,
        RegularType = 0x8000,
        BlockType = 0x6000;

    public static FileKind Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.Exists(path) ? FileKind.Regular
                : Path.Exists(path) ? FileKind.Other
                : FileKind.None;
        byte[] answer = new byte[AnswerBytes];
        if (StatX(CurrentDirectory, path, 0, WantsType, answer) != 0)
            return FileKind.None;
        return (BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(ModeOffset)) & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            BlockType => FileKind.BlockDevice,
            _ => FileKind.Other,
        };
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
