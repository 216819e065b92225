using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>An NVDIMM that comes while the machine runs: one DIMM, one region, not interleaved.</summary>
/// <param name="Range">Its persistent memory, label area not counted.</param>
/// <param name="LabelSize">Size of the label area, blank; zero: none.</param>
public sealed record NewNvdimm(PhysicalRange Range, ByteSize LabelSize)
{
    /// <summary>Node of the processors near to it, and of its memory as System RAM.</summary>
    public int Node { get; init; }

    /// <summary>NFIT handle; null: the lowest free one from 1 on.</summary>
    public uint? Handle { get; init; }

    /// <summary>Serial number as sysfs prints it; null: the one QEMU gives the slot.</summary>
    public uint? Serial { get; init; }
}

/// <summary>What comes and goes in a running machine without a command of it: DIMMs and NVDIMMs that a hypervisor or a person
/// plugs.</summary>
public static class Hotplug
{
    private const string Nfit = "ACPI.NFIT";

    /// <summary>Why the range cannot hold a new DIMM or NVDIMM, in words, or null: what the firmware's map or another device has
    /// there.</summary>
    public static string? Obstacle(Machine machine, PhysicalRange range)
    {
        if (range.IsEmpty)
            return "it has no bytes";
        if (machine.Memory.FirstOrDefault(m => m.Range.Overlaps(range)) is { } entry)
            return $"{entry.IomemName} is at {entry.Range}";
        if (machine.Regions.Values.FirstOrDefault(r => r.Range.Overlaps(range)) is { } region)
            return $"{region.Device} is at {region.Range}";
        if (machine.DimmSlots.Values.FirstOrDefault(d => d.Range.Overlaps(range)) is { } dimm)
            return $"a DIMM is at {dimm.Range}";
        if (machine.Mm.VirtioMem.FirstOrDefault(d => d.Range.Overlaps(range)) is { } device)
            return $"{device.Name} is at {device.Range}";
        return null;
    }

    /// <summary>
    /// A DIMM comes (drivers/acpi/acpi_memhotplug.c acpi_memory_enable_device(); as <see cref="MemoryBlocks.Plug"/>). Throws
    /// <see cref="NotModelledException"/> for
    /// machines without ACPI.
    /// </summary>
    /// <param name="machine">That gets it.</param>
    /// <param name="range">Its memory.</param>
    /// <param name="node">NUMA node.</param>
    /// <param name="names">The hypervisor's name of it, and of the memory behind it.</param>
    public static StepResult AddDimm(Machine machine, PhysicalRange range, int node, (string Id, string Backend)? names = null)
    {
        RequireAcpi(machine, "plugging a DIMM");
        if (CommandLine.Has(machine.Description.CommandLine, "acpi_no_memhotplug"))
            throw new NotModelledException("plugging a DIMM with acpi_no_memhotplug on the command line");
        return DimmSlots.Insert(machine, new DimmSlot(DimmSlots.Next(machine), range, node) { Names = names });
    }

