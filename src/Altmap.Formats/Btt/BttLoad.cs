using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Btt;

/// <summary>A line of the kernel log.</summary>
/// <param name="Text">Without driver and device.</param>
/// <param name="IsWarning">True for a WARN_ONCE of the namespace: once in a boot, with a stack trace behind it. False: of the btt
/// device.</param>
public readonly record struct BttMessage(string Text, bool IsWarning);

/// <summary>A btt device that is to be bound, and the namespace under it.</summary>
/// <param name="Media">The namespace, from its first byte to its last.</param>
/// <param name="ParentUuid">Of the namespace's label; zero without.</param>
/// <param name="Claim">Of the namespace.</param>
/// <param name="Uuid">Of the btt device, for a new BTT.</param>
/// <param name="LbaSizeBytes">sector_size of the btt device, not 0.</param>
/// <param name="ReadOnlyRegion">The region's name when it is read-only, else null.</param>
public sealed record BttLoadRequest(
    IMediaReader Media,
    Uuid ParentUuid,
    ClaimClass Claim,
    Uuid Uuid,
    uint LbaSizeBytes,
    string? ReadOnlyRegion
)
{
    /// <summary>Of the namespace.</summary>
    public ByteSize Size => new(Media.LengthBytes);
}

/// <summary>What binding a btt device came to.</summary>
/// <param name="Errno">None: there is a disk. ENXIO: namespace too small, nothing said. ENOMEM: any other refusal.</param>
/// <param name="DiskSize">Capacity of the disk; zero without.</param>
/// <param name="Arenas">Those found or laid down, in order.</param>
/// <param name="IsNew">True when a BTT was laid down.</param>
/// <param name="Plan">What the kernel wrote into the namespace, in order, also when it refused in the end.</param>
/// <param name="Messages">In order.</param>
/// <param name="IsUnpredictable">True when the kernel would use memory outside of the namespace, or not come to an end: nothing else in
/// here holds then.</param>
public sealed record BttLoadResult(
    Errno Errno,
    ByteSize DiskSize,
    ImmutableArray<BttArena> Arenas,
    bool IsNew,
    WritePlan Plan,
    ImmutableArray<BttMessage> Messages,
    bool IsUnpredictable
);

/// <summary>
/// Binding a btt device: the arenas are followed from the first one, or where that has no valid info-block a new BTT is laid down
/// (drivers/nvdimm/btt.c nvdimm_namespace_attach_btt(), btt_init(), discover_arenas(); 5.10, 6.1, 6.12, 7.2). Neither the map nor the
/// copies of info-blocks
/// are read. Work is bounded: media that ask for more than any real BTT needs are called unpredictable.
/// </summary>
public static class BttLoad
{
    private const int ArenaWork = 2048;
    private const string ErrorFlag = "Found arena with an error flag";

    /// <summary>Binds. The version is read before the size is looked at (nvdimm_namespace_attach_btt()), so a namespace that is too small
    /// for a BTT may still name its error flag.</summary>
    public static BttLoadResult Run(BttLoadRequest request, KernelProfile kernel)
    {
        var media = new BttMedia(request.Media);
        BttVersion version = BttVersion.Of(request.Claim);
        byte[] block = new byte[BttInfoBlock.SizeBytes];
        media.Read(version.Start.Bytes, block);
        // Read once more for the version; only the message tells.
        if (BttInfoBlock.IsValid(block, request.ParentUuid) && BttInfoBlock.Parse(block)!.HasErrorFlag)
            media.Say(ErrorFlag);
        if (request.Size < version.Start - new MediaOffset(0) + BttConstants.ArenaSizeMin)
            return Result(media, Errno.ENXIO, []);

        var arenas = ImmutableArray.CreateBuilder<BttArena>();
        bool isNew = false;
        Errno errno = Discover(media, request, version, kernel, arenas, ref isNew);
        if (media.IsUnpredictable)
            return Result(media, Errno.EIO, []);
        if (errno != Errno.None)
        {
            media.Say(string.Create(CultureInfo.InvariantCulture, $"init: error in arena_discover: -{(int)errno}"));
            return Result(media, Errno.ENOMEM, []);
        }
        if (!isNew)
            return Result(media, Errno.None, arenas.ToImmutable(), DiskSize(arenas, request));
        if (request.ReadOnlyRegion is { } region)
        {
            media.Say($"{region} is read-only, unable to init btt metadata");
            return Result(media, Errno.ENOMEM, []);
        }
        if (!BttConstants.SectorSizes.Contains(request.LbaSizeBytes)) // left over from a block that was there a moment ago
            return Result(media, Errno.EIO, []) with { IsUnpredictable = true };
        ImmutableArray<BttArena> made = BttGeometry.Plan(request.Size, version, request.LbaSizeBytes, request.Uuid, request.ParentUuid);
        BttLoadResult result = Result(media, Errno.None, made, DiskSize(made, request));
        return result with { IsNew = true, Plan = BttGeometry.LayDown(made) };
    }

