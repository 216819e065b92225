using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Recognition;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image create</c>: a finished image, with the file system made to fit.</summary>
internal static class ImageCreateCommand
{
    private const long SeededEpoch = 315532800; // 1980-01-01, the first day that every archive format has

    private sealed class Options
    {
        public Argument<string> Output { get; } = new("OUT") { Description = "the image, which appears when it is complete" };
        public Option<string?> Mode { get; } = new("--mode") { Description = "raw, fsdax, devdax or sector", HelpName = "MODE" };
        public Option<string?> Map { get; } =
            new("--map") { Description = "where struct pages go: dev (on the image) or mem", HelpName = "WHERE" };
        public Option<string?> Align { get; } = new("--align") { Description = "alignment of the data (default: 2M)", HelpName = "SIZE" };
        public Option<string?> Size { get; } = Values.SizeOption("size of the namespace; a label area comes on top");
        public Option<string?> Usable { get; } =
            new("--usable") { Description = "as large as it must be for so much room for the file system", HelpName = "S" };
        public Option<string?> Rootfs { get; } =
            new("--rootfs")
            {
                Description = "what is to be in it: a directory, a tar archive, or the image of a file system",
                HelpName = "DIR|TAR|IMG",
            };
        public Option<string?> Fs { get; } =
            new("--fs") { Description = "file system to make: ext4 (default with --rootfs), xfs or erofs", HelpName = "FS" };
        public Option<bool> Mbr { get; } = new("--mbr") { Description = "an MBR on the data, with one partition" };
        public Option<bool> Gpt { get; } = new("--gpt") { Description = "a GPT on the data, with one partition" };
        public Option<string?> LabelArea { get; } =
            new("--label-area")
            {
                Description = "blank room for labels behind the namespace (QEMU label-size, at least 128K)",
                HelpName = "S",
            };
        public Option<string?> At { get; } =
            new("--at") { Description = "physical address at which it will lie (default: aligned)", HelpName = "A" };
        public Option<string?> Vmm { get; } =
            new("--vmm") { Description = "as kata, firecracker, cloud-hypervisor or qemu want it", HelpName = "VMM" };
        public Option<string?> SectorSize { get; } =
            new("--sector-size") { Description = "of a BTT: 512 or 4096 (default)", HelpName = "BYTES" };
        public Option<string?> Seed { get; } = new("--uuid-seed") { Description = "for the same bytes in every run", HelpName = "N" };
        public Option<bool> Force { get; } = new("--force") { Description = "replace OUT where it is there already" };
        public Option<bool> Progress { get; } = ImageProgress.Option();
        public Option<string?> Kernel { get; } = KernelChoice.Option();
        public Option<bool> Json { get; } = JsonOutput.Option();
    }

    public static Command Create(CliHost host)
    {
        var options = new Options();
        options.Mode.CompletionSources.Add("raw", "fsdax", "devdax", "sector");
        options.Map.CompletionSources.Add("dev", "mem");
        options.Fs.CompletionSources.Add("ext4", "xfs", "erofs");
        options.Vmm.CompletionSources.Add([.. ImageVmm.All.Select(v => v.Name)]);
        var command = new Command("create", "Makes a finished image: size, info-block or BTT, partition table, file system made to fit.");
        command.Add(options.Output);
        foreach (
            Option option in (Option[])
                [
                    options.Mode,
                    options.Map,
                    options.Align,
                    options.Size,
                    options.Usable,
                    options.Rootfs,
                    options.Fs,
                    options.Mbr,
                    options.Gpt,
                    options.LabelArea,
                    options.At,
                    options.Vmm,
                    options.SectorSize,
                    options.Seed,
                    options.Force,
                    options.Progress,
                    options.Kernel,
                    options.Json,
                ]
        )
            command.Add(option);
        command.SetAction(p => Run(host, options, p));
        CommandHelp.SetExamples(
            command,
            "altmap image create root.img --vmm firecracker --rootfs rootfs/",
            "altmap image create root.img --vmm kata --rootfs rootfs/ --fs ext4",
            "altmap image create pmem.img --mode fsdax --size 256M --fs xfs"
        );
        return command;
    }

