using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Formats.Writes;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Writes;

/// <summary><c>altmap undo</c>: gives back what a repair or conversion overwrote.</summary>
internal static class UndoCommand
{
    public static Command Create(CliHost host)
    {
        var undo = new Argument<string>("UNDO") { Description = "the undo file that was kept; e2undo reads it too" };
        var image = new Argument<string>("IMAGE") { Description = "the image or device that was changed" };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "check the undo file and say what would be written" };
        var command = new Command("undo", "Gives back the old bytes that a repair kept.") { undo, image, dryRun };
        command.SetAction(p => Run(host, p.GetRequiredValue(undo), p.GetRequiredValue(image), p.GetValue(dryRun)));
        CommandHelp.SetExamples(command, "altmap undo disk.img.e2undo disk.img", "altmap undo --dry-run disk.img.e2undo disk.img");
        return command;
    }

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
