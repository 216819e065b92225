using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// Writes to the attributes of a namespace, and the label updates they cause (drivers/nvdimm/namespace_devs.c uuid_store(),
/// alt_name_store(),
/// __size_store(), sector_size_store(), holder_class_store(), nd_namespace_label_update(); 5.10, 6.1, 6.12, 7.2).
/// Each write happens only while the namespace is idle: EBUSY otherwise. A namespace without label has no uuid, name, size or sector size
/// to set: ENXIO.
/// </summary>
public static class NamespaceAttributes
{
    /// <summary>Longest name: NSLABEL_NAME_LEN without the closing NUL.</summary>
    public const int NameLengthMax = 63;

    /// <summary>EINVAL: another namespace or personality of the bus has this uuid. Changing a uuid that labels already carry rewrites
    /// them.</summary>
    public static StepResult SetUuid(Machine machine, NdDevice device, Uuid uuid)
    {
        NamespaceState ndns = Get(machine, device);
        if (ndns.Type != NamespaceType.Pmem)
            return machine.Fail(Errno.ENXIO);
        if (!ndns.IsIdle)
            return machine.Fail(Errno.EBUSY);
        if (IsUuidTaken(machine, device, uuid))
            return machine.Fail(Errno.EINVAL);
        if (ndns.Uuid is { } old)
        {
            RegionState region = machine.Regions[device.Number];
            if (RegionDriver.DimmsOf(machine, region).Any(d => !HasOwnLabels(d, region)))
                return machine.Fail(Errno.EBUSY);
            foreach (DimmState dimm in RegionDriver.DimmsOf(machine, region))
                machine = machine.With(
                    dimm with
                    {
                        Reservations = [.. dimm.Reservations.Select(r => r.Owner == old ? r with { Owner = uuid } : r)],
                    }
                );
        }
        return UpdateLabels(machine.With(ndns with { Uuid = uuid }), device, renamedFrom: ndns.Uuid);
    }

    /// <summary>EINVAL: longer than <see cref="NameLengthMax"/>.</summary>
    public static StepResult SetAltName(Machine machine, NdDevice device, string name)
    {
        NamespaceState ndns = Get(machine, device);
        if (ndns.Type != NamespaceType.Pmem)
            return machine.Fail(Errno.ENXIO);
        if (!ndns.IsIdle)
            return machine.Fail(Errno.EBUSY);
        name = name.Trim();
        return System.Text.Encoding.UTF8.GetByteCount(name) > NameLengthMax
            ? machine.Fail(Errno.EINVAL)
            : UpdateLabels(machine.With(ndns with { AltName = name }), device);
    }

    /// <summary>512 or 4096; anything else is EINVAL.</summary>
    public static StepResult SetSectorSize(Machine machine, NdDevice device, ulong bytes)
    {
        NamespaceState ndns = Get(machine, device);
        if (ndns.Type != NamespaceType.Pmem)
            return machine.Fail(Errno.ENXIO);
        if (!ndns.IsIdle)
            return machine.Fail(Errno.EBUSY);
        return bytes is 512 or 4096 ? UpdateLabels(machine.With(ndns with { LbaSize = bytes }), device) : machine.Fail(Errno.EINVAL);
    }

    /// <summary><c>btt</c>, <c>pfn</c>, <c>dax</c> or empty; anything else is EINVAL. With 1.2 labels, or none yet, <c>btt</c> means BTT
    /// 2.0.</summary>
    public static StepResult SetHolderClass(Machine machine, NdDevice device, string value)
    {
        NamespaceState ndns = Get(machine, device);
        if (!ndns.IsIdle)
            return machine.Fail(Errno.EBUSY);
        ClaimClass claim;
        switch (value.TrimEnd('\n'))
        {
            case "btt":
                if (BttClass(machine, machine.Regions[device.Number]) is not { } btt)
                    return machine.Fail(Errno.ENXIO);
                claim = btt;
                break;
            case "pfn":
                claim = ClaimClass.Pfn;
                break;
            case "dax":
                claim = ClaimClass.Dax;
                break;
            case "":
                claim = ClaimClass.None;
                break;
            default:
                return machine.Fail(Errno.EINVAL);
        }
        return UpdateLabels(machine.With(ndns with { ClaimClass = claim }), device);
    }

    /// <summary>force_raw takes effect at the next probe; it can be set at any time.</summary>
    public static Machine SetForceRaw(Machine machine, NdDevice device, bool value) =>
        machine.With(Get(machine, device) with { ForceRaw = value });

