using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>A stretch of a DIMM or of a region.</summary>
/// <param name="Start">From the start of the DIMM, or a physical address.</param>
/// <param name="Size">More than 0 bytes.</param>
/// <param name="What">What for.</param>
/// <param name="Owner">The namespace or region it belongs to, or null.</param>
public readonly record struct SpaceExtent(ulong Start, ByteSize Size, LedgerItem What, string? Owner);

/// <summary>A DIMM or region, and who has each byte of it.</summary>
/// <param name="Device">As <c>nmem0</c> or <c>region0</c>.</param>
/// <param name="Size">All of it; the extents add up to it.</param>
/// <param name="Extents">Ascending, touching.</param>
public sealed record SpaceLedger(NdDevice Device, ByteSize Size, ImmutableArray<SpaceExtent> Extents)
{
    /// <summary>The sum of the extents.</summary>
    public ByteSize Total => Extents.Aggregate(ByteSize.Zero, (sum, e) => sum + e.Size);
}

/// <summary>A namespace and its plan.</summary>
/// <param name="Namespace">As <c>namespace0.0</c>.</param>
/// <param name="Plan">Null where it is not modelled.</param>
/// <param name="NotModelled">Why, or null.</param>
public sealed record NamespaceLedger(NdDevice Namespace, NamespacePlan? Plan, string? NotModelled);

