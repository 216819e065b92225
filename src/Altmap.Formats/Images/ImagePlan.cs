using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Images;

/// <summary>What an image is for.</summary>
public enum ImageMode
{
    /// <summary>The data alone.</summary>
    Raw,

    /// <summary>A pfn info-block in front.</summary>
    Fsdax,

    /// <summary>A dax info-block in front.</summary>
    Devdax,

    /// <summary>A BTT.</summary>
    Sector,
}

/// <summary>What an image is to be.</summary>
public sealed record ImageRequest
{
    /// <summary>In which mode the namespace is to come up.</summary>
    public required ImageMode Mode { get; init; }

    /// <summary>Where struct pages go.</summary>
    public PageMapMode Map { get; init; } = PageMapMode.Pmem;

    /// <summary>Alignment of the data.</summary>
    public ByteSize Align { get; init; } = ByteSize.MiB(2);

    /// <summary>Physical address at which the image will lie; 0: at a multiple of every alignment.</summary>
    public PhysicalAddress Start { get; init; }

    /// <summary>Sizes are multiples of it.</summary>
    public ByteSize Unit { get; init; } = ByteSize.MiB(2);

    /// <summary>Uuid of the namespace's label; zero without.</summary>
    public Uuid ParentUuid { get; init; }

    /// <summary>External sector size of a BTT.</summary>
    public uint SectorSize { get; init; } = 4096;

    /// <summary>A table on the data; null: none.</summary>
    public PartitionTableKind? Table { get; init; }

    /// <summary>A second table, in front of the info-block, that shows the same partition to who takes the image for a plain
    /// disk.</summary>
    public bool HasFrontTable { get; init; }

    /// <summary>Zeros behind the namespace, on top of its size, where the machine keeps labels.</summary>
    public ByteSize LabelArea { get; init; }

    /// <summary>Uuids, in the order: device, disk, partition, file system.</summary>
    public required UuidSource Ids { get; init; }

    /// <summary>The last of them.</summary>
    public Uuid FileSystemUuid => Ids.Take().Next.Take().Next.Take().Next.Take().Value;
}

