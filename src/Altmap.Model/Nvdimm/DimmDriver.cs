using Altmap.Core.Findings;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Model.Nvdimm;

/// <summary>The nvdimm driver: reads the label area and reserves what labels hold (drivers/nvdimm/dimm.c nvdimm_probe(), label.c; 5.10,
/// 6.1, 6.12, 7.2).</summary>
public static class DimmDriver
{
    /// <summary>Success without label area too. EBUSY: two labels claim the same space, or an empty one.</summary>
    internal static StepResult Probe(Machine machine, NdDevice device)
    {
        DimmState dimm = machine.Dimms[device];
        if (!dimm.HasLabelArea)
            return machine.With(dimm with { IsBound = true }).Done();
        LabelArea labels = LabelArea.Parse(dimm.LabelBytes, machine.Kernel);
        dimm = dimm with { Labels = labels, Reservations = [] };
        if (!labels.HasCurrentIndex)
            return machine.With(dimm with { IsBound = true }).Done();

        DpaResult space = DpaAllocation.Reserve(labels.ActiveLabels);
        return space.Errno == Errno.None
            ? machine.With(dimm with { IsBound = true, IsLabeling = true, Reservations = space.Reserved }).Done()
            : machine.With(dimm with { Labels = null }).Fail(space.Errno);
    }

    /// <summary>Also while a region is active: its namespaces stay, but nothing is left to write their labels with
    /// (nvdimm_remove()).</summary>
    internal static Machine Remove(Machine machine, NdDevice device) =>
        machine.With(machine.Dimms[device] with { IsBound = false, Labels = null, Reservations = [] });

    /// <summary>True while an enabled region holds the DIMM's label data: the <c>state</c> attribute says <c>active</c>.</summary>
    public static bool IsActive(Machine machine, NdDevice device) =>
        machine.Regions.Values.Any(r => r.IsBound && r.HeldDimms.Contains(device));

    /// <summary>Writes the label area from user space (ND_CMD_SET_CONFIG_DATA). EBUSY while a region is active.</summary>
    public static StepResult WriteLabelArea(Machine machine, NdDevice device, WritePlan plan)
    {
        DimmState dimm = machine.Dimms[device];
        if (!dimm.HasLabelArea)
            return machine.Fail(Errno.ENOTTY);
        return IsActive(machine, device) ? machine.Fail(Errno.EBUSY) : machine.Write(dimm, plan).Done();
    }
}
