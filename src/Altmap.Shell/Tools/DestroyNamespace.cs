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
    private const int Labelled = 2;

    /// <summary>0: destroyed; 1: nothing to do, not counted; negative errno.</summary>
    public int Destroy(NdDevice device)
    {
        int prepared = Prepare(device);
        return prepared == Labelled ? -(int)context.DeleteNamespace(device) : prepared;
    }

    /// <summary>Disables the namespace and zeroes its first 8 KiB. 2: it has a label; 0 and 1: it has none, and something, or nothing, was
    /// zeroed.</summary>
    public int Prepare(NdDevice device)
    {
        if (context.Region(new NdDevice(NdDeviceKind.Region, device.Number)).IsReadOnly)
        {
            context.Error($"{device}: read-only, re-configuration disabled");
            return -(int)Errno.ENXIO;
        }
        if (context.IsActive(context.Namespace(device)!) && !force)
        {
            context.Error($"{device} is active, specify --force for re-configuration");
            return -(int)Errno.EBUSY;
        }
        if (context.DisableNamespaceSafely(device) is var errno and not Errno.None)
            return -(int)errno;
        context.Step(NamespaceAttributes.SetHolderClass(context.Machine, device, ""));
        int zeroed = ZeroInfoBlock(device);
        if (zeroed < 0)
            return zeroed;
        return context.Namespace(device)!.Type == NamespaceType.Pmem ? Labelled : zeroed;
    }

    /// <summary>0: zeroed; 1: it was zero already, or could not be looked at.</summary>
    private int ZeroInfoBlock(NdDevice device)
    {
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, true);
        int result = 1;
        if (context.EnableNamespace(device) < 0)
            context.CountedError(command, $"{device} failed to enable for zeroing, continuing");
        else
            result = Zero(device);
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, false);
        context.DisableNamespace(device);
        return result;
    }

    private int Zero(NdDevice device)
    {
        NamespaceState ndns = context.Namespace(device)!;
        RegionState region = context.Machine.Regions[device.Number];
        ulong start = (ndns.Range.Start - region.Range.Start).Bytes;
        ulong length = Math.Min(HeadBytes, ndns.Size.Bytes);
        if (region.Media.IsZero(start, start + length))
            return 1;
        var zeros = new PlanStep.Zero(new MediaOffset(start), new ByteSize(length));
        context.Machine = context.Machine.Write(region, new WritePlan([zeros, PlanStep.Barrier.Instance]));
        return 0;
    }
}
