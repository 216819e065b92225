using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Formats.Recognition;
using Altmap.Formats.Writes;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt create</c>: what a kernel lays down for <c>ndctl create-namespace -m sector</c>, byte for byte.</summary>
internal static class BttCreateCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var sector = new Option<string?>("--sector-size")
        {
            Description = "512, 520, 528, 4096 (default), 4104, 4160 or 4224: with its metadata",
            HelpName = "BYTES",
        };
        var version = new Option<string?>("--format")
        {
            Description = "1.1 (default) or 2.0; --claim decides where it is given",
            HelpName = "V",
        };
        var uuid = new Option<string?>("--uuid") { Description = "of the BTT (default: a random one)", HelpName = "U" };
        var seed = new Option<string?>("--uuid-seed") { Description = "for a repeatable uuid", HelpName = "N" };
        var force = new Option<bool>("--force") { Description = "overwrite what is recognised in the image" };
        var undo = BttRepairCommand.UndoOption();
        Option<bool> json = JsonOutput.Option();
        var command = new Command(
            "create",
            "Lays a BTT down as a kernel does. The data area keeps its old bytes: sectors never written show them."
        );
        options.AddTo(command);
        foreach (Option option in (Option[])[sector, version, uuid, seed, force, undo, json])
            command.Add(option);
        command.SetAction(p =>
        {
            using BttInput input = options.Read(p);
            uint sectorSize = (uint)(Values.Number(p.GetValue(sector), "--sector-size") ?? 4096);
            if (!BttConstants.SectorSizes.Contains(sectorSize))
                throw CliError.Usage($"--sector-size: {sectorSize}; expected {string.Join(", ", BttConstants.SectorSizes)}");
            string? format = Values.Word(p.GetValue(version), "--format", "1.1", "2.0");
            BttVersion chosen =
                input.Claim is { } claim ? BttVersion.Of(claim)
                : format == "2.0" ? BttVersion.V2_0
                : BttVersion.V1_1;
            return Run(
                host,
                input,
                chosen,
                sectorSize,
                Values.Uuid(p.GetValue(uuid), "--uuid") ?? BttRepairCommand.NewUuid(p.GetValue(seed)),
                p.GetValue(force),
                p.GetValue(undo),
                p.GetValue(json)
            );
        });
        CommandHelp.SetExamples(
            command,
            "altmap btt create disk.img --size 1G",
            "altmap btt create disk.img --size 1G --sector-size 512 --format 2.0 --parent-uuid 11111111-2222-4333-8444-555555555555"
        );
        return command;
    }

    private static int Run(
        CliHost host,
        BttInput input,
        BttVersion version,
        uint sectorSize,
        Uuid uuid,
        bool isForced,
        string? undo,
        bool isJson
    )
    {
        bool isNew = !File.Exists(input.Path);
        if (isNew && input.Size is null)
            throw CliError.Usage($"{input.Path}: there is no such file; give --size for a new one");
        ByteSize? reach = input.Size is { } size ? input.Start + size : null;
        HostResult<WritableTarget> opened = reach is { } whole
            ? WritableTarget.OpenOrCreate(input.Path, whole)
            : WritableTarget.Open(input.Path);
        using WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!);
        bool isDone = false;
        try
        {
            IMediaReader ns = input.Namespace(target.Media);
            ImmutableArray<BttArena> arenas = BttGeometry.Plan(
                new ByteSize(ns.LengthBytes),
                version,
                sectorSize,
                uuid,
                input.Parent ?? Uuid.Zero
            );
            if (arenas.IsEmpty)
                throw CliError.Usage(
                    $"{input.Path}: {new ByteSize(ns.LengthBytes)}; a BTT {version.Major}.{version.Minor} needs at least "
                        + $"{BttConstants.ArenaSizeMin + (version.Start - new MediaOffset(0))}"
                );
            if (!isForced && Recognised(ns, input) is { } there)
                throw CliError.Usage(
                    $"{input.Path}: there is {there}; nothing was written. --force overwrites it (the old bytes are kept in an undo file)"
                );
            string? undoPath = isNew ? null : BttRepairCommand.UndoPath(input.Path, undo);
            WritePlan plan = BttGeometry.LayDown(arenas).Shifted(input.Start);
            using (var progress = new Progress(host, "laying down", plan.Length))
            {
                if (Executor.Run(plan, target, undoPath, (done, _) => progress.Report(done)) is { } error)
                    throw CliError.Of(error);
            }
            isDone = true;
            BttReport report = BttCheck.Run(ns, input.Request with { Version = version });
            if (isJson)
                JsonOutput.Write(
                    host,
                    json =>
                    {
                        json.WriteStartObject();
                        json.WriteString("version", $"{version.Major}.{version.Minor}");
                        json.WriteNumber("sectors", report.Sectors);
                        json.WriteNumber("sector_size", report.Arenas[0].SectorBytes);
                        json.WriteString("uuid", uuid.ToString());
                        json.WriteString("undo", undoPath);
                        BttText.WriteArenas(json, report);
                        json.WriteEndObject();
                    }
                );
            else
            {
                BttText.Write(host, report);
                if (undoPath is not null)
                    host.Out.WriteLine($"the old bytes are in {undoPath}");
            }
            return ExitCode.Success;
        }
        finally
        {
            if (!isDone)
                target.Abandon();
        }
    }

    /// <summary>What a new BTT would destroy, in words, or null.</summary>
    private static string? Recognised(IMediaReader media, BttInput input)
    {
        if (BttCheck.Run(media, input.Request).IsFound)
            return "a BTT, or what is left of one (altmap btt check)";
        byte[] head = media.ReadHead(NamespaceBinding.HeadBytes);
        if (head.Length == NamespaceBinding.HeadBytes && HasInfoBlock(head))
            return "an fsdax or devdax info-block (altmap infoblock check)";
        MediaContent there = MediaContent.Of(media.ReadHead(MediaContent.HeadBytes));
        return there.Kind is not (MediaContentKind.Zeroes or MediaContentKind.Unknown) ? there.Description
            : media.IsZero(0, Math.Min(media.LengthBytes, 1 << 20)) ? null
            : "data in the first MiB";
    }

    private static bool HasInfoBlock(ReadOnlySpan<byte> head)
    {
        var block = new InfoBlockView(head[(int)InfoBlock.StartBytes..]);
        return block.HasSignature(InfoBlockKind.Pfn) || block.HasSignature(InfoBlockKind.Dax);
    }
}
