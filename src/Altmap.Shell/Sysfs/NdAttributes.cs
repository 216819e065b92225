using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// The attributes of nd devices as sysfs shows them (drivers/nvdimm/*_devs.c, core.c, drivers/acpi/nfit/core.c; 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class NdAttributes
{
    private static readonly string BttSectorSizes = string.Concat(BttConstants.SectorSizes.Select(s => $"{s} "));

    /// <summary>All attributes of a device that exists.</summary>
    public static IEnumerable<SysfsAttribute> Of(Machine machine, NdDevice device) =>
        device.Kind switch
        {
            NdDeviceKind.Bus => OfBus(machine, device),
            NdDeviceKind.Dimm => OfDimm(machine, machine.Dimms[device]),
            NdDeviceKind.Region => OfRegion(machine, machine.Regions[device.Number]),
            NdDeviceKind.Namespace => OfNamespace(machine, device),
            NdDeviceKind.Btt => OfBtt(machine, device),
            _ => OfPfn(machine, device),
        };

    private static IEnumerable<SysfsAttribute> OfBus(Machine machine, NdDevice device)
    {
        string provider = machine.Buses[device].Provider;
        yield return new("commands", _ => provider == "ACPI.NFIT" ? "cmd_call " : "");
        if (provider == "ACPI.NFIT")
        {
            yield return NotModelled(device, "nfit/dsm_mask");
            yield return NotModelled(device, "nfit/hw_error_scrub");
            yield return new("nfit/revision", _ => "1");
        }
        yield return new("provider", _ => provider);
        yield return new("uevent", _ => Uevent(DriverOf(machine, device), "nd:t0"));
        yield return new("wait_probe", _ => "1");
    }

    private static IEnumerable<SysfsAttribute> OfDimm(Machine machine, DimmState dimm)
    {
        DimmDescription d = dimm.Description;
        // Label methods come with the _LSR and _LSW objects; QEMU's DIMMs have them, and the family's command set, only with a label
        // area.
        yield return new("available_slots", m => m.Dimms[dimm.Device].Labels is { } labels ? Number(labels.AvailableSlots) : Errno.ENXIO);
        bool isNfit = machine.Buses.Values.First(b => b.Name == dimm.Bus).Provider == "ACPI.NFIT";
        yield return new("commands", _ => (dimm.HasLabelArea ? "get_size get_data set_data " : "") + (isNfit ? "cmd_call " : ""));
        string number = string.Create(CultureInfo.InvariantCulture, $"{machine.Kernel.Get(Rules.DimmMajor)}:{dimm.Device.Number}");
        yield return new("dev", _ => number);
        yield return new("devtype", _ => "nvdimm");
        yield return new("flags", m => m.Dimms[dimm.Device].IsLabeling ? "label " : "");
        yield return new("modalias", _ => "nd:t1");
        yield return new("state", m => DimmDriver.IsActive(m, dimm.Device) ? "active" : "idle");
        yield return new("uevent", m => $"{DeviceNode(number, dimm.Device.Name)}{Uevent(DriverOf(m, dimm.Device), "nd:t1", "nvdimm")}");
        if (!isNfit)
            yield break;
        yield return new("nfit/device", _ => Hex4(d.Device));
        if (dimm.HasLabelArea)
        {
            yield return new("nfit/dsm_mask", _ => "0x70");
            yield return new("nfit/family", _ => "0");
        }
        yield return new("nfit/flags", _ => "");
        yield return new("nfit/format", _ => Hex4(d.Format));
        yield return new("nfit/formats", _ => "1");
        yield return new("nfit/handle", _ => Hex(d.Handle, showsZeroPlain: false));
        yield return new("nfit/id", _ => d.Id);
        yield return new("nfit/phys_id", _ => Hex(d.PhysicalId, showsZeroPlain: false));
        yield return new("nfit/rev_id", _ => Hex4(d.RevisionId));
        yield return new("nfit/serial", _ => string.Create(CultureInfo.InvariantCulture, $"0x{d.Serial:x8}"));
        foreach (string name in (string[])["device", "rev_id", "vendor"])
            yield return new($"nfit/subsystem_{name}", _ => "0x0000");
        yield return new("nfit/vendor", _ => Hex4(d.Vendor));
    }

    private static IEnumerable<SysfsAttribute> OfRegion(Machine machine, RegionState region)
    {
        int number = region.Device.Number;
        RegionState Now(Machine m) => m.Regions[number];
        bool hasSet = region.Ways > 0;
        if (machine.Kernel.Get(Rules.RegionsHaveAlign))
            yield return new("align", m => Hex(Now(m).Align.Bytes), SetAlign(number));
        if (hasSet || RegionDriver.TypeOf(machine, region) == NamespaceType.Pmem)
            yield return new("available_size", m => Number(RegionSpace.AvailableSize(m, Now(m)).Bytes));
        yield return new("badblocks", m => Now(m).IsBound ? SysfsValue.Nothing : Errno.ENXIO);
        yield return new("btt_seed", m => Seed(NdDeviceKind.Btt, number, Now(m).BttSeed));
        yield return new("dax_seed", m => Seed(NdDeviceKind.Dax, number, Now(m).DaxSeed));
        // Without flush hints of the platform there is none to wait for; regions without DIMMs do not show it (nvdimm_has_flush()).
        if (hasSet)
            yield return new("deep_flush", _ => "0");
        yield return new("devtype", _ => "nd_pmem");
        yield return new("init_namespaces", m => Now(m).IsBound ? $"{Now(m).NamespacesAtProbe}/{Now(m).NamespacesAtProbe}" : Errno.ENXIO);
        for (int i = 0; i < region.Ways; i++)
        {
            MappingDescription mapping = region.Description.Mappings[i];
            yield return new($"mapping{i}", _ => $"{mapping.Dimm},{mapping.Offset.Bytes},{mapping.Size.Bytes},{mapping.Position}");
        }
        yield return new("mappings", _ => Number((ulong)region.Ways));
        yield return new("max_available_extent", m => Number(RegionSpace.MaxAvailableExtent(m, Now(m)).Bytes));
        yield return new("modalias", _ => "nd:t2");
        yield return new("namespace_seed", m => Seed(NdDeviceKind.Namespace, number, Now(m).NamespaceSeed));
        if (region.Description.RangeIndex != 0)
            yield return new("nfit/range_index", _ => Number((ulong)region.Description.RangeIndex));
        yield return new("nstype", m => Number((ulong)RegionDriver.TypeOf(m, Now(m))));
        foreach (SysfsAttribute node in Nodes(machine, region))
            yield return node;
        yield return new("pfn_seed", m => Seed(NdDeviceKind.Pfn, number, Now(m).PfnSeed));
        yield return new("read_only", m => Now(m).IsReadOnly ? "1" : "0", SetReadOnly(number));
        yield return new("resource", _ => Hex(region.Range.Start.Bytes));
        if (hasSet)
            yield return new("set_cookie", m => Hex(RegionDriver.SetCookie(m, Now(m))));
        yield return new("size", _ => Number(region.Range.Size.Bytes));
        yield return new("uevent", m => Uevent(DriverOf(m, region.Device), "nd:t2", "nd_pmem"));
    }

    private static IEnumerable<SysfsAttribute> OfNamespace(Machine machine, NdDevice device)
    {
        NamespaceState Now(Machine m) => m.FindNamespace(device)!;
        NamespaceState ndns = Now(machine);
        bool isPmem = ndns.Type == NamespaceType.Pmem;
        if (isPmem)
        {
            yield return new("alt_name", m => Now(m).AltName, (m, v) => NamespaceAttributes.SetAltName(m, device, v));
            yield return new(
                "dpa_extents",
                m =>
                    Now(m).Uuid is { } uuid && !Now(m).Size.IsZero
                        ? Number((ulong)LabelledDimmsOf(m, m.Regions[device.Number]).Sum(d => d.Reservations.Count(r => r.Owner == uuid)))
                        : "0"
            );
        }
        yield return new("devtype", _ => isPmem ? "nd_namespace_pmem" : "nd_namespace_io");
        yield return new(
            "force_raw",
            m => Now(m).ForceRaw ? "1" : "0",
            (m, v) => KernelText.TryBool(v, out bool on) ? NamespaceAttributes.SetForceRaw(m, device, on).Done() : m.Fail(Errno.EINVAL)
        );
        yield return new("holder", m => Now(m).Claim?.Name ?? "");
        yield return new("holder_class", m => HolderClass(Now(m).ClaimClass), (m, v) => NamespaceAttributes.SetHolderClass(m, device, v));
        yield return new("modalias", m => $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}");
        yield return new(
            "mode",
            m =>
                Now(m).Claim?.Kind switch
                {
                    NdDeviceKind.Btt => "safe",
                    NdDeviceKind.Pfn => "memory",
                    NdDeviceKind.Dax => "dax",
                    _ => PmemDriver.MapsPages(m, Now(m)) ? "memory" : "raw",
                }
        );
        yield return new("nstype", m => Number((ulong)RegionDriver.TypeOf(m, m.Regions[device.Number])));
        foreach (SysfsAttribute node in Nodes(machine, machine.Regions[device.Number]))
            yield return node;
        yield return new("resource", m => Now(m).Size.IsZero ? Errno.ENXIO : Hex(Now(m).Range.Start.Bytes));
        if (isPmem)
        {
            yield return new(
                "sector_size",
                m => Selected(Now(m).LbaSize, "512 4096 "),
                (m, v) =>
                    !Now(m).IsIdle ? m.Fail(Errno.EBUSY)
                    : KernelText.TryUnsigned(v, out ulong bytes) ? NamespaceAttributes.SetSectorSize(m, device, bytes)
                    : m.Fail(Errno.EINVAL)
            );
        }
        yield return new(
            "size",
            m => Number(Now(m).Size.Bytes),
            isPmem
                ? (m, v) =>
                    KernelText.TryUnsigned(v, out ulong bytes)
                        ? NamespaceAttributes.SetSize(m, device, new ByteSize(bytes))
                        : m.Fail(Errno.EINVAL)
                : null
        );
        yield return new(
            "uevent",
            m =>
                Uevent(
                    DriverOf(m, device),
                    $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}",
                    isPmem ? "nd_namespace_pmem" : "nd_namespace_io"
                )
        );
        if (isPmem)
        {
            yield return new(
                "uuid",
                m => Now(m).Uuid?.ToString() ?? "",
                SetUuid((m, u) => NamespaceAttributes.SetUuid(m, device, u), m => !Now(m).IsIdle)
            );
        }
    }

    private static IEnumerable<SysfsAttribute> OfPfn(Machine machine, NdDevice device)
    {
        PfnDeviceState Now(Machine m) => m.FindPfnDevice(device)!;
        RegionState region = machine.Regions[device.Number];
        yield return new(
            "align",
            m => Number(Now(m).Align.Bytes),
            (m, v) =>
                Now(m).IsBound ? m.Fail(Errno.EBUSY)
                : KernelText.TryUnsigned(v, out ulong bytes) ? PfnAttributes.SetAlign(m, device, new ByteSize(bytes))
                : m.Fail(Errno.EINVAL)
        );
        yield return new("devtype", _ => device.Kind == NdDeviceKind.Dax ? "nd_dax" : "nd_pfn");
        yield return new(
            "modalias",
            m => device.Kind == NdDeviceKind.Dax ? "nd:t7" : $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}"
        );
        yield return new(
            "mode",
            m =>
                Now(m).Mode switch
                {
                    PageMapMode.Ram => "ram",
                    PageMapMode.Pmem => "pmem",
                    _ => "none",
                },
            (m, v) =>
                Now(m).IsBound ? m.Fail(Errno.EBUSY)
                : ModeOf(v) is { } mode ? PfnAttributes.SetMode(m, device, mode)
                : m.Fail(Errno.EINVAL)
        );
        yield return new(
            "namespace",
            m => Now(m).NamespaceId is { } id ? new NdDevice(NdDeviceKind.Namespace, device.Number, id).Name : "",
            (m, v) => PfnAttributes.SetNamespace(m, device, v)
        );
        foreach (SysfsAttribute node in Nodes(machine, region))
            yield return node;
        yield return new("resource", m => Extent(m, Now(m)) is { } range ? Hex(range.Start.Bytes) : Errno.ENXIO);
        yield return new("size", m => Extent(m, Now(m)) is { } range ? Number(range.Size.Bytes) : Errno.ENXIO);
        yield return new(
            "uevent",
            m =>
                device.Kind == NdDeviceKind.Dax
                    ? Uevent(DriverOf(m, device), "nd:t7", "nd_dax")
                    : Uevent(DriverOf(m, device), $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}", "nd_pfn")
        );
        yield return new("supported_alignments", m => string.Concat(m.Architecture.SupportedAligns.Select(a => $"{a.Bytes} ")));
        yield return new(
            "uuid",
            m => Now(m).Uuid?.ToString() ?? "",
            SetUuid((m, u) => PfnAttributes.SetUuid(m, device, u), m => Now(m).IsBound)
        );
        if (device.Kind != NdDeviceKind.Dax || !Now(machine).IsBound)
            yield break;
        yield return new("dax_region/align", m => Number(Now(m).Layout!.Value.MediaAlign.Bytes));
        yield return new("dax_region/id", _ => Number((ulong)device.Number));
        yield return new("dax_region/size", m => Number(Extent(m, Now(m))!.Value.Size.Bytes));
    }

    private static IEnumerable<SysfsAttribute> OfBtt(Machine machine, NdDevice device)
    {
        BttDeviceState Now(Machine m) => m.FindBtt(device)!;
        yield return new("devtype", _ => "nd_btt");
        yield return new("log_zero_flags", _ => "Y");
        yield return new("modalias", m => $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}");
        yield return new(
            "namespace",
            m => Now(m).NamespaceId is { } id ? new NdDevice(NdDeviceKind.Namespace, device.Number, id).Name : "",
            (m, v) => BttAttributes.SetNamespace(m, device, v)
        );
        foreach (SysfsAttribute node in Nodes(machine, machine.Regions[device.Number]))
            yield return node;
        yield return new(
            "sector_size",
            m => Selected(Now(m).LbaSizeBytes, BttSectorSizes),
            (m, v) =>
                Now(m).IsBound ? m.Fail(Errno.EBUSY)
                : KernelText.TryUnsigned(v, out ulong bytes) ? BttAttributes.SetSectorSize(m, device, bytes)
                : m.Fail(Errno.EINVAL)
        );
        yield return new("size", m => Now(m).DiskSize is { } size ? Number(size.Bytes) : Errno.ENXIO);
        yield return new(
            "uevent",
            m => Uevent(DriverOf(m, device), $"nd:t{(int)RegionDriver.TypeOf(m, m.Regions[device.Number])}", "nd_btt")
        );
        yield return new(
            "uuid",
            m => Now(m).Uuid?.ToString() ?? "",
            SetUuid((m, u) => BttAttributes.SetUuid(m, device, u), m => Now(m).IsBound)
        );
    }

    private static IEnumerable<SysfsAttribute> Nodes(Machine machine, RegionState region)
    {
        yield return new("numa_node", _ => region.Description.NumaNode.ToString(CultureInfo.InvariantCulture));
        if (machine.Kernel.Get(Rules.HasTargetNode))
            yield return new("target_node", _ => region.Description.TargetNode.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Where the data of a bound pfn or dax device is; unsigned arithmetic that wraps, as the attributes' own.</summary>
    private static PhysicalRange? Extent(Machine machine, PfnDeviceState pfn)
    {
        if (pfn.Layout is not { } layout)
            return null;
        NamespaceState ndns = machine.Regions[pfn.Device.Number].Namespaces[pfn.NamespaceId!.Value];
        ulong size = unchecked(ndns.Size.Bytes - layout.StartPad.Bytes - layout.EndTrunc.Bytes - layout.DataOffset.Bytes);
        return new PhysicalRange(ndns.Range.Start + layout.StartPad + layout.DataOffset, new ByteSize(size));
    }

    /// <summary>A bound device says EBUSY before it looks at the text (drivers/nvdimm/core.c nd_uuid_store()).</summary>
    private static Func<Machine, string, StepResult> SetUuid(Func<Machine, Uuid, StepResult> set, Func<Machine, bool>? isBound = null) =>
        (m, v) =>
            isBound?.Invoke(m) == true ? m.Fail(Errno.EBUSY)
            : v.Length >= 36 && Uuid.TryParse(v[..36], out Uuid uuid) ? set(m, uuid)
            : m.Fail(Errno.EINVAL);

    private static Func<Machine, string, StepResult> SetAlign(int number) =>
        (m, v) =>
        {
            RegionState region = m.Regions[number];
            if (!KernelText.TryUnsigned(v, out ulong bytes))
                return m.Fail(Errno.EINVAL);
            ulong mappings = (ulong)Math.Max(1, region.Ways);
            var perDimm = new ByteSize(bytes / mappings);
            bool allowed =
                bytes % mappings == 0 && perDimm.IsPowerOfTwo && perDimm >= m.Architecture.PageSize && bytes <= region.Range.Size.Bytes;
            return allowed ? m.With(region with { Align = new ByteSize(bytes) }).Done() : m.Fail(Errno.EINVAL);
        };

    private static Func<Machine, string, StepResult> SetReadOnly(int number) =>
        (m, v) => KernelText.TryBool(v, out bool on) ? RegionDriver.SetReadOnly(m, number, on).Done() : m.Fail(Errno.EINVAL);

    private static SysfsAttribute NotModelled(NdDevice device, string name) =>
        new(name, _ => throw new NotModelledException($"reading {name} of {device}"));

    /// <summary>The DIMMs whose reservations are looked through: the kernel does not ask whether a driver is there to have
    /// them.</summary>
    private static IEnumerable<DimmState> LabelledDimmsOf(Machine machine, RegionState region) =>
        RegionDriver
            .DimmsOf(machine, region)
            .Select(d =>
                d.Labels is not null
                    ? d
                    : throw new NotModelledException(
                        $"dpa_extents of {region.Device} while {d.Device} has no driver: the kernel reads a null pointer "
                            + "(drivers/nvdimm/namespace_devs.c dpa_extents_show(); 6.1, 6.12)"
                    )
            );

    private static string? DriverOf(Machine machine, NdDevice device) =>
        DriverCore.IsBound(machine, device) ? NdDrivers.Of(device.Kind) : null;

    /// <summary>A device's uevent, in the driver core's order (drivers/base/core.c dev_uevent(), drivers/nvdimm/bus.c
    /// nvdimm_bus_uevent()).</summary>
    internal static string Uevent(string? driver, string modalias, string? type = null) =>
        $"{(type is null ? "" : $"DEVTYPE={type}\n")}{(driver is null ? "" : $"DRIVER={driver}\n")}MODALIAS={modalias}";

    /// <summary>What stands before that for a device with a node.</summary>
    internal static string DeviceNode(string number, string name) =>
        $"MAJOR={number[..number.IndexOf(':')]}\nMINOR={number[(number.IndexOf(':') + 1)..]}\nDEVNAME={name}\n";

    /// <summary>A prefix of the word counts, as the kernel compares only as many characters as were written, less the last; tried in this
    /// order.</summary>
    private static PageMapMode? ModeOf(string written)
    {
        int compared = Math.Max(0, written.Length - 1);
        foreach (
            (string word, PageMapMode mode) in ((string, PageMapMode)[])
                [("pmem\n", PageMapMode.Pmem), ("ram\n", PageMapMode.Ram), ("none\n", PageMapMode.None)]
        )
        {
            if (compared <= word.Length && string.CompareOrdinal(written, 0, word, 0, compared) == 0)
                return mode;
        }
        return null;
    }

    private static string HolderClass(ClaimClass claim) =>
        claim switch
        {
            ClaimClass.None => "",
            ClaimClass.Btt or ClaimClass.Btt2 => "btt",
            ClaimClass.Pfn => "pfn",
            ClaimClass.Dax => "dax",
            _ => "<unknown>",
        };

    private static string Selected(ulong current, string choices) =>
        string.Concat(choices.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => c == Number(current) ? $"[{c}] " : $"{c} "));

    private static string Seed(NdDeviceKind kind, int region, int? id) => id is { } number ? new NdDevice(kind, region, number).Name : "";

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value, bool showsZeroPlain = true) =>
        value == 0 && showsZeroPlain ? "0" : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Hex4(ushort value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x4}");
}
