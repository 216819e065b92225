using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>
/// A modelled computer: hardware, kernel, media, and what the drivers made of them. An immutable value; every step gives the next one.
/// Copying is cheap: a step replaces a few records on the way from here to what changed and shares all the rest.
/// </summary>
public sealed record Machine
{
    /// <summary>What it was made from. Media and label areas in it are those of the first boot.</summary>
    public required MachineDescription Description { get; init; }

    /// <summary>The kernel's rules, with what the machine's <c>config</c> says of them.</summary>
    public required KernelProfile Kernel { get; init; }

    /// <summary>The architecture's rules.</summary>
    public required ArchitectureRules Architecture { get; init; }

    /// <summary>The memory map after the command line's memmap=, ascending.</summary>
    public required ImmutableArray<MemoryMapEntry> Memory { get; init; }

    /// <summary>Bus providers by name.</summary>
    public required ImmutableSortedDictionary<NdDevice, BusDescription> Buses { get; init; }

    /// <summary>DIMMs by device.</summary>
    public required ImmutableSortedDictionary<NdDevice, DimmState> Dimms { get; init; }

    /// <summary>Regions by number.</summary>
    public required ImmutableSortedDictionary<int, RegionState> Regions { get; init; }

    /// <summary>Soft-reserved ranges as dax regions, by id.</summary>
    public ImmutableSortedDictionary<int, HmemRegionState> HmemRegions { get; init; } =
        ImmutableSortedDictionary<int, HmemRegionState>.Empty;

    /// <summary>Soft-reserved ranges as platform devices hmem.N, by N, whether a driver took them or not.</summary>
    public ImmutableSortedDictionary<int, PhysicalRange> HmemDevices { get; init; } = ImmutableSortedDictionary<int, PhysicalRange>.Empty;

    /// <summary>The platform device of all ranges of type 12.</summary>
    public LegacyMemoryState LegacyMemory { get; init; } = new(Driver: null);

