using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Conformance.Guests;

/// <summary>The file behind a guest's memory, written while the guest runs: QEMU maps it shared, so the guest sees each write at
/// once.</summary>
internal sealed partial class SharedBytes : IDisposable
{
    private const int PunchHole = 2,
        KeepSize = 1;
    private readonly SafeFileHandle _file;

    /// <summary>Opens a file of a running guest.</summary>
    public SharedBytes(string path) => _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Writes bytes.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file, bytes, (long)offset);

    /// <summary>Reads bytes.</summary>
    public byte[] Read(ulong offset, int count)
    {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count && RandomAccess.Read(_file, bytes.AsSpan(done), (long)offset + done) is > 0 and var some)
            done += some;
        return bytes;
    }

    /// <summary>Makes bytes zero and gives their memory back.</summary>
    public void Zero(ulong offset, ulong count)
    {
        if (Fallocate(_file, PunchHole | KeepSize, (long)offset, (long)count) != 0)
            throw new IOException($"a hole cannot be made in a guest's memory: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);
}
