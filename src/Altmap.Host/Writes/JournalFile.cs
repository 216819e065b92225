using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;
using Altmap.Host.Media;

namespace Altmap.Host.Writes;

/// <summary>
/// Plans on files and devices that may be interrupted: <see cref="Run"/> begins one, <see cref="Resume"/> finishes it after an
/// interruption, <see cref="Undo"/> gives the old bytes back before or after its end. The journal is a file of its own
/// (<see cref="PlanJournal"/>), which its user removes once nobody wants the old bytes back.
/// </summary>
public static class JournalFile
{
    /// <summary>A name beside the image that is not taken: <c>disk.img.journal</c>, <c>disk.img.2.journal</c>; of a device in the current
    /// directory.</summary>
    public static string NameFor(string image)
    {
        string place = FileKinds.Of(image) == FileKind.BlockDevice ? Path.GetFileName(image) : image;
        string name = place + ".journal";
        for (int i = 2; Path.Exists(name); i++)
            name = string.Create(CultureInfo.InvariantCulture, $"{place}.{i}.journal");
        return name;
    }

    /// <summary>The journals beside an image under the names of <see cref="NameFor"/>, in their order.</summary>
    public static IEnumerable<string> NamesOf(string image)
    {
        string place = FileKinds.Of(image) == FileKind.BlockDevice ? Path.GetFileName(image) : image;
        string name = place + ".journal";
        for (int i = 2; Path.Exists(name); i++)
        {
            if (IsOne(name))
                yield return name;
            name = string.Create(CultureInfo.InvariantCulture, $"{place}.{i}.journal");
        }
    }

    /// <summary>The journal beside an image whose plan was interrupted, either way; null: there is none.</summary>
    /// <param name="image">The path of the image.</param>
    /// <param name="media">Its bytes.</param>
    public static (string Path, JournalState State)? Interrupted(string image, IMediaReader media)
    {
        foreach (string name in NamesOf(image))
        {
            if (Read(name, media).Value is { State: JournalState.Running or JournalState.Undoing } journal)
                return (name, journal.State);
        }
        return null;
    }

    /// <summary>True when the file is a journal.</summary>
    public static bool IsOne(string path)
    {
        HostResult<FileMedia> opened = FileMedia.Open(path);
        using FileMedia? media = opened.Value;
        return media is not null && PlanJournal.IsOne(media.ReadHead(8));
    }

    /// <summary>How far the plan of a journal has come; nothing is written.</summary>
    /// <param name="path">The journal.</param>
    /// <param name="media">What its plan is about.</param>
    public static HostResult<PlanJournal> Read(string path, IMediaReader media)
    {
        HostResult<FileMedia> opened = FileMedia.Open(path);
        if (opened.Value is not { } own)
            return new(null, opened.Error);
        using (own)
        {
            (PlanJournal? journal, string error) = PlanJournal.Open(own, own, media);
            return journal is null ? new(null, new HostError(path, error)) : new(journal, null);
        }
    }

    /// <summary>Carries a plan out under a new journal.</summary>
    /// <param name="path">The journal, which must not exist. It grows to what the plan destroys, and must not lie in the target
    /// itself.</param>
    /// <param name="plan">From the start of the target.</param>
    /// <param name="target">Opened for writing.</param>
    /// <param name="free">Ranges whose old bytes nobody wants back; null: none.</param>
    /// <param name="progress">Told how many bytes were written so far, of how many; null: nobody asks.</param>
    /// <returns>Null, or the error; it says what to do with what was written.</returns>
    public static HostError? Run(
        string path,
        WritePlan plan,
        WritableTarget target,
        IReadOnlyList<(MediaOffset Start, MediaOffset End)>? free = null,
        Action<ByteSize, ByteSize>? progress = null
    )
    {
        if (!plan.Fits(new ByteSize(target.Media.LengthBytes)))
            return new HostError(target.Path, "a write would reach beyond its end", "", "nothing was written");
        if (Path.Exists(path))
            return new HostError(path, "this exists", "a new file for the journal", "nothing was written") { Errno = Errno.EEXIST };
        HostResult<WritableTarget> opened = WritableTarget.OpenOrCreate(path, PlanJournal.LengthFor(plan, free));
        if (opened.Value is not { } own)
            return opened.Error;
        using (own)
        {
            PlanJournal? journal = null;
            try
            {
                journal = PlanJournal.Create(own.Media, own.Media, plan, target.Media, free);
                if (OperatingSystem.IsLinux() && !Native.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "."))
                    throw new MediaException(0, $"{path}: its directory could not be made durable");
            }
            catch (MediaException e)
            {
                own.Abandon();
                return Failed(path, e, "nothing was written");
            }
            return Guarded(path, target, () => journal.Run(target.Media, target.Media, progress));
        }
    }

    /// <summary>Finishes what was interrupted. Null, or the error; done already, it does nothing.</summary>
    public static HostError? Resume(string path, WritableTarget target, Action<ByteSize, ByteSize>? progress = null) =>
        With(
            path,
            target,
            journal =>
                journal.State is JournalState.Undoing or JournalState.Undone
                    ? new HostError(path, "the old bytes are being given back", "", $"altmap undo {path} {target.Path} goes on with that")
                    : Guarded(path, target, () => journal.Run(target.Media, target.Media, progress))
        );

    /// <summary>Gives the old bytes back, or goes on with it. Null, or the error; done already, it does nothing.</summary>
    public static HostError? Undo(string path, WritableTarget target, Action<ByteSize, ByteSize>? progress = null) =>
        With(path, target, journal => Guarded(path, target, () => journal.Undo(target.Media, target.Media, progress)));

    private static HostError? With(string path, WritableTarget target, Func<PlanJournal, HostError?> action)
    {
        HostResult<WritableTarget> opened = WritableTarget.Open(path);
        if (opened.Value is not { } own)
            return opened.Error;
        using (own)
        {
            try
            {
                (PlanJournal? journal, string error) = PlanJournal.Open(own.Media, own.Media, target.Media);
                return journal is null ? new HostError(path, error) : action(journal);
            }
            catch (MediaException e)
            {
                return Failed(path, e, "nothing was written");
            }
        }
    }

    private static HostError? Guarded(string path, WritableTarget target, Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (MediaException e)
        {
            return Failed(
                target.Path,
                e,
                $"altmap undo --resume {path} {target.Path} finishes it, altmap undo {path} {target.Path} gives the old bytes back"
            );
        }
    }

    private static HostError Failed(string path, MediaException exception, string todo) =>
        new(path, exception.Message, "", todo) { Errno = Errno.EIO };
}
