using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Btt;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using Altmap.Formats.Recognition;
using Altmap.Host;
using Altmap.Shell.Json;

namespace Altmap.Cli.InfoBlocks;

/// <summary><c>altmap infoblock check</c>: what a kernel makes of a namespace, and all that is wrong with its info-block.</summary>
internal static class InfoBlockCheckCommand
{
    private const string AnyParent = "any";

    private sealed record Answer(
        KernelProfile Kernel,
        ArchitectureRules Architecture,
        BindingOutcome Outcome,
        IReadOnlyList<Finding> Findings,
        string? Needs
    )
    {
        /// <summary>What the first bytes are, whoever made them.</summary>
        public required MediaContent Content { get; init; }

        /// <summary>A raw namespace without struct pages: no DAX.</summary>
        public bool LacksDax { get; init; }

        public bool IsWrong =>
            (Needs is null && Outcome.Verdict == BindingVerdict.Unbound) || Findings.Any(f => f.Severity == Severity.Error);
    }

    public static Command Create(CliHost host)
    {
        Argument<string> file = InfoBlockCommand.FileArgument();
        Option<string?> start = Values.StartOption(),
            size = Values.SizeOption("size of the namespace (default: of the file)");
        Option<string?> kernel = KernelChoice.Option(),
            arch = Values.ArchitectureOption(),
            page = Values.PageSizeOption();
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var parent = new Option<string?>("--parent-uuid")
        {
            Description = "uuid of the namespace's label (default: it has none); \"any\": the one that the block names",
            HelpName = "U",
        };
        var claim = new Option<string?>("--claim")
        {
            Description = "what the label says it is for: none (default), pfn, dax, btt, or btt2 for BTT 2.0",
            HelpName = "CLASS",
        };
        var provider = new Option<string?>("--provider")
        {
            Description = "the bus: nfit (default), or e820 for memmap= ranges",
            HelpName = "BUS",
        };
        claim.CompletionSources.Add("none", "pfn", "dax", "btt", "btt2");
        provider.CompletionSources.Add("nfit", "e820");
        var command = new Command("check", "Says what a kernel makes of a namespace, and what is wrong with its info-block.")
        {
            file,
            start,
            size,
            parent,
            claim,
            provider,
            kernel,
            all,
            arch,
            page,
            json,
        };
        command.SetAction(p =>
        {
            ImmutableArray<KernelProfile> kernels = KernelChoice.Select(p.GetValue(kernel), p.GetValue(all));
            KernelChoice.NoteWithoutKmsan(host, p.GetValue(all));
            var target = new Target(
                host,
                p.GetRequiredValue(file),
                p.GetValue(start),
                p.GetValue(size),
                p.GetValue(parent),
                p.GetValue(claim),
                p.GetValue(provider)
            );
            InfoBlockReaders? readers = p.GetValue(all) ? target.Readers() : null;
            return Run(
                host,
                [.. kernels.Select(k => target.Judge(k, Values.Architecture(k, p.GetValue(arch), p.GetValue(page))))],
                readers,
                p.GetValue(json)
            );
        });
        CommandHelp.SetExamples(
            command,
            "altmap infoblock check disk.img --start 4G --size 256M",
            "altmap infoblock check disk.img --start 4G --size 256M --all-kernels --json"
        );
        return command;
    }

