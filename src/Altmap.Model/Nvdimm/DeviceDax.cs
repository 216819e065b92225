using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>The device_dax driver: maps a device with pages (drivers/dax/device.c dev_dax_probe(); 5.10, 6.1, 6.12, 7.2).</summary>
public static class DeviceDax
{
    /// <summary>Binds device_dax to a device without driver; the errno is that of memremap_pages(), or EBUSY where a range is
    /// taken.</summary>
    public static StepResult Bind(Machine machine, DaxDeviceState dax)
    {
        StepResult mapped = dax.IsDynamic ? MapRanges(machine, dax) : MapNamespace(machine, dax);
        if (!mapped.Succeeded)
            return DriverCore.WithProbeFailure(mapped.Machine, DaxDeviceDrivers.DeviceDax, dax.Name, mapped.Errno).Fail(mapped.Errno);
        return mapped.Machine.With(dax with { Driver = DaxDeviceDrivers.DeviceDax, HasStalePageMap = false }).Done();
    }

    /// <summary>Unbinds device_dax.</summary>
    public static Machine Unbind(Machine machine, DaxDeviceState dax)
    {
        for (int i = 0; i < dax.Ranges.Length; i++)
            machine = DeviceMaps.Unmap(machine, MapName(dax, i));
        return machine.With(dax with { Driver = null });
    }

    private static StepResult MapNamespace(Machine machine, DaxDeviceState dax)
    {
        StepResult reserved = Reserve(machine, dax);
        if (!reserved.Succeeded)
            return reserved;
        RegionState region = machine.Regions[dax.RegionNumber];
        PfnDeviceState personality = region.Daxes.Values.First(d => d.NamespaceId == dax.Id && d.IsBound);
        return PfnDriver.Map(machine, dax.Name, region.Namespaces[dax.Id], personality.Layout!.Value);
    }

    /// <summary>The page map of a dynamic device is made here, and stays behind where a later step fails.</summary>
    private static StepResult MapRanges(Machine machine, DaxDeviceState dax)
    {
        if (dax.HasStalePageMap)
            return machine
                .WithMessage($"{DaxDeviceDrivers.DeviceDax} {dax.Name}: dynamic-dax with pre-populated page map")
                .Fail(Errno.EINVAL);
        machine = machine.With(dax with { HasStalePageMap = true });
        StepResult reserved = Reserve(machine, dax);
        if (!reserved.Succeeded)
            return reserved;
        bool isCompound = machine.Kernel.Get(Rules.CompoundMemmap) != CompoundMemmap.None && dax.Align > machine.Mm.PageSize;
        for (int i = 0; i < dax.Ranges.Length; i++)
        {
            var order = new DeviceMapOrder(
                MapName(dax, i),
                dax.Ranges[i],
                null,
                dax.NumaNode,
                isCompound ? dax.Align : machine.Mm.PageSize
            );
            StepResult mapped = DeviceMaps.Map(machine, order);
            machine = mapped.Machine;
            if (mapped.Succeeded)
                continue;
            for (int done = 0; done < i; done++)
                machine = DeviceMaps.Unmap(machine, MapName(dax, done));
            return machine.Fail(mapped.Errno);
        }
        return machine.Done();
    }

    /// <summary>request_mem_region() of each range. EBUSY: another driver holds part of one.</summary>
    private static StepResult Reserve(Machine machine, DaxDeviceState dax)
    {
        for (int i = 0; i < dax.Ranges.Length; i++)
        {
            ulong first = dax.Ranges[i].Start.Bytes,
                past = unchecked(first + dax.Ranges[i].Size.Bytes);
            // An end_trunc beyond address 0: the size wraps, and no such range is free (6.1, found by fuzzing).
            if (dax.Ranges[i].Size.Bytes <= long.MaxValue && !HeldResources.Conflict(machine, dax.Ranges[i]))
                continue;
            string place = string.Create(CultureInfo.InvariantCulture, $"mapping{i}: 0x{first:x}-0x{unchecked(past - 1):x}");
            return machine.WithMessage($"{DaxDeviceDrivers.DeviceDax} {dax.Name}: {place} could not reserve range").Fail(Errno.EBUSY);
        }
        return machine.Done();
    }

    private static string MapName(DaxDeviceState dax, int index) =>
        index == 0 ? dax.Name : string.Create(CultureInfo.InvariantCulture, $"{dax.Name} mapping{index}");
}
