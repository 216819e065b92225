using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Labels;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// Writes to the attributes of a btt device (drivers/nvdimm/btt_devs.c uuid_store(), sector_size_store(), namespace_store(); claim.c
/// nd_namespace_store();
/// core.c nd_size_select_store(); 5.10, 6.1, 6.12, 7.2). EBUSY while its driver is bound.
/// </summary>
public static class BttAttributes
{
    /// <summary>Sets the uuid that a new BTT will get.</summary>
    public static StepResult SetUuid(Machine machine, NdDevice device, Uuid uuid) => Change(machine, device, b => b with { Uuid = uuid });

    /// <summary>EINVAL: not one of the seven.</summary>
    public static StepResult SetSectorSize(Machine machine, NdDevice device, ulong bytes) =>
        Get(machine, device).IsBound ? machine.Fail(Errno.EBUSY)
        : bytes <= uint.MaxValue && BttConstants.SectorSizes.Contains((uint)bytes)
            ? Change(machine, device, b => b with { LbaSizeBytes = (uint)bytes })
        : machine.Fail(Errno.EINVAL);

    /// <summary>Claims a namespace, or with an empty name lets go of the present one; as
    /// <see cref="PfnAttributes.SetNamespace"/>.</summary>
    public static StepResult SetNamespace(Machine machine, NdDevice device, string name)
    {
        BttDeviceState btt = Get(machine, device);
        if (btt.IsBound)
            return machine.Fail(Errno.EBUSY);
        if (name.Trim().Length == 0)
            return Detach(machine, btt).Done();
        StepResult claimed = NamespaceClaim.Take(machine, device, btt.NamespaceId is not null, name, out int id);
        return claimed.Succeeded ? claimed.Machine.With(btt with { NamespaceId = id }).Done() : claimed;
    }

    /// <summary>nd_detach_and_reset().</summary>
    private static Machine Detach(Machine machine, BttDeviceState btt)
    {
        RegionState region = machine.Regions[btt.Device.Number];
        if (btt.NamespaceId is { } id)
            region = region.With(region.Namespaces[id] with { Claim = null });
        return machine.With(
            region.BttSeed == btt.Device.Id
                ? region.With(btt with { NamespaceId = null, Uuid = null, LbaSizeBytes = 0 })
                : region with
                {
                    Btts = region.Btts.Remove(btt.Device.Id),
                }
        );
    }

    private static StepResult Change(Machine machine, NdDevice device, Func<BttDeviceState, BttDeviceState> change)
    {
        BttDeviceState btt = Get(machine, device);
        return btt.IsBound ? machine.Fail(Errno.EBUSY) : machine.With(change(btt)).Done();
    }

    private static BttDeviceState Get(Machine machine, NdDevice device) =>
        machine.FindBtt(device) ?? throw new ArgumentException($"no {device}", nameof(device));
}

/// <summary>What btt, pfn and dax devices share when a name is written to <c>namespace</c> (drivers/nvdimm/claim.c nd_namespace_store();
/// 5.10, 6.1, 6.12, 7.2).</summary>
internal static class NamespaceClaim
{
    /// <summary>
    /// EINVAL: not a namespace's name; EBUSY: one is set already, the namespace is claimed, or its holder class is another's; ENODEV: no
    /// such namespace;
    /// ENXIO: smaller than 16 MiB. On success the namespace is claimed, and <paramref name="id"/> is its id.
    /// </summary>
    public static StepResult Take(Machine machine, NdDevice device, bool hasNamespace, string name, out int id)
    {
        id = 0;
        name = name.Trim();
        if (!name.StartsWith("namespace", StringComparison.Ordinal))
            return machine.Fail(Errno.EINVAL);
        if (hasNamespace)
            return machine.Fail(Errno.EBUSY);
        if (
            !NdDevice.TryParse(name, out NdDevice target)
            || target.Number != device.Number
            || machine.FindNamespace(target) is not { } ndns
        )
            return machine.Fail(Errno.ENODEV);
        bool fits = ndns.ClaimClass switch
        {
            ClaimClass.None => true,
            ClaimClass.Btt or ClaimClass.Btt2 => device.Kind == NdDeviceKind.Btt,
            ClaimClass.Pfn => device.Kind == NdDeviceKind.Pfn,
            ClaimClass.Dax => device.Kind == NdDeviceKind.Dax,
            _ => false,
        };
        if (!fits)
            return machine.Fail(Errno.EBUSY);
        if (ndns.Size < ByteSize.MiB(16))
            return machine.Fail(Errno.ENXIO);
        if (ndns.Claim is not null)
            return machine.Fail(Errno.EBUSY);
        id = target.Id;
        return machine.With(ndns with { Claim = device }).Done();
    }
}
