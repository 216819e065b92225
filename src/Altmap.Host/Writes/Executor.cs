using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Host.Media;

namespace Altmap.Host.Writes;

/// <summary>Carries plans out on files and devices: the only place that writes to media.</summary>
public static class Executor
{
    /// <summary>
    /// Writes the plan, with everything before a barrier durable before what follows it. With <paramref name="undoPath"/> the old bytes are
    /// durable in an undo file before the first write; whatever happens then, <see cref="UndoFile.Apply"/> gives the old bytes back.
    /// </summary>
    /// <param name="plan">From the start of the target.</param>
    /// <param name="target">Opened for writing.</param>
    /// <param name="undoPath">Where the old bytes go; it must not exist. Null: they are not kept.</param>
    /// <param name="progress">Told how many bytes were written so far, of how many; null: nobody asks.</param>
    /// <returns>Null, or the error: what was written before it stays written.</returns>
    public static HostError? Run(
        WritePlan plan,
        WritableTarget target,
        string? undoPath = null,
        Action<ByteSize, ByteSize>? progress = null
    )
    {
        if (!plan.Fits(new ByteSize(target.Media.LengthBytes)))
            return new HostError(target.Path, "a write would reach beyond its end", "", "nothing was written");
        if (plan.IsEmpty)
            return null;
        try
        {
            using UndoFile? undo = undoPath is null ? null : UndoFile.Create(undoPath, plan, target.Media);
            ByteSize whole = plan.Length,
                done = ByteSize.Zero;
            plan.CarryOut(
                target.Media,
                target.Media,
                written =>
                {
                    done += written;
                    progress?.Invoke(done, whole);
                }
            );
            undo?.Finish(target.Media);
            return null;
        }
        catch (MediaException e)
        {
            return new HostError(
                target.Path,
                e.Message,
                "",
                undoPath is null ? "" : $"altmap undo {undoPath} {target.Path} gives the old bytes back"
            )
            {
                Errno = Core.Findings.Errno.EIO,
            };
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(undoPath ?? target.Path, e);
        }
    }
}