    private static int Run(CliHost host, ImmutableArray<Answer> answers, InfoBlockReaders? readers, bool isJson)
    {
        foreach (Answer answer in answers)
            KernelChoice.NoteUnverified(host, answer.Kernel, answer == answers[0] ? answer.Architecture : null);
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, answers, readers));
        else
            foreach (Answer answer in answers)
                WriteText(host, answer);
        if (!isJson)
            readers?.WriteText(host);
        return answers.Any(a => a.IsWrong) ? ExitCode.ErrorsLeft
            : answers.Any(a => a.Needs is not null) ? ExitCode.Unsupported
            : ExitCode.Success;
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> answers, InfoBlockReaders? readers)
    {
        if (readers is not null)
            json.WriteStartArray();
        foreach (Answer answer in answers)
        {
            BindingOutcome outcome = answer.Outcome;
            json.WriteStartObject();
            json.WriteString("kernel", answer.Kernel.Name);
            json.WriteString("reader", "kernel");
            json.WriteString("verdict", answer.Needs is null ? Word(outcome.Verdict) : "unknown");
            if (answer.Needs is not null)
                json.WriteStrings("needs", [answer.Needs]);
            json.WriteString("mode", outcome.Mode);
            json.WriteOptional("size", outcome.Size?.Bytes);
            json.WriteOptional("data_offset", outcome.DataOffset?.Bytes);
            json.WriteOptional("align", outcome.Align?.Bytes);
            json.WriteNumber("errno", (int)outcome.Errno);
            json.WriteStrings("messages", outcome.Messages);
            json.WriteString("content", answer.Content.Description);
            json.WriteFindings("findings", answer.Findings);
            json.WriteBoolean("verified", KernelChoice.IsVerified(answer.Kernel, answer.Architecture));
            json.WriteEndObject();
        }
        if (readers is null)
            return;
        readers.WriteJson(json);
        json.WriteEndArray();
    }

    private static void WriteText(CliHost host, Answer answer)
    {
        BindingOutcome outcome = answer.Outcome;
        string what = outcome.Verdict switch
        {
            BindingVerdict.Raw => $"raw: a plain block device of {outcome.Size}",
            BindingVerdict.Bound when outcome.Size is { } size =>
                $"{outcome.Mode}: {size} of data from 0x{outcome.DataOffset?.Bytes ?? 0:x} on, align {outcome.Align}",
            BindingVerdict.Bound => outcome.Mode,
            _ => $"no driver ({outcome.Errno}){(outcome.IsClaimed ? $": the {outcome.Mode} device does not bind" : "")}",
        };
        host.Out.WriteLine($"kernel {answer.Kernel.Name}: {(answer.Needs is null ? what : $"unknown: needs {answer.Needs}")}");
        foreach (string message in outcome.Messages)
            host.Out.WriteLine($"  logged: {message}");
        if (outcome.Verdict == BindingVerdict.Raw && !answer.Content.IsBlank)
            host.Out.WriteLine($"  it holds: {answer.Content.Description}");
        if (answer.LacksDax)
            host.Out.WriteLine(
                "  no DAX: a raw namespace of an NFIT has no struct pages. For DAX: altmap infoblock write, or virtio-pmem or e820 "
                    + "(--provider e820), whose raw namespaces are mapped"
            );
        FindingText.Write(host, answer.Findings);
    }

    internal static string Word(BindingVerdict verdict) =>
        verdict switch
        {
            BindingVerdict.Raw => "raw",
            BindingVerdict.Bound => "bound",
            _ => "unbound",
        };

    /// <summary>The namespace as the command line describes it.</summary>
    private sealed class Target
    {
        private const ulong HeldBytesMax = 256UL << 20;
        private readonly byte[] _head;
        private readonly NamespaceExtent _extent;
        private readonly ClaimClass _claim;
        private readonly bool _mapsPages;
        private readonly MediaContent _content;
        private readonly BttReport _btt = BttReport.None;
        private readonly string? _needs;

        public Target(CliHost host, string path, string? start, string? size, string? parent, string? claim, string? provider)
        {
            PhysicalAddress? address = Values.Address(start, "--start");
            ByteSize? given = Values.Size(size, "--size");
            Uuid? label = parent == AnyParent ? null : Values.Uuid(parent, "--parent-uuid") ?? Uuid.Zero;
            _claim = Values.Word(claim, "--claim", "none", "pfn", "dax", "btt", "btt2") switch
            {
                "pfn" => ClaimClass.Pfn,
                "dax" => ClaimClass.Dax,
                "btt" => ClaimClass.Btt,
                "btt2" => ClaimClass.Btt2,
                _ => ClaimClass.None,
            };
            _mapsPages = Values.Word(provider, "--provider", "nfit", "e820") == "e820";
            NamespaceHead head = ImageInput.ReadHead(host, path, MediaContent.HeadBytes, wantsSize: given is null);
            _head = head.Bytes[..Math.Min(head.Bytes.Length, NamespaceBinding.HeadBytes)];
            _content = MediaContent.Of(head.Bytes);
            ByteSize whole = given ?? head.Size ?? throw CliError.Usage($"{path}: its size is not known; give --size");
            // What "infoblock write" and read-infoblock leave is a head; nothing can lie behind its block.
            if (given is null && whole.Bytes == NamespaceBinding.HeadBytes)
                throw CliError.Usage(
                    $"{path}: the file has {whole.Bytes} bytes ({whole.ToHuman()}), the head of a namespace alone; give --size SIZE "
                        + $"of the whole namespace"
                );
            if (address is null)
                host.Note("no --start: the namespace is taken to start at a multiple of its alignment");
            // A BTT's block has its parent_uuid at the same place.
            bool hasBlock = InfoBlockJson.Read(_head, "file", path, default).Count > 0;
            Uuid named = hasBlock ? new InfoBlockView(_head.AsSpan((int)InfoBlock.StartBytes)).ParentUuid : Uuid.Zero;
            if (parent is null && hasBlock && !named.IsZero)
                host.Note($"the block belongs to a namespace with the label {named}: --parent-uuid any (or the uuid) takes it as such");
            _extent = new NamespaceExtent(new PhysicalRange(address ?? new PhysicalAddress(0), whole), label ?? named);
            if (_claim is not (ClaimClass.None or ClaimClass.Btt or ClaimClass.Btt2) || path == "-")
                return;
            // Wherever a BTT is met, it is checked, and what can be saved is said before anything is called lost.
            IMediaReader? media = ImageInput.OpenUpTo(path, HeldBytesMax);
            if (media is null)
            {
                if (BttPresence.Probe(_head, _extent, _claim).IsFound)
                    _needs = $"{path} unpacked: it holds more than {new ByteSize(HeldBytesMax).ToHuman()}, and a BTT is checked whole";
                else
                    host.Note(
                        $"{path}: only its head was looked at: it holds more than {new ByteSize(HeldBytesMax).ToHuman()}, "
                            + "unpack it for the rest"
                    );
                return;
            }
            using IDisposable? file = media as IDisposable;
            ByteSize there = new(Math.Min(media.LengthBytes, whole.Bytes));
            _btt = BttCheck.Run(
                MediaSlice.Of(media, 0, there.Bytes),
                new BttCheckRequest(
                    new Subject(SubjectKind.Image, path),
                    parent is null or AnyParent ? null : label,
                    claim is null ? null : BttVersion.Of(_claim)
                )
            );
            if (_btt.IsFound)
                _needs = BttCheckCommand.Needs(claim is null ? null : _claim, parent == AnyParent || parent is not null, _btt);
            else if (there < whole && BttPresence.Probe(_head, _extent, _claim).IsFound)
                _needs = $"the whole namespace of {whole}: {path} has {there}";
        }

        public InfoBlockReaders Readers() => InfoBlockReaders.Of(_head, _extent, _claim);

        public Answer Judge(KernelProfile kernel, ArchitectureRules architecture)
        {
            BindingOutcome outcome = NamespaceBinding.Evaluate(_head, _extent, "namespace0.0", _claim, _mapsPages, kernel, architecture);
            // A BTT comes first, and then nobody looks for a pfn or dax block.
            IReadOnlyList<Finding> findings =
                outcome.Mode == "sector" || _btt.IsFound
                    ? _btt.Findings
                    : InfoBlockChecks.Validate(
                        _head.AsSpan(Math.Min(_head.Length, (int)InfoBlock.StartBytes)),
                        _extent,
                        kernel,
                        architecture
                    );
            // A file system or the like at the place of the block is no damaged block.
            bool isOther =
                _claim == ClaimClass.None
                && _content.Kind
                    is MediaContentKind.FileSystem
                        or MediaContentKind.PartitionTable
                        or MediaContentKind.Container
                        or MediaContentKind.Random;
            if (isOther)
                findings = [.. findings.Where(f => f.Code != PfnFindings.Signature)];
            return new Answer(kernel, architecture, outcome, findings, _needs)
            {
                Content = _content,
                LacksDax = _needs is null && outcome.Verdict == BindingVerdict.Raw && !_mapsPages && !_btt.IsFound,
            };
        }
    }
}