    /// <summary>
    /// Grows from the free space, shrinks from the end, deletes at 0. ENXIO: no uuid, or a DIMM without labels; EINVAL: not a multiple of
    /// the region's align;
    /// ENOSPC: more than the largest free extent and what the namespace has.
    /// </summary>
    public static StepResult SetSize(Machine machine, NdDevice device, ByteSize size)
    {
        NamespaceState ndns = Get(machine, device);
        RegionState region = machine.Regions[device.Number];
        if (!ndns.IsIdle)
            return machine.Fail(Errno.EBUSY);
        if (ndns.Type != NamespaceType.Pmem || ndns.Uuid is not { } uuid || region.Ways == 0)
            return machine.Fail(Errno.ENXIO);
        if (!size.IsMultipleOf(region.Align))
            return machine.Fail(Errno.EINVAL);
        if (RegionDriver.DimmsOf(machine, region).Any(d => d.Labels is null))
            return machine.Fail(Errno.ENXIO);

        ByteSize allocated = RegionDriver
            .DimmsOf(machine, region)
            .Aggregate(ByteSize.Zero, (sum, d) => sum + DpaAllocation.Allocated(d.Reservations, uuid));
        ByteSize available = RegionSpace.MaxAvailableExtent(machine, region);
        if (size.Bytes > available.Bytes + allocated.Bytes)
            return machine.Fail(Errno.ENOSPC);
        if (size != allocated)
        {
            StepResult moved = Allocate(machine, region, uuid, new ByteSize(size.Bytes / (ulong)region.Ways));
            if (!moved.Succeeded)
                return moved;
            machine = moved.Machine.With(ndns with { Range = RangeOf(moved.Machine, region, uuid, size) });
        }
        StepResult updated = UpdateLabels(machine, device);
        if (!updated.Succeeded || !size.IsZero)
            return updated;
        machine = updated.Machine.With(Get(updated.Machine, device) with { Uuid = null });
        bool unregistered = size != allocated && device.Id != 0 && region.NamespaceSeed != device.Id;
        if (!unregistered)
            return machine.Done();
        RegionState rest = machine.Regions[device.Number];
        return machine.With(rest with { Namespaces = rest.Namespaces.Remove(device.Id) }).Done();
    }

    private static StepResult Allocate(Machine machine, RegionState region, Uuid uuid, ByteSize sizePerDimm)
    {
        for (int i = 0; i < region.Ways; i++)
        {
            DimmState dimm = RegionDriver.DimmsOf(machine, region).ElementAt(i);
            ByteSize has = DpaAllocation.Allocated(dimm.Reservations, uuid);
            DpaResult moved =
                sizePerDimm < has
                    ? DpaAllocation.Shrink(dimm.Reservations, uuid, has - sizePerDimm)
                    : DpaAllocation.Grow(RegionSpace.MappingOf(region, i), dimm.Reservations, uuid, sizePerDimm - has);
            if (moved.Errno != Errno.None)
                return machine
                    .WithMessage(
                        $"nd_region {region.Device}: allocation underrun: 0x{(sizePerDimm - has - moved.Missing).Bytes:x} of "
                            + $"0x{(sizePerDimm - has).Bytes:x} bytes"
                    )
                    .Fail(moved.Errno);
            machine = machine.With(dimm with { Reservations = moved.Reserved });
        }
        return machine.Done();
    }

    /// <summary>Where the namespace lies: the first DIMM's share decides (nd_namespace_pmem_set_resource()).</summary>
    private static PhysicalRange RangeOf(Machine machine, RegionState region, Uuid uuid, ByteSize size)
    {
        if (size.IsZero)
            return new PhysicalRange(region.Range.Start, ByteSize.Zero);
        ReservedRange first = RegionDriver.DimmsOf(machine, region).First().Reservations.First(r => r.Owner == uuid);
        ByteSize offset = (first.Start - region.Description.Mappings[0].Offset) * (ulong)region.Ways;
        return new PhysicalRange(region.Range.Start + offset, size);
    }

