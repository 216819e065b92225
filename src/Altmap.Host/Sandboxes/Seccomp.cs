using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Altmap.Host.Sandboxes;

/// <summary>A system call that waits for our answer.</summary>
/// <param name="Id">The kernel's number of the notification.</param>
/// <param name="Task">The thread that called.</param>
/// <param name="Number">Of the call.</param>
/// <param name="Arguments">Its first four arguments.</param>
internal readonly record struct SystemCall(ulong Id, int Task, int Number, (ulong A, ulong B, ulong C, ulong D) Arguments)
{
    public bool IsWrite => Number == Seccomp.Numbers.Write;

    /// <summary>Of a write: the descriptor, the bytes.</summary>
    public int Descriptor => (int)Arguments.A;
    public ulong BufferAddress => Arguments.B;
    public int Count => (int)Arguments.C;

    /// <summary>Of an open: the path and the flags.</summary>
    public ulong PathAddress => Number == Seccomp.Numbers.OpenAt ? Arguments.B : Arguments.A;
    private ulong Flags => Number == Seccomp.Numbers.OpenAt ? Arguments.C : Arguments.B;
    public bool OpensToWrite => Number == Seccomp.Numbers.Create || (Flags & 3) != 0;
    public bool ClosesOnExec => Number != Seccomp.Numbers.Create && (Flags & 0x80000) != 0;
}

/// <summary>
/// Linux's seccomp user notification: system calls of programs that we start are put before us (seccomp_unotify(2),
/// include/uapi/linux/seccomp.h; SECCOMP_ADDFD_FLAG_SEND needs 5.14). Opens and small writes are asked for, nothing else.
/// </summary>
internal static class Seccomp
{
    /// <summary>Numbers of system calls by architecture (arch/x86/entry/syscalls/syscall_64.tbl,
    /// include/uapi/asm-generic/unistd.h).</summary>
    internal sealed record CallNumbers(uint Architecture, int Open, int Create, int OpenAt, int Write, int SecureComputing, int MemoryFile);

