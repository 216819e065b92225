using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// Writes to the attributes of a pfn or dax device (drivers/nvdimm/pfn_devs.c mode_store(), align_store(), uuid_store(); claim.c
/// nd_namespace_store();
/// 5.10, 6.1, 6.12, 7.2). EBUSY while its driver is bound.
/// </summary>
public static class PfnAttributes
{
    /// <summary>Sets the uuid that a new info-block will get.</summary>
    public static StepResult SetUuid(Machine machine, NdDevice device, Uuid uuid) => Change(machine, device, p => p with { Uuid = uuid });

    /// <summary>Where the page map goes.</summary>
    public static StepResult SetMode(Machine machine, NdDevice device, PageMapMode mode) =>
        Change(machine, device, p => p with { Mode = mode });

    /// <summary>EINVAL: not among the supported alignments.</summary>
    public static StepResult SetAlign(Machine machine, NdDevice device, ByteSize align) =>
        Get(machine, device).IsBound ? machine.Fail(Errno.EBUSY)
        : machine.Architecture.SupportedAligns.Contains(align) ? Change(machine, device, p => p with { Align = align })
        : machine.Fail(Errno.EINVAL);

    /// <summary>
    /// Claims a namespace of the same region, or with an empty name lets go of the present one: a seed is reset, any other device
    /// disappears.
    /// EINVAL: not a namespace's name; EBUSY: one is set already, the namespace is claimed, or its holder class is another's; ENODEV: no
    /// such namespace;
    /// ENXIO: smaller than 16 MiB.
    /// </summary>
    public static StepResult SetNamespace(Machine machine, NdDevice device, string name)
    {
        PfnDeviceState pfn = Get(machine, device);
        if (pfn.IsBound)
            return machine.Fail(Errno.EBUSY);
        if (name.Trim().Length == 0)
            return Detach(machine, pfn).Done();
        StepResult claimed = NamespaceClaim.Take(machine, device, pfn.NamespaceId is not null, name, out int id);
        return claimed.Succeeded ? claimed.Machine.With(pfn with { NamespaceId = id }).Done() : claimed;
    }

    /// <summary>nd_detach_and_reset().</summary>
    private static Machine Detach(Machine machine, PfnDeviceState pfn)
    {
        RegionState region = machine.Regions[pfn.Device.Number];
        if (pfn.NamespaceId is { } id)
            region = region.With(region.Namespaces[id] with { Claim = null });
        bool isSeed = (pfn.Device.Kind == NdDeviceKind.Dax ? region.DaxSeed : region.PfnSeed) == pfn.Device.Id;
        if (isSeed)
            return machine.With(region.With(pfn with { NamespaceId = null, Uuid = null, Mode = PageMapMode.None }));
        return machine.With(
            pfn.Device.Kind == NdDeviceKind.Dax
                ? region with
                {
                    Daxes = region.Daxes.Remove(pfn.Device.Id),
                }
                : region with
                {
                    Pfns = region.Pfns.Remove(pfn.Device.Id),
                }
        );
    }

    private static StepResult Change(Machine machine, NdDevice device, Func<PfnDeviceState, PfnDeviceState> change)
    {
        PfnDeviceState pfn = Get(machine, device);
        return pfn.IsBound ? machine.Fail(Errno.EBUSY) : machine.With(change(pfn)).Done();
    }

    private static PfnDeviceState Get(Machine machine, NdDevice device) =>
        machine.FindPfnDevice(device) ?? throw new ArgumentException($"no {device}", nameof(device));
}
