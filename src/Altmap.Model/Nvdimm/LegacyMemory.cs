using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>The platform device <c>e820_pmem</c>: all ranges of type 12 together, and which driver has them.</summary>
/// <param name="Driver">The driver that is bound, or null.</param>
public sealed record LegacyMemoryState(string? Driver)
{
    /// <summary>True where there is the device; a machine whose description names no bus for such ranges has none.</summary>
    public bool Exists { get; init; }

    /// <summary>driver_override; null: none, and drivers are found by name.</summary>
    public string? Override { get; init; }

    /// <summary>True where the machine gives its ranges to ramdax at each boot: its bus has the provider <c>ramdax</c>.</summary>
    public bool PrefersRamdax { get; init; }

    /// <summary>What is in the ranges while no driver has them, by their first byte.</summary>
    public ImmutableSortedDictionary<PhysicalAddress, SparseBytes> Contents { get; init; } =
        ImmutableSortedDictionary<PhysicalAddress, SparseBytes>.Empty;
}

/// <summary>
/// Drivers of the platform device <c>e820_pmem</c>: nd_e820, which makes a region of each range (drivers/nvdimm/e820.c; 6.1), and ramdax,
/// which makes a DIMM and a region of each and keeps labels in its last 128 KiB (drivers/nvdimm/ramdax.c; 6.19, seen on 7.2). nd_e820 has
/// the name of the device and takes it at boot; ramdax has no table of devices and takes it only where <c>driver_override</c> says so.
/// </summary>
public static class LegacyMemory
{
    /// <summary>Name of the device.</summary>
    public const string DeviceName = "e820_pmem";

    /// <summary>Name of nd_e820's driver.</summary>
    public const string E820Driver = "e820_pmem";

    /// <summary>Name of ramdax' driver, of its module, and provider of its bus.</summary>
    public const string Ramdax = "ramdax";

    /// <summary>nd_e820.</summary>
    public const string E820Module = "nd_e820";

    /// <summary>Every region's interleave-set cookie.</summary>
    public const ulong RamdaxCookie = 0xcafebeefcafebeef;

    /// <summary>Size of the label area at the end of each range.</summary>
    public static readonly ByteSize LabelAreaSize = ByteSize.KiB(128);

    /// <summary>Drivers of the platform bus that are modelled, with the module that each is in.</summary>
    public static readonly ImmutableArray<(string Driver, string Module)> Drivers = [(E820Driver, E820Module), (Ramdax, Ramdax)];

    /// <summary>True where the kernel has the device: x86 with a range of type 12 (arch/x86/kernel/pmem.c register_e820_pmem()).</summary>
    public static bool Exists(Machine machine) =>
        machine.LegacyMemory.Exists
        && machine.Architecture.Architecture == Architecture.X86_64
        && machine.Memory.Any(m => m.Type == E820Type.PersistentLegacy);

    /// <summary>True where the module is loaded, so that its driver is there.</summary>
    public static bool IsLoaded(Machine machine, string module) =>
        !machine.PendingModules.Contains(module) && (module != Ramdax || machine.Kernel.Get(Rules.HasRamdax));

    /// <summary>Binds by hand. ENODEV: no such device, or the driver does not match it; EBUSY: it has a driver
    /// (drivers/base/bus.c bind_store()).</summary>
    public static StepResult Bind(Machine machine, string driver, string device)
    {
        if (device != DeviceName || !Exists(machine) || !Matches(machine, driver))
            return machine.Fail(Errno.ENODEV);
        return machine.LegacyMemory.Driver is null
            ? Attach(machine, driver).Done()
            : machine.Fail(machine.Kernel.Get(Rules.BindReturnsProbeErrno) ? Errno.EBUSY : Errno.ENODEV);
    }

    /// <summary>Unbinds by hand. ENODEV: no such device, or it does not have this driver.</summary>
    public static StepResult Unbind(Machine machine, string driver, string device) =>
        device == DeviceName && machine.LegacyMemory.Driver == driver ? Detach(machine).Done() : machine.Fail(Errno.ENODEV);

    /// <summary>A driver is there now: it takes the device where it matches and nothing has it.</summary>
    internal static Machine Register(Machine machine, string driver) =>
        Exists(machine) && machine.LegacyMemory.Driver is null && Matches(machine, driver) ? Attach(machine, driver) : machine;

