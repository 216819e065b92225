using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.Labels;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary>What commands on images are told: which file, and what is known beside its bytes.</summary>
internal sealed class ImageOptions
{
    public Argument<string> Image { get; } = new("IMAGE") { Description = "an image (raw, .gz or .sparse.gz) or a block device" };

    public Option<string?> Offset { get; } =
        new("--offset") { Description = "where the namespace starts in the image (default: as labels say, or 0)", HelpName = "A" };

    public Option<string?> Size { get; } = Values.SizeOption("size of the namespace (default: as its label says, or to the end)");

    public Option<string?> Parent { get; } =
        new("--parent-uuid")
        {
            Description = "uuid of the namespace's label; none: it has no label (default: as a label area says, or the block itself)",
            HelpName = "U",
        };

    public Option<string?> Claim { get; } =
        new("--claim") { Description = "what the label says it is for: none, pfn, dax, btt, or btt2 for BTT 2.0", HelpName = "CLASS" };

    public Option<string?> Namespace { get; } =
        new("--namespace", "-N") { Description = "of several: its number from 0 on, or its label's uuid or name", HelpName = "N" };

    public ImageOptions() => Claim.CompletionSources.Add("none", "pfn", "dax", "btt", "btt2");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Offset, Size, Parent, Claim, Namespace])
            command.Add(option);
        command.Arguments.Insert(0, Image);
    }
}

/// <summary>An image that is open, and what was found in it.</summary>
internal sealed class OpenedImage : IDisposable
{
    private readonly string? _wanted;
    private readonly IMediaReader? _own;

    private OpenedImage(string path, string? wanted, IMediaReader media, IMediaReader? own, ImageLayout layout)
    {
        (Path, _wanted, Media, _own, Layout) = (path, wanted, media, own, layout);
    }

    public string Path { get; }

    public Subject Subject => SubjectOf(Path);

    public IMediaReader Media { get; }

    public ImageLayout Layout { get; }

    /// <summary>Opens it for reading and looks at every level.</summary>
    public static OpenedImage Open(ImageOptions options, ParseResult parse, KernelProfile? kernel = null)
    {
        IMediaReader media = ImageInput.Open(parse.GetRequiredValue(options.Image));
        try
        {
            return Of(options, parse, media, media, kernel);
        }
        catch
        {
            (media as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The same of one that is open for writing and belongs to the caller.</summary>
    public static OpenedImage Of(ImageOptions options, ParseResult parse, WritableTarget target) =>
        Of(options, parse, target.Media, null, null);

    public void Dispose() => (_own as IDisposable)?.Dispose();

    /// <summary>The namespace that was asked for, or the only one.</summary>
    public ImageNamespace One()
    {
        if (Layout.Namespaces.IsEmpty)
            throw new CliError(
                ExitCode.Unsupported,
                $"{Path}: unknown: needs the other DIMMs: its namespaces lie on several, and one image holds every n-th piece alone"
            );
        if (_wanted is null && Layout.Namespaces is [var only])
            return only;
        ImageNamespace? found = _wanted is null
            ? null
            : Layout
                .Namespaces.Where((n, i) => Numbers(i) == _wanted || n.Place.Label?.ToString() == _wanted || n.Place.Name == _wanted)
                .FirstOrDefault();
        return found
            ?? throw CliError.Usage(
                $"{Path}: {(_wanted is null ? "it holds several namespaces" : $"there is no namespace \"{_wanted}\" in it")}; expected "
                    + $"--namespace {string.Join(", ", Layout.Namespaces.Select(Words))}"
            );
    }

    /// <summary>Why a namespace without readable data ends the command.</summary>
    public CliError NoData(ImageNamespace ns) =>
        new(
            ExitCode.ErrorsLeft,
            $"{Path}: the data cannot be found: "
                + $"{(ns.Mode == "sector" ? "the BTT is damaged" : "the info-block says that there are none")}; "
                + $"altmap image check {Path} says what is wrong, altmap image repair {Path} mends what can be mended"
        );

    private static string Words(ImageNamespace ns, int number) => $"{Numbers(number)} ({ns.Place.Size} at {ns.Place.Start})";

    private static OpenedImage Of(ImageOptions options, ParseResult parse, IMediaReader media, IMediaReader? own, KernelProfile? kernel)
    {
        string path = parse.GetRequiredValue(options.Image);
        if (media.LengthBytes == 0)
            throw CliError.Usage($"{path}: it is empty; expected the bytes of a disk or a namespace");
        var layout = ImageLayout.Read(media, Given(options, parse, path, media), kernel ?? KernelProfiles.Default, SubjectOf(path));
        return new OpenedImage(path, parse.GetValue(options.Namespace), media, own, layout);
    }

    /// <summary>The namespace that the command line describes; null: as the bytes say.</summary>
    private static ImageNamespacePlace? Given(ImageOptions options, ParseResult parse, string path, IMediaReader media)
    {
        ByteSize? offset = Values.Size(parse.GetValue(options.Offset), "--offset"),
            size = Values.Size(parse.GetValue(options.Size), "--size");
        string? parent = parse.GetValue(options.Parent);
        ClaimClass? claim = Values.Word(parse.GetValue(options.Claim), "--claim", "none", "pfn", "dax", "btt", "btt2") switch
        {
            "none" => ClaimClass.None,
            "pfn" => ClaimClass.Pfn,
            "dax" => ClaimClass.Dax,
            "btt" => ClaimClass.Btt,
            "btt2" => ClaimClass.Btt2,
            _ => null,
        };
        Uuid? label = parent == "none" ? Uuid.Zero : Values.Uuid(parent, "--parent-uuid");
        if (offset is null && size is null && label is null && claim is null)
            return null;
        ulong start = offset?.Bytes ?? 0,
            rest = media.LengthBytes < start ? 0 : media.LengthBytes - start,
            length = size?.Bytes ?? rest;
        return length > 0 && length <= rest
            ? new ImageNamespacePlace(new MediaOffset(start), new ByteSize(length), label, claim, "")
            : throw CliError.Usage(
                $"{path}: {new ByteSize(media.LengthBytes)}; a namespace of {new ByteSize(length)} from 0x{start:x} on does not fit"
            );
    }

    public static Subject SubjectOf(string path) => new(SubjectKind.Image, System.IO.Path.GetFileName(path));

    private static string Numbers(int number) => number.ToString(CultureInfo.InvariantCulture);
}