    /// <summary>Those of this computer.</summary>
    internal static CallNumbers Numbers { get; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? new(0xc000_00b7, -1, -1, 56, 64, 277, 279)
            : new(0xc000_003e, 2, 85, 257, 1, 317, 319);

    private const int NotificationBytes = 80,
        AnswerBytes = 24;
    private const nuint ReceiveRequest = 0xc050_2100,
        SendRequest = 0xc018_2101,
        AddDescriptorRequest = 0x4018_2103;
    private const uint Continue = 1,
        SendWithDescriptor = 2;
    private const int SetFilter = 1,
        NewListener = 8,
        NoNewPrivileges = 38;
    private const uint Allow = 0x7fff_0000,
        Notify = 0x7fc0_0000;

    /// <summary>Puts the filter on this thread and what it starts. The listener, or -1.</summary>
    public static int Listen()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
            return -1;
        byte[] program = Program();
        GCHandle pinned = GCHandle.Alloc(program, GCHandleType.Pinned);
        try
        {
            byte[] header = new byte[16];
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(program.Length / 8));
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), pinned.AddrOfPinnedObject());
            int listener = (int)SystemCallOf(Numbers.SecureComputing, SetFilter, NewListener, header);
            if (listener >= 0)
                return listener;
            // A plain user may only filter what gets no rights from set-user-id programs.
            return ProcessControl(NoNewPrivileges, 1, 0, 0, 0) == 0
                ? (int)SystemCallOf(Numbers.SecureComputing, SetFilter, NewListener, header)
                : -1;
        }
        finally
        {
            pinned.Free();
        }
    }

    /// <summary>The next call, or null when none came in time.</summary>
    public static SystemCall? Receive(int listener, int timeoutMs)
    {
        byte[] poll = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(poll, listener);
        poll[4] = 1; // POLLIN
        if (Poll(poll, 1, timeoutMs) != 1 || (poll[6] & 1) == 0)
        {
            if ((poll[6] & 0x10) != 0) // POLLHUP: nobody is left who could ask
                Thread.Sleep(timeoutMs);
            return null;
        }
        byte[] bytes = new byte[NotificationBytes];
        if (Control(listener, ReceiveRequest, bytes) != 0)
            return null; // it ended meanwhile
        ReadOnlySpan<byte> span = bytes;
        return new SystemCall(
            BinaryPrimitives.ReadUInt64LittleEndian(span),
            BinaryPrimitives.ReadInt32LittleEndian(span[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(span[16..]),
            (
                BinaryPrimitives.ReadUInt64LittleEndian(span[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(span[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(span[48..]),
                BinaryPrimitives.ReadUInt64LittleEndian(span[56..])
            )
        );
    }

    /// <summary>The call is carried out as if nobody had asked.</summary>
    public static void GoOn(int listener, SystemCall call) => Send(listener, call, 0, 0, Continue);

    /// <summary>The call returns a value.</summary>
    public static void Return(int listener, SystemCall call, long value) => Send(listener, call, value, 0, 0);

    /// <summary>The call fails.</summary>
    public static void Refuse(int listener, SystemCall call, int errno) => Send(listener, call, 0, -errno, 0);

    /// <summary>The call returns a descriptor of a file in memory.</summary>
    public static void Give(int listener, SystemCall call, string name, byte[] content)
    {
        byte[] title = [.. System.Text.Encoding.ASCII.GetBytes(name), 0];
        int file = (int)SystemCallOf(Numbers.MemoryFile, title, 1);
        if (file < 0)
        {
            Refuse(listener, call, 24);
            return;
        }
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(file, ownsHandle: true);
        RandomAccess.Write(handle, content, 0);
        byte[] request = new byte[AnswerBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(request, call.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(8), SendWithDescriptor);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(12), file);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(20), call.ClosesOnExec ? 0x80000u : 0);
        _ = Control(listener, AddDescriptorRequest, request); // fails when the caller is gone
    }

    /// <summary>Closes the listener.</summary>
    public static void Close(int listener)
    {
        if (listener >= 0)
            new Microsoft.Win32.SafeHandles.SafeFileHandle(listener, ownsHandle: true).Dispose();
    }

    private static void Send(int listener, SystemCall call, long value, int error, uint flags)
    {
        byte[] answer = new byte[AnswerBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(answer, call.Id);
        BinaryPrimitives.WriteInt64LittleEndian(answer.AsSpan(8), value);
        BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(16), error);
        BinaryPrimitives.WriteUInt32LittleEndian(answer.AsSpan(20), flags);
        _ = Control(listener, SendRequest, answer); // fails when the caller is gone
    }

    /// <summary>The filter (struct sock_filter: code, jumps when true and when false, value): opens and writes of up to
    /// <see cref="KernelFileServer.WriteBytesMax"/> bytes are put before us.</summary>
    private static byte[] Program()
    {
        const ushort Load = 0x20,
            JumpEqual = 0x15,
            JumpGreater = 0x25,
            Return = 0x06;
        (ushort Code, byte True, byte False, uint Value)[] lines =
        [
            (Load, 0, 0, 4), // architecture
            (JumpEqual, 0, 9, Numbers.Architecture),
            (Load, 0, 0, 0), // number of the call
            (JumpEqual, 8, 0, (uint)Numbers.OpenAt), // jumps count from the line behind
            (JumpEqual, 7, 0, (uint)Numbers.Open),
            (JumpEqual, 6, 0, (uint)Numbers.Create),
            (JumpEqual, 0, 4, (uint)Numbers.Write),
            (Load, 0, 0, 36), // upper half of the count
            (JumpEqual, 0, 2, 0),
            (Load, 0, 0, 32),
            (JumpGreater, 0, 1, KernelFileServer.WriteBytesMax),
            (Return, 0, 0, Allow),
            (Return, 0, 0, Notify),
        ];
        byte[] program = new byte[lines.Length * 8];
        for (int i = 0; i < lines.Length; i++)
        {
            Span<byte> line = program.AsSpan(i * 8);
            BinaryPrimitives.WriteUInt16LittleEndian(line, lines[i].Code);
            (line[2], line[3]) = (lines[i].True, lines[i].False);
            BinaryPrimitives.WriteUInt32LittleEndian(line[4..], lines[i].Value);
        }
        return program;
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SystemCallOf(nint number, nint first, nint second, byte[] third);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SystemCallOf(nint number, byte[] first, nint second);

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ProcessControl(int option, nint first, nint second, nint third, nint fourth);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, nuint request, [In, Out] byte[] argument);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll([In, Out] byte[] descriptors, nuint count, int timeoutMs);
}
