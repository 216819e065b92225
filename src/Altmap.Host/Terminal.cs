using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host;

/// <summary>
/// The terminal that a process writes to. Where it is one, it is used without the runtime's console: that first switches the keypad to its
/// application mode (terminfo smkx),
/// as for a program that reads keys, and never back.
/// </summary>
public static class Terminal
{
    /// <summary>Standard output; a file or pipe by the runtime's stream, which keeps the shared position and takes a closed pipe for the
    /// end.</summary>
    public static Stream OpenOutput() =>
        Console.IsOutputRedirected ? Console.OpenStandardOutput() : Open(1) ?? Console.OpenStandardOutput();

    /// <summary>Standard error, likewise.</summary>
    public static Stream OpenError() => Console.IsErrorRedirected ? Console.OpenStandardError() : Open(2) ?? Console.OpenStandardError();

    /// <summary>Columns of the terminal behind standard output; 0 where there is none, or it does not know.</summary>
    public static int Columns()
    {
        if (!OperatingSystem.IsLinux())
            return Console.IsOutputRedirected ? 0 : Console.WindowWidth;
        // asm-generic/ioctls.h TIOCGWINSZ; powerpc has a number of its own (arch/powerpc/include/uapi/asm/ioctls.h).
        nuint request = RuntimeInformation.ProcessArchitecture == Architecture.Ppc64le ? 0x40087468u : 0x5413u;
        return Control(1, request, out WindowSize size) == 0 ? size.Columns : 0;
    }

    private static FileStream? Open(int descriptor) =>
        OperatingSystem.IsLinux()
            ? new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0)
            : null;

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct WindowSize
    {
        public readonly ushort Rows,
            Columns,
            Width,
            Height;
    }

#pragma warning disable SYSLIB1054 // generated marshalling wants unsafe code; these arguments need none
    [DllImport("libc", EntryPoint = "ioctl")]
    private static extern int Control(int descriptor, nuint request, out WindowSize size);
#pragma warning restore SYSLIB1054
}
