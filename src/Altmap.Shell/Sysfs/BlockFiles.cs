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
    private const string QueueFiles = "dax, fua, hw_sector_size, logical_block_size, minimum_io_size, physical_block_size and write_cache";

    /// <summary>A block device.</summary>
    private readonly record struct Disk(int Region, ByteSize Size, ulong SectorSizeBytes, bool HasDax, bool IsBtt);

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
            _ => throw new NotModelledException($"reading {path}: of a block device are known size, ro, and of queue/ {QueueFiles}"),
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
