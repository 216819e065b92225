using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host.Media;

/// <summary>
/// A file or block device that was opened for writing in place, after everything that speaks against it was asked. There is one list of
/// refusals: what is mounted, swap space, mapped by another device (device-mapper, md, loop), an active namespace whose metadata are
/// hidden,
/// or open in another process. Whoever holds it is alone: O_EXCL on devices, locks on files.
/// </summary>
public sealed class WritableTarget : IDisposable
{
    private const int Tries = 20;
    private const int PauseMilliseconds = 15;
    private readonly bool _isNew;
    private readonly long _oldLength;

    private WritableTarget(FileMedia media, bool isNew, long oldLength)
    {
        (Media, _isNew, _oldLength) = (media, isNew, oldLength);
    }

    /// <summary>The bytes.</summary>
    public FileMedia Media { get; }

    /// <summary>As the user named it.</summary>
    public string Path => Media.Path;

    /// <summary>Opens what is there.</summary>
    public static HostResult<WritableTarget> Open(string path) => Open(path, null, new InUse());

    /// <summary>Opens a file or device that has at least that size. A missing file is made with it, a shorter one grows; a device that is
    /// too small is an error.</summary>
    public static HostResult<WritableTarget> OpenOrCreate(string path, ByteSize size) => Open(path, size, new InUse());

    /// <summary>Takes back what opening did: a file that was made is deleted, one that grew is cut.</summary>
    public void Abandon()
    {
        try
        {
            if (_isNew)
                FileWriter.TryDelete(Path);
            else if (_oldLength >= 0)
                RandomAccess.SetLength(Media.Handle, _oldLength);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            // The first error is the one that matters.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Media.Dispose();

    internal static HostResult<WritableTarget> Open(string path, ByteSize? size, InUse inUse)
    {
        if (path.Length == 0)
            return new(null, new HostError("\"\"", "this is no path", "the path of a file"));
        if (Directory.Exists(path))
            return Refused(path, "this is a directory", "an image file or a block device", Errno.EISDIR);
        FileKind kind = FileKinds.Of(path);
        if (FileKinds.WordOfNoMedia(kind) is not null)
            return Refused(path, "this is neither a file nor a block device", "an image file or a block device", Errno.EINVAL);
        if (kind == FileKind.None && size is null)
            return Refused(path, "there is no such file", "", Errno.ENOENT);
        try
        {
            return kind == FileKind.BlockDevice ? OpenDevice(path, size, inUse) : OpenFile(path, size, inUse, isNew: kind == FileKind.None);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    private static HostResult<WritableTarget> OpenDevice(string path, ByteSize? size, InUse inUse)
    {
        (string number, string name) = DeviceNumber(path);
        if (inUse.ReasonOfDevice(number, name) is { } reason)
            return Busy(path, reason);
        int descriptor = Native.Open(path, Native.ReadWrite | Native.Exclusive);
        if (descriptor < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno == Native.Busy
                ? Busy(path, "another program or device holds it")
                : new(
                    null,
                    new HostError(path, Marshal.GetPInvokeErrorMessage(errno))
                    {
                        Errno = Enum.IsDefined((Errno)errno) ? (Errno)errno : Errno.EIO,
                    }
                );
        }
        FileMedia media = FileMedia.OfHandle(path, new SafeFileHandle(descriptor, ownsHandle: true));
        if (size is not { } wanted || media.LengthBytes >= wanted.Bytes)
            return new(new WritableTarget(media, isNew: false, oldLength: -1), null);
        media.Dispose();
        return Refused(path, $"the device has {new ByteSize(media.LengthBytes)}", $"at least {wanted}", Errno.ENOSPC);
    }

    private static HostResult<WritableTarget> OpenFile(string path, ByteSize? size, InUse inUse, bool isNew)
    {
        if (!isNew && inUse.ReasonOfFile(path) is { } reason)
            return Busy(path, reason);
        SafeFileHandle? file = null;
        if (!Soon(() => (file = TryOpenLocked(path, isNew)) is not null))
            return Busy(path, "another process has locked it");
        try
        {
            if (OperatingSystem.IsLinux())
            {
                int descriptor = (int)file!.DangerousGetHandle();
                string? holder = null;
                if (!Soon(() => (holder = HolderOf(descriptor)) is null))
                {
                    file.Dispose();
                    return Busy(path, holder!);
                }
            }
            long length = FileMedia.LengthOf(file!);
            bool grows = size is { } wanted && (ulong)length < wanted.Bytes;
            if (grows)
                RandomAccess.SetLength(file!, (long)size!.Value.Bytes);
            return new(new WritableTarget(FileMedia.OfHandle(path, file!), isNew, grows ? length : -1), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            file!.Dispose();
            if (isNew)
                FileWriter.TryDelete(path);
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>FileShare.None locks the whole file (flock) against others who ask; null: one of them has.</summary>
    private static SafeFileHandle? TryOpenLocked(string path, bool isNew)
    {
        try
        {
            return File.OpenHandle(path, isNew ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == Native.Again)
        {
            return null;
        }
    }

    private static string? HolderOf(int descriptor) =>
        !Native.TryLock(descriptor) ? "another process has locked it"
        : Native.IsOpenElsewhere(descriptor) ? "another process has it open"
        : null;

    /// <summary>A program that is being started holds copies of the files of whoever starts it until it has become itself: who holds a file
    /// for so short is not in the way.</summary>
    private static bool Soon(Func<bool> isFree)
    {
        for (int tries = 0; !isFree(); tries++)
        {
            if (tries == Tries)
                return false;
            Thread.Sleep(PauseMilliseconds);
        }
        return true;
    }

    private static HostResult<WritableTarget> Busy(string path, string reason) =>
        new(null, new HostError(path, reason, "", "nothing was written; free it first") { Errno = Errno.EBUSY });

    private static HostResult<WritableTarget> Refused(string path, string what, string expected, Errno errno) =>
        new(null, new HostError(path, what, expected) { Errno = errno });

    /// <summary>Number and kernel name of a block device; the name is the last part of where /sys/dev/block leads.</summary>
    private static (string Number, string Name) DeviceNumber(string path)
    {
        (uint major, uint minor) = FileKinds.DeviceNumber(path);
        string number = string.Create(CultureInfo.InvariantCulture, $"{major}:{minor}");
        string? link = new FileInfo($"/sys/dev/block/{number}").LinkTarget;
        return (number, System.IO.Path.GetFileName(link ?? path));
    }
}