/// <summary>An image laid out: what is written where, and where the file system goes.</summary>
/// <param name="Size">Of the file.</param>
/// <param name="NamespaceSize">Without the label area.</param>
/// <param name="DataStart">First byte of the device's data; null: through a BTT.</param>
/// <param name="DataSize">Of the device.</param>
/// <param name="Place">Of the file system, from the start of the data.</param>
/// <param name="Room">Of the file system.</param>
/// <param name="Metadata">Writes from the start of the image: info-block, BTT, front table.</param>
/// <param name="OnData">Writes from the start of the data: the partition table.</param>
/// <param name="Arenas">Of a BTT; empty without.</param>
/// <param name="DeviceUuid">Of the pfn, dax or btt device.</param>
/// <param name="FileSystemUuid">For the file system.</param>
public sealed record ImagePlan(
    ByteSize Size,
    ByteSize NamespaceSize,
    MediaOffset? DataStart,
    ByteSize DataSize,
    MediaOffset Place,
    ByteSize Room,
    WritePlan Metadata,
    WritePlan OnData,
    ImmutableArray<BttArena> Arenas,
    Uuid DeviceUuid,
    Uuid FileSystemUuid
)
{
    private const int RoundsMax = 64;

    /// <summary>Lays an image with a namespace of that size out.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="size">Of the namespace.</param>
    /// <param name="kernel">Whose layout.</param>
    /// <param name="arch">Its architecture.</param>
    /// <returns>The plan, or in words why there is none.</returns>
    public static (ImagePlan? Plan, string Refusal) Of(ImageRequest request, ByteSize size, KernelProfile kernel, ArchitectureRules arch)
    {
        ArgumentNullException.ThrowIfNull(request);
        (Uuid device, UuidSource ids) = request.Ids.Take();
        WritePlan metadata = WritePlan.Empty;
        ImmutableArray<BttArena> arenas = [];
        MediaOffset? dataStart = new MediaOffset(0);
        ByteSize data = size;
        switch (request.Mode)
        {
            case ImageMode.Fsdax or ImageMode.Devdax:
                PfnLayoutResult made = PfnLayout.Plan(
                    new PageMapRequest(
                        new PhysicalRange(request.Start, size),
                        request.Mode == ImageMode.Fsdax ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
                        request.Map,
                        request.Align,
                        device,
                        request.ParentUuid,
                        default
                    ),
                    "namespace0.0",
                    kernel,
                    arch
                );
                if (made.Block is not { } block)
                    return (null, $"{size} cannot be laid out: {made.Message ?? made.Errno.ToString()}");
                byte[] bytes = block.ToBytes();
                var settings = PfnDeviceSettings.OfBlock(bytes, arch.PageSize);
                if (settings.UsableSize(size) is not { Bytes: > 0 } usable || settings.DataStart is not { } start)
                    return (null, $"{size} has no room behind the info-block and the page map");
                (dataStart, data) = (start, usable);
                metadata = WritePlan.Of(new MediaOffset(InfoBlock.StartBytes), bytes);
                break;
            case ImageMode.Sector:
                arenas = BttGeometry.Plan(size, BttVersion.V1_1, request.SectorSize, device, request.ParentUuid);
                if (arenas.IsEmpty)
                    return (null, $"{size} is too small for a BTT: at least {BttConstants.ArenaSizeMin + ByteSize.KiB(4)}");
                metadata = BttGeometry.LayDown(arenas);
                dataStart = null;
                ulong sectors = arenas.Aggregate(0UL, (sum, a) => sum + a.Info.ExternalBlocks);
                data = new ByteSize(sectors * BttConstants.DiskSectorSize(request.SectorSize));
                break;
        }
        return Partitioned(request, size, dataStart, data, metadata, arenas, device, ids);
    }

    /// <summary>The smallest size, a multiple of the unit, whose file system has that much room.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="room">At least that much.</param>
    /// <param name="kernel">Whose layout.</param>
    /// <param name="arch">Its architecture.</param>
    public static (ImagePlan? Plan, string Refusal) ForRoom(
        ImageRequest request,
        ByteSize room,
        KernelProfile kernel,
        ArchitectureRules arch
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ByteSize unit = request.Unit;
        ByteSize total = room.AlignUp(unit);
        string refusal = "";
        for (int round = 0; round < RoundsMax; round++)
        {
            (ImagePlan? plan, refusal) = Of(request, total, kernel, arch);
            if (plan is not null && plan.Room >= room)
                return (plan, "");
            // What is missing is never less than the next step: a larger image has no less room.
            total += plan is null ? unit : (room - plan.Room).AlignUp(unit);
        }
        return (null, refusal.Length > 0 ? refusal : $"no size was found that has room for {room}");
    }

    private static (ImagePlan? Plan, string Refusal) Partitioned(
        ImageRequest request,
        ByteSize size,
        MediaOffset? dataStart,
        ByteSize data,
        WritePlan metadata,
        ImmutableArray<BttArena> arenas,
        Uuid device,
        UuidSource ids
    )
    {
        WritePlan onData = WritePlan.Empty;
        (MediaOffset place, ByteSize room) = (new MediaOffset(0), data);
        if (request.Table is { } kind)
        {
            if (PartitionWrites.Of(kind, data, ids) is not { } table)
                return (
                    null,
                    $"{data} of data are {(data > ByteSize.MiB(3) ? "too much for an MBR: take --gpt" : "too little for partitions")}"
                );
            (place, room) = (table.Start, table.Size);
            onData = new WritePlan(table.Steps);
            if (request.HasFrontTable && dataStart is { Bytes: > 0 } start)
                metadata = new WritePlan([PartitionWrites.Mbr(start + new ByteSize(place.Bytes), room, ids)]).Then(metadata);
        }
        return (
            new ImagePlan(
                size + request.LabelArea,
                size,
                dataStart,
                data,
                place,
                room,
                metadata,
                onData,
                arenas,
                device,
                request.FileSystemUuid
            ),
            ""
        );
    }
}
