using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>From hardware, label areas and media to a machine that has just booted.</summary>
public static class Boot
{
    /// <summary>
    /// Boots a machine: DIMMs are probed, then regions in order of number, then the namespaces of each (drivers/nvdimm; 5.10, 6.1, 6.12,
    /// 7.2).
    /// Throws <see cref="NotModelledException"/> when something on the media is not modelled.
    /// </summary>
    /// <returns>The machine; or null and the panic of a kernel that does not boot with this memory map.</returns>
    /// <param name="source">The machine with what its files hold.</param>
    /// <param name="kernel">The rules; the machine's <c>config</c> goes before them.</param>
    /// <param name="architecture">The architecture's rules, from <see cref="ArchitectureRules.Find"/>.</param>
    public static (Machine? Machine, string? Panic) Start(MachineSource source, KernelProfile kernel, ArchitectureRules architecture)
    {
        (MachineDescription description, LegacyMemoryState legacy) = LegacyMemory.TakeOut(source);
        FirmwareMap map = FirmwareMap.Apply(description.Memory, description.CommandLine, description.Architecture);
        if (map.Panic is not null)
            return (null, map.Panic);
        if (!map.Entries.Any(e => e.Type == E820Type.Ram) && description.Memory.Any(m => m.Type == FirmwareRangeType.SystemRam))
            return (null, "memmap= and mem= leave no System RAM");
        if (
            map.Entries.FirstOrDefault(e => e.Type == E820Type.PersistentLegacy && e.Range.Last.Bytes > PhysicalAddress.InputMax) is
            { Range.IsEmpty: false } far
        )
            throw new NotModelledException($"a region at {far.Range}: it ends beyond 2^56");
        kernel = kernel.With(description.Config, architecture.Architecture, architecture.PageSize);
        ImmutableArray<RegionDescription> regions = E820Regions.Resolve(description);
        var machine = new Machine
        {
            Description = description,
            Kernel = kernel,
            Architecture = architecture,
            Memory = map.Entries,
            Mm = MemoryBoot.Start(description, map.Entries, kernel, architecture),
            LegacyMemory = legacy,
            Buses = description.Buses.ToImmutableSortedDictionary(b => Device(b.Name), b => b),
            Dimms = description.Dimms.Select(d => NewDimm(description, d, source)).ToImmutableSortedDictionary(d => d.Device, d => d),
            Regions = regions
                .Select(r => NewRegion(description, r, source, kernel, architecture))
                .ToImmutableSortedDictionary(r => r.Device.Number, r => r),
        };
        return (Probe(machine with { PendingModules = KernelModules.AtBoot(machine) }), null);
    }

    /// <summary>The same machine after a reboot: what is on the media stays, everything else is made anew.</summary>
    public static Machine Again(Machine machine) => Again(machine, machine.Kernel, machine.Architecture);

    /// <summary>The same hardware and media under another kernel, or one with other pages.</summary>
    /// <param name="machine">What is on its media stays.</param>
    /// <param name="kernel">The rules from now on.</param>
    /// <param name="architecture">Of that kernel, with the page size it has.</param>
    public static Machine Again(Machine machine, KernelProfile kernel, ArchitectureRules architecture)
    {
        ByteSize page = architecture.PageSize;
        kernel = kernel.With(machine.Description.Config, architecture.Architecture, page);
        machine = machine with { Kernel = kernel };
        machine = LegacyMemory.BeforeBoot(machine with { PendingModules = KernelModules.AtBoot(machine) });
        MachineDescription description = machine.Description with { PageSize = page };
        Machine booted = machine with
        {
            Description = description,
            Kernel = kernel,
            Architecture = architecture,
            Log = [],
            KmemIds = [],
            DaxMinors = ImmutableSortedDictionary<int, DaxMinor>.Empty,
            DeviceDaxIds = [],
            HmemRegions = machine.HmemRegions.Clear(),
            HmemDevices = machine.HmemDevices.Clear(),
            Mm = MemoryBoot.Start(description, machine.Memory, kernel, architecture),
        };
        // Plugged DIMMs are still there; ACPI adds them while it scans, before any NVDIMM, and only below mem= (mm/memory_hotplug.c
        // register_memory_resource()).
        if (!machine.Mm.PluggedRam.IsEmpty && CommandLine.Find(description.CommandLine, "mem") is not null)
            throw new NotModelledException("a reboot with a plugged DIMM and mem= on the command line");
        booted = DimmSlots.Boot(booted);
        // The hypervisor takes all of virtio-mem back at a reset, and the driver asks for it again.
        booted = booted with
        {
            Mm = booted.Mm with
            {
                VirtioMem = [.. machine.Mm.VirtioMem.Select(d => d with { IsBound = false, Plugged = new RunMap<bool>(false) })],
            },
        };
        return Probe(
            booted with
            {
                Dimms = machine.Dimms.ToImmutableSortedDictionary(
                    d => d.Key,
                    d => new DimmState
                    {
                        Description = d.Value.Description,
                        Bus = d.Value.Bus,
                        Device = d.Key,
                        LabelBytes = d.Value.LabelBytes,
                    }
                ),
                Regions = machine.Regions.ToImmutableSortedDictionary(
                    r => r.Key,
                    r => new RegionState
                    {
                        Description = r.Value.Description,
                        Device = r.Value.Device,
                        Media = r.Value.Media,
                        Cookies = r.Value.Cookies,
                        HasPageMap = r.Value.HasPageMap,
                        Align = RegionDriver.DefaultAlign(kernel, r.Value.Range.Size, r.Value.Ways, page),
                    }
                ),
            }
        );
    }

