using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image convert</c>: the same data in another mode or layout, in a new image or in place.</summary>
internal static class ImageConvertCommand
{
    private sealed class Options
    {
        public ImageOptions Image { get; } = new();
        public Argument<string?> Output { get; } =
            new("OUT") { Description = "the new image, which appears when it is complete", Arity = ArgumentArity.ZeroOrOne };
        public Option<bool> InPlace { get; } =
            new("--in-place") { Description = "change IMAGE itself, under a journal: interrupted, it can be finished or taken back" };
        public Option<string?> To { get; } = new("--to") { Description = "raw, fsdax, devdax or sector", HelpName = "MODE" };
        public Option<string?> Map { get; } = new("--map") { Description = "where struct pages go: dev or mem", HelpName = "WHERE" };
        public Option<string?> Align { get; } = new("--align") { Description = "alignment of the data (default: 2M)", HelpName = "SIZE" };
        public Option<string?> SectorSize { get; } =
            new("--sector-size") { Description = "of a BTT: 512 or 4096 (default)", HelpName = "BYTES" };
        public Option<string?> NewSize { get; } =
            new("--out-size") { Description = "of OUT (default: as large as the data need)", HelpName = "S" };
        public Option<string?> Start { get; } = Values.StartOption();
        public Option<string?> Kernel { get; } = KernelChoice.Option();
        public Option<string?> Arch { get; } = Values.ArchitectureOption();
        public Option<string?> Page { get; } = Values.PageSizeOption();
        public Option<string?> Journal { get; } =
            new("--journal") { Description = "with --in-place: where the journal goes (default: IMAGE.journal)", HelpName = "FILE" };
        public Option<string?> Seed { get; } = new("--uuid-seed") { Description = "makes the new uuid repeatable", HelpName = "N" };
        public Option<bool> DryRun { get; } = new("--dry-run", "-n") { Description = "say what would be done, and write nothing" };
        public Option<bool> Force { get; } = NewFile.ForceOption();
        public Option<bool> Progress { get; } = ImageProgress.Option();
        public Option<bool> Json { get; } = JsonOutput.Option();

        public IEnumerable<Option> Own =>
            [InPlace, To, Map, Align, SectorSize, NewSize, Start, Journal, Seed, DryRun, Force, Progress, Kernel, Arch, Page, Json];
    }

    public static Command Create(CliHost host)
    {
        var options = new Options();
        options.To.CompletionSources.Add("raw", "fsdax", "devdax", "sector");
        options.Map.CompletionSources.Add("dev", "mem");
        var command = new Command("convert", "Brings the data of an image into another mode or layout; every byte of them is kept.");
        options.Image.AddTo(command);
        command.Add(options.Output);
        foreach (Option option in options.Own)
            command.Add(option);
        command.SetAction(p => Run(host, options, p));
        CommandHelp.SetExamples(
            command,
            "altmap image convert dump.img fs.img --to fsdax",
            "altmap image convert sector.img plain.img --to raw",
            "altmap image convert disk.img --in-place --to fsdax --start 0x184000000 --kernel 6.12 --dry-run"
        );
        return command;
    }

