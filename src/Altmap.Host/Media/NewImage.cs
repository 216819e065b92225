using System.Globalization;
using System.Runtime.InteropServices;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Host.Media;

/// <summary>
/// An image that is being made: a file beside its later place, which gets its name when it is complete and not before. Without
/// <see cref="Commit"/> nothing of it stays.
/// </summary>
public sealed class NewImage : IDisposable
{
    private readonly WritableTarget _target;
    private readonly string _temporary;
    private bool _isDone;

    private readonly PosixSignalRegistration[] _ends;

    private NewImage(string path, string temporary, WritableTarget target)
    {
        (Path, _temporary, _target) = (path, temporary, target);
        // Then the process ends, as without us.
        void Remove(PosixSignalContext signal) => FileWriter.TryDelete(_temporary);
        _ends = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Remove), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Remove)];
    }

    /// <summary>Where it will be.</summary>
    public string Path { get; }

    /// <summary>Its bytes, all zero at first and without room on the disk.</summary>
    public FileMedia Media => _target.Media;

    /// <summary>For plans.</summary>
    public WritableTarget Target => _target;

    /// <summary>Begins an image.</summary>
    /// <param name="path">Where it will be; its directory must be there.</param>
    /// <param name="size">Of the image, at least one byte.</param>
    public static HostResult<NewImage> Create(string path, ByteSize size)
    {
        if (path.Length == 0)
            return new(null, new HostError("\"\"", "this is no path", "the path of a file"));
        if (HostPath.Refusal(path) is { } unnameable)
            return new(null, unnameable);
        string full = System.IO.Path.GetFullPath(path),
            directory = System.IO.Path.GetDirectoryName(full) ?? "/";
        if (!Directory.Exists(directory))
            return new(null, new HostError(path, $"there is no directory {directory}") { Errno = Errno.ENOENT });
        string temporary = System.IO.Path.Combine(
            directory,
            string.Create(CultureInfo.InvariantCulture, $".{System.IO.Path.GetFileName(full)}.{Environment.ProcessId}.tmp")
        );
        HostResult<WritableTarget> target = WritableTarget.OpenOrCreate(temporary, size);
        return target.Value is { } opened
            ? new(new NewImage(path, temporary, opened), null)
            : new(null, new HostError(path, target.Error!.ToString()) { Errno = target.Error.Errno });
    }

    /// <summary>What went wrong while it was written, under its own name; null for what is about another file.</summary>
    public HostError? ErrorOf(MediaException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return e.Message.StartsWith(_temporary + ": ", StringComparison.Ordinal)
            ? new HostError(Path, e.Message[(_temporary.Length + 2)..], "", "nothing of it was left behind") { Errno = Errno.EIO }
            : null;
    }

    /// <summary>Gives the image its name.</summary>
    /// <param name="overwrites">A file that is there already is replaced; else that is an error.</param>
    /// <param name="isDurable">Waits until it is on the disk.</param>
    /// <returns>Null, or the error: then nothing is at the path that was not there before.</returns>
    public HostError? Commit(bool overwrites, bool isDurable = true)
    {
        try
        {
            if (isDurable)
                Media.Flush();
            _target.Dispose();
            File.Move(_temporary, Path, overwrites);
            _isDone = true;
            string directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)) ?? "/";
            return isDurable && OperatingSystem.IsLinux() && !Native.SyncDirectory(directory)
                ? new HostError(Path, $"written, but {directory} could not be made durable") { Errno = Errno.EIO }
                : null;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(Path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration end in _ends)
            end.Dispose();
        if (_isDone)
            return;
        _target.Dispose();
        FileWriter.TryDelete(_temporary);
    }
}
