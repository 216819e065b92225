using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host.Media;

/// <summary>
/// A piece of a file in the address space, for reading: the one place of this project with pointers. Its pages are brought in by one call
/// that reports what cannot be read (a bad block, a file that was cut) as an error; touching them without would end the process.
/// </summary>
internal sealed unsafe class MappedWindow : IDisposable
{
    private const int ProtRead = 1,
        MapShared = 1,
        PopulateRead = 22; // MADV_POPULATE_READ, Linux 5.14

    private void* _address;
    private readonly nuint _length;

    private MappedWindow(void* address, nuint length)
    {
        _address = address;
        _length = length;
    }

    /// <summary>The bytes, until it is disposed.</summary>
    public ReadOnlySpan<byte> Bytes => new(_address, (int)_length);

    /// <summary>Null: it cannot be mapped, or cannot be read as a whole; reading in the usual way tells why.</summary>
    /// <param name="file">Opened for reading.</param>
    /// <param name="offset">A multiple of the page size.</param>
    /// <param name="length">At most 2 GiB; the file must have them.</param>
    public static MappedWindow? TryMap(SafeFileHandle file, ulong offset, int length)
    {
        void* address = MMap(null, (nuint)length, ProtRead, MapShared, (int)file.DangerousGetHandle(), (long)offset);
        if ((nint)address == -1)
            return null;
        var window = new MappedWindow(address, (nuint)length);
        if (MAdvise(address, (nuint)length, PopulateRead) == 0)
            return window;
        window.Dispose();
        return null;
    }

    public void Dispose()
    {
        if (_address is not null)
            _ = MUnmap(_address, _length);
        _address = null;
    }

    [DllImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void* MMap(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [DllImport("libc", EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MAdvise(void* address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MUnmap(void* address, nuint length);
}
