using System.Collections.Immutable;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Cli.Maps;

/// <summary>What a step changed in memory and devices, in lines for people.</summary>
internal static class MapDiff
{
    /// <summary>Empty where nothing of it changed.</summary>
    public static ImmutableArray<string> Of(Machine before, Machine after) =>
        [.. Ranges(before, after), .. Blocks(before, after), .. Devices(before, after)];

    /// <summary>Ranges whose owner, struct pages, zone or online verdict changed; neighbours that changed alike are one.</summary>
    private static IEnumerable<string> Ranges(Machine before, Machine after)
    {
        List<MapPart> old = MapParts.Of(before),
            now = MapParts.Of(after);
        ByteSize page = after.Mm.PageSize;
        (PfnRange Pages, MapPart? Old, MapPart? New)? last = null;
        foreach ((PfnRange Pages, MapPart? Old, MapPart? New) piece in Pieces(old, now))
        {
            if (last is { } run && run.Pages.End == piece.Pages.Start && Alike(run.Old, piece.Old) && Alike(run.New, piece.New))
            {
                last = run with { Pages = new PfnRange(run.Pages.Start, piece.Pages.End) };
                continue;
            }
            if (last is { } done && !Alike(done.Old, done.New))
                yield return Line(done);
            last = piece;
        }
        if (last is { } end && !Alike(end.Old, end.New))
            yield return Line(end);

        string Line((PfnRange Pages, MapPart? Old, MapPart? New) piece)
        {
            ByteSize size = piece.Pages.Count.ToBytes(page);
            return $"{new PhysicalRange(piece.Pages.Start.ToAddress(page), size)} ({size.ToHuman()}): {Words(piece.Old)} -> "
                + $"{Words(piece.New)}";
        }
    }

    private static bool Alike(MapPart? a, MapPart? b) => a is null || b is null ? ReferenceEquals(a, b) : a.IsLike(b);

    private static string Words(MapPart? part)
    {
        if (part is null)
            return MapPart.Nothing;
        string state = part.Tone == Tone.Ram ? "online" : part.State;
        return string.Join(", ", new[] { part.Label, part.Zone, state }.Where(w => w.Length > 0));
    }

    /// <summary>Both lists cut at the ends of either; null behind the end of one.</summary>
    private static IEnumerable<(PfnRange Pages, MapPart? Old, MapPart? New)> Pieces(List<MapPart> old, List<MapPart> now)
    {
        int i = 0,
            j = 0;
        for (Pfn at = default; i < old.Count || j < now.Count; )
        {
            Pfn end =
                i == old.Count ? now[j].Pages.End
                : j == now.Count ? old[i].Pages.End
                : old[i].Pages.End < now[j].Pages.End ? old[i].Pages.End
                : now[j].Pages.End;
            yield return (new PfnRange(at, end), i < old.Count ? old[i] : null, j < now.Count ? now[j] : null);
            at = end;
            if (i < old.Count && old[i].Pages.End == end)
                i++;
            if (j < now.Count && now[j].Pages.End == end)
                j++;
        }
    }

    private static IEnumerable<string> Blocks(Machine before, Machine after)
    {
        if (before.Mm.BlockSize != after.Mm.BlockSize)
        {
            yield return $"memory blocks of {before.Mm.BlockSize.ToHuman()} -> {after.Mm.BlockSize.ToHuman()}";
            yield break;
        }
        ulong[] cuts = [.. before.Mm.Blocks.Runs.Concat(after.Mm.Blocks.Runs).Select(r => r.Start).Distinct().Order()];
        for (int i = 0; i < cuts.Length; i++)
        {
            MemoryBlock old = before.Mm.Blocks[cuts[i]],
                now = after.Mm.Blocks[cuts[i]];
            if (old == now)
                continue;
            ulong last = i + 1 < cuts.Length ? cuts[i + 1] - 1 : ulong.MaxValue;
            yield return $"memory{Numbers.Run(cuts[i], last)}: {Words(old)} -> {Words(now)}";
        }
    }

    private static string Words(in MemoryBlock block) =>
        block.State switch
        {
            BlockState.Absent => "no such block",
            BlockState.Online => $"online in {block.Zone.Name()}",
            _ => "offline",
        };

    /// <summary>Namespaces, personalities and device-dax devices: there or not, size, driver.</summary>
    private static IEnumerable<string> Devices(Machine before, Machine after)
    {
        SortedDictionary<string, string> old = DevicesOf(before),
            now = DevicesOf(after);
        foreach (string name in old.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            string was = old.GetValueOrDefault(name, "not there"),
                becomes = now.GetValueOrDefault(name, "not there");
            if (was != becomes)
                yield return $"{name}: {was} -> {becomes}";
        }
    }

    private static SortedDictionary<string, string> DevicesOf(Machine machine)
    {
        var devices = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (RegionState region in machine.Regions.Values)
        {
            devices[region.Device.Name] = region.IsBound ? "enabled" : "disabled";
            foreach (NamespaceState n in region.Namespaces.Values)
                devices[n.Device.Name] = n.Size.IsZero
                    ? "a seed"
                    : $"{n.Size.ToHuman()}, {(n.IsBound ? "raw" : n.Claim is { } claim ? $"claimed by {claim}" : "disabled")}";
            foreach (BttDeviceState b in region.Btts.Values)
                devices[b.Device.Name] = b.IsBound ? "bound" : "not bound";
            foreach (PfnDeviceState p in region.Pfns.Values.Concat(region.Daxes.Values))
                devices[$"{p.Device} (nd)"] = p.IsBound ? "bound" : "not bound";
            foreach (DaxDeviceState d in region.DaxDevices.Values)
                devices[d.Name] = $"{d.Size.ToHuman()}, {d.Driver ?? "no driver"}";
        }
        return devices;
    }
}