    /// <summary>
    /// An NVDIMM comes: a DIMM and a region on the NFIT bus, which comes with the first, then probed as at boot (drivers/acpi/nfit/core.c
    /// __acpi_nfit_notify(),
    /// acpi_nfit_init(); 5.10, 6.1, 6.12, 7.2). Throws <see cref="NotModelledException"/> for machines without ACPI.
    /// </summary>
    /// <returns>The machine and the new DIMM and region; errno is that of the region's probe.</returns>
    public static (StepResult Result, NdDevice Dimm, NdDevice Region) AddNvdimm(Machine machine, NewNvdimm nvdimm)
    {
        RequireAcpi(machine, "plugging an NVDIMM");
        MachineDescription description = machine.Description;
        BusDescription? nfit = machine.Buses.Values.FirstOrDefault(b => b.Provider == Nfit);
        var busDevice = new NdDevice(NdDeviceKind.Bus, Free(machine.Buses.Keys));
        BusDescription bus = nfit ?? new BusDescription(busDevice.Name, Nfit);
        var dimmDevice = new NdDevice(NdDeviceKind.Dimm, Free(machine.Dimms.Keys));
        var regionDevice = new NdDevice(NdDeviceKind.Region, Free(machine.Regions.Values.Select(r => r.Device)));
        uint handle = nvdimm.Handle ?? LowestHandle(machine);
        uint serial = nvdimm.Serial ?? SerialOfSlot(handle - 1);
        var dimm = new DimmDescription
        {
            Name = dimmDevice.Name,
            Handle = handle,
            Vendor = 0x8680,
            Device = 0x0100,
            RevisionId = 0x0100,
            Serial = serial,
            Id = $"8680-{serial:x8}",
            Format = 0x0301,
            LabelAreaSize = nvdimm.LabelSize,
        };
        var region = new RegionDescription
        {
            Name = regionDevice.Name,
            Bus = bus.Name,
            Range = nvdimm.Range,
            NumaNode = nvdimm.Node,
            TargetNode = nvdimm.Node,
            Mappings = [new MappingDescription(dimm.Name, default, nvdimm.Range.Size, 0)],
        };
        description = description with
        {
            Buses = nfit is null ? description.Buses.Add(bus) : description.Buses,
            Dimms = description.Dimms.Add(dimm),
            Regions = description.Regions.Add(region),
        };
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        machine = machine with
        {
            Description = description,
            Buses = nfit is null ? machine.Buses.Add(busDevice, bus) : machine.Buses,
            Dimms = machine.Dimms.Add(dimmDevice, Boot.NewDimm(description, dimm, source)),
            Regions = machine.Regions.Add(
                regionDevice.Number,
                Boot.NewRegion(description, region, source, machine.Kernel, machine.Architecture)
            ),
        };
        machine = DriverCore.Probe(machine, dimmDevice).Machine;
        return (DriverCore.Probe(machine, regionDevice), dimmDevice, regionDevice);
    }

    /// <summary>Removes the plugged DIMM that starts there. ENOENT: none does; EBUSY: a block of it cannot go offline.</summary>
    public static StepResult RemoveDimm(Machine machine, PhysicalAddress start) => DimmSlots.Remove(machine, start);

    /// <summary>
    /// A virtio-mem device comes, with nothing plugged. Throws <see cref="NotModelledException"/> for kernels without memory groups.
    /// </summary>
    /// <param name="machine">That gets it.</param>
    /// <param name="range">All that it can have.</param>
    /// <param name="blockSize">What it gives at least: a power of two.</param>
    /// <param name="node">NUMA node.</param>
    /// <param name="number">N of virtioN; null: the lowest that no other virtio-mem device has.</param>
    /// <param name="names">The hypervisor's name of it, and of the memory behind it.</param>
    public static Machine AddVirtioMem(
        Machine machine,
        PhysicalRange range,
        ByteSize blockSize,
        int node,
        int? number,
        (string Id, string Backend)? names = null
    )
    {
        if (!machine.Kernel.Get(Rules.HasAutoMovable))
            throw new NotModelledException("virtio-mem on a kernel without memory groups (before 5.15)");
        int free = RegionState.LowestFree(machine.Mm.VirtioMem.Select(d => d.Number));
        var device = new VirtioMemDevice(number ?? free, range, blockSize, VirtioMem.UnitOf(machine, blockSize), node) { Names = names };
        return VirtioMem.Add(machine, device);
    }

    /// <summary>Asks a virtio-mem device for another size.</summary>
    public static Machine Resize(Machine machine, VirtioMemDevice device, ByteSize requested) =>
        VirtioMem.Resize(machine, device, requested);

    /// <summary>Says that what is in the range cannot move away, or that it can again.</summary>
    public static Machine Hold(Machine machine, PhysicalRange range, bool holds) =>
        machine with
        {
            Mm = machine.Mm with { Held = holds ? machine.Mm.Held.Add(range) : machine.Mm.Held.RemoveAll(h => h.Overlaps(range)) },
        };

    private static void RequireAcpi(Machine machine, string what)
    {
        if (
            machine.Architecture.Architecture == Architecture.Ppc64LittleEndian
            || machine.Description.Buses.Any(b => b.Provider == "of_pmem")
        )
            throw new NotModelledException($"{what} into a machine that has no ACPI");
    }

    private static int Free(IEnumerable<NdDevice> taken) => RegionState.LowestFree(taken.Select(d => d.Number));

    private static uint LowestHandle(Machine machine)
    {
        uint handle = 1;
        while (machine.Dimms.Values.Any(d => d.Description.Handle == handle))
            handle++;
        return handle;
    }

    /// <summary>QEMU's serial numbers: 0x123456 and the slot, which sysfs prints byte-swapped.</summary>
    private static uint SerialOfSlot(uint slot) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(unchecked(0x123456 + slot));
}
