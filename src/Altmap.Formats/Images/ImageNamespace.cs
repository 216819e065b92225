using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;

namespace Altmap.Formats.Images;

/// <summary>Where a namespace lies in an image, and what its label says.</summary>
/// <param name="Start">First byte, from the start of the image.</param>
/// <param name="Size">May not reach beyond the image.</param>
/// <param name="Label">Uuid of its label; null: nobody knows whether it has one.</param>
/// <param name="Claim">What the label says it is for; null: nobody knows.</param>
/// <param name="Name">Of the label; empty without.</param>
public sealed record ImageNamespacePlace(MediaOffset Start, ByteSize Size, Uuid? Label, ClaimClass? Claim, string Name);

/// <summary>A namespace in an image: its mode, and where its data are.</summary>
public sealed class ImageNamespace
{
    private readonly IMediaReader _media;

    private ImageNamespace(ImageNamespacePlace place, IMediaReader media, BttReport btt)
    {
        (Place, _media, Btt) = (place, media, btt);
        Head = media.ReadHead(NamespaceBinding.HeadBytes);
        (Mode, Settings) = ModeOf();
        (DataStart, DataSize) = DataOf();
        Content = Settings is { Kind: InfoBlockKind.Dax } || OpenData() is not { } data ? null : ImageContent.Of(data);
    }

    /// <summary>Where.</summary>
    public ImageNamespacePlace Place { get; }

    /// <summary>The namespace from its first byte to its last.</summary>
    public IMediaReader Media => _media;

    /// <summary>Its first 8192 bytes, or all there are.</summary>
    public byte[] Head { get; }

    /// <summary>What is known of a BTT in it.</summary>
    public BttReport Btt { get; }

    /// <summary>In ndctl's words: <c>raw</c>, <c>fsdax</c>, <c>devdax</c>, <c>sector</c>. A damaged info-block makes it raw, as for the
    /// kernel; a damaged BTT is one.</summary>
    public string Mode { get; }

    /// <summary>Of a pfn or dax block with a right checksum; null without.</summary>
    public PfnDeviceSettings? Settings { get; }

    /// <summary>First byte of the data, from the start of the image; null: they are found through a map (sector), or lie beyond the
    /// namespace.</summary>
    public MediaOffset? DataStart { get; }

    /// <summary>How many bytes its device has; null: none can be told.</summary>
    public ByteSize? DataSize { get; }

    /// <summary>What is on the data; null where they cannot be read, and in devdax mode, whose bytes are their user's.</summary>
    public ImageContent? Content { get; }

    /// <summary>The namespace of the info-block that is there has the label that this one has, as far as anybody knows.</summary>
    public Uuid ParentUuid =>
        Place.Label
        ?? (
            Btt is { Arenas: [var arena, ..] } ? arena.Info.ParentUuid
            : View.IsWhole && View.Kind is not null ? View.ParentUuid
            : Uuid.Zero
        );

    /// <summary>The bytes where a pfn or dax block would be.</summary>
    public InfoBlockView View => new(Head.Length > (int)InfoBlock.StartBytes ? Head.AsSpan((int)InfoBlock.StartBytes) : default);

    /// <summary>Looks at a namespace.</summary>
    /// <param name="image">The image.</param>
    /// <param name="place">Inside of it.</param>
    /// <param name="subject">Whose findings these are.</param>
    public static ImageNamespace Read(IMediaReader image, ImageNamespacePlace place, Subject subject)
    {
        ArgumentNullException.ThrowIfNull(place);
        IMediaReader media = MediaSlice.Of(image, place.Start.Bytes, place.Size.Bytes);
        BttReport btt = place.Claim is ClaimClass.Pfn or ClaimClass.Dax
            ? BttReport.None
            : BttCheck.Run(
                media,
                new BttCheckRequest(subject, place.Label, place.Claim is { } claim ? Formats.Btt.BttVersion.Of(claim) : null)
            );
        return new ImageNamespace(place, media, btt);
    }

    /// <summary>The data for reading; null where they cannot be read: a damaged BTT, an info-block whose data lie beyond the end.</summary>
    /// <param name="ignoreError">Sectors of a BTT that are marked as unreadable give what their blocks hold.</param>
    public IMediaReader? OpenData(bool ignoreError = false)
    {
        if (Mode == "sector")
            return Btt.IsUsable ? new BttDisk(BttDevice.Open(_media, null, Btt), ignoreError) : null;
        return DataStart is { } start && DataSize is { } size ? MediaSlice.Of(_media, start.Bytes - Place.Start.Bytes, size.Bytes) : null;
    }

    /// <summary>A kernel looks for a BTT first, then for a pfn, then for a dax block (drivers/nvdimm/pmem.c nd_pmem_probe(), 6.1).
    /// Traces of a BTT count less than a whole block.</summary>
    private (string Mode, PfnDeviceSettings? Settings) ModeOf()
    {
        InfoBlockView view = View;
        bool hasBlock = view.Kind is not null && view.HasValidChecksum;
        bool hasFirst = Btt is { Arenas: [{ Origin: BttInfoOrigin.First }, ..] };
        if (Btt.IsFound && (hasFirst || !hasBlock))
            return ("sector", null);
        if (!hasBlock)
            return ("raw", null);
        var settings = PfnDeviceSettings.OfBlock(Head.AsSpan((int)InfoBlock.StartBytes), ByteSize.KiB(4));
        return (settings.Kind == InfoBlockKind.Pfn ? "fsdax" : "devdax", settings);
    }

    private (MediaOffset? Start, ByteSize? Size) DataOf()
    {
        if (Mode == "sector")
            return (null, Btt.Arenas.IsEmpty ? null : new ByteSize(Btt.Sectors * Btt.Arenas[0].SectorBytes));
        if (Settings is not { } settings)
            return (Place.Start, Place.Size);
        return settings.DataStart is { } start && settings.UsableSize(Place.Size) is { Bytes: > 0 } size
            ? (Place.Start + new ByteSize(start.Bytes), size)
            : (null, null);
    }
}