    /// <summary>Modules that are not loaded at boot, since a user loads them (<see cref="KernelModules"/>).</summary>
    public ImmutableSortedSet<string> ModulesByHand { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>DIMMs that came while the machine ran, by slot, whether the kernel took them or not.</summary>
    public ImmutableSortedDictionary<int, DimmSlot> DimmSlots { get; init; } = ImmutableSortedDictionary<int, DimmSlot>.Empty;

    /// <summary>Memory that the hypervisor's monitor was told to have ready, by name.</summary>
    public ImmutableSortedDictionary<string, ByteSize> MemoryBackends { get; init; } =
        ImmutableSortedDictionary.Create<string, ByteSize>(StringComparer.Ordinal);

    /// <summary>Modules that are not loaded yet: those of <see cref="ModulesByHand"/>, and those that no device asks for.</summary>
    public ImmutableSortedSet<string> PendingModules { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>Device-dax devices whose names device_dax was given (<c>new_id</c>); it takes most others too.</summary>
    public ImmutableSortedSet<string> DeviceDaxIds { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>Device-dax devices whose names kmem was given (<c>new_id</c>) and not told to forget; it takes no others.</summary>
    public ImmutableSortedSet<string> KmemIds { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>Minor numbers of dax devices with the device that took them; some of the devices may be gone.</summary>
    public ImmutableSortedDictionary<int, DaxMinor> DaxMinors { get; init; } = ImmutableSortedDictionary<int, DaxMinor>.Empty;

    /// <summary>What memory management made of physical memory: sections, struct pages, zones, memory blocks.</summary>
    public required MemoryState Mm { get; init; }

    /// <summary>Kernel messages of the modelled steps since boot, oldest first, without time stamps.</summary>
    public ImmutableList<string> Log { get; init; } = [];

    /// <summary>What was written to media since <see cref="WithoutWritten"/>, oldest first: applied in order to the media of then, it gives
    /// those of now.</summary>
    public ImmutableList<MediaChange> Written { get; private init; } = [];

    /// <summary>The namespace, or null.</summary>
    public NamespaceState? FindNamespace(NdDevice device) =>
        device.Kind == NdDeviceKind.Namespace && Regions.TryGetValue(device.Number, out RegionState? region)
            ? region.Namespaces.GetValueOrDefault(device.Id)
            : null;

    /// <summary>The pfn or dax device, or null.</summary>
    public PfnDeviceState? FindPfnDevice(NdDevice device) =>
        device.Kind is NdDeviceKind.Pfn or NdDeviceKind.Dax && Regions.TryGetValue(device.Number, out RegionState? region)
            ? region.PfnDevice(device)
            : null;

    /// <summary>The btt device, or null.</summary>
    public BttDeviceState? FindBtt(NdDevice device) =>
        device.Kind == NdDeviceKind.Btt && Regions.TryGetValue(device.Number, out RegionState? region)
            ? region.Btts.GetValueOrDefault(device.Id)
            : null;

    /// <summary>The machine with a region replaced.</summary>
    public Machine With(RegionState region) => this with { Regions = Regions.SetItem(region.Device.Number, region) };

    /// <summary>The machine with a namespace replaced.</summary>
    public Machine With(NamespaceState ndns) => With(Regions[ndns.Device.Number].With(ndns));

    /// <summary>The machine with a pfn or dax device replaced.</summary>
    public Machine With(PfnDeviceState pfn) => With(Regions[pfn.Device.Number].With(pfn));

    /// <summary>The machine with a btt device replaced.</summary>
    public Machine With(BttDeviceState btt) => With(Regions[btt.Device.Number].With(btt));

    /// <summary>The machine with a device-dax device put in or replaced.</summary>
    public Machine With(DaxDeviceState dax)
    {
        if (dax.IsDynamic)
            return With(HmemRegions[dax.RegionNumber].With(dax));
        RegionState region = Regions[dax.RegionNumber];
        return With(region with { DaxDevices = region.DaxDevices.SetItem(dax.Id, dax) });
    }

    /// <summary>The machine with a soft-reserved range's dax region put in or replaced.</summary>
    public Machine With(HmemRegionState region) => this with { HmemRegions = HmemRegions.SetItem(region.Id, region) };

    /// <summary>The machine with a DIMM replaced.</summary>
    public Machine With(DimmState dimm) => this with { Dimms = Dimms.SetItem(dimm.Device, dimm) };

    /// <summary>The machine after a plan on a region's media was carried out: the only way in which they change.</summary>
    public Machine Write(RegionState region, WritePlan plan) =>
        plan.Steps.IsEmpty
            ? With(region)
            : With(region with { Media = plan.Apply(region.Media) }) with
            {
                Written = Written.Add(new MediaChange(region.Device, plan)),
            };

    /// <summary>The machine after a plan on a DIMM's label area was carried out: the only way in which it changes.</summary>
    public Machine Write(DimmState dimm, WritePlan plan) =>
        plan.Steps.IsEmpty
            ? With(dimm)
            : With(dimm with { LabelBytes = plan.Apply(dimm.LabelBytes) }) with
            {
                Written = Written.Add(new MediaChange(dimm.Device, plan)),
            };

    /// <summary>The machine with an empty list of writes: a command starts.</summary>
    public Machine WithoutWritten() => Written.IsEmpty ? this : this with { Written = [] };

    /// <summary>The machine with a kernel message appended.</summary>
    public Machine WithMessage(string message) => this with { Log = Log.Add(message) };

    /// <summary>A step that succeeded with this machine as its result.</summary>
    public StepResult Done() => new(this, Errno.None);

    /// <summary>A step that failed and left the machine as it is here.</summary>
    public StepResult Fail(Errno errno) => new(this, errno);
}

/// <summary>A plan that was carried out.</summary>
/// <param name="Device">The region whose media, or the DIMM whose label area it is about.</param>
/// <param name="Plan">Offsets are from the start of those.</param>
public sealed record MediaChange(NdDevice Device, WritePlan Plan);

/// <summary>What a step gives: the next machine (also after a failure, which may leave traces) and the kernel's answer.</summary>
/// <param name="Machine">The next machine.</param>
/// <param name="Errno">None, or why the step failed.</param>
public readonly record struct StepResult(Machine Machine, Errno Errno)
{
    /// <summary>True when the step succeeded.</summary>
    public bool Succeeded => Errno == Errno.None;
}
