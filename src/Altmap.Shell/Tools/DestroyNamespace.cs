using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Tools;

/// <summary><c>ndctl destroy-namespace</c>, and what create-namespace <c>-e</c> does before it sets up anew (ndctl/namespace.c
/// namespace_prep_reconfig(), zero_info_block(); 76.1).</summary>
internal sealed class DestroyNamespace(ToolContext context, string command, bool force)
{
    private const ulong HeadBytes = 8192;

    /// <summary>Passed over: there was nothing to do.</summary>
    public ToolOutcome Destroy(NdDevice device)
    {
        ToolOutcome prepared = Prepare(device);
        return !prepared.IsFailure && HasLabel(device) ? ToolOutcome.Of(context.DeleteNamespace(device)) : prepared;
    }

    /// <summary>Disables the namespace and zeroes its first 8 KiB. Passed over: nothing was to be zeroed.</summary>
    public ToolOutcome Prepare(NdDevice device)
    {
        if (context.Region(new NdDevice(NdDeviceKind.Region, device.Number)).IsReadOnly)
        {
            context.Error($"{device}: read-only, re-configuration disabled");
            return ToolOutcome.Failed(Errno.ENXIO);
        }
        if (context.IsActive(context.Namespace(device)!) && !force)
        {
            context.Error($"{device} is active, specify --force for re-configuration");
            return ToolOutcome.Failed(Errno.EBUSY);
        }
        if (context.DisableNamespaceSafely(device) is var errno and not Errno.None)
            return ToolOutcome.Of(errno);
        context.Step(NamespaceAttributes.SetHolderClass(context.Machine, device, ""));
        return ZeroInfoBlock(device);
    }

    private bool HasLabel(NdDevice device) => context.Namespace(device)!.Type == NamespaceType.Pmem;

    /// <summary>Passed over: it was zero already, or could not be looked at.</summary>
    private ToolOutcome ZeroInfoBlock(NdDevice device)
    {
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, true);
        ToolOutcome result = ToolOutcome.PassedOver;
        if (context.EnableNamespace(device).IsFailure)
            context.CountedError(command, $"{device} failed to enable for zeroing, continuing");
        else
            result = Zero(device);
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, false);
        context.DisableNamespace(device);
        return result;
    }

    private ToolOutcome Zero(NdDevice device)
    {
        NamespaceState ndns = context.Namespace(device)!;
        RegionState region = context.Machine.Regions[device.Number];
        ulong start = (ndns.Range.Start - region.Range.Start).Bytes;
        ulong length = Math.Min(HeadBytes, ndns.Size.Bytes);
        if (region.Media.IsZero(start, start + length))
            return ToolOutcome.PassedOver;
        var zeros = new PlanStep.Zero(new MediaOffset(start), new ByteSize(length));
        context.Machine = context.Machine.Write(region, new WritePlan([zeros, PlanStep.Barrier.Instance]));
        return ToolOutcome.Done;
    }
}
