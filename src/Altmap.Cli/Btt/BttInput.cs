using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Labels;
using Altmap.Host;
using Altmap.Host.Media;

namespace Altmap.Cli.Btt;

/// <summary>What every command on BTTs is told: which bytes, and what is known beside them.</summary>
internal sealed class BttOptions
{
    public Argument<string> Image { get; } =
        new("IMAGE") { Description = "the namespace from its first byte: an image (raw, .gz or .sparse.gz) or a block device" };

    public Option<string?> Offset { get; } =
        new("--offset") { Description = "where the namespace starts in the image (default: 0)", HelpName = "A" };

    public Option<string?> Size { get; } = Values.SizeOption("size of the namespace (default: to the end of the image)");

    public Option<string?> Parent { get; } =
        new("--parent-uuid") { Description = "uuid of the namespace's label; none: it has no label", HelpName = "U" };

    public Option<string?> Claim { get; } =
        new("--claim") { Description = "what the label says it is for: none, btt, or btt2 for BTT 2.0", HelpName = "CLASS" };

    public BttOptions() => Claim.CompletionSources.Add("none", "btt", "btt2");

    public void AddTo(Command command)
    {
        command.Add(Image);
        command.Add(Offset);
        command.Add(Size);
        command.Add(Parent);
        command.Add(Claim);
    }

    public BttInput Read(ParseResult parse) => new(this, parse);

    /// <summary>Runs a command with what it was told, and closes what that opened.</summary>
    public int With(ParseResult parse, Func<BttInput, int> run)
    {
        using BttInput input = Read(parse);
        return run(input);
    }
}

/// <summary>The same as values.</summary>
internal sealed class BttInput : IDisposable
{
    private IMediaReader? _opened;

    public BttInput(BttOptions options, ParseResult parse)
    {
        Path = parse.GetRequiredValue(options.Image);
        Start = Values.Size(parse.GetValue(options.Offset), "--offset") ?? ByteSize.Zero;
        Size = Values.Size(parse.GetValue(options.Size), "--size");
        string? parent = parse.GetValue(options.Parent);
        Parent = parent == "none" ? Uuid.Zero : Values.Uuid(parent, "--parent-uuid");
        Claim = Values.Word(parse.GetValue(options.Claim), "--claim", "none", "btt", "btt2") switch
        {
            "none" => ClaimClass.None,
            "btt" => ClaimClass.Btt,
            "btt2" => ClaimClass.Btt2,
            _ => null,
        };
    }

    public string Path { get; }

    public ByteSize Start { get; }

    public ByteSize? Size { get; }

    /// <summary>Null: nobody said.</summary>
    public Uuid? Parent { get; }

    /// <summary>Null: nobody said.</summary>
    public ClaimClass? Claim { get; }

    public BttCheckRequest Request => new(new Subject(SubjectKind.Image, Path), Parent, Claim is { } claim ? BttVersion.Of(claim) : null);

    /// <summary>The namespace, for reading.</summary>
    public IMediaReader Open() => Namespace(_opened = ImageInput.Open(Path));

    public void Dispose() => (_opened as IDisposable)?.Dispose();

    /// <summary>The image, for writing; what is packed is only read.</summary>
    public WritableTarget OpenForWriting()
    {
        if (Path.EndsWith(".gz", StringComparison.Ordinal))
            throw CliError.Usage($"{Path}: a packed image is only read; unpack it first");
        HostResult<WritableTarget> target = WritableTarget.Open(Path);
        return target.Value ?? throw CliError.Of(target.Error!);
    }

    /// <summary>The namespace in an image.</summary>
    public IMediaReader Namespace(IMediaReader image)
    {
        ulong rest = image.LengthBytes < Start.Bytes ? 0 : image.LengthBytes - Start.Bytes,
            size = Size?.Bytes ?? rest;
        if (size == 0 || size > rest)
            throw CliError.Usage(
                $"{Path}: {new ByteSize(image.LengthBytes)}; a namespace of {new ByteSize(size)} from {JsonHex(Start)} on does not fit"
            );
        return MediaSlice.Of(image, Start.Bytes, size);
    }

    /// <summary>The check, or the error that there is nothing to check.</summary>
    public BttReport Check(IMediaReader media) =>
        BttCheck.Run(media, Request) is { IsFound: true } report
            ? report
            : throw new CliError(
                ExitCode.ErrorsLeft,
                $"{Path}: there is no BTT, and no trace of one: neither info-blocks at 0, 0x1000 or the ends of arenas, nor a log"
            );

    /// <summary>The disk; a damaged one is an error that says what to do.</summary>
    public BttDevice OpenDevice(IMediaReader media, IMediaWriter? writer)
    {
        BttReport report = Check(media);
        return report.IsUsable
            ? BttDevice.Open(media, writer, report)
            : throw new CliError(
                ExitCode.ErrorsLeft,
                $"{Path}: the BTT is damaged; altmap btt check {Path} says what is wrong, altmap btt repair {Path} mends it"
            );
    }

    private static string JsonHex(ByteSize size) => Output.JsonOutput.Hex(size.Bytes);
}

/// <summary>A namespace in an image that is written to.</summary>
internal sealed class NamespaceWriter(IMediaWriter image, ulong start, ulong length) : IMediaWriter
{
    public ulong LengthBytes => length;

    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source) => image.Write(start + offsetBytes, source);

    public void Zero(ulong offsetBytes, ulong countBytes) => image.Zero(start + offsetBytes, countBytes);

    public void Flush() => image.Flush();
}
