using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// Devices of a dax region that can be divided: made, deleted, resized, mapped by hand (drivers/dax/bus.c create_store(), delete_store(),
/// dev_dax_resize(), mapping_store(), align_store(); 6.1 and 6.12, seen on 6.1, 6.12 and 7.2).
/// </summary>
public static class DynamicDax
{
    /// <summary><c>echo 1 &gt; dax_region/create</c>: a device of size 0. EINVAL: not 1; ENOSPC: nothing is left.</summary>
    public static StepResult Create(Machine machine, HmemRegionState region, long? value)
    {
        if (value != 1)
            return machine.Fail(Errno.EINVAL);
        if (region.AvailableSize.IsZero)
            return machine.Fail(Errno.ENOSPC);
        int id = RegionState.LowestFree(region.Devices);
        DaxDeviceState device = Device(region, id, []);
        return DaxMinors.Take(machine.With(region.With(device) with { Seed = region.Seed ?? id, Youngest = id }), device.Name).Done();
    }

    /// <summary>
    /// <c>echo NAME &gt; dax_region/delete</c>. ENXIO: no such device; EBUSY: it has a driver or bytes, or is number 0, which stays as long
    /// as the region does.
    /// </summary>
    public static StepResult Delete(Machine machine, HmemRegionState region, string name)
    {
        if (region.Devices.Values.FirstOrDefault(d => d.Name == name) is not { } device)
            return machine.Fail(Errno.ENXIO);
        if (device.IsEnabled || !device.Size.IsZero || device.Id == 0)
            return machine.Fail(Errno.EBUSY);
        return machine
            .With(
                region with
                {
                    Devices = region.Devices.Remove(device.Id),
                    Seed = region.Seed == device.Id ? null : region.Seed,
                    Youngest = region.Youngest == device.Id ? null : region.Youngest,
                }
            )
            .Done();
    }

    /// <summary>
    /// <c>size</c>: grows by first fit in the order of addresses, extending the last range where it can; shrinks from the last range back.
    /// EINVAL: not a multiple of the larger of align and a sub-section; EBUSY: a driver is bound; ENOSPC: more than is left.
    /// </summary>
    public static StepResult Resize(Machine machine, DaxDeviceState device, ByteSize size)
    {
        if (!IsAligned(machine, device, size))
            return machine.Fail(Errno.EINVAL);
        if (device.IsEnabled)
            return machine.Fail(Errno.EBUSY);
        HmemRegionState region = machine.HmemRegions[device.RegionNumber];
        if (size > device.Size && size - device.Size > region.AvailableSize)
            return machine.Fail(Errno.ENOSPC);
        return machine.With(size < device.Size ? Shrink(device, size) : Grow(region, device, size)).Done();
    }

    /// <summary><c>align</c>. EINVAL: none that the architecture has, or a range is no multiple of it; EBUSY: a driver is bound.</summary>
    public static StepResult SetAlign(Machine machine, DaxDeviceState device, ByteSize align)
    {
        if (!machine.Architecture.SupportedAligns.Contains(align))
            return machine.Fail(Errno.EINVAL);
        if (device.IsEnabled)
            return machine.Fail(Errno.EBUSY);
        DaxDeviceState next = device with { Align = align };
        return next.Ranges.All(r => IsAligned(machine, next, r.Size)) ? machine.With(next).Done() : machine.Fail(Errno.EINVAL);
    }

    /// <summary>
    /// <c>mapping</c>: a range is added behind those that the device has. ENOMEM: in use, or not in the region; a length that is not
    /// aligned is passed over in silence by newer kernels (rule dax.misaligned-mapping).
    /// </summary>
    public static StepResult AddMapping(Machine machine, DaxDeviceState device, PhysicalRange range)
    {
        if (!IsAligned(machine, device, range.Size))
            return machine.Kernel.Get(Rules.PassesOverMisalignedMapping) ? machine.Done() : machine.Fail(Errno.ENXIO);
        HmemRegionState region = machine.HmemRegions[device.RegionNumber];
        if (range.IsEmpty)
            return device.Ranges.IsEmpty ? machine.Done() : machine.Fail(Errno.EBUSY);
        bool isFree = region.Range.Contains(range) && !region.Devices.Values.Any(d => d.Ranges.Any(r => r.Overlaps(range)));
        return isFree ? machine.With(device with { Ranges = device.Ranges.Add(range) }).Done() : machine.Fail(Errno.ENOMEM);
    }

    /// <summary>A new device of the region, without driver.</summary>
    internal static DaxDeviceState Device(HmemRegionState region, int id, ImmutableArray<PhysicalRange> ranges) =>
        new(region.Id, id, ranges, region.Align, region.TargetNode, region.NumaNode, Driver: null)
        {
            IsDynamic = true,
            RegionStart = region.Range.Start,
        };

    /// <summary>alloc_is_aligned(): only lengths count.</summary>
    private static bool IsAligned(Machine machine, DaxDeviceState device, ByteSize size)
    {
        ByteSize unit = machine.Architecture.CompatAlign;
        return size.IsMultipleOf(device.Align > unit ? device.Align : unit);
    }

    private static DaxDeviceState Shrink(DaxDeviceState device, ByteSize size)
    {
        ByteSize rest = device.Size - size;
        ImmutableArray<PhysicalRange> ranges = device.Ranges;
        while (!rest.IsZero)
        {
            PhysicalRange last = ranges[^1];
            bool isWhole = rest >= last.Size;
            ranges = isWhole
                ? ranges.RemoveAt(ranges.Length - 1)
                : ranges.SetItem(ranges.Length - 1, last with { Size = last.Size - rest });
            rest = isWhole ? rest - last.Size : ByteSize.Zero;
        }
        return device with { Ranges = ranges };
    }

    private static DaxDeviceState Grow(HmemRegionState region, DaxDeviceState device, ByteSize size)
    {
        ByteSize rest = size - device.Size;
        while (!rest.IsZero)
        {
            PhysicalRange[] taken = [.. region.With(device).Devices.Values.SelectMany(d => d.Ranges).OrderBy(r => r.Start)];
            PhysicalRange free = FirstFree(region.Range, taken);
            var piece = new PhysicalRange(free.Start, free.Size < rest ? free.Size : rest);
            rest -= piece.Size;
            int end = device.Ranges.Length - 1;
            bool extends = end >= 0 && piece.Start != region.Range.Start && device.Ranges[end].Last + new ByteSize(1) == piece.Start;
            device = device with
            {
                Ranges = extends
                    ? device.Ranges.SetItem(end, device.Ranges[end] with { Size = device.Ranges[end].Size + piece.Size })
                    : device.Ranges.Add(piece),
            };
        }
        return device;
    }

    private static PhysicalRange FirstFree(PhysicalRange region, PhysicalRange[] taken)
    {
        PhysicalAddress at = region.Start;
        foreach (PhysicalRange range in taken)
        {
            if (range.Start > at)
                return new PhysicalRange(at, range.Start - at);
            at = range.Start + range.Size;
        }
        return PhysicalRange.FromInclusive(at, region.Last);
    }
}