    private static int Run(CliHost host, Options options, ParseResult p)
    {
        string output = p.GetRequiredValue(options.Output);
        ImageVmm? vmm = ImageVmm.Find(Values.Word(p.GetValue(options.Vmm), "--vmm", [.. ImageVmm.All.Select(v => v.Name)]));
        ImageMode mode = ModeOf(p.GetValue(options.Mode), vmm);
        string? fs = Values.Word(p.GetValue(options.Fs), "--fs", "ext4", "xfs", "erofs"),
            rootfs = p.GetValue(options.Rootfs);
        if (mode == ImageMode.Devdax && (fs is not null || rootfs is not null))
            throw CliError.Usage("--mode devdax: such a namespace has no block device, and no file system");
        if (p.GetValue(options.Mbr) && p.GetValue(options.Gpt))
            throw CliError.Usage("--mbr and --gpt exclude each other");
        if (vmm is { HasFrontTable: true } && p.GetValue(options.Gpt))
            throw CliError.Usage("--vmm kata: its layout has two MBRs, and no room for a GPT in front of the info-block");
        if (rootfs is not null && rootfs.Length == 0)
            throw CliError.Usage("--rootfs: \"\" is no path");
        KernelProfile kernel = KernelChoice.Select(p.GetValue(options.Kernel), all: false)[0];
        ArchitectureRules arch = Values.Architecture(kernel, (Architecture?)null, null);
        ByteSize align = Values.Size(p.GetValue(options.Align), "--align") ?? ByteSize.MiB(2);
        if (!arch.SupportedAligns.Contains(align))
            throw CliError.Usage($"--align: {Values.NoAlign(align, arch)}");
        ulong? seed = Values.Number(p.GetValue(options.Seed), "--uuid-seed");
        PartitionTableKind? table =
            p.GetValue(options.Gpt) ? PartitionTableKind.Gpt
            : p.GetValue(options.Mbr) || vmm is { HasFrontTable: true } ? PartitionTableKind.Mbr
            : null;
        ulong sector = Values.Number(p.GetValue(options.SectorSize), "--sector-size") ?? 4096;
        if (sector is not (512 or 4096))
            throw CliError.Usage($"--sector-size: {sector}; expected 512 or 4096");
        ByteSize? size = SizeOf(Values.Size(p.GetValue(options.Size), "--size"), vmm, mode),
            room = Values.Size(p.GetValue(options.Usable), "--usable");
        if (size is not null && room is not null)
            throw CliError.Usage("--size and --usable exclude each other: one follows from the other");
        CheckOutput(output, p.GetValue(options.Force));
        var request = new ImageRequest
        {
            Mode = mode,
            Map = p.GetValue(options.Map) is { } map ? Values.PageMap(map) : vmm?.Map ?? PageMapMode.Pmem,
            Align = align,
            Start = Values.Address(p.GetValue(options.At), "--at") ?? new PhysicalAddress(0),
            Unit = vmm?.Unit ?? ByteSize.MiB(2),
            SectorSize = (uint)sector,
            Table = table,
            HasFrontTable = vmm is { HasFrontTable: true },
            LabelArea = LabelAreaOf(p.GetValue(options.LabelArea)),
            Ids = UuidSource.FromSeed(seed ?? BitConverter.ToUInt64(Guid.NewGuid().ToByteArray())),
        };
        var build = new ImageBuild(output, request, kernel, arch);
        ImagePlan plan;
        using (Progress progress = ImageProgress.Start(host, "filling", room ?? size ?? ByteSize.Zero, p.GetValue(options.Progress)))
            plan = build.Run(size, room, fs, rootfs, EpochOf(host, seed), p.GetValue(options.Force), progress.Report);
        KernelChoice.NoteUnverified(host, kernel, arch);
        Tell(host, output, request, plan, build, p.GetValue(options.Json));
        return ExitCode.Success;
    }

    private static ImageMode ModeOf(string? word, ImageVmm? vmm) =>
        Values.Word(word, "--mode", "raw", "fsdax", "devdax", "sector") switch
        {
            "raw" => ImageMode.Raw,
            "fsdax" => ImageMode.Fsdax,
            "devdax" => ImageMode.Devdax,
            "sector" => ImageMode.Sector,
            _ => vmm?.Mode ?? throw CliError.Usage("give --mode (raw, fsdax, devdax, sector) or --vmm, which has one"),
        };

    private static ByteSize? SizeOf(ByteSize? size, ImageVmm? vmm, ImageMode mode)
    {
        if (size is not { } given)
            return null;
        if (vmm is not null && !given.IsMultipleOf(vmm.Unit))
            throw CliError.Usage(
                $"--size: {given} is no multiple of {vmm.Unit.ToHuman()}: {vmm.Why}; the next are "
                    + $"{given.AlignDown(vmm.Unit).ToOption()} and "
                    + given.AlignUp(vmm.Unit).ToOption()
            );
        ByteSize least = ByteSize.KiB(4);
        return given.IsMultipleOf(least) && given >= least && (mode == ImageMode.Raw || given > ByteSize.KiB(8))
            ? given
            : throw CliError.Usage($"--size: {given}; expected a multiple of 4 KiB, and room for what is to be in it");
    }

    private static ByteSize LabelAreaOf(string? text)
    {
        if (Values.Size(text, "--label-area") is not { } size)
            return ByteSize.Zero;
        return size >= ByteSize.KiB(128) && size.IsMultipleOf(ByteSize.KiB(4)) && size <= ByteSize.MiB(64)
            ? size
            : throw CliError.Usage($"--label-area: {size}; expected a multiple of 4K from 128K (what QEMU asks for) to 64M");
    }

