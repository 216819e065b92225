using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Formats.Btt.Repair;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt repair</c>: what cannot lose anything by default, each risk only by its name.</summary>
internal static class BttRepairCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        Option<bool> json = JsonOutput.Option();
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "say what would be done and written, and write nothing" };
        var undo = UndoOption();
        var clearFlag = new Option<bool>("--clear-error-flag") { Description = "take the error flag off info-blocks (writes work again)" };
        var clearErrors = new Option<bool>("--clear-errors")
        {
            Description = "take the marks off unreadable sectors; may lose: where the medium was bad, they read as whatever is there",
        };
        var markShared = new Option<bool>("--mark-shared")
        {
            Description =
                "where two sectors share a block and nothing tells whose it is: mark both; may lose: they cannot be read until "
                + "written",
        };
        var assumeZeroed = new Option<bool>("--assume-zeroed")
        {
            Description =
                "where a sector never written and a written one share a block: take the first entry for one that was zeroed; may "
                + "lose: if the other was damaged, both show wrong data",
        };
        var trustMap = new Option<bool>("--trust-map")
        {
            Description =
                "where a sector and the log share a block: take the log for damaged; may lose: if the map was, the sector's own "
                + "block becomes free",
        };
        var convert = new Option<bool>("--convert-log") { Description = "convert the log of a kernel before 4.15 to the present form" };
        var seed = new Option<string?>("--uuid-seed") { Description = "for a repeatable uuid where none is left", HelpName = "N" };
        var command = new Command("repair", "Repairs a BTT; by default only what cannot lose an acknowledged sector.");
        options.AddTo(command);
        foreach (Option option in (Option[])[dryRun, undo, clearFlag, clearErrors, markShared, assumeZeroed, trustMap, convert, seed, json])
            command.Add(option);
        command.SetAction(p =>
            options.With(
                p,
                input =>
                    Run(
                        host,
                        input,
                        new BttRepairOptions
                        {
                            ClearErrorFlag = p.GetValue(clearFlag),
                            ClearErrors = p.GetValue(clearErrors),
                            MarkShared = p.GetValue(markShared),
                            AssumeZeroed = p.GetValue(assumeZeroed),
                            TrustMap = p.GetValue(trustMap),
                            ConvertLog = p.GetValue(convert),
                            Uuid = NewUuid(p.GetValue(seed)),
                        },
                        p.GetValue(dryRun),
                        p.GetValue(undo),
                        p.GetValue(json)
                    )
            )
        );
        CommandHelp.SetExamples(command, "altmap btt repair disk.img --dry-run", "altmap btt repair disk.img");
        return command;
    }

    internal static Option<string?> UndoOption() =>
        new("--undo") { Description = "file that keeps the old bytes (default: IMAGE.e2undo); none: keep none", HelpName = "FILE" };

    /// <summary>Repeatable with a seed, random without.</summary>
    internal static Uuid NewUuid(string? seed) =>
        Values.Number(seed, "--uuid-seed") is { } number ? UuidSource.FromSeed(number).Take().Value : Uuid.Parse(Guid.NewGuid().ToString());

    /// <summary>Where the old bytes go; null: nowhere.</summary>
    internal static string? UndoPath(string image, string? undo) => undo == "none" ? null : undo ?? UndoFile.NameFor(image);

    private static int Run(CliHost host, BttInput input, BttRepairOptions options, bool isDryRun, string? undo, bool isJson)
    {
        options = options with { ParentUuid = input.Parent ?? Uuid.Zero };
        if (isDryRun)
        {
            IMediaReader media = input.Open();
            _ = input.Check(media);
            BttRepairResult tried = BttRepair.Plan(media, input.Request, options);
            Tell(host, input, tried, null, isDryRun: true, isJson);
            return tried.Plan.IsEmpty ? ExitOf(tried) : ExitCode.ErrorsLeft;
        }
        using WritableTarget target = input.OpenForWriting();
        IMediaReader ns = input.Namespace(target.Media);
        _ = input.Check(ns);
        BttRepairResult repair = BttRepair.Plan(ns, input.Request, options);
        string? undoPath = repair.Plan.IsEmpty ? null : UndoPath(input.Path, undo);
        if (Executor.Run(repair.Plan.Shifted(input.Start), target, undoPath) is { } error)
            throw CliError.Of(error);
        Tell(host, input, repair, undoPath, isDryRun: false, isJson);
        return ExitOf(repair);
    }

    /// <summary>As fsck(8): 0 nothing was wrong, 2 all of it was mended, 4 something is left.</summary>
    private static int ExitOf(BttRepairResult repair) =>
        repair.After.Findings.Any(f => f.Severity == Severity.Error) ? ExitCode.ErrorsLeft
        : repair.Plan.IsEmpty ? ExitCode.Success
        : ExitCode.Repaired;

    private static void Tell(CliHost host, BttInput input, BttRepairResult repair, string? undo, bool isDryRun, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteBoolean("dry_run", isDryRun);
                    json.WriteObjects("done", repair.Done, a => WriteAction(json, a));
                    json.WriteObjects("left", repair.Left, a => WriteAction(json, a));
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
                    json.WriteBoolean("consistent", repair.After.IsConsistent);
                    json.WriteFindings("findings", repair.After.Findings);
                    json.WriteEndObject();
                }
            );
            return;
        }
        foreach (BttRepairAction action in repair.Done)
        {
            host.Out.WriteLine($"{(isDryRun ? "would mend" : "mended")} {action.Code}: {action.What}");
            if (action.Loses.Length > 0)
                host.Out.WriteLine($"  may lose: {action.Loses}");
        }
        foreach (BttRepairAction action in repair.Left)
            host.Out.WriteLine($"left {action.Code}: {action.What}");
        if (isDryRun)
            foreach (PlanStep step in repair.Plan.Steps.Where(s => s is not PlanStep.Barrier))
                host.Out.WriteLine($"  would write {step.Length.Bytes} bytes at {step.Start}");
        if (repair.Plan.IsEmpty)
            host.Out.WriteLine(repair.After.IsConsistent ? "nothing to mend: the BTT is consistent" : "nothing was written");
        else if (repair.After.IsConsistent)
            host.Out.WriteLine($"the BTT {(isDryRun ? "would be" : "is")} consistent");
        if (undo is not null)
            host.Out.WriteLine($"the old bytes are in {undo}: altmap undo {undo} {input.Path}, or e2undo, gives them back");
        FindingText.Write(host, repair.After.Findings.Where(f => f.Severity != Severity.Note));
    }

    private static void WriteAction(System.Text.Json.Utf8JsonWriter json, BttRepairAction action)
    {
        json.WriteString("code", action.Code.Name);
        json.WriteString("what", action.What);
        json.WriteString("loses", action.Loses);
    }
}