    /// <summary>
    /// The description without the bus of ramdax and what is on it, since a driver makes that anew at each boot; and what its files hold of
    /// the ranges.
    /// </summary>
    internal static (MachineDescription Description, LegacyMemoryState State) TakeOut(MachineSource source)
    {
        MachineDescription description = source.Description;
        if (description.Buses.FirstOrDefault(b => b.Provider == Ramdax) is not { } bus)
        {
            bool isBound = description.Buses.Any(b => b.Provider == E820Regions.Provider);
            return (description, new(isBound ? E820Driver : null) { Exists = isBound });
        }
        var state = new LegacyMemoryState(null) { Exists = true, PrefersRamdax = true };
        RegionDescription[] regions = [.. description.Regions.Where(r => r.Bus == bus.Name)];
        HashSet<string> dimms = [.. regions.SelectMany(r => r.Mappings).Select(m => m.Dimm)];
        foreach (RegionDescription region in regions)
        {
            SparseBytes content = source.Media.GetValueOrDefault(region.Name) ?? SparseBytes.Zero(region.Range.Size.Bytes);
            if (region.Mappings is [var share] && source.LabelAreas.TryGetValue(share.Dimm, out SparseBytes? labels))
                content = WithLabels(content, labels);
            state = state with { Contents = state.Contents.SetItem(region.Range.Start, content) };
        }
        description = description with
        {
            Buses = description.Buses.Remove(bus),
            Dimms = description.Dimms.RemoveAll(d => dimms.Contains(d.Name)),
            Regions = description.Regions.RemoveAll(r => r.Bus == bus.Name),
        };
        return (description, state);
    }

    /// <summary>The machine as the next boot finds it: where nd_e820 keeps its ranges nothing changes, else they are free.</summary>
    internal static Machine BeforeBoot(Machine machine)
    {
        bool keeps =
            machine.LegacyMemory.Driver == E820Driver
            && IsLoaded(machine, E820Module)
            && !(machine.LegacyMemory.PrefersRamdax && IsLoaded(machine, Ramdax));
        machine = keeps ? machine : Detach(machine);
        return machine with { LegacyMemory = machine.LegacyMemory with { Override = null } };
    }

    /// <summary>At boot, with the ranges free: the driver that has them then.</summary>
    internal static Machine Boot(Machine machine)
    {
        if (machine.LegacyMemory.PrefersRamdax && IsLoaded(machine, Ramdax))
            machine = machine with { LegacyMemory = machine.LegacyMemory with { Override = Ramdax } };
        foreach ((string driver, string module) in Drivers)
        {
            if (IsLoaded(machine, module))
                machine = Register(machine, driver);
        }
        return machine;
    }

    /// <summary>An override counts alone; without one the driver's name does (drivers/base/platform.c platform_match()).</summary>
    private static bool Matches(Machine machine, string driver) =>
        machine.LegacyMemory.Override is { } given ? given == driver : driver == E820Driver;

    /// <summary>A driver takes the device: a bus, and on it what the driver makes of each range, in the order of addresses.</summary>
    private static Machine Attach(Machine machine, string driver)
    {
        MachineDescription description = machine.Description;
        var busDevice = new NdDevice(NdDeviceKind.Bus, RegionState.LowestFree(machine.Buses.Keys.Select(b => b.Number)));
        var bus = new BusDescription(busDevice.Name, driver == Ramdax ? Ramdax : E820Regions.Provider);
        machine = machine with
        {
            Description = description with { Buses = description.Buses.Add(bus) },
            Buses = machine.Buses.Add(busDevice, bus),
        };
        foreach (MemoryMapEntry entry in machine.Memory.Where(m => m.Type == E820Type.PersistentLegacy))
            machine = AttachRange(machine, bus, entry.Range);
        return machine with
        {
            LegacyMemory = machine.LegacyMemory with { Driver = driver, Contents = machine.LegacyMemory.Contents.Clear() },
        };
    }

