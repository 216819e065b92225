using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary><c>/sys/block/pmemN</c>: size in sectors of 512 bytes, logical block size, read-only or not (block/genhd.c, blk-sysfs.c;
/// 6.1). Other files of a block device are not modelled.</summary>
internal static class BlockFiles
{
    private const string Folder = "/sys/block/";

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
            "queue/logical_block_size" => Number(disk.SectorSizeBytes),
            "ro" => ReadOnly(machine, machine.Regions[disk.Region]),
            _ => throw new NotModelledException($"reading {path}: of a block device, size, ro and queue/logical_block_size are known"),
        };
    }

    private static string ReadOnly(Machine machine, RegionState region) =>
        region.IsReadOnly || !region.WasReadOnly || machine.Kernel.Get(Rules.DisksFollowReadOnly)
            ? Number(region.IsReadOnly ? 1UL : 0UL)
            : throw new NotModelledException($"ro of a block device of {region.Device}, which was read-only for a while");

    private static (int Region, ByteSize Size, ulong SectorSizeBytes)? Find(Machine machine, string name)
    {
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => n.DiskName == name))
            {
                if (ndns.IsBound)
                    return (region.Device.Number, ndns.Size, ndns.SectorSizeBytes);
                if (ndns.Claim is { Kind: NdDeviceKind.Btt } btt && machine.FindBtt(btt) is { DiskSize: { } size } found)
                    return (region.Device.Number, size, BttConstants.DiskSectorSize(found.LbaSizeBytes));
                if (ndns.Claim is { Kind: NdDeviceKind.Pfn } pfn && machine.FindPfnDevice(pfn) is { Layout: { } layout })
                    return (region.Device.Number, layout.UsableSize(ndns.Size) ?? ByteSize.Zero, ndns.SectorSizeBytes);
            }
        }
        return null;
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