    /// <summary>
    /// Brings the labels in line (nd_pmem_namespace_label_update()): with space, one label with UPDATING on every DIMM and then one
    /// without;
    /// without space, the labels of its uuid are freed. Nothing is written while there is no uuid.
    /// </summary>
    private static StepResult UpdateLabels(Machine machine, NdDevice device, Uuid? renamedFrom = null)
    {
        NamespaceState ndns = Get(machine, device);
        if (ndns.Type != NamespaceType.Pmem)
            return machine.Fail(Errno.ENXIO);
        if (ndns.Uuid is not { } uuid)
            return machine.Done();
        RegionState region = machine.Regions[device.Number];
        if (RegionDriver.DimmsOf(machine, region).FirstOrDefault(d => d.Labels is null) is { } bare)
            throw new NotModelledException(
                $"a label of {device} while {bare.Device} has no driver: the kernel reads a null pointer (drivers/nvdimm/namespace_devs.c "
                    + $"nd_pmem_namespace_label_update(), label.c del_labels(); 6.1, 6.12)"
            );
        if (ndns.Size.IsZero)
        {
            foreach (DimmState dimm in RegionDriver.DimmsOf(machine, region))
            {
                if (dimm.Labels is not { HasCurrentIndex: true } labels)
                    continue;
                machine = Written(machine, dimm, labels.DeleteLabels(uuid));
            }
            return machine.Done();
        }
        foreach (uint flags in (uint[])[LabelFlags.Updating, 0])
        {
            for (int position = 0; position < region.Ways; position++)
            {
                DimmState dimm = RegionDriver.DimmsOf(machine, region).ElementAt(position);
                ReservedRange space = dimm.Reservations.First(r => r.Owner == uuid);
                LabelWriteResult initialised = dimm.Labels!.Initialise(); // nothing to do where there is an index
                machine = Written(machine, dimm, initialised);
                dimm = machine.Dimms[dimm.Device];
                LabelArea labels = initialised.Area;
                var label = new NamespaceLabel
                {
                    Uuid = uuid,
                    Name = LabelBytes.FromName(ndns.AltName),
                    LabelCount = (ushort)region.Ways,
                    Position = (ushort)position,
                    InterleaveSetCookie = LabelScan.RegionCookie(region, dimm),
                    LbaSize = new ByteSize(ndns.LbaSize),
                    Dpa = space.Start,
                    RawSize = space.Size,
                    TypeGuid = region.Cookies.TypeGuid,
                    AbstractionGuid = ndns.ClaimClass.ToGuid(),
                };
                LabelWriteResult put = labels.PutLabel(label, flags, renamedFrom);
                machine = Written(machine, dimm, put);
                if (put.Errno != Errno.None)
                    return machine.Fail(put.Errno);
            }
        }
        return machine.Done();
    }

    private static Machine Written(Machine machine, DimmState dimm, LabelWriteResult result) =>
        machine.Write(dimm with { Labels = result.Area }, result.Plan);

    private static bool HasOwnLabels(DimmState dimm, RegionState region) =>
        dimm.Labels is { } labels && labels.ActiveLabels.Any(l => region.Namespaces.Values.Any(n => n.Uuid == l.Uuid));

    /// <summary>nd_is_uuid_unique(): every namespace, btt and pfn device of the bus counts, dax devices do not.</summary>
    private static bool IsUuidTaken(Machine machine, NdDevice device, Uuid uuid)
    {
        string bus = machine.Regions[device.Number].Description.Bus;
        return machine
            .Regions.Values.Where(r => r.Description.Bus == bus)
            .Any(r =>
                r.Namespaces.Values.Any(n => n.Type == NamespaceType.Pmem && n.Uuid == uuid)
                || r.Btts.Values.Any(b => b.Uuid == uuid)
                || r.Pfns.Values.Any(p => p.Uuid == uuid)
            );
    }

    /// <summary>btt_claim_class(): null when the DIMMs disagree about their labels. A blank area counts as the 1.2 labels it will get,
    /// but
    /// not beside them.</summary>
    internal static ClaimClass? BttClass(Machine machine, RegionState region)
    {
        DimmState[] dimms = [.. RegionDriver.DimmsOf(machine, region)];
        if (dimms.Any(d => d.Labels is null))
            return ClaimClass.Btt;
        (bool HasIndex, bool IsVersion1)[] kinds = [.. dimms.Select(d => (d.Labels!.HasCurrentIndex, d.Labels.UsesCookie1)).Distinct()];
        return kinds.Length switch
        {
            0 => ClaimClass.Btt,
            1 => kinds[0].IsVersion1 ? ClaimClass.Btt : ClaimClass.Btt2,
            _ => null,
        };
    }

    private static NamespaceState Get(Machine machine, NdDevice device) =>
        machine.FindNamespace(device) ?? throw new ArgumentException($"no {device}", nameof(device));
}
