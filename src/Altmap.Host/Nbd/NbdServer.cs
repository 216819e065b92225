using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Altmap.Core.Findings;

namespace Altmap.Host.Nbd;

/// <summary>Listens for NBD clients (NetworkBlockDevice/nbd doc/proto.md) on a Unix socket, or on a port of this computer that no other one
/// reaches. A thread a client.</summary>
public sealed class NbdServer : IDisposable
{
    /// <summary>Clients at once; the next ones are turned away.</summary>
    public const int ClientsMax = 64;

    /// <summary>The protocol's own port.</summary>
    public const int DefaultPort = 10809;

    private const int UnixPathBytesMax = 107;
    private readonly Socket _listener;
    private readonly NbdDisk _disk;
    private readonly string? _path;
    private readonly Dictionary<Socket, Thread> _clients = [];
    private bool _isStopping;

    private NbdServer(Socket listener, NbdDisk disk, string? path)
    {
        (_listener, _disk, _path) = (listener, disk, path);
        Uri = path is null
            ? string.Create(CultureInfo.InvariantCulture, $"nbd://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}")
            : $"nbd+unix:///?socket={System.Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}";
    }

    /// <summary>Where clients find it, as nbdinfo, qemu-img and fio take it.</summary>
    public string Uri { get; }

    /// <summary>On a Unix socket that only this user may use. A path that is there already is an error.</summary>
    public static HostResult<NbdServer> OnSocket(string path, NbdDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (path.Length == 0)
            return new(null, new HostError("\"\"", "this is no path", "the path of a socket to make"));
        string full = Path.GetFullPath(path);
        if (System.Text.Encoding.UTF8.GetByteCount(full) > UnixPathBytesMax)
            return new(null, new HostError(path, "the path is too long for a socket", $"at most {UnixPathBytesMax} bytes"));
        if (FileKinds.Of(full) != FileKind.None)
            return new(
                null,
                new HostError(path, "there is something already", "the path of a socket to make", "remove it, or take another path")
            );
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(full));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(full, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(16);
            return new(new NbdServer(listener, disk, full), null);
        }
        catch (Exception e) when (e is SocketException || HostError.IsOfFiles(e))
        {
            listener.Dispose();
            return new(null, Failed(path, e));
        }
    }

    /// <summary>On a port of 127.0.0.1; 0: one that is free.</summary>
    public static HostResult<NbdServer> OnPort(int port, NbdDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(16);
            return new(new NbdServer(listener, disk, null), null);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            return new(null, Failed(string.Create(CultureInfo.InvariantCulture, $"port {port}"), e));
        }
    }

    /// <summary>Serves until <see cref="Stop"/> is called, from any thread.</summary>
    public void Run()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_clients)
                {
                    if (_isStopping)
                        return;
                }
                Thread.Sleep(10); // this client went before it was taken, or there are too many open files
                continue;
            }
            Start(client);
        }
    }

    /// <summary>Takes no more clients, lets those that are there finish the request they are at, and makes what they wrote
    /// durable.</summary>
    public void Stop()
    {
        Thread[] threads;
        lock (_clients)
        {
            if (_isStopping)
                return;
            _isStopping = true;
            _listener.Dispose();
            threads = [.. _clients.Values];
            foreach (Socket client in _clients.Keys)
                client.Dispose();
        }
        foreach (Thread thread in threads)
            thread.Join();
        _disk.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_path is not null)
            FileWriter.TryDelete(_path);
    }

    private void Start(Socket client)
    {
        lock (_clients)
        {
            if (_isStopping || _clients.Count >= ClientsMax)
            {
                client.Dispose();
                return;
            }
            var thread = new Thread(() =>
            {
                new NbdConnection(client, _disk).Run();
                lock (_clients)
                    _clients.Remove(client);
            })
            {
                IsBackground = true,
                Name = "nbd client",
            };
            _clients.Add(client, thread);
            thread.Start();
        }
    }

    private static HostError Failed(string what, Exception e) =>
        e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
            ? new HostError(what, "it is taken already", "", "take another one, or --port 0 for one that is free") { Errno = Errno.EBUSY }
        : e is SocketException { SocketErrorCode: SocketError.AccessDenied }
            ? new HostError(what, "permission denied", "", "take a port above 1023, or --socket PATH") { Errno = Errno.EACCES }
        : e is SocketException socket ? new HostError(what, socket.Message) { Errno = Errno.EIO }
        : HostError.Of(what, e);
}
