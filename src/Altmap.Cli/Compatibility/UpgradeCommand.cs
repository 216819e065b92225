using System.CommandLine;
using System.Text.Json;
using Altmap.Advice.Upgrades;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Compatibility;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Compatibility;

/// <summary><c>altmap upgrade</c>: what another kernel makes of the namespaces that a machine has.</summary>
internal static class UpgradeCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE")
        {
            Description = MachineSession.Meaning + "; steps of a machine file are done under the first kernel",
        };
        Option<string?> from = KernelChoice.Option("--from", "the kernel that the namespaces are made under (default: the machine's)");
        Option<string?> to = KernelChoice.Option("--to", "the kernel that boots on them then (default: the machine's)");
        var page = new Option<string?>("--to-page-size")
        {
            Description = "4K, 16K or 64K: page size of the second kernel (default: that of the machine)",
            HelpName = "SIZE",
        };
        Option<bool> json = JsonOutput.Option();
        var command = new Command(
            "upgrade",
            "Says what another kernel makes of each namespace that a machine has: opens, opens without DAX, refuses, misreads, changes."
        )
        {
            machine,
            from,
            to,
            page,
            json,
        };
        command.SetAction(p =>
            Run(host, p.GetRequiredValue(machine), p.GetValue(from), p.GetValue(to), p.GetValue(page), p.GetValue(json))
        );
        CommandHelp.SetExamples(
            command,
            "altmap upgrade machine.json --to 6.12",
            "altmap upgrade machine.json --from 4.19 --to 6.1 --json",
            "altmap upgrade machine.json --from 6.12 --to 6.12+kmsan",
            "altmap upgrade arm.json --from 6.12 --to 6.12 --to-page-size 64K"
        );
        return command;
    }

    private static int Run(CliHost host, string path, string? from, string? to, string? pageSize, bool isJson)
    {
        if (to is null && from is null && pageSize is null)
            throw CliError.Usage("nothing changes: give --to K, --from K or --to-page-size SIZE");
        MachineSession session = MachineSession.Open(host, path, from);
        MachineDescription description = session.Source.Description;
        ByteSize page = Values.Size(pageSize, "--to-page-size") ?? description.PageSize;
        KernelProfile kernel = to is null ? KernelChoice.Load(description.Kernel, MachineSession.DirectoryOf(path)) : KernelChoice.Load(to);
        ArchitectureRules architecture =
            ArchitectureRules.Find(kernel, description.Architecture, page)
            ?? throw CliError.Usage(
                $"--to-page-size: {KernelChoice.Name(description.Architecture)} has no pages of {page.Bytes} bytes; expected "
                    + $"{ArchitectureRules.PageSizesOf(description.Architecture)}"
            );
        KernelChoice.NoteUnverified(host, kernel, architecture);
        UpgradeAnswer answer = Modelled.Answer(() => UpgradeAnswer.Of(session.State, kernel, architecture));
        UpgradeReport report = answer.Report;
        (NamespaceUpgrade Upgrade, string Ndctl)[] rows = [.. report.Namespaces.Zip(answer.Ndctl)];
        UnknownNamespaces unknown = UnknownNamespaces.Of(description, report, from is null);
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, report, rows, unknown));
        else
            WriteText(host, report, rows, unknown);
        return rows.Any(r => r.Upgrade.Verdict.IsTrouble() && unknown.NeedsOf(r.Upgrade.Before).Length == 0) ? ExitCode.ErrorsLeft
            : unknown.IsEmpty ? ExitCode.Success
            : ExitCode.Unsupported;
    }

    private static void WriteText(
        CliHost host,
        UpgradeReport report,
        (NamespaceUpgrade Upgrade, string Ndctl)[] rows,
        UnknownNamespaces unknown
    )
    {
        host.Out.WriteLine($"{NameOf(report.From)} -> {NameOf(report.To)}: {Numbers.Count(rows.Length, "namespace")}");
        foreach ((NamespaceUpgrade ns, string ndctl) in rows)
        {
            host.Out.WriteLine();
            if (unknown.NeedsOf(ns.Before) is { Length: > 0 } needs)
            {
                host.Out.WriteLine($"{ns.Before.Device}, {ns.Before.Range.Size} from {ns.Before.Range.Start} on: unknown: {needs}");
                continue;
            }
            host.Out.WriteLine(
                $"{ns.Before.Device}, {ns.Before.Range.Size} from {ns.Before.Range.Start} on: "
                    + $"{ns.Verdict.Word()}{(ns.Verdict == ReaderVerdict.Refuses ? $" ({ns.After!.Errno})" : "")}"
            );
            bool isLogged = ns.After is { IsOpen: false } and { Messages: [var said, ..] } && said.Trim() == ns.Why;
            if (ns.Why.Length > 0 && !isLogged)
                host.Out.WriteLine($"  {ns.Why}");
            if (ns.After is { IsOpen: false } refused)
                foreach (string message in refused.Messages)
                    host.Out.WriteLine($"  logged: {message}");
            var table = new TextTable("reader", "what it makes of it", ">capacity", "", "data from", "mapped", ">made anew");
            bool otherPages = report.From.Architecture.PageSize != report.To.Architecture.PageSize;
            AddRow(table, Reader(report.From, otherPages), ns.Before, ns.MadeAnew.Before);
            if (ns.After is { } after)
                AddRow(table, Reader(report.To, otherPages), after, ns.MadeAnew.After);
            DataOnlyReading reader = ns.DataOnly;
            table.Add(
                "data only",
                reader.Verdict.Word(),
                "",
                "",
                reader.DataOffset is { } offset ? $"{ns.Before.Range.Start + offset}" : "-",
                "",
                ""
            );
            table.Add("ndctl", ndctl, "", "", "", "", "");
            foreach (string line in table.ToText().TrimEnd('\n').Split('\n'))
                host.Out.WriteLine($"  {line}");
            foreach (string note in ns.Notes)
                host.Out.WriteLine($"  note: {note}");
            if (reader.Verdict != ReaderVerdict.Opens)
                host.Out.WriteLine($"  a data-only reader {reader.Verdict.Word()}: {reader.Why}");
        }
        foreach ((string region, string needs) in unknown.Regions)
        {
            host.Out.WriteLine();
            host.Out.WriteLine($"{region}: unknown: {needs}");
        }
    }

    private static void AddRow(TextTable table, string reader, NamespaceReading reading, ByteSize? anew) =>
        table.Add(
            reader,
            reading.IsOpen ? reading.Mode : $"{reading.Mode}, no device",
            Numbers.Of(reading.Size),
            reading.Size?.ToHuman() ?? "",
            reading.DataStart is { } start ? $"{start}" : "-",
            !reading.IsOpen ? "-"
                : reading.HasDax ? "yes"
                : "no",
            Numbers.Of(anew)
        );

    private static void WriteJson(
        Utf8JsonWriter json,
        UpgradeReport report,
        (NamespaceUpgrade Upgrade, string Ndctl)[] rows,
        UnknownNamespaces unknown
    )
    {
        json.WriteStartObject();
        json.WriteString("machine", report.From.Description.Name);
        json.WriteString("from", report.From.Kernel.Name);
        json.WriteNumber("from_page_size", report.From.Architecture.PageSize.Bytes);
        json.WriteString("to", report.To.Kernel.Name);
        json.WriteNumber("to_page_size", report.To.Architecture.PageSize.Bytes);
        json.WriteStartArray("namespaces");
        foreach ((NamespaceUpgrade ns, string ndctl) in rows)
        {
            json.WriteStartObject();
            json.WriteString("namespace", ns.Before.Device.Name);
            json.WriteString("start", JsonOutput.Hex(ns.Before.Range.Start.Bytes));
            json.WriteNumber("size", ns.Before.Range.Size.Bytes);
            if (unknown.NeedsOf(ns.Before) is { Length: > 0 } needs)
            {
                json.WriteString("verdict", "unknown");
                json.WriteString("why", needs);
                json.WriteEndObject();
                continue;
            }
            json.WriteString("verdict", ns.Verdict.Word());
            json.WriteString("why", ns.Why);
            json.WriteNumber("errno", (int)(ns.After?.Errno ?? 0));
            json.WriteStrings("messages", ns.After?.Messages ?? []);
            WriteReading(json, "before", ns.Before, ns.MadeAnew.Before);
            if (ns.After is { } after)
                WriteReading(json, "after", after, ns.MadeAnew.After);
            else
                json.WriteNull("after");
            json.WriteStartObject("data_only");
            json.WriteString("verdict", ns.DataOnly.Verdict.Word());
            json.WriteOptional("data_offset", ns.DataOnly.DataOffset?.Bytes);
            json.WriteString("why", ns.DataOnly.Why);
            json.WriteEndObject();
            json.WriteString("ndctl", ndctl);
            json.WriteStrings("notes", ns.Notes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (unknown.Regions.Count > 0)
            json.WriteObjects(
                "regions",
                unknown.Regions,
                region =>
                {
                    json.WriteString("region", region.Region);
                    json.WriteString("verdict", "unknown");
                    json.WriteString("why", region.Needs);
                }
            );
        json.WriteBoolean(
            "verified",
            unknown.IsEmpty
                && KernelChoice.IsVerified(report.From.Kernel, report.From.Architecture)
                && KernelChoice.IsVerified(report.To.Kernel, report.To.Architecture)
        );
        json.WriteEndObject();
    }

    private static void WriteReading(Utf8JsonWriter json, string name, NamespaceReading reading, ByteSize? anew)
    {
        json.WriteStartObject(name);
        json.WriteString("mode", reading.Mode);
        json.WriteBoolean("open", reading.IsOpen);
        json.WriteBoolean("dax", reading.HasDax);
        json.WriteOptional("size", reading.Size?.Bytes);
        json.WriteString("data_start", reading.DataStart is { } start ? JsonOutput.Hex(start.Bytes) : null);
        json.WriteString("dax_start", reading.DaxStart is { } pfns ? JsonOutput.Hex(pfns.Bytes) : null);
        json.WriteOptional("start_pad", reading.Settings?.StartPad.Bytes);
        json.WriteOptional("dataoff", reading.Settings?.DataOffset.Bytes);
        json.WriteOptional("end_trunc", reading.Settings?.EndTrunc.Bytes);
        json.WriteOptional("align", reading.Settings?.Align.Bytes);
        json.WriteOptional("system_ram", reading.SystemRam?.Bytes);
        json.WriteOptional("made_anew", anew?.Bytes);
        json.WriteEndObject();
    }

    private static string Reader(Machine machine, bool withPages) =>
        $"kernel {machine.Kernel.Name}{(withPages ? $", {machine.Architecture.PageSize.ToHuman()} pages" : "")}";

    private static string NameOf(Machine machine) =>
        machine.Architecture.PageSize == ByteSize.KiB(4) && machine.Architecture.Architecture == Architecture.X86_64
            ? $"kernel {machine.Kernel.Name}"
            : $"kernel {machine.Kernel.Name} with pages of {machine.Architecture.PageSize.ToHuman()}";
}