    /// <summary>Nothing that is there is lost unasked; what it is, is said.</summary>
    private static void CheckOutput(string output, bool isForced)
    {
        if (isForced || !Path.Exists(output))
            return;
        string what = "there is such a file";
        if (File.Exists(output) && Host.Media.FileMedia.Open(output).Value is { } media)
        {
            using (media)
                what = $"there is such a file, and in it: {MediaContent.Of(media.ReadHead(MediaContent.HeadBytes)).Description}";
        }
        throw CliError.Usage($"{output}: {what}; nothing was written. --force replaces it");
    }

    /// <summary>Null: now. A seed asks for the same bytes in every run, and so for one time.</summary>
    private static long? EpochOf(CliHost host, ulong? seed)
    {
        string? text = host.Variable("SOURCE_DATE_EPOCH");
        if (string.IsNullOrEmpty(text))
            return seed is null ? null : SeededEpoch;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long epoch) && epoch <= uint.MaxValue
            ? epoch
            : throw CliError.Usage($"SOURCE_DATE_EPOCH: \"{text}\"; expected seconds since 1970");
    }

    private static void Tell(CliHost host, string output, ImageRequest request, ImagePlan plan, ImageBuild build, bool isJson)
    {
        MediaOffset? place = plan.DataStart is { } start ? start + new ByteSize(plan.Place.Bytes) : null;
        ByteSize unused =
            build.FileSystemSize.IsZero || plan.Room < build.FileSystemSize ? ByteSize.Zero : plan.Room - build.FileSystemSize;
        string mode = request.Mode.ToString().ToLowerInvariant();
        bool hasBlock = request.Mode is ImageMode.Fsdax or ImageMode.Devdax;
        ulong before = plan.DataStart?.Bytes ?? 0,
            behind = hasBlock ? plan.NamespaceSize.Bytes - before - plan.DataSize.Bytes : 0;
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("file", output);
                    json.WriteNumber("size", plan.Size.Bytes);
                    json.WriteNumber("namespace_size", plan.NamespaceSize.Bytes);
                    json.WriteString("mode", mode);
                    json.WriteString("map", hasBlock ? request.Map.Word() : null);
                    json.WriteOptional("align", hasBlock ? request.Align.Bytes : null);
                    json.WriteString("uuid", request.Mode == ImageMode.Raw ? null : plan.DeviceUuid.ToString());
                    json.WriteOptional("data_offset", plan.DataStart?.Bytes);
                    json.WriteNumber("data_size", plan.DataSize.Bytes);
                    json.WriteNumber("end_trunc", behind);
                    json.WriteString("partition_table", request.Table?.ToString().ToLowerInvariant());
                    json.WriteOptional("partition_offset", request.Table is null ? null : place?.Bytes);
                    json.WriteOptional("partition_size", request.Table is null ? null : plan.Room.Bytes);
                    json.WriteString("file_system", build.FileSystem);
                    json.WriteOptional("file_system_size", build.FileSystemSize.IsZero ? null : build.FileSystemSize.Bytes);
                    json.WriteString("file_system_uuid", build.FileSystem is null ? null : plan.FileSystemUuid.ToString());
                    json.WriteNumber("unused", unused.Bytes);
                    json.WriteNumber("label_area", request.LabelArea.Bytes);
                    json.WriteEndObject();
                }
            );
            return;
        }
        string page = hasBlock ? $", map {request.Map.Word()}, align {request.Align.ToOption()}" : "";
        host.Out.WriteLine($"{output}: {plan.Size}, {mode}{page}{(request.Mode == ImageMode.Raw ? "" : $", uuid {plan.DeviceUuid}")}");
        host.Out.WriteLine(
            plan.DataStart is { } data ? $"  data from {data} on: {plan.DataSize}" : $"  data through the map: {plan.DataSize}"
        );
        if (behind > 0)
            host.Out.WriteLine($"  end_trunc: {behind} bytes at the end are not used");
        if (request.Table is { } table)
            host.Out.WriteLine(
                $"  {table.ToString().ToUpperInvariant()}, partition 1{(place is { } at ? $" from {at} on" : "")}: {plan.Room}"
                    + (request.HasFrontTable ? ", the same in front of the info-block" : "")
            );
        if (!build.FileSystemSize.IsZero)
            host.Out.WriteLine(
                $"  {build.FileSystem ?? "file system"} of {build.FileSystemSize}"
                    + (build.FileSystem is null ? "" : $", uuid {plan.FileSystemUuid}")
                    + (unused.IsZero ? "" : $"; {unused.Bytes} bytes behind it are not used")
            );
        if (!request.LabelArea.IsZero)
            host.Out.WriteLine($"  label area from {new MediaOffset(plan.NamespaceSize.Bytes)} on: {request.LabelArea}, blank");
    }
}
