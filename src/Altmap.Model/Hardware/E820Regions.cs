using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>The regions that an e820 bus gets from the memory map.</summary>
public static class E820Regions
{
    /// <summary>Provider of the bus.</summary>
    public const string Provider = "e820";

    /// <summary>
    /// All regions of the machine: those listed, and, for each e820 bus without a listed one, a region for each "Persistent Memory
    /// (legacy)" range, ascending,
    /// with the lowest free numbers, all in the order of their numbers (drivers/nvdimm/e820.c e820_pmem_probe(), e820_register_one(),
    /// 6.1.192; numbering seen in recordings).
    /// </summary>
    public static ImmutableArray<RegionDescription> Resolve(MachineDescription machine)
    {
        ImmutableArray<RegionDescription>.Builder all = machine.Regions.ToBuilder();
        // The driver walks all such ranges once: a second e820 bus does not exist on a real machine, and gets none here.
        BusDescription? bus = machine.Buses.FirstOrDefault(b => b.Provider == Provider);
        if (bus is null || machine.Regions.Any(r => r.Bus == bus.Name))
            return all.ToImmutable();
        FirmwareMap map = FirmwareMap.Apply(machine.Memory, machine.CommandLine, machine.Architecture);
        HashSet<string> taken = [.. machine.Regions.Select(r => r.Name)];
        int number = 0;
        foreach (MemoryMapEntry entry in map.Entries.Where(e => e.Type == E820Type.PersistentLegacy))
        {
            string name;
            do name = string.Create(CultureInfo.InvariantCulture, $"region{number++}");
            while (!taken.Add(name));
            int node = NodeOf(entry.Range.Start, machine, map);
            all.Add(
                new RegionDescription
                {
                    Name = name,
                    Bus = bus.Name,
                    Range = entry.Range,
                    NumaNode = node,
                    TargetNode = node,
                }
            );
        }
        return [.. all.OrderBy(r => r.Name.Length).ThenBy(r => r.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The node of an address (phys_to_target_node(), arch/x86/mm/numa.c, 6.1.192). A machine with one node is taken for one whose firmware
    /// describes none:
    /// the kernel then knows node 0 up to the end of RAM only, and -1 above it (seen). With several, the firmware's range decides.
    /// </summary>
    internal static int NodeOf(PhysicalAddress address, MachineDescription machine, FirmwareMap map)
    {
        int[] nodes = [.. machine.Memory.Where(r => r.Type == FirmwareRangeType.SystemRam).Select(r => r.Node).Distinct()];
        if (nodes.Length <= 1)
            return address < map.EndOfRam(machine.PageSize) ? nodes.FirstOrDefault() : -1;
        return machine.Memory.FirstOrDefault(r => r.Range.Contains(address))?.Node ?? -1;
    }
}
