using System.CommandLine;
using Altmap.Cli.Btt;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.Writes;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image repair</c>: what cannot lose anything, as a plan that is shown, kept and undone.</summary>
internal static class ImageRepairCommand
{
    public static Command Create(CliHost host)
    {
        var options = new ImageOptions();
        Option<string?> start = Values.StartOption(),
            undo = BttRepairCommand.UndoOption();
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "say what would be done and written, and write nothing" };
        Option<bool> json = JsonOutput.Option();
        var command = new Command("repair", "Mends info-blocks, BTTs and partition tables, as far as that cannot lose anything.");
        options.AddTo(command);
        foreach (Option option in (Option[])[start, dryRun, undo, json])
            command.Add(option);
        command.SetAction(p => Run(host, options, p, p.GetValue(start), p.GetValue(dryRun), p.GetValue(undo), p.GetValue(json)));
        CommandHelp.SetExamples(command, "altmap image repair disk.img --dry-run", "altmap image repair disk.img");
        return command;
    }

    private static int Run(
        CliHost host,
        ImageOptions options,
        ParseResult parse,
        string? startText,
        bool isDryRun,
        string? undo,
        bool isJson
    )
    {
        PhysicalAddress? start = Values.Address(startText, "--start");
        string path = parse.GetRequiredValue(options.Image);
        if (isDryRun)
        {
            using OpenedImage image = OpenedImage.Open(options, parse);
            var tried = ImageRepair.Of(image.Media, image.Layout, start, image.Subject);
            Tell(host, path, tried, null, isDryRun, isJson);
            return tried.Plan.IsEmpty && tried.Left.IsEmpty ? ExitCode.Success : ExitCode.ErrorsLeft;
        }
        if (path.EndsWith(".gz", StringComparison.Ordinal))
            throw CliError.Usage($"{path}: a packed image is only read; unpack it first");
        HostResult<WritableTarget> opened = WritableTarget.Open(path);
        using WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!);
        var repair = Plan(options, parse, target, start);
        string? undoPath = repair.Plan.IsEmpty ? null : BttRepairCommand.UndoPath(path, undo);
        if (Executor.Run(repair.Plan, target, undoPath) is { } error)
            throw CliError.Of(error);
        Tell(host, path, repair, undoPath, isDryRun, isJson);
        bool isWhole =
            repair.Left.IsEmpty
            && (repair.Plan.IsEmpty || Plan(options, parse, target, start) is { Plan.IsEmpty: true, Left.IsEmpty: true });
        return !isWhole ? ExitCode.ErrorsLeft
            : repair.Plan.IsEmpty ? ExitCode.Success
            : ExitCode.Repaired;
    }

    private static ImageRepair Plan(ImageOptions options, ParseResult parse, WritableTarget target, PhysicalAddress? start)
    {
        using var image = OpenedImage.Of(options, parse, target);
        return ImageRepair.Of(image.Media, image.Layout, start, image.Subject);
    }

    private static void Tell(CliHost host, string path, ImageRepair repair, string? undo, bool isDryRun, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("file", path);
                    json.WriteBoolean("dry_run", isDryRun);
                    foreach (
                        (string name, IEnumerable<ImageRepairAction> actions) in new[] { ("done", repair.Done), ("left", repair.Left) }
                    )
                        json.WriteObjects(
                            name,
                            actions,
                            a =>
                            {
                                json.WriteString("code", a.Code.Name);
                                json.WriteString("what", a.What);
                            }
                        );
                    json.WriteObjects(
                        "plan",
                        repair.Plan.Steps,
                        s =>
                        {
                            json.WriteString("step", s.GetType().Name.ToLowerInvariant());
                            json.WriteOptional("offset", s.Start?.Bytes);
                            json.WriteNumber("length", s.Length.Bytes);
                        }
                    );
                    json.WriteString("undo", undo);
                    json.WriteEndObject();
                }
            );
            return;
        }
        foreach (ImageRepairAction action in repair.Done)
            host.Out.WriteLine($"{(isDryRun ? "would mend" : "mended")} {action.Code}: {action.What}");
        foreach (ImageRepairAction action in repair.Left)
            host.Out.WriteLine($"left {action.Code}: {action.What}");
        if (isDryRun)
            foreach (PlanStep step in repair.Plan.Steps.Where(s => s is not PlanStep.Barrier))
                host.Out.WriteLine($"  would write {step.Length.Bytes} bytes at {step.Start}");
        if (repair.Plan.IsEmpty)
            host.Out.WriteLine(repair.Left.IsEmpty ? "nothing to mend" : "nothing was written");
        if (undo is not null)
            host.Out.WriteLine($"the old bytes are in {undo}: altmap undo {undo} {path}, or e2undo, gives them back");
    }
}
