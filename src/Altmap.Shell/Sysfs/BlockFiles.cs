using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary><c>/sys/block/pmemN</c>: size in sectors of 512 bytes, read-only or not, and what the drivers say of the queue (block/genhd.c,
/// blk-sysfs.c, drivers/nvdimm/pmem.c pmem_attach_disk(), btt.c btt_blk_init(); seen on 5.10, 6.1, 6.12 and 7.2). Other files of a block
/// device are not modelled.</summary>
internal static class BlockFiles
{
    private const string Folder = "/sys/block/";
    private const string ReadableFiles =
        "dax, fua, hw_sector_size, logical_block_size, minimum_io_size, physical_block_size and write_cache";

    /// <summary>A block device.</summary>
    private readonly record struct Disk(int Region, ByteSize Size, ulong SectorSizeBytes, bool HasDax, bool IsBtt);

    // Of the queue, on every kernel that is known; then those of some.
    private static readonly ImmutableArray<string> s_queue =
    [
        "add_random",
        "chunk_sectors",
        "dax",
        "discard_granularity",
        "discard_max_bytes",
        "discard_max_hw_bytes",
        "discard_zeroes_data",
        "fua",
        "hw_sector_size",
        "io_poll",
        "io_poll_delay",
        "iostats",
        "logical_block_size",
        "max_discard_segments",
        "max_hw_sectors_kb",
        "max_integrity_segments",
        "max_sectors_kb",
        "max_segment_size",
        "max_segments",
        "minimum_io_size",
        "nomerges",
        "nr_zones",
        "optimal_io_size",
        "physical_block_size",
        "read_ahead_kb",
        "rotational",
        "stable_writes",
        "write_cache",
        "write_same_max_bytes",
        "write_zeroes_max_bytes",
        "zone_append_max_bytes",
        "zone_write_granularity",
        "zoned",
    ];

    private static readonly ImmutableArray<string> s_requests = ["nr_requests", "rq_affinity", "scheduler", "wbt_lat_usec"];

    private static readonly ImmutableArray<string> s_masks = ["dma_alignment", "virt_boundary_mask"];

    private static readonly ImmutableArray<string> s_streams =
    [
        "atomic_write_boundary_bytes",
        "atomic_write_max_bytes",
        "atomic_write_unit_max_bytes",
        "atomic_write_unit_min_bytes",
        "iostats_passthrough",
        "max_write_streams",
        "write_stream_granularity",
        "write_zeroes_unmap_max_bytes",
        "write_zeroes_unmap_max_hw_bytes",
    ];

    public static bool Owns(string path) => path.StartsWith(Folder + "pmem", StringComparison.Ordinal);

    /// <summary>ENOENT: no such block device.</summary>
    public static SysfsValue Read(Machine machine, string path)
    {
        string[] parts = path[Folder.Length..].Split('/', 2);
        if (Find(machine, parts[0]) is not { } disk)
            return Errno.ENOENT;
        return parts.ElementAtOrDefault(1) switch
        {
            "size" => Number(disk.Size.Bytes / 512),
            "queue/dax" => disk.HasDax ? "1" : "0",
            "queue/fua" => "0",
            "queue/hw_sector_size" or "queue/logical_block_size" => Number(disk.SectorSizeBytes),
            "queue/minimum_io_size" or "queue/physical_block_size" => Number(
                disk.IsBtt ? disk.SectorSizeBytes : machine.Architecture.PageSize.Bytes
            ),
            "queue/write_cache" => disk.IsBtt ? "write through" : "write back",
            "ro" => ReadOnly(machine, machine.Regions[disk.Region]),
            _ => throw new NotModelledException($"reading {path}: of a block device are known size, ro, and of queue/ {ReadableFiles}"),
        };
    }

    /// <summary>
    /// The names in <c>/sys/block/pmemN/queue</c>; null: another folder. ENOENT has no names: no such block device is told by
    /// <see cref="Read"/> (block/blk-sysfs.c queue_attrs, queue_attr_visible(): no io_timeout without request queue, no limits of open
    /// zones).
    /// </summary>
    public static IEnumerable<string>? Listing(Machine machine, string folder)
    {
        if (!Owns(folder) || folder[Folder.Length..].Split('/') is not [var name, "queue"] || Find(machine, name) is null)
            return null;
        return machine.Kernel.Get(Rules.QueueFiles) switch
        {
            QueueFiles.Linux510 => s_queue.Concat(s_requests),
            QueueFiles.Linux61 => s_queue.Concat(s_requests).Concat(s_masks),
            QueueFiles.Linux72 => s_queue.Concat(s_masks).Concat(s_streams),
            _ => throw new NotModelledException($"listing {folder} on kernel {machine.Kernel.Name}: its list was not read"),
        };
    }

    private static string ReadOnly(Machine machine, RegionState region) =>
        region.IsReadOnly || !region.WasReadOnly || machine.Kernel.Get(Rules.DisksFollowReadOnly)
            ? Number(region.IsReadOnly ? 1UL : 0UL)
            : throw new NotModelledException($"ro of a block device of {region.Device}, which was read-only for a while");

    private static Disk? Find(Machine machine, string name)
    {
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => n.DiskName == name))
            {
                if (ndns.IsBound)
                    return new(region.Device.Number, ndns.Size, ndns.SectorSizeBytes, PmemDriver.MapsPages(machine, ndns), IsBtt: false);
                if (ndns.Claim is { Kind: NdDeviceKind.Btt } btt && machine.FindBtt(btt) is { DiskSize: { } size } found)
                    return new(region.Device.Number, size, BttConstants.DiskSectorSize(found.LbaSizeBytes), HasDax: false, IsBtt: true);
                if (ndns.Claim is { Kind: NdDeviceKind.Pfn } pfn && machine.FindPfnDevice(pfn) is { Layout: { } layout })
                    return new(
                        region.Device.Number,
                        layout.UsableSize(ndns.Size) ?? ByteSize.Zero,
                        ndns.SectorSizeBytes,
                        HasDax: true,
                        IsBtt: false
                    );
            }
        }
        return null;
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
