using System.Collections.Immutable;
using System.Globalization;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor;

/// <summary>A machine in a few lines, so that what a remedy changes can be shown as the lines that differ.</summary>
public static class StateLines
{
    private const int LinesMax = 12;

    /// <summary>Lines of a machine before that it does not have after, and the other way round; at most twelve each.</summary>
    public static (ImmutableArray<string> Before, ImmutableArray<string> After) Changes(ImmutableArray<string> was, Machine after)
    {
        ImmutableArray<string> now = Of(after);
        return ([.. Cut(was.Except(now))], [.. Cut(now.Except(was))]);
    }

    /// <summary>Regions with their alignment, namespaces, dax devices, memory of kmem.</summary>
    public static ImmutableArray<string> Of(Machine machine)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (DimmState dimm in machine.Dimms.Values.Where(d => d.HasLabelArea))
            lines.Add($"{dimm.Device}: {(dimm.Labels is { HasCurrentIndex: true } l ? $"{l.ActiveLabels.Length} labels" : "no labels")}");
        foreach (RegionState region in machine.Regions.Values)
        {
            string free = region.IsBound && region.Ways > 0 ? $", {RegionSpace.AvailableSize(machine, region).ToHuman()} free" : "";
            lines.Add($"{region.Device}: {(region.IsBound ? $"align {region.Align.ToHuman()}{free}" : "no driver")}");
            foreach (NamespaceState seed in region.Namespaces.Values.Where(n => n.Size.IsZero && n.Uuid is { IsZero: false }))
                lines.Add($"{seed.Device}: no space, uuid {seed.Uuid}");
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => !n.Size.IsZero))
                lines.Add($"{ndns.Device}: {ModeOf(machine, region, ndns)}, {ndns.Size.ToHuman()} at {ndns.Range.Start}");
            foreach (DaxDeviceState dax in region.DaxDevices.Values)
                lines.Add($"{dax.Name}: {dax.Driver ?? "no driver"}, {dax.Range.Size.ToHuman()}");
        }
        foreach (KmemMemory kmem in machine.Mm.Kmem)
        {
            ulong size = machine.Mm.BlockSize.Bytes;
            var blocks = machine
                .Mm.Blocks.Within(kmem.Range.Start.Bytes / size, (kmem.Range.Last.Bytes / size) + 1)
                .Where(r => r.Value.State != BlockState.Absent)
                .ToArray();
            ulong online = blocks.Where(b => b.Value.State == BlockState.Online).Aggregate(0UL, (n, b) => n + (b.End - b.Start)),
                all = blocks.Aggregate(0UL, (n, b) => n + (b.End - b.Start));
            string zones = string.Join(
                ", ",
                blocks.Where(b => b.Value.State == BlockState.Online).Select(b => b.Value.Zone.Name()).Distinct()
            );
            lines.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"System RAM of {kmem.Range.Start}: {online} of {all} memory blocks online{(zones.Length > 0 ? $" in {zones}" : "")}"
                )
            );
        }
        return lines.ToImmutable();
    }

    /// <summary>In ndctl's words.</summary>
    public static string ModeOf(Machine machine, RegionState region, NamespaceState ndns)
    {
        if (ndns.IsBound)
            return PmemDriver.MapsPages(machine, ndns) ? "raw with struct pages (ndctl: fsdax, map mem)" : "raw";
        if (ndns.Claim is not { } claim)
            return "no driver";
        if (claim.Kind == NdDeviceKind.Btt)
            return machine.FindBtt(claim) is { IsBound: true } ? "sector" : "sector, no driver";
        string mode = claim.Kind == NdDeviceKind.Dax ? "devdax" : "fsdax";
        if (machine.FindPfnDevice(claim) is not { Layout: { } layout } pfn)
            return $"{mode}, no driver";
        string map = pfn.Mode == Formats.InfoBlocks.PageMapMode.Pmem ? "dev" : "mem";
        return $"{mode}, map {map}, {(layout.UsableSize(ndns.Size)?.ToHuman() ?? "nothing")} usable";
    }

    private static IEnumerable<string> Cut(IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        return all.Length <= LinesMax ? all : [.. all.Take(LinesMax - 1), $"and {all.Length - LinesMax + 1} more lines"];
    }
}
