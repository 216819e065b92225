using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;
using Altmap.Shell.Json;

namespace Altmap.Cli.Labels;

/// <summary><c>altmap labels</c>: label areas of NVDIMMs as files.</summary>
internal static partial class LabelsCommand
{
    private const int AreaBytesMax = 64 << 20;
    private const string IndexSignature = "NAMESPACE_INDEX";

    public static Command Create(CliHost host)
    {
        var command = new Command("labels", "Reads, checks, repairs and initialises the label area of an NVDIMM.")
        {
            CreateRead(host),
            CreateCheck(host),
            LabelsRepairCommand.Create(host),
            CreateInit(host),
        };
        CommandHelp.SetExamples(
            command,
            "altmap labels read labels.nmem0.bin",
            "altmap labels check labels.nmem0.bin.gz --all-kernels",
            "altmap labels init area.bin --size 128K --label-version 1.2"
        );
        return command;
    }

    private static Argument<string> FileArgument() =>
        new("FILE") { Description = "a raw label area, as ndctl read-labels -o writes it; may be gzipped" };

    private static Command CreateRead(CliHost host)
    {
        Argument<string> file = FileArgument();
        var json = new Option<bool>("--json", "-j") { Description = "the JSON of ndctl read-labels -j" };
        var human = new Option<bool>("--human", "-u") { Description = "the JSON of ndctl read-labels -u" };
        var command = new Command("read", "Shows index blocks and labels.") { file, json, human };
        command.SetAction(p => Read(host, p.GetRequiredValue(file), p.GetValue(json) || p.GetValue(human), p.GetValue(human)));
        CommandHelp.SetExamples(command, "altmap labels read labels.nmem0.bin --json");
        return command;
    }

    private static Command CreateCheck(CliHost host)
    {
        Argument<string> file = FileArgument();
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var command = new Command("check", "Says which index block rules, which labels count, and what is wrong.")
        {
            file,
            kernel,
            all,
            json,
        };
        command.SetAction(p =>
            Check(
                host,
                p.GetRequiredValue(file),
                KernelChoice.Select(p.GetValue(kernel), p.GetValue(all)),
                p.GetValue(all),
                p.GetValue(json)
            )
        );
        CommandHelp.SetExamples(command, "altmap labels check labels.nmem0.bin --kernel 6.12");
        return command;
    }

