using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>What is free in a region (drivers/nvdimm/region_devs.c, dimm_devs.c; 5.10, 6.1, 6.12, 7.2). Zero without DIMMs or with a
/// disabled one.</summary>
public static class RegionSpace
{
    /// <summary>available_size.</summary>
    public static ByteSize AvailableSize(Machine machine, RegionState region)
    {
        DimmState[] dimms = [.. RegionDriver.DimmsOf(machine, region)];
        return dimms.Any(d => d.Labels is null)
            ? ByteSize.Zero
            : DpaAllocation.AvailableSize(dimms.Select((d, i) => DpaAllocation.Available(MappingOf(region, i), d.Reservations)));
    }

    /// <summary>max_available_extent: the largest namespace that can be created.</summary>
    public static ByteSize MaxAvailableExtent(Machine machine, RegionState region) =>
        DpaAllocation.MaxAvailableExtent([
            .. RegionDriver
                .DimmsOf(machine, region)
                .Select((d, i) => d.Labels is null ? ByteSize.Zero : DpaAllocation.LargestFreeExtent(MappingOf(region, i), d.Reservations)),
        ]);

    /// <summary>A region's share of a DIMM with the granularity in which it is given out: align divided by the ways.</summary>
    internal static DpaMapping MappingOf(RegionState region, int index)
    {
        MappingDescription mapping = region.Description.Mappings[index];
        return new DpaMapping(mapping.Offset, mapping.Size, new ByteSize(region.Align.Bytes / (ulong)region.Ways));
    }
}