/// <summary>Who has each byte of a machine's persistent memory: DIMM by DIMM, region by region, namespace by namespace.</summary>
/// <param name="Dimms">DIMMs that a region maps.</param>
/// <param name="Regions">Regions.</param>
/// <param name="Namespaces">Namespaces that have bytes.</param>
/// <param name="Totals">What the bytes of all regions are for: the ledgers of the namespaces and what is in none, added up by entry, in the
/// order of <see cref="Ledger"/>.</param>
public sealed record MachineLedger(
    ImmutableArray<SpaceLedger> Dimms,
    ImmutableArray<SpaceLedger> Regions,
    ImmutableArray<NamespaceLedger> Namespaces,
    ImmutableArray<LedgerEntry> Totals
)
{
    /// <summary>All bytes of all regions.</summary>
    public ByteSize Size => Regions.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Size);

    /// <summary>The ledger of a machine as it is.</summary>
    public static MachineLedger Of(Machine machine)
    {
        var regions = ImmutableArray.CreateBuilder<SpaceLedger>();
        var namespaces = ImmutableArray.CreateBuilder<NamespaceLedger>();
        var totals = new List<LedgerEntry>();
        foreach (RegionState region in machine.Regions.Values)
        {
            SpaceLedger space = OfRegion(region);
            regions.Add(space);
            totals.AddRange(space.Extents.Where(e => e.What != LedgerItem.Claimed).Select(e => new LedgerEntry(e.What, e.Size)));
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => !n.Size.IsZero))
            {
                NamespaceLedger ledger = OfNamespace(machine, ndns);
                namespaces.Add(ledger);
                totals.AddRange(ledger.Plan?.Ledger ?? [new LedgerEntry(LedgerItem.Unknown, ndns.Size)]);
            }
        }
        ImmutableArray<LedgerEntry> sums =
        [
            .. totals
                .GroupBy(e => e.What)
                .Select(g => new LedgerEntry(g.Key, g.Aggregate(ByteSize.Zero, (sum, e) => sum + e.Bytes)))
                .OrderByDescending(e => e.Bytes.Bytes)
                .ThenBy(e => e.What),
        ];
        return new MachineLedger(
            [.. machine.Dimms.Values.Select(d => OfDimm(machine, d)).Where(d => !d.Size.IsZero)],
            regions.ToImmutable(),
            namespaces.ToImmutable(),
            sums
        );
    }

    private static NamespaceLedger OfNamespace(Machine machine, NamespaceState ndns)
    {
        try
        {
            return new NamespaceLedger(ndns.Device, NamespacePlan.Of(machine, ndns), null);
        }
        catch (NotModelledException e)
        {
            return new NamespaceLedger(ndns.Device, null, e.Message);
        }
    }

    private static SpaceLedger OfRegion(RegionState region)
    {
        (UInt128, UInt128, LedgerItem, string?)[] claims =
        [
            .. region
                .Namespaces.Values.Where(n => !n.Size.IsZero)
                .OrderBy(n => n.Range.Start)
                .Select(n =>
                    ((UInt128)n.Range.Start.Bytes, (UInt128)n.Range.Start.Bytes + n.Size.Bytes, LedgerItem.Claimed, (string?)n.Device.Name)
                ),
        ];
        LedgerItem rest = region.IsBound ? LedgerItem.Free : LedgerItem.NoDriver;
        return new SpaceLedger(
            region.Device,
            region.Range.Size,
            Sweep(region.Range.Start.Bytes, (UInt128)region.Range.Start.Bytes + region.Range.Size.Bytes, claims, _ => (rest, null))
        );
    }

    private static SpaceLedger OfDimm(Machine machine, DimmState dimm)
    {
        (RegionState Region, UInt128 Start, UInt128 End)[] maps =
        [
            .. from region in machine.Regions.Values
            from map in region.Description.Mappings
            where map.Dimm == dimm.Device.Name && !map.Size.IsZero
            select (region, (UInt128)map.Offset.Bytes, (UInt128)map.Offset.Bytes + map.Size.Bytes),
        ];
        var claims = new List<(UInt128 Start, UInt128 End, LedgerItem What, string? Owner)>();
        foreach (ReservedRange range in dimm.Reservations)
        {
            NamespaceState? owner = maps.SelectMany(m => m.Region.Namespaces.Values)
                .FirstOrDefault(n => n.Uuid == range.Owner && !n.Size.IsZero);
            claims.Add(
                (
                    range.Start.Bytes,
                    (UInt128)range.Start.Bytes + range.Size.Bytes,
                    owner is null ? LedgerItem.ClaimedByLabels : LedgerItem.Claimed,
                    owner?.Device.Name
                )
            );
        }
        foreach ((RegionState region, UInt128 start, UInt128 end) in maps) // without labels the region's one namespace has it all
        {
            if (region.Namespaces.Values.FirstOrDefault(n => n.Type == NamespaceType.Io && !n.Size.IsZero) is { } whole)
                claims.Add((start, end, LedgerItem.Claimed, whole.Device.Name));
        }
        UInt128 size = maps.Select(m => m.End).Concat(claims.Select(c => c.End)).DefaultIfEmpty().Max();
        UInt128[] cuts = [.. maps.SelectMany(m => (UInt128[])[m.Start, m.End])];
        return new SpaceLedger(
            dimm.Device,
            new ByteSize((ulong)UInt128.Min(size, ulong.MaxValue)),
            Sweep(
                0,
                size,
                [.. claims],
                at =>
                {
                    foreach ((RegionState region, UInt128 start, UInt128 end) in maps)
                    {
                        if (start <= at && at < end)
                            return (region.IsBound ? LedgerItem.Free : LedgerItem.NoDriver, region.Device.Name);
                    }
                    return (LedgerItem.NoRegion, null);
                },
                cuts
            )
        );
    }

    /// <summary>Cuts a space where something starts or ends; where several claim a byte, the first has it.</summary>
    private static ImmutableArray<SpaceExtent> Sweep(
        UInt128 start,
        UInt128 end,
        (UInt128 Start, UInt128 End, LedgerItem What, string? Owner)[] claims,
        Func<UInt128, (LedgerItem What, string? Owner)> rest,
        UInt128[]? cuts = null
    )
    {
        UInt128[] points =
        [
            .. claims
                .SelectMany(c => (UInt128[])[c.Start, c.End])
                .Concat(cuts ?? [])
                .Append(start)
                .Append(end)
                .Where(p => p >= start && p <= end)
                .Distinct()
                .Order(),
        ];
        var extents = ImmutableArray.CreateBuilder<SpaceExtent>();
        for (int i = 0; i + 1 < points.Length; i++)
        {
            UInt128 at = points[i];
            int claim = Array.FindIndex(claims, c => c.Start <= at && at < c.End);
            (LedgerItem what, string? owner) = claim < 0 ? rest(at) : (claims[claim].What, claims[claim].Owner);
            var size = new ByteSize((ulong)(points[i + 1] - at));
            if (extents.Count > 0 && extents[^1] is var last && last.What == what && last.Owner == owner)
                extents[^1] = last with { Size = last.Size + size };
            else
                extents.Add(new SpaceExtent((ulong)at, size, what, owner));
        }
        return extents.ToImmutable();
    }
}
