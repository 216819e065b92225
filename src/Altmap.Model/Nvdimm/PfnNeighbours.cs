using Altmap.Formats.InfoBlocks;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>What lies around a region, for layouts that ask.</summary>
public static class PfnNeighbours
{
    /// <summary>System RAM as the kernel has it, and the other regions of the region's bus.</summary>
    public static SectionNeighbours Of(Machine machine, RegionState region) =>
        new(
            [.. machine.Memory.Where(m => m.Type == E820Type.Ram).Select(m => m.Range)],
            [
                .. machine
                    .Regions.Values.Where(r => r.Device != region.Device && r.Description.Bus == region.Description.Bus)
                    .Select(r => r.Range),
            ]
        );
}
