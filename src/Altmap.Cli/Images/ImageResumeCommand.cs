using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Units;
using Altmap.Formats.Writes.Journals;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image resume</c>: finishes a conversion in place that was interrupted.</summary>
internal static class ImageResumeCommand
{
    public static Command Create(CliHost host)
    {
        var image = new Argument<string>("IMAGE") { Description = "the image or device whose conversion was interrupted" };
        var journal = new Option<string?>("--journal") { Description = "its journal (default: the one beside IMAGE)", HelpName = "FILE" };
        Option<bool> progress = ImageProgress.Option();
        var command = new Command("resume", "Finishes a conversion in place that was interrupted.") { image, journal, progress };
        command.SetAction(p => Run(host, p.GetRequiredValue(image), p.GetValue(journal), p.GetValue(progress)));
        CommandHelp.SetExamples(command, "altmap image resume disk.img");
        return command;
    }

    private static int Run(CliHost host, string path, string? journal, bool isAsked)
    {
        HostResult<WritableTarget> opened = WritableTarget.Open(path);
        using WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!);
        journal ??= Find(path, target.Media);
        using Progress shown = ImageProgress.Start(host, "converting", new ByteSize(target.Media.LengthBytes), isAsked);
        using Interruption interruption = Interruption.Watch(host, $"altmap: interrupted; altmap image resume {path} goes on");
        if (JournalFile.Resume(journal, target, (done, _) => shown.Report(done)) is { } error)
            throw CliError.Of(error);
        host.Out.WriteLine($"{path} is finished; altmap undo {journal} {path} still gives its old bytes back, until {journal} is removed");
        return ExitCode.Success;
    }

    private static string Find(string path, FileMedia media)
    {
        (string Path, JournalState State)? found = JournalFile.Interrupted(path, media);
        if (found is { State: JournalState.Undoing } undoing)
            throw new CliError(
                ExitCode.ErrorsLeft,
                $"{path}: its old bytes are being given back; altmap undo {undoing.Path} {path} goes on with that"
            );
        return found?.Path
            ?? throw CliError.Usage(
                $"{path}: nothing was interrupted: no journal beside it says so; expected one as {path}.journal, or --journal FILE"
            );
    }
}
