using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// The dax_hmem driver: a dax region with one device for each soft-reserved range (drivers/dax/hmem/device.c hmem_init(), hmem.c
/// dax_hmem_probe(); 6.1 and 6.12, seen on 6.1, 6.12 and 7.2). Ranges that touch stay apart, since the memory map keeps them so.
/// </summary>
public static class HmemDriver
{
    /// <summary>The module's name.</summary>
    public const string Module = "dax_hmem";

    /// <summary>
    /// The platform devices, in the order of addresses. Their numbers are those of memory regions of any kind: the lowest that no region
    /// of the machine file has.
    /// </summary>
    internal static Machine AddDevices(Machine machine)
    {
        if (!machine.Kernel.Get(Rules.HasHmem) || CommandLine.Has(machine.Description.CommandLine, "dax_hmem.disable"))
            return machine;
        int id = 0;
        foreach (MemoryMapEntry entry in machine.Memory.Where(m => m.Type == E820Type.SoftReserved))
        {
            while (machine.HmemDevices.ContainsKey(id) || machine.Regions.ContainsKey(id))
                id++;
            machine = machine with { HmemDevices = machine.HmemDevices.Add(id, entry.Range) };
        }
        return machine;
    }

    /// <summary>Loads the module: makes the regions and gives each device to the driver that takes it by default.</summary>
    internal static Machine Load(Machine machine) => machine.HmemDevices.Aggregate(machine, (m, d) => Probe(m, d.Key, d.Value));

    private static Machine Probe(Machine machine, int id, PhysicalRange range)
    {
        ByteSize align = machine.Architecture.PmdSize;
        if (!range.Start.IsAligned(align) || !range.Size.IsMultipleOf(align))
            return DriverCore.WithProbeFailure(machine, "hmem", $"hmem.{id}", Errno.ENOMEM);
        int target = TargetNode(machine, range.Start);
        var region = new HmemRegionState(id, range, target, NearestNode(machine, target)) { Align = align };
        bool isIdle = CommandLine.Find(machine.Description.CommandLine, "dax_hmem.region_idle") is "1" or "Y" or "y";
        DaxDeviceState device = DynamicDax.Device(region, 0, isIdle ? [] : [range]);
        machine = DaxMinors.Take(machine.With(region.With(device)), device.Name);
        return DaxDeviceDrivers.ProbeNew(machine, device);
    }

    /// <summary>
    /// Node of the memory: what the firmware puts it on. Where the command line has set it apart on a machine of one node there is taken to
    /// be no SRAT: that node then ends with RAM (arch/x86/mm/numa.c dummy_numa_init(); seen on 6.12 and 7.2).
    /// </summary>
    private static int TargetNode(Machine machine, PhysicalAddress start)
    {
        FirmwareRange? place = machine.Description.Memory.FirstOrDefault(m => m.Range.Contains(start));
        bool isOneNode = machine.Description.Memory.Select(m => m.Node).Distinct().Count() <= 1;
        if (place is null || place.Type == FirmwareRangeType.SoftReserved || !isOneNode)
            return place?.Node ?? -1;
        return start < new FirmwareMap(machine.Memory, null).EndOfRam(machine.Architecture.PageSize) ? place.Node : -1;
    }

    /// <summary>numa_map_to_online_node(); distances are in no machine file, so of several nodes the lowest counts as the
    /// nearest.</summary>
    private static int NearestNode(Machine machine, int target) =>
        target < 0 || machine.Mm.Zones.Any(z => z.Node == target)
            ? target
            : machine.Mm.Zones.Select(z => (int)z.Node).DefaultIfEmpty(0).Min();
}