    private static Machine AttachRange(Machine machine, BusDescription bus, PhysicalRange range)
    {
        bool isRamdax = bus.Provider == Ramdax;
        SparseBytes content = machine.LegacyMemory.Contents.GetValueOrDefault(range.Start) ?? SparseBytes.Zero(range.Size.Bytes);
        int number = RegionState.LowestFree(machine.Regions.Keys.Concat(machine.HmemDevices.Keys));
        var dimmDevice = new NdDevice(NdDeviceKind.Dimm, RegionState.LowestFree(machine.Dimms.Keys.Select(d => d.Number)));
        int node = E820Regions.NodeOf(range.Start, machine.Description, new FirmwareMap(machine.Memory, null));
        var description = new RegionDescription
        {
            Name = new NdDevice(NdDeviceKind.Region, number).Name,
            Bus = bus.Name,
            Range = range,
            NumaNode = node,
            TargetNode = node,
        };
        if (isRamdax)
        {
            ByteSize page = machine.Architecture.PageSize;
            if (range.Size < LabelAreaSize || !range.Size.IsMultipleOf(page))
                throw new NotModelledException($"ramdax on {range}: a range below 128 KiB, or not of whole pages of {page}");
            ByteSize data = range.Size - LabelAreaSize;
            var dimm = new DimmDescription { Name = dimmDevice.Name, LabelAreaSize = LabelAreaSize };
            description = description with { Mappings = [new MappingDescription(dimm.Name, default, data, 0)] };
            var labels = SparseBytes.From(content.Read(data.Bytes, (int)LabelAreaSize.Bytes));
            machine = machine with
            {
                Description = machine.Description with { Dimms = machine.Description.Dimms.Add(dimm) },
                Dimms = machine.Dimms.Add(
                    dimmDevice,
                    new DimmState
                    {
                        Description = dimm,
                        Bus = bus.Name,
                        Device = dimmDevice,
                        LabelBytes = labels,
                        IsLabeling = true,
                    }
                ),
            };
        }
        var region = new RegionState
        {
            Description = description,
            Device = new NdDevice(NdDeviceKind.Region, number),
            Media = content,
            Align = RegionDriver.DefaultAlign(machine.Kernel, range.Size, description.Mappings.Length, machine.Architecture.PageSize),
            Cookies = isRamdax ? new RegionCookies(RamdaxCookie, RamdaxCookie, RamdaxCookie) { TypeGuid = Uuid.Zero } : RegionCookies.None,
            HasPageMap = !isRamdax,
        };
        machine = machine with
        {
            Description = machine.Description with { Regions = machine.Description.Regions.Add(description) },
            Regions = machine.Regions.Add(number, region),
        };
        if (isRamdax)
            machine = DriverCore.Probe(machine, dimmDevice).Machine;
        return DriverCore.Probe(machine, region.Device).Machine;
    }

    /// <summary>The driver lets go: its bus goes, and everything on it; what is in the ranges stays.</summary>
    internal static Machine Detach(Machine machine)
    {
        BusDescription? bus = BusOf(machine);
        if (bus is null)
            return machine with { LegacyMemory = machine.LegacyMemory with { Driver = null } };
        LegacyMemoryState legacy = machine.LegacyMemory with { Driver = null };
        RegionState[] regions = [.. machine.Regions.Values.Where(r => r.Description.Bus == bus.Name)];
        foreach (RegionState region in regions)
        {
            SparseBytes content = region.Media;
            foreach (DimmState dimm in RegionDriver.DimmsOf(machine, region))
                content = WithLabels(content, dimm.LabelBytes);
            legacy = legacy with { Contents = legacy.Contents.SetItem(region.Range.Start, content) };
            machine = RegionDriver.Remove(machine, region.Device.Number);
        }
        MachineDescription description = machine.Description;
        return machine with
        {
            LegacyMemory = legacy,
            Description = description with
            {
                Buses = description.Buses.RemoveAll(b => b.Name == bus.Name),
                Dimms = description.Dimms.RemoveAll(d => machine.Dimms.Values.Any(s => s.Bus == bus.Name && s.Description.Name == d.Name)),
                Regions = description.Regions.RemoveAll(r => r.Bus == bus.Name),
            },
            Buses = machine.Buses.RemoveRange(machine.Buses.Where(b => b.Value.Name == bus.Name).Select(b => b.Key)),
            Dimms = machine.Dimms.RemoveRange(machine.Dimms.Values.Where(d => d.Bus == bus.Name).Select(d => d.Device)),
            Regions = machine.Regions.RemoveRange(regions.Select(r => r.Device.Number)),
        };
    }

    private static SparseBytes WithLabels(SparseBytes content, SparseBytes labels) =>
        content.Write(content.LengthBytes - LabelAreaSize.Bytes, labels.Read(0, (int)LabelAreaSize.Bytes));

    private static BusDescription? BusOf(Machine machine) =>
        machine.Buses.Values.FirstOrDefault(b => b.Provider is E820Regions.Provider or Ramdax);
}
