using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Writes;

/// <summary><c>altmap undo</c>: gives back what a repair or conversion overwrote, by its undo file or its journal; finishes what has a
/// journal and was interrupted.</summary>
internal static class UndoCommand
{
    public static Command Create(CliHost host)
    {
        var undo = new Argument<string>("UNDO") { Description = "the undo file that was kept (e2undo reads it too), or the journal" };
        var image = new Argument<string>("IMAGE") { Description = "the image or device that was changed" };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "check the file and say what would be written" };
        var resume = new Option<bool>("--resume") { Description = "with a journal: finish what was interrupted instead" };
        var command = new Command("undo", "Gives back the old bytes that a repair kept.") { undo, image, dryRun, resume };
        command.SetAction(p =>
            JournalFile.IsOne(p.GetRequiredValue(undo))
                ? RunJournal(host, p.GetRequiredValue(undo), p.GetRequiredValue(image), p.GetValue(resume), p.GetValue(dryRun))
            : p.GetValue(resume) ? throw CliError.Usage($"{p.GetRequiredValue(undo)}: this is no journal; --resume finishes what has one")
            : Run(host, p.GetRequiredValue(undo), p.GetRequiredValue(image), p.GetValue(dryRun))
        );
        CommandHelp.SetExamples(
            command,
            "altmap undo disk.img.e2undo disk.img",
            "altmap undo --dry-run disk.img.e2undo disk.img",
            "altmap undo --resume disk.img.journal disk.img"
        );
        return command;
    }

    private static int RunJournal(CliHost host, string path, string image, bool isResume, bool isDryRun)
    {
        if (isDryRun)
        {
            HostResult<FileMedia> opened = FileMedia.Open(image);
            using FileMedia media = opened.Value ?? throw CliError.Of(opened.Error!);
            HostResult<PlanJournal> journal = JournalFile.Read(path, media);
            host.Out.WriteLine(Told(journal.Value ?? throw CliError.Of(journal.Error!)));
            return ExitCode.Success;
        }
        HostResult<WritableTarget> target = WritableTarget.Open(image);
        using WritableTarget writable = target.Value ?? throw CliError.Of(target.Error!);
        if ((isResume ? JournalFile.Resume(path, writable) : JournalFile.Undo(path, writable)) is { } error)
            throw CliError.Of(error);
        host.Out.WriteLine(
            isResume
                ? $"{image} is finished; altmap undo {path} {image} still gives its old bytes back, until {path} is removed"
                : $"{image} has its old bytes again; {path} can be removed"
        );
        return ExitCode.Success;
    }

    private static string Told(PlanJournal journal) =>
        journal.State switch
        {
            JournalState.Ready => $"nothing of {journal.Progress.Whole} was written",
            JournalState.Running =>
                $"{journal.Progress.Done} of {journal.Progress.Whole} are written: undo gives the old bytes back, --resume finishes it",
            JournalState.Done => $"all {journal.Progress.Whole} are written: undo gives the old bytes back",
            JournalState.Undoing =>
                $"the old bytes are being given back, {journal.Progress.Done} of {journal.Progress.Whole} are left: undo goes on",
            _ => "the old bytes are there again",
        };

    private static int Run(CliHost host, string undo, string image, bool isDryRun)
    {
        if (OutputFile.AreOne(undo, image))
            throw CliError.Usage($"{undo}: UNDO and IMAGE are one file; expected the undo file, and the image that it was made for");
        if (isDryRun)
        {
            HostResult<FileMedia> opened = FileMedia.Open(image);
            using FileMedia media = opened.Value ?? throw CliError.Of(opened.Error!);
            HostResult<WritePlan> plan = UndoFile.Read(undo, media);
            host.Out.WriteLine($"would write {(plan.Value ?? throw CliError.Of(plan.Error!)).Length} of old bytes to {image}");
            return ExitCode.Success;
        }
        HostResult<WritableTarget> target = WritableTarget.Open(image);
        using WritableTarget writable = target.Value ?? throw CliError.Of(target.Error!);
        if (UndoFile.Apply(undo, writable) is { } error)
            throw CliError.Of(error);
        host.Out.WriteLine($"{image} has its old bytes again; {undo} can be removed");
        return ExitCode.Success;
    }
}