    private static Command CreateInit(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "the file of the area; made where there is none" };
        Option<string?> size = Values.SizeOption("size of a new area; QEMU's and most real ones have 128K");
        var version = new Option<string?>("--label-version", "-V") { Description = "1.1 (default) or 1.2", HelpName = "VERSION" };
        version.CompletionSources.Add("1.1", "1.2");
        var force = new Option<bool>("--force", "-f") { Description = "also where there are valid index blocks: every label is lost" };
        Option<bool> json = JsonOutput.Option();
        var command = new Command("init", "Writes two index blocks, as ndctl init-labels does.") { file, size, version, force, json };
        command.SetAction(p =>
            Init(
                host,
                p.GetRequiredValue(file),
                Values.Size(p.GetValue(size), "--size"),
                Values.Word(p.GetValue(version), "--label-version", "1.1", "1.2"),
                p.GetValue(force),
                p.GetValue(json)
            )
        );
        CommandHelp.SetExamples(command, "altmap labels init area.bin --size 128K --label-version 1.2");
        return command;
    }

    private static int Read(CliHost host, string path, bool isJson, bool isHuman)
    {
        SparseBytes area = ReadArea(path);
        LabelDump? dump = LabelJson.Read(area, isHuman);
        // ndctl prints whatever bytes there are; that they mean nothing is said, by the exit code too.
        bool isValid = NdctlLabelCheck.Check(area).IsValid;
        if (!isValid)
            host.Note($"{path}: no index block is valid (altmap labels check says why): whatever is read here may be anything");
        if (isJson)
        {
            if (dump is null)
            {
                // As ndctl: it drops a DIMM without any label to list.
                host.Error.Write("read 0 nmem\n");
                return ExitCode.ErrorsLeft;
            }
            host.Out.Write(LabelJson.Format([(DeviceOf(path), dump)]) + "\n");
            host.Error.Write("read 1 nmem\n");
            return isValid ? ExitCode.Success : ExitCode.ErrorsLeft;
        }
        if ((dump ?? LabelJson.Read(area, indexOnly: true)) is not { } shown)
            throw CliError.Usage($"{path}: {area.LengthBytes} bytes are too few for a label area");
        if (!isValid && !shown.Indexes.Any(i => i["signature"]!.Text.Contains(IndexSignature, StringComparison.Ordinal)))
            return ExitCode.ErrorsLeft;
        WriteTable(host, "index blocks", shown.Indexes);
        if (dump is null)
            host.Out.WriteLine("no labels");
        else
            WriteTable(host, "labels", dump.Labels, StatesOf(LabelArea.Parse(area, KernelProfiles.Default), dump.Labels));
        return isValid ? ExitCode.Success : ExitCode.ErrorsLeft;
    }

    /// <summary>What the index blocks and the kernel's checks make of each label: ndctl lists what once was there, too.</summary>
    private static string[] StatesOf(LabelArea area, ImmutableArray<JsonObject> labels)
    {
        HashSet<uint> live = [.. area.ActiveLabels.Select(l => l.Slot)];
        return
        [
            .. labels.Select(label =>
                !uint.TryParse(label["slot"]!.Text, CultureInfo.InvariantCulture, out uint slot) || slot >= area.SlotCount ? "not valid"
                : area.IsFree(slot) ? "free"
                : live.Contains(slot) ? "live"
                : "not valid"
            ),
        ];
    }

    private static void WriteTable(CliHost host, string title, ImmutableArray<JsonObject> objects, string[]? states = null)
    {
        host.Out.WriteLine(title);
        var table = new TextTable([.. states is null ? (string[])[] : ["state"], .. objects[0].Members.Select(m => m.Key)]);
        for (int i = 0; i < objects.Length; i++)
            table.Add([.. states is null ? (string[])[] : [states[i]], .. objects[i].Members.Select(m => m.Value.Text)]);
        table.Write(host);
    }

    private static int Check(CliHost host, string path, ImmutableArray<KernelProfile> kernels, bool isAll, bool isJson)
    {
        SparseBytes area = ReadArea(path);
        var answers = kernels.Select(k => (Kernel: k, Area: LabelArea.Parse(area, k), Findings: LabelChecks.Validate(area, k))).ToArray();
        foreach (KernelProfile kernel in kernels)
            KernelChoice.NoteUnverified(host, kernel, null);
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    if (isAll)
                        json.WriteStartArray();
                    foreach (var answer in answers)
                        WriteJson(json, answer.Kernel, answer.Area, answer.Findings);
                    if (isAll)
                        json.WriteEndArray();
                }
            );
        }
        else
        {
            foreach (var (kernel, labels, findings) in answers)
            {
                host.Out.WriteLine(
                    labels.HasCurrentIndex
                        ? $"kernel {kernel.Name}: labels {labels.IndexVersion.Major}.{labels.IndexVersion.Minor}, index "
                            + $"{labels.CurrentIndexNumber} rules, {labels.ActiveLabels.Length} labels count, {labels.FreeSlotCount} of "
                            + $"{labels.SlotCount} slots free"
                        : $"kernel {kernel.Name}: no labels: the DIMM counts as label-less"
                );
                // The line above says already which block rules.
                FindingText.Write(host, findings.Where(f => f.Code != LabelFindings.IndexCurrent));
            }
        }
        return answers.Any(a => a.Findings.Any(f => f.Severity == Severity.Error)) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static void WriteJson(Utf8JsonWriter json, KernelProfile kernel, LabelArea area, IReadOnlyList<Finding> findings)
    {
        json.WriteStartObject();
        json.WriteString("kernel", kernel.Name);
        json.WriteNumber("current_index", area.CurrentIndexNumber);
        json.WriteString("version", area.HasCurrentIndex ? $"{area.IndexVersion.Major}.{area.IndexVersion.Minor}" : null);
        json.WriteNumber("labels", area.ActiveLabels.Length);
        json.WriteNumber("slots", area.SlotCount);
        json.WriteNumber("free_slots", area.FreeSlotCount);
        json.WriteFindings("findings", findings);
        json.WriteBoolean("verified", kernel.IsVerified);
        json.WriteEndObject();
    }

    private static int Init(CliHost host, string path, ByteSize? size, string? version, bool isForced, bool isJson)
    {
        if (path.EndsWith(".gz", StringComparison.Ordinal))
            throw CliError.Usage($"{path}: a gzipped area is only read; unpack it first");
        SparseBytes area;
        if (File.Exists(path))
        {
            area = ReadArea(path);
            if (size is { } wanted && wanted.Bytes != area.LengthBytes)
                throw CliError.Usage($"{path}: the file has {area.LengthBytes} bytes, not {wanted.Bytes}; leave --size away");
        }
        else
        {
            ByteSize bytes = size ?? throw CliError.Usage($"{path}: there is no such file; give --size for a new one");
            if (bytes.Bytes > AreaBytesMax)
                throw CliError.Usage($"--size: {bytes}; expected at most {new ByteSize(AreaBytesMax)}");
            area = SparseBytes.Zero(bytes.Bytes);
        }
        if (!isForced && NdctlLabelCheck.Check(area).IsValid)
            throw CliError.Usage($"{path}: labels already initialized; --force loses them");
        if (!isForced && !area.IsZero(0, area.LengthBytes))
            throw CliError.Usage(
                $"{path}: it is not blank, and has no valid index block: \"altmap labels repair {path}\" shows what can be saved; "
                    + "--force initialises it, and loses what is there"
            );
        LabelAreaChange change = LabelInitialisation.InitLabels(area, version == "1.2" ? LabelVersion.V1_2 : LabelVersion.V1_1);
        if (change.Errno != Errno.None)
            throw CliError.Usage($"{path}: {area.LengthBytes} bytes are too few for two index blocks and two labels");
        HostResult<WritableTarget> opened = WritableTarget.OpenOrCreate(path, new ByteSize(area.LengthBytes));
        using (WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!))
        {
            if (Executor.Run(change.Plan, target) is { } error)
            {
                target.Abandon();
                throw CliError.Of(error);
            }
        }
        host.Error.Write("initialized 1 nmem\n");
        if (isJson)
        {
            LabelArea made = LabelArea.Parse(change.Bytes, KernelProfiles.Default);
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("file", path);
                    json.WriteNumber("size", change.Bytes.LengthBytes);
                    json.WriteString("version", $"{made.IndexVersion.Major}.{made.IndexVersion.Minor}");
                    json.WriteNumber("slots", made.SlotCount);
                    json.WriteEndObject();
                }
            );
        }
        return ExitCode.Success;
    }

    private static SparseBytes ReadArea(string path)
    {
        HostResult<byte[]> read = BoundedFile.Read(path, AreaBytesMax);
        return read.Value is { } bytes ? SparseBytes.From(bytes) : throw CliError.Of(read.Error!);
    }

    /// <summary>A capture's file names its DIMM; any other file stands for itself.</summary>
    private static string DeviceOf(string path)
    {
        string name = Path.GetFileName(path);
        return CaptureName().Match(name) is { Success: true } match ? match.Groups[1].Value : name;
    }

    [GeneratedRegex(@"^labels\.(nmem[0-9]+)\.bin(\.gz)?$")]
    private static partial Regex CaptureName();
}