    private static Machine Probe(Machine machine)
    {
        foreach (NdDevice dimm in machine.Dimms.Keys)
            machine = DriverCore.Probe(machine, dimm).Machine;
        foreach (int region in machine.Regions.Keys)
            machine = DriverCore.Probe(machine, new NdDevice(NdDeviceKind.Region, region)).Machine;
        machine = LegacyMemory.Boot(machine);
        machine = VirtioMem.ProbeAll(machine);
        machine = HmemDriver.AddDevices(machine);
        return machine.PendingModules.Contains(HmemDriver.Module) ? machine : HmemDriver.Load(machine);
    }

    internal static DimmState NewDimm(MachineDescription description, DimmDescription dimm, MachineSource source)
    {
        string bus =
            description.Regions.FirstOrDefault(r => r.Mappings.Any(m => m.Dimm == dimm.Name))?.Bus
            ?? description.Buses.FirstOrDefault(b => b.Provider == "ACPI.NFIT")?.Name
            ?? description.Buses[0].Name;
        return new DimmState
        {
            Description = dimm,
            Bus = bus,
            Device = Device(dimm.Name),
            LabelBytes = source.LabelAreas.GetValueOrDefault(dimm.Name) ?? SparseBytes.Zero(dimm.LabelAreaSize.Bytes),
        };
    }

    internal static RegionState NewRegion(
        MachineDescription description,
        RegionDescription region,
        MachineSource source,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        string provider = description.Buses.First(b => b.Name == region.Bus).Provider;
        return new RegionState
        {
            Description = region,
            Device = Device(region.Name),
            Media = source.Media.GetValueOrDefault(region.Name) ?? SparseBytes.Zero(region.Range.Size.Bytes),
            Align = RegionDriver.DefaultAlign(kernel, region.Range.Size, region.Mappings.Length, architecture.PageSize),
            Cookies = CookiesOf(description, region),
            HasPageMap = provider is "e820" or "of_pmem" or "virtio-pmem",
        };
    }

    /// <summary>
    /// Cookies from the DIMMs' serial numbers; where the machine file gives one that does not come out (several DIMMs, another vendor's
    /// tables),
    /// the given one counts for both label versions.
    /// </summary>
    private static RegionCookies CookiesOf(MachineDescription description, RegionDescription region)
    {
        if (region.Mappings.IsEmpty)
            return RegionCookies.None;
        IEnumerable<InterleaveMember> mappings = region.Mappings.Select(m =>
        {
            DimmDescription dimm = description.Dimms.First(d => d.Name == m.Dimm);
            (ushort date, byte location) = ManufacturingOf(dimm.Id);
            return new InterleaveMember(
                m.RegionOffset,
                System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(dimm.Serial),
                System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(dimm.Vendor),
                date,
                location
            );
        });
        (ulong cookie1, ulong cookie2, ulong alt, _) = InterleaveSetCookie.Compute([.. mappings]);
        if (region.SetCookie is { } given && given != cookie1 && given != cookie2)
            (cookie1, cookie2, alt) = (given, given, given);
        return new RegionCookies(cookie1, cookie2, alt);
    }

    /// <summary>Manufacturing date and location as nmemN/nfit/id shows them: <c>vendor-location-date-serial</c> (date byte-swapped); zero
    /// in the short form.</summary>
    private static (ushort Date, byte Location) ManufacturingOf(string id)
    {
        string[] parts = id.Split('-');
        if (parts.Length != 4)
            return (0, 0);
        if (!byte.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte location))
            return (0, 0);
        if (!ushort.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort date))
            return (0, 0);
        return (System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(date), location);
    }

    private static NdDevice Device(string name) =>
        NdDevice.TryParse(name, out NdDevice device) ? device : throw new ArgumentException($"not a device name: {name}", nameof(name));
}
