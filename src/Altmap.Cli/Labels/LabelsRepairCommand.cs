using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Host;

namespace Altmap.Cli.Labels;

/// <summary><c>altmap labels repair</c>: the labels that survive behind broken index blocks, and an area to write back.</summary>
internal static class LabelsRepairCommand
{
    private const int AreaBytesMax = 64 << 20;

    public static Command Create(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "a dump of the area, as ndctl read-labels -o writes it; may be gzipped" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "write the repaired area there (default: only say what would be)",
            HelpName = "FILE",
        };
        var keep = new Option<string[]>("--keep") { Description = "the label in this slot is right", HelpName = "SLOT" };
        var drop = new Option<string[]>("--drop") { Description = "the label in this slot is not", HelpName = "SLOT" };
        var undelete = new Option<bool>("--undelete")
        {
            Description = "labels in free slots count too, where nothing stands against them: after init-labels -f",
        };
        Option<string?> size = Values.SizeOption("size of the DIMM's label area (default: as an index block says, else of FILE)");
        Option<bool> json = JsonOutput.Option();
        var command = new Command("repair", "Finds the labels that survive, and makes an area with new index blocks over them.")
        {
            file,
            output,
            keep,
            drop,
            undelete,
            size,
            json,
        };
        command.SetAction(p =>
            Run(
                host,
                p.GetRequiredValue(file),
                p.GetValue(output),
                new SalvageWish(Slots(p.GetValue(keep), "--keep"), Slots(p.GetValue(drop), "--drop"), p.GetValue(undelete)),
                SizeOf(p.GetValue(size)),
                p.GetValue(json)
            )
        );
        CommandHelp.SetExamples(
            command,
            "altmap labels repair labels.nmem0.bin",
            "altmap labels repair labels.nmem0.bin -o repaired.bin",
            "altmap labels repair labels.nmem0.bin --undelete -o repaired.bin"
        );
        return command;
    }

    private static ByteSize? SizeOf(string? text)
    {
        ByteSize? size = Values.Size(text, "--size");
        return size is { Bytes: > AreaBytesMax }
            ? throw CliError.Usage($"--size: {size}; expected at most {new ByteSize(AreaBytesMax)}")
            : size;
    }

    private static ImmutableHashSet<uint> Slots(string[]? words, string option) =>
        [
            .. (words ?? []).Select(w =>
                uint.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out uint slot)
                    ? slot
                    : throw CliError.Usage($"{option}: {Core.Json.Quote.Text(w)} is no slot; expected a number from the table")
            ),
        ];

    /// <summary>A slot that holds nothing is a slip: nobody would know that it did not count.</summary>
    private static void RequireLabels(LabelSalvage salvage, ImmutableHashSet<uint> slots, string option)
    {
        foreach (uint slot in slots.Order().Where(s => salvage.Labels.All(l => l.Slot != s)))
            throw CliError.Usage(
                $"{option}: there is no label in slot {Numbers.Of(slot)}; expected one of "
                    + (
                        salvage.Labels.IsEmpty
                            ? "none: no label was found"
                            : string.Join(", ", salvage.Labels.Select(l => Numbers.Of(l.Slot)))
                    )
            );
    }

    private static int Run(CliHost host, string path, string? output, SalvageWish wish, ByteSize? size, bool isJson)
    {
        if (output is not null)
            NewFile.Require(output);
        HostResult<byte[]> read = BoundedFile.Read(path, AreaBytesMax);
        if (read.Error is { } error)
            throw CliError.Of(error);
        LabelSalvage salvage = LabelSalvage.Of(read.Value!, wish, size);
        RequireLabels(salvage, wish.Keep, "--keep");
        RequireLabels(salvage, wish.Drop, "--drop");
        bool isWritten = false;
        if (output is not null && salvage.Repaired is { } bytes)
        {
            NewFile.Write(output, stream => stream.Write(bytes.AsSpan()));
            isWritten = true;
        }
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, salvage, isWritten ? output : null));
        else
            WriteText(host, salvage, isWritten ? output : null);
        if (salvage.Repaired is null)
            return ExitCode.ErrorsLeft;
        return isWritten ? ExitCode.Repaired : ExitCode.Success;
    }

    private static void WriteText(CliHost host, LabelSalvage salvage, string? written)
    {
        if (salvage.Geometry is not { } geometry)
        {
            host.Out.WriteLine("no label was found: neither an index block nor a slot says how the area is divided");
            return;
        }
        host.Out.WriteLine(
            $"an area of {geometry.AreaSize} with labels {(geometry.LabelSizeBytes == 256 ? "1.2" : "1.1")}, {geometry.SlotCount} slots"
        );
        FindingText.Write(host, salvage.Findings);
        var table = new TextTable(">slot", "state", "uuid", "name", ">position", ">dpa", ">size", "why");
        foreach (SalvagedLabel found in salvage.Labels)
            table.Add(
                Numbers.Of(found.Slot),
                Word(found.State),
                found.Label.Uuid.ToString(),
                CliHost.Printable(found.Label.NameText),
                $"{Numbers.Of(found.Label.Position)}/{Numbers.Of(found.Label.LabelCount)}",
                found.Label.Dpa.ToString(),
                Numbers.Unit(found.Label.RawSize),
                found.Why
            );
        table.Write(host);
        int kept = salvage.Labels.Count(l => l.State == SalvageState.Kept);
        if (written is not null)
        {
            host.Out.WriteLine($"{written}: {Numbers.Count(kept, "label")} count again. Keep the dump; then, with N of the DIMM:");
            host.Out.WriteLine($"  ndctl disable-region all; ndctl write-labels nmemN -i {written}; ndctl enable-region all");
        }
        else if (salvage.Repaired is not null)
            host.Out.WriteLine($"{Numbers.Count(kept, "label")} would count again; -o FILE writes the area");
        else if (salvage.Findings.Any(f => f.Code == LabelFindings.AreaCut))
            host.Out.WriteLine("written back, this dump would erase the labels behind its end: dump the whole area");
        else if (salvage.Undecided.Any())
            host.Out.WriteLine("which labels are right cannot be told from the bytes: --keep SLOT or --drop SLOT decides");
        else
            host.Out.WriteLine(
                salvage.Labels.Any(l => l.State == SalvageState.Stale)
                    ? "no label counts; those in free slots come back with --undelete"
                    : "no label survives"
            );
    }

    private static void WriteJson(Utf8JsonWriter json, LabelSalvage salvage, string? written)
    {
        json.WriteStartObject();
        json.WriteOptional("size", salvage.Geometry?.AreaSize.Bytes);
        json.WriteString("version", salvage.Geometry is { } g ? (g.LabelSizeBytes == 256 ? "1.2" : "1.1") : null);
        json.WriteOptional("slots", salvage.Geometry?.SlotCount);
        json.WriteFindings("findings", salvage.Findings);
        json.WriteObjects(
            "labels",
            salvage.Labels,
            found =>
            {
                json.WriteNumber("slot", found.Slot);
                json.WriteString("state", Word(found.State));
                json.WriteString("uuid", found.Label.Uuid.ToString());
                json.WriteString("name", found.Label.NameText);
                json.WriteNumber("position", found.Label.Position);
                json.WriteNumber("nlabel", found.Label.LabelCount);
                json.WriteString("isetcookie", JsonOutput.Hex(found.Label.InterleaveSetCookie));
                json.WriteString("dpa", JsonOutput.Hex(found.Label.Dpa.Bytes));
                json.WriteNumber("size", found.Label.RawSize.Bytes);
                json.WriteString("why", found.Why);
            }
        );
        json.WriteBoolean("repairable", salvage.Repaired is not null);
        json.WriteString("written", written);
        json.WriteEndObject();
    }

    private static string Word(SalvageState state) =>
        state switch
        {
            SalvageState.Kept => "kept",
            SalvageState.Stale => "stale",
            SalvageState.Contradictory => "contradictory",
            SalvageState.Broken => "broken",
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "a state without a word"),
        };
}
