using System.Globalization;
using System.Text;
using Altmap.Core.Findings;

namespace Altmap.Host.Sandboxes;

/// <summary>The files of the modelled kernel, as programs of a sandbox open them themselves.</summary>
public interface IKernelFiles
{
    /// <summary>True when a path is the model's and not this computer's.</summary>
    bool Owns(string path);

    /// <summary>What open(2) for reading gives: the content, or an errno.</summary>
    (Errno Errno, byte[] Content) Read(string path);

    /// <summary>What open(2) for writing gives.</summary>
    Errno OpenToWrite(string path);

    /// <summary>What one write(2) gives.</summary>
    Errno Write(string path, string text);
}

/// <summary>
/// Answers the opens and small writes of a sandbox's programs where they name a file of the modelled kernel: <c>echo 1 &gt;/sys/…</c> is
/// a shell's own system call, which no program in front of PATH sees. The kernel asks us (seccomp user notification, Linux 5.14); all else
/// goes on as it would.
/// </summary>
internal sealed class KernelFileServer : IDisposable
{
    private const int PathBytesMax = 4096;
    private const int WaitMs = 100;

    /// <summary>Writes beyond this size are let through unseen: no attribute takes them.</summary>
    internal const int WriteBytesMax = 4096;

    private readonly IKernelFiles _files;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _listening = new();
    private readonly Dictionary<int, string> _opened = [];
    private volatile bool _isOver;
    private int _listener = -1;

    /// <summary>Starts to wait; nothing is answered before <see cref="Listen"/>.</summary>
    public KernelFileServer(IKernelFiles files)
    {
        _files = files;
        _thread = new Thread(Serve) { IsBackground = true, Name = "kernel files" };
        _thread.Start();
    }

    /// <summary>From here on this thread, and every program that it starts, asks us. False: this computer's kernel cannot.</summary>
    public bool Listen()
    {
        _listener = Seccomp.Listen();
        _isOver = _listener < 0;
        _listening.Set();
        return !_isOver;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _listening.Set();
        _thread.Join();
        _listening.Dispose();
        Seccomp.Close(_listener);
    }

    private void Serve()
    {
        _listening.Wait();
        while (!_isOver)
        {
            if (Seccomp.Receive(_listener, WaitMs) is { } call)
                Answer(call);
        }
    }

    private void Answer(SystemCall call)
    {
        try
        {
            if (call.IsWrite)
                AnswerWrite(call);
            else
                AnswerOpen(call);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            // The program ended while it asked; where it did not, its call goes on as on this computer.
            Seccomp.GoOn(_listener, call);
        }
    }

    private void AnswerOpen(SystemCall call)
    {
        string path = Encoding.UTF8.GetString(UpToZero(Memory(call.Task, call.PathAddress, PathBytesMax)));
        if (!_files.Owns(path))
        {
            Seccomp.GoOn(_listener, call);
            return;
        }
        byte[] content = [];
        Errno errno = Errno.None;
        if (call.OpensToWrite)
            errno = _files.OpenToWrite(path);
        else
            (errno, content) = _files.Read(path);
        if (errno != Errno.None)
        {
            Seccomp.Refuse(_listener, call, (int)errno);
            return;
        }
        int number = _opened.Count;
        if (call.OpensToWrite)
            _opened[number] = path;
        Seccomp.Give(_listener, call, string.Create(CultureInfo.InvariantCulture, $"altmap-{number}"), content);
    }

    private void AnswerWrite(SystemCall call)
    {
        if (_opened.Count == 0 || PathOf(call) is not { } path)
        {
            Seccomp.GoOn(_listener, call);
            return;
        }
        byte[] text = Memory(call.Task, call.BufferAddress, call.Count);
        Errno errno = _files.Write(path, Encoding.UTF8.GetString(text));
        if (errno == Errno.None)
            Seccomp.Return(_listener, call, call.Count);
        else
            Seccomp.Refuse(_listener, call, (int)errno);
    }

    /// <summary>The path behind a descriptor that we gave, or null.</summary>
    private string? PathOf(SystemCall call)
    {
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/{call.Task}/fd/{call.Descriptor}");
        if (new FileInfo(link).LinkTarget is not { } target)
            return null;
        int at = target.IndexOf("/memfd:altmap-", StringComparison.Ordinal);
        if (at < 0)
            return null;
        string digits = new([.. target[(at + "/memfd:altmap-".Length)..].TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? _opened.GetValueOrDefault(number)
            : null;
    }

    private static byte[] Memory(int task, ulong address, int count)
    {
        byte[] bytes = new byte[count];
        using Microsoft.Win32.SafeHandles.SafeFileHandle memory = File.OpenHandle(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/mem"),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite
        );
        // A path may end shortly before memory does: page by page, until one is not there.
        int done = 0;
        while (done < count)
        {
            int part = (int)Math.Min((ulong)(count - done), 4096 - ((address + (ulong)done) % 4096));
            int read;
            try
            {
                read = RandomAccess.Read(memory, bytes.AsSpan(done, part), checked((long)(address + (ulong)done)));
            }
            catch (IOException) when (done > 0)
            {
                break;
            }
            if (read <= 0 || bytes.AsSpan(done, read).Contains((byte)0))
                return bytes[..(done + Math.Max(read, 0))];
            done += read;
        }
        return bytes[..done];
    }

    private static ReadOnlySpan<byte> UpToZero(byte[] bytes) =>
        bytes.AsSpan(0, bytes.AsSpan().IndexOf((byte)0) is >= 0 and var end ? end : bytes.Length);
}
