using System.Runtime.InteropServices;

namespace Altmap.Host.Media;

/// <summary>Calls of Linux that the base library has no words for.</summary>
internal static class Native
{
    public const int ReadOnly = 0,
        ReadWrite = 2,
        WriteOnly = 1,
        Exclusive = 0x80,
        NonBlocking = 0x800,
        CloseOnExec = 0x80000;
    public const int NoSuchAddress = 6,
        Again = 11,
        Busy = 16;

    private const int GetFlags = 3,
        SetFlags = 4,
        SpliceNonBlocking = 2;

    private const int SetOpenFileLock = 37,
        SetLease = 1024;
    private const short WriteLock = 1,
        Unlock = 2;

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }

    /// <summary>A descriptor, or -1 and the errno in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    public static int Open(string path, int flags) => OpenFile(path, flags | CloseOnExec, 0);

    /// <summary>Waits until a directory's names are durable. False: it could not.</summary>
    public static bool SyncDirectory(string path)
    {
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
            return false;
        bool isDone = FSync(descriptor) == 0;
        _ = Close(descriptor);
        return isDone;
    }

    /// <summary>Takes the lock over all bytes that belongs to the open file (F_OFD_SETLK), which QEMU respects. False: another holds
    /// one.</summary>
    public static bool TryLock(int descriptor)
    {
        var whole = new FileLock { Type = WriteLock };
        return FControlLock(descriptor, SetOpenFileLock, ref whole) == 0 || Marshal.GetLastPInvokeError() is not (Again or 13);
    }

    /// <summary>True when another process has the file open. A write lease is given only to who is alone; it is given back at once. False
    /// where the system does not tell: another owner's file, a file system without leases.</summary>
    public static bool IsOpenElsewhere(int descriptor)
    {
        if (FControl(descriptor, SetLease, WriteLock) != 0)
            return Marshal.GetLastPInvokeError() == Again;
        _ = FControl(descriptor, SetLease, Unlock);
        return false;
    }

    /// <summary>True when a pipe that was opened for reading has bytes, or somebody at its other end. tee(2) takes none away, and tells
    /// "nobody" (0) from "not yet" (EAGAIN). True also for what is no pipe.</summary>
    public static bool HasWriter(int descriptor)
    {
        int[] ends = new int[2];
        if (MakePipe(ends, CloseOnExec) != 0)
            return true;
        nint copied = Tee(descriptor, ends[1], 1, SpliceNonBlocking);
        foreach (int end in ends)
            _ = Close(end);
        return copied != 0;
    }

    /// <summary>Reads and writes wait from now on.</summary>
    public static void SetBlocking(int descriptor) => _ = FControl(descriptor, SetFlags, FControl(descriptor, GetFlags, 0) & ~NonBlocking);

    [DllImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakePipe([Out] int[] ends, int flags);

    [DllImport("libc", EntryPoint = "tee", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Tee(int from, int to, nuint count, uint flags);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenFile([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FControl(int descriptor, int command, int argument);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FControlLock(int descriptor, int command, ref FileLock argument);
}