    private static Errno Discover(
        BttMedia media,
        BttLoadRequest request,
        BttVersion version,
        KernelProfile kernel,
        ImmutableArray<BttArena>.Builder arenas,
        ref bool isNew
    )
    {
        ulong rawSize = request.Size.Bytes - version.Start.Bytes,
            remaining = rawSize,
            at = 0;
        uint sectorSize = BttConstants.DiskSectorSize(request.LbaSizeBytes);
        var seen = new HashSet<ulong>();
        byte[] block = new byte[BttInfoBlock.SizeBytes];
        while (remaining != 0)
        {
            // Sizes of arenas come from the media and wrap: a chain may lead back to where it was, and the kernel follows it for ever.
            if (!seen.Add(at))
                media.IsUnpredictable = true;
            if (!media.Spend(ArenaWork) || media.IsUnpredictable)
                return Errno.EIO;
            ulong start = unchecked(at + version.Start.Bytes);
            Errno errno = media.Read(start, block);
            if (errno != Errno.None)
                return errno;
            if (!BttInfoBlock.IsValid(block, request.ParentUuid))
            {
                isNew = at == 0;
                media.Say(isNew ? "No existing arenas" : "Found corrupted metadata!");
                return isNew ? Errno.None : Errno.ENODEV;
            }
            BttInfoBlock info = BttInfoBlock.Parse(block)!;
            if (info.HasErrorFlag)
                media.Say(ErrorFlag);
            if (kernel.Get(Rules.ChecksBttLanes) && info.Lanes < BttConstants.Lanes)
            {
                media.Say(string.Create(CultureInfo.InvariantCulture, $"nfree {info.Lanes} smaller than lane count {BttConstants.Lanes}"));
                return Errno.ENODEV;
            }
            errno = new BttArenaLoad(media, info, start, sectorSize).Run();
            if (errno != Errno.None || media.IsUnpredictable)
                return errno;
            ulong size = info.NextOffset != 0 ? info.NextOffset : unchecked(info.Info2Offset + BttInfoBlock.SizeBytes);
            arenas.Add(new BttArena(new MediaOffset(start), new ByteSize(size), info));
            bool isLast = info.NextOffset == 0 || unchecked(at + info.NextOffset) == 0; // nextoff is kept as a sum, which may come out as 0
            (at, remaining) = unchecked((at + size, remaining - size));
            if (isLast)
                break;
        }
        return Errno.None;
    }

    private static ByteSize DiskSize(IEnumerable<BttArena> arenas, BttLoadRequest request) =>
        new(
            unchecked(
                arenas.Aggregate(0UL, (sum, a) => unchecked(sum + a.Info.ExternalBlocks))
                * BttConstants.DiskSectorSize(request.LbaSizeBytes)
            )
        );

    private static BttLoadResult Result(BttMedia media, Errno errno, ImmutableArray<BttArena> arenas, ByteSize diskSize = default) =>
        new(errno, diskSize, arenas, false, media.Plan, media.Messages, media.IsUnpredictable);
}