    private static int Run(CliHost host, Options options, ParseResult p)
    {
        string path = p.GetRequiredValue(options.Image.Image);
        string? output = p.GetValue(options.Output);
        bool inPlace = p.GetValue(options.InPlace),
            isDryRun = p.GetValue(options.DryRun);
        if (inPlace == (output is not null))
            throw CliError.Usage(inPlace ? "OUT and --in-place exclude each other" : "give OUT, or --in-place to change IMAGE itself");
        if (inPlace && p.GetValue(options.NewSize) is not null)
            throw CliError.Usage("--out-size: an image keeps its size in place");
        if (!inPlace && p.GetValue(options.Journal) is not null)
            throw CliError.Usage("--journal is for --in-place; OUT appears when it is complete");
        KernelProfile kernel = KernelChoice.Select(p.GetValue(options.Kernel), all: false)[0];
        ArchitectureRules arch = Values.Architecture(kernel, p.GetValue(options.Arch), p.GetValue(options.Page));
        KernelChoice.NoteUnverified(host, kernel, arch);
        var job = new Job(host, options, p, path, kernel, arch);
        if (output is not null)
        {
            NewFile.Require(output, p.GetValue(options.Force), path);
            using OpenedImage image = OpenedImage.Open(options.Image, p, kernel);
            return job.IntoNew(image, output, isDryRun);
        }
        if (path.EndsWith(".gz", StringComparison.Ordinal))
            throw CliError.Usage($"{path}: a packed image is only read; unpack it first, or give OUT");
        if (isDryRun)
        {
            using OpenedImage image = OpenedImage.Open(options.Image, p, kernel);
            return job.InPlace(image, null);
        }
        HostResult<WritableTarget> opened = WritableTarget.Open(path);
        using WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!);
        using var writable = OpenedImage.Of(options.Image, p, target);
        return job.InPlace(writable, target);
    }

    private sealed class Job(CliHost host, Options options, ParseResult p, string path, KernelProfile kernel, ArchitectureRules arch)
    {
        private readonly PhysicalAddress? _start = Values.Address(p.GetValue(options.Start), "--start");
        private readonly bool _isJson = p.GetValue(options.Json);

        public int IntoNew(OpenedImage image, string output, bool isDryRun)
        {
            ImageNamespace ns = image.One();
            IMediaReader data = ns.OpenData() ?? throw image.NoData(ns);
            var need = ImageNeed.Of(data, ns.Content);
            ImageRequest request = Request(ns, isNew: true);
            ByteSize? size = Values.Size(p.GetValue(options.NewSize), "--out-size");
            (ImagePlan? plan, string refusal) = size is { } given
                ? ImagePlan.Of(request, given, kernel, arch)
                : ImagePlan.ForRoom(request, need.Size.IsZero ? request.Unit : need.Size, kernel, arch);
            if (plan is null)
                throw new CliError(ExitCode.ErrorsLeft, $"{path}: {refusal}");
            if (need.Size > plan.DataSize)
                throw new CliError(ExitCode.ErrorsLeft, $"{path}: {ImageConversion.Short(need, plan)}");
            Require(ns, plan, new ImageNamespacePlace(new MediaOffset(0), plan.NamespaceSize, null, null, ""));
            if (!isDryRun)
                Write(MediaSlice.Of(data, 0, Math.Min(data.LengthBytes, plan.DataSize.Bytes)), plan, output);
            Tell(ns, request, plan, need, output, null, isDryRun);
            return ExitCode.Success;
        }

        /// <param name="image">As it is.</param>
        /// <param name="target">Null: nothing is written.</param>
        public int InPlace(OpenedImage image, WritableTarget? target)
        {
            if (JournalFile.Interrupted(path, image.Media) is { } other)
                throw new CliError(
                    ExitCode.ErrorsLeft,
                    $"{path}: an earlier conversion was interrupted, and its journal is {other.Path}; "
                        + $"altmap image resume {path} finishes it, altmap undo {other.Path} {path} gives the old bytes back"
                );
            ImageNamespace ns = image.One();
            if (ns.Mode == "sector")
                throw CliError.Usage($"{path}: the blocks of a BTT lie scattered by its map, and only a new image can take them; give OUT");
            IMediaReader data = ns.OpenData() ?? throw image.NoData(ns);
            var need = ImageNeed.Of(data, ns.Content);
            ImageRequest request = Request(ns, isNew: false);
            (ImageConversion? conversion, string refusal) = ImageConversion.InPlace(ns, request, need, kernel, arch);
            if (conversion is null)
                throw new CliError(ExitCode.ErrorsLeft, $"{path}: {refusal}; nothing was written");
            Require(ns, conversion.Target, ns.Place);
            string? journal = null;
            if (target is not null)
            {
                journal = p.GetValue(options.Journal) ?? JournalFile.NameFor(path);
                using Progress progress = ImageProgress.Start(host, "converting", conversion.Plan.Length, p.GetValue(options.Progress));
                using Interruption interruption = Interruption.Watch(
                    host,
                    $"altmap: interrupted; altmap image resume {path} finishes it, altmap undo {journal} {path} gives the old bytes back"
                );
                if (JournalFile.Run(journal, conversion.Plan, target, null, (done, _) => progress.Report(done)) is { } error)
                    throw CliError.Of(error);
            }
            Tell(ns, request, conversion.Target, need, path, journal, target is null, conversion.Plan);
            return ExitCode.Success;
        }

        private ImageRequest Request(ImageNamespace ns, bool isNew)
        {
            ImageMode mode = Values.Word(p.GetValue(options.To), "--to", "raw", "fsdax", "devdax", "sector") switch
            {
                "raw" => ImageMode.Raw,
                "fsdax" => ImageMode.Fsdax,
                "devdax" => ImageMode.Devdax,
                "sector" => ImageMode.Sector,
                _ => throw CliError.Usage("give --to: raw, fsdax, devdax or sector"),
            };
            ByteSize align = Values.Size(p.GetValue(options.Align), "--align") ?? ByteSize.MiB(2);
            if (!arch.SupportedAligns.Contains(align))
                throw CliError.Usage($"--align: {Values.NoAlign(align, arch)}");
            ulong sector = Values.Number(p.GetValue(options.SectorSize), "--sector-size") ?? 4096;
            if (sector is not (512 or 4096))
                throw CliError.Usage($"--sector-size: {sector}; expected 512 or 4096");
            RequireClaim(ns, mode, isNew);
            ulong? seed = Values.Number(p.GetValue(options.Seed), "--uuid-seed");
            ulong inImage = isNew ? 0 : ns.Place.Start.Bytes;
            if (_start is null && mode is ImageMode.Fsdax or ImageMode.Devdax)
                host.Note("no --start: the image is taken to start at a multiple of every alignment");
            return new ImageRequest
            {
                Mode = mode,
                Map = Values.PageMap(p.GetValue(options.Map) ?? "dev"),
                Align = align,
                Start = _start is { } first ? checked(new PhysicalAddress(first.Bytes + inImage)) : new PhysicalAddress(0),
                SectorSize = (uint)sector,
                ParentUuid = isNew ? Uuid.Zero : ns.ParentUuid,
                Ids = UuidSource.FromSeed(seed ?? BitConverter.ToUInt64(Guid.NewGuid().ToByteArray())),
            };
        }

        /// <summary>A 1.2 label keeps its namespace for one mode: another one would not be looked for.</summary>
        private void RequireClaim(ImageNamespace ns, ImageMode mode, bool isNew)
        {
            ClaimClass wanted = mode switch
            {
                ImageMode.Fsdax => ClaimClass.Pfn,
                ImageMode.Devdax => ClaimClass.Dax,
                ImageMode.Sector => ClaimClass.Btt,
                _ => ClaimClass.None,
            };
            if (!isNew && ns.Place.Claim is { } claim && claim != ClaimClass.None && claim != wanted)
                throw CliError.Usage(
                    $"{path}: the namespace's label keeps it for {claim.ToString().ToLowerInvariant()}, "
                        + "and no kernel would look for anything else; give OUT, and make the namespace anew around it"
                );
        }

        /// <summary>Nothing is written that this kernel would not open.</summary>
        private void Require(ImageNamespace ns, ImagePlan plan, ImageNamespacePlace place)
        {
            SparseBytes metadata = plan.Metadata.Apply(SparseBytes.Zero(plan.NamespaceSize.Bytes));
            var made = ImageNamespace.Read(metadata, place with { Start = new MediaOffset(0) }, OpenedImage.SubjectOf(path));
            PhysicalAddress? at = _start is { } first ? new PhysicalAddress(checked(first.Bytes + place.Start.Bytes)) : null;
            var verdict = ImageVerdict.Of(made, at, mapsPages: false, kernel, arch);
            if (verdict.Word == "unbound")
                throw new CliError(
                    ExitCode.ErrorsLeft,
                    $"{path}: kernel {kernel.Name} would not open the result: "
                        + $"{string.Join("; ", verdict.Messages.DefaultIfEmpty(verdict.Text))}; nothing was written"
                );
        }

        private void Write(IMediaReader data, ImagePlan plan, string output)
        {
            HostResult<NewImage> created = NewImage.Create(output, plan.Size);
            using NewImage image = created.Value ?? throw CliError.Of(created.Error!);
            using Progress progress = ImageProgress.Start(host, "converting", new ByteSize(data.LengthBytes), p.GetValue(options.Progress));
            try
            {
                IMediaWriter writer = NewImageData.Unflushed(image);
                plan.Metadata.CarryOut(image.Media, writer);
                SparseCopy.Run(data, NewImageData.Of(plan, image, writer).Writer, 0, progress.Report);
            }
            catch (MediaException e) when (image.ErrorOf(e) is { } failed)
            {
                throw CliError.Of(failed);
            }
            catch (MediaException e)
            {
                throw new CliError(ExitCode.HostError, $"{path}: {e.Message}; nothing was written");
            }
            if (image.Commit(p.GetValue(options.Force)) is { } error)
                throw CliError.Of(error);
        }

        private void Tell(
            ImageNamespace ns,
            ImageRequest request,
            ImagePlan plan,
            ImageNeed need,
            string file,
            string? journal,
            bool isDryRun,
            WritePlan? writes = null
        )
        {
            string mode = request.Mode.ToString().ToLowerInvariant();
            if (_isJson)
            {
                JsonOutput.Write(
                    host,
                    json =>
                    {
                        json.WriteStartObject();
                        json.WriteString("file", file);
                        json.WriteBoolean("dry_run", isDryRun);
                        json.WriteString("from", ns.Mode);
                        json.WriteString("to", mode);
                        json.WriteString("kernel", kernel.Name);
                        json.WriteNumber("size", plan.NamespaceSize.Bytes);
                        json.WriteNumber("needed", need.Size.Bytes);
                        json.WriteOptional("data_offset", plan.DataStart?.Bytes);
                        json.WriteNumber("data_size", plan.DataSize.Bytes);
                        json.WriteString("uuid", request.Mode == ImageMode.Raw ? null : plan.DeviceUuid.ToString());
                        json.WriteObjects(
                            "plan",
                            writes?.Steps ?? ImmutableArray<PlanStep>.Empty,
                            s =>
                            {
                                json.WriteString("step", s.GetType().Name.ToLowerInvariant());
                                json.WriteOptional("source", (s as PlanStep.Move)?.Source.Bytes);
                                json.WriteOptional("offset", s.Start?.Bytes);
                                json.WriteNumber("length", s.Length.Bytes);
                            }
                        );
                        json.WriteString("journal", journal);
                        json.WriteEndObject();
                    }
                );
                return;
            }
            string would = isDryRun ? "would be " : "";
            host.Out.WriteLine($"{file}: {would}{mode} (was {ns.Mode}), {plan.NamespaceSize}");
            host.Out.WriteLine(
                (plan.DataStart is { } data ? $"  data from {data} on" : "  data through the map")
                    + $": {plan.DataSize}; needed: {need.Size} ({need.Why})"
            );
            if (isDryRun && writes is not null)
            {
                foreach (PlanStep.Move move in writes.Steps.OfType<PlanStep.Move>())
                    host.Out.WriteLine($"  would move {move.Count} from {move.Source} to {move.Target}");
            }
            if (journal is not null)
                host.Out.WriteLine($"  {journal} gives the old bytes back (altmap undo {journal} {path}), until it is removed");
        }
    }
}
