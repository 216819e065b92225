using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Namespaces;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// The nd_pmem driver on btt devices, and what finds a BTT in a namespace (drivers/nvdimm/btt_devs.c nd_btt_probe(), btt.c
/// nvdimm_namespace_attach_btt(),
/// claim.c devm_nsio_enable(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
internal static class BttDriver
{
    private const string OutOfRange = "request out of range";

    /// <summary>ENODEV: the namespace holds no BTT. Otherwise it has a btt device now, which is bound, or was refused.</summary>
    public static StepResult ProbeNamespace(Machine machine, NamespaceState ndns)
    {
        if (ndns.ForceRaw)
            return machine.Fail(Errno.ENODEV);
        RegionState region = machine.Regions[ndns.Device.Number];
        int head = (int)Math.Min(ndns.Size.Bytes, NamespaceBinding.HeadBytes);
        BttProbe probe = BttPresence.Probe(region.Media.Read(StartOf(region, ndns).Bytes, head), PfnDriver.ExtentOf(ndns), ndns.ClaimClass);
        BttDeviceState btt = RegionDriver.NewBttDevice(machine, ndns.Device.Number);
        if (probe.HasErrorFlag)
            machine = machine.WithMessage($" {btt.Device}: Found arena with an error flag"); // no driver yet: a blank stands for it
        if (!probe.IsFound)
            return machine.Fail(Errno.ENODEV);
        machine = machine
            .With(btt with { Uuid = probe.Uuid, LbaSizeBytes = probe.LbaSizeBytes, NamespaceId = ndns.Device.Id })
            .With(ndns with { Claim = btt.Device });
        // The new device is bound once the namespace's own probe is over; the namespace has no driver then.
        return DriverCore.Probe(machine, btt.Device).Machine.Done();
    }

    /// <summary>ENODEV: no namespace, no uuid or no sector size; ENXIO: the namespace is too small; ENOMEM: what is on the media was
    /// refused.</summary>
    public static StepResult Probe(Machine machine, BttDeviceState btt)
    {
        RegionState region = machine.Regions[btt.Device.Number];
        if (btt.NamespaceId is not { } id)
            return machine.Fail(Errno.ENODEV);
        NamespaceState ndns = region.Namespaces[id];
        if (ndns.IsBound)
            return machine.Fail(Errno.EBUSY);
        if (PmemDriver.CommonChecks(machine, ndns) is var errno and not Errno.None)
            return machine.Fail(errno);
        if (btt is not { Uuid: { } uuid, LbaSizeBytes: > 0 })
            return machine.Fail(Errno.ENODEV);
        StepResult enabled = HeldResources.Request(machine, btt.Device, ndns, ndns.Size);
        if (!enabled.Succeeded)
            return enabled;

        BttLoadResult load = BttLoad.Run(
            new BttLoadRequest(
                MediaSlice.Of(region.Media, StartOf(region, ndns).Bytes, ndns.Size.Bytes),
                ndns.ParentUuid,
                ndns.ClaimClass,
                uuid,
                btt.LbaSizeBytes,
                region.IsReadOnly ? region.Device.Name : null
            ),
            machine.Kernel
        );
        if (load.IsUnpredictable)
            throw new NotModelledException($"{btt.Device}: this BTT leads the kernel outside of the namespace, or nowhere");
        if (load.Errno == Errno.None && btt.LbaSizeBytes < BttConstants.DiskSectorSize(btt.LbaSizeBytes))
            throw new NotModelledException($"{btt.Device}: a sector of {btt.LbaSizeBytes} bytes, fewer than its disk's");
        if (load.Errno == Errno.None && btt.LbaSizeBytes - BttConstants.DiskSectorSize(btt.LbaSizeBytes) > SectorMetadataMax)
            throw new NotModelledException(
                $"{btt.Device}: a sector of {btt.LbaSizeBytes} bytes; the real kernel oopses in nsio_rw_bytes() when it reads the new disk"
            );
        machine = machine.Write(region, load.Plan.Shifted(StartOf(region, ndns) - new MediaOffset(0)));
        foreach (BttMessage message in load.Messages)
            machine = Logged(machine, btt, ndns, message);
        if (load.Errno != Errno.None)
            return machine.Fail(load.Errno);
        return RegionDriver.WithNewDisk(machine.With(btt with { DiskSize = load.DiskSize }), btt.Device, ndns).Done();
    }

    /// <summary>WARN_ONCE names the namespace, which has no driver then, and is heard once in a boot.</summary>
    private static Machine Logged(Machine machine, BttDeviceState btt, NamespaceState ndns, BttMessage message)
    {
        if (!message.IsWarning)
            return machine.WithMessage($"{NdDrivers.Pmem} {btt.Device}: {message.Text}");
        return machine.Log.Any(l => l.EndsWith(OutOfRange, StringComparison.Ordinal))
            ? machine
            : machine.WithMessage($"nd {ndns.Device}: {message.Text}");
    }

    /// <summary>The block layer keeps the size of a sector's metadata in a byte: with more, a read runs off the end of the integrity
    /// payload (block/blk-integrity.c, drivers/nvdimm/btt.c btt_rw_integrity(), 6.1; found by fuzzing).</summary>
    private const uint SectorMetadataMax = 255;

    private static MediaOffset StartOf(RegionState region, NamespaceState ndns) => new((ndns.Range.Start - region.Range.Start).Bytes);
}
