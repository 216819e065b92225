using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>So much shall be usable.</summary>
/// <param name="Usable">Bytes for the user, of each namespace.</param>
/// <param name="Mode">What for; not <see cref="CapacityMode.Hotplug"/>.</param>
/// <param name="Maps">Where struct pages may lie; of equal sizes the one that gives more, then the first.</param>
/// <param name="Aligns">Alignments that will do; of equal sizes the one that gives more, then the first.</param>
public sealed record UsableWish(ByteSize Usable, CapacityMode Mode, ImmutableArray<PageMapMode> Maps, ImmutableArray<ByteSize> Aligns)
{
    /// <summary>How many namespaces.</summary>
    public int Count { get; init; } = 1;

    /// <summary>What becomes of the largest extent that is free then, in the region of the last; null: nothing.</summary>
    public CapacityMode? Rest { get; init; }

    /// <summary>Sector size of a BTT.</summary>
    public uint SectorSizeBytes { get; init; } = 4096;

    /// <summary>The only region that may be used; null: any.</summary>
    public NdDevice? Region { get; init; }

    /// <summary>What the machine was asked for and refused: it is not planned again.</summary>
    public ImmutableHashSet<RefusedVariant> Without { get; init; } = [];
}

/// <summary>A way to make a namespace that a region refused.</summary>
public readonly record struct RefusedVariant(NdDevice Region, CapacityMode Mode, PageMapMode Map, ByteSize Align);

/// <summary>A namespace that is planned.</summary>
/// <param name="Place">The region as it was before.</param>
/// <param name="Wish">As which.</param>
/// <param name="Plan">Where, and what it gives.</param>
/// <param name="IsRest">All of a free extent, whatever it gives.</param>
public sealed record PlannedNamespace(RegionPlace Place, NamespaceWish Wish, NamespacePlan Plan, bool IsRest)
{
    /// <summary>The way it is made, without its size.</summary>
    public RefusedVariant Variant => new(Place.Region.Device, Wish.Mode, Wish.Map, Wish.Align);
}

/// <summary>What came of a wish.</summary>
/// <param name="Namespaces">In the order in which they are to be made; fewer than wanted where there is no room.</param>
/// <param name="IsComplete">All that was wanted.</param>
/// <param name="Largest">Where it is not complete: what a further namespace could be at most, that which gives most first; to be
/// tried.</param>
public sealed record UsablePlan(ImmutableArray<PlannedNamespace> Namespaces, bool IsComplete, ImmutableArray<PlannedNamespace> Largest);

/// <summary>
/// The smallest namespaces that give at least so much on this machine. Each ends at a multiple of 16 MiB and of its alignment, so that what
/// comes behind it starts
/// aligned (ndctl refuses a start that is no multiple of 16 MiB, ndctl/namespace.c 76.1), or at the end of the space. Pure: nothing is
/// made.
/// </summary>
public static class UsablePlanner
{
    private static readonly ByteSize NdctlStartAlign = ByteSize.MiB(16);

    /// <summary>The places of a machine's regions, by region.</summary>
    public static ImmutableArray<RegionPlace> PlacesOf(Machine machine) =>
        [.. machine.Regions.Values.Select(r => RegionPlace.Of(machine, r)).OfType<RegionPlace>()];

    /// <summary>Plans one after the other. Throws <see cref="NotModelledException"/> where the size of a memory block matters and is not
    /// known.</summary>
    public static UsablePlan Plan(Machine machine, UsableWish wish)
    {
        List<RegionPlace> places = [.. PlacesOf(machine).Where(p => wish.Region is null || p.Region.Device == wish.Region)];
        var planned = ImmutableArray.CreateBuilder<PlannedNamespace>(wish.Count);
        var offers = new Dictionary<RegionPlace, Offer?>(); // a place that nothing was taken from offers the same again
        for (int i = 0; i < wish.Count; i++)
        {
            // Free space first: a namespace without label, which others take, may hold data.
            if ((Best(machine, places, wish, offers, isFree: true) ?? Best(machine, places, wish, offers, isFree: false)) is not { } best)
                return new UsablePlan(planned.ToImmutable(), false, Largest(machine, places, wish));
            places[places.IndexOf(best.Found.Place)] = best.After;
            planned.Add(best.Found);
        }
        if (wish.Rest is not { } rest)
            return new UsablePlan(planned.ToImmutable(), true, []);
        int last = places.FindIndex(p => p.Region.Device == planned[^1].Place.Region.Device);
        if (RestOf(machine, places[last], wish, rest) is not { } all)
            return new UsablePlan(planned.ToImmutable(), false, []);
        planned.Add(all);
        return new UsablePlan(planned.ToImmutable(), true, []);
    }

    private static Offer? Best(
        Machine machine,
        List<RegionPlace> places,
        UsableWish wish,
        Dictionary<RegionPlace, Offer?> offers,
        bool isFree
    )
    {
        Offer? best = null;
        foreach (RegionPlace place in places)
        {
            if ((place.Use == RegionUse.Labels) != isFree)
                continue;
            if (!offers.TryGetValue(place, out Offer? offer))
                offers[place] = offer = OfferOf(machine, place, wish);
            if (offer is not null && (best is null || offer.Found.Plan.IsBetterThan(best.Found.Plan)))
                best = offer;
        }
        return best;
    }

    private static Offer? OfferOf(Machine machine, RegionPlace place, UsableWish wish)
    {
        Offer? best = null;
        foreach (NamespaceWish each in Variants(machine, place, wish, wish.Mode))
        {
            if (Smallest(machine, place, each, wish.Usable) is not { } plan || (best is not null && !plan.IsBetterThan(best.Found.Plan)))
                continue;
            if (place.Take(plan.Range) is { } after)
                best = new Offer(new PlannedNamespace(place, each, plan, false), after);
        }
        return best;
    }

    private static NamespacePlan? Smallest(Machine machine, RegionPlace place, NamespaceWish wish, ByteSize usable)
    {
        if (place.Use == RegionUse.Whole)
        {
            if (place.Free().IsEmpty)
                return null;
            NamespacePlan whole = PlanOn(machine, place, place.Region.Range, wish);
            return whole.IsAccepted && whole.Usable >= usable ? whole : null;
        }
        ByteSize step = SizeStep(place, wish, machine);
        ByteSize endAlign = wish.HasInfoBlock && wish.Align > NdctlStartAlign ? wish.Align : NdctlStartAlign;
        foreach (ByteSize each in (ByteSize[])[endAlign, new ByteSize(1)]) // a region that starts at odd places has no such ends
        {
            ByteSize passed = ByteSize.Zero; // a namespace goes into the first extent that holds it
            foreach (PhysicalRange free in place.Free())
            {
                if (free.Size <= passed)
                    continue;
                var range = new SizeRange(free.Start, new ByteSize(passed.Bytes + 1), free.Size, step, each);
                if (SizeSearch.Smallest(range, usable, wish, machine.Kernel, machine.Architecture) is { } plan)
                    return plan;
                passed = free.Size;
            }
        }
        return null;
    }

    /// <summary>What the kernel's region and ndctl ask of a size.</summary>
    public static ByteSize SizeStep(RegionPlace place, NamespaceWish wish, Machine machine)
    {
        ulong align = (wish.HasInfoBlock ? wish.Align : machine.Architecture.PageSize).Bytes * (ulong)Math.Max(1, place.Region.Ways),
            region = place.Region.Align.Bytes;
        ulong a = align,
            b = region;
        while (b != 0)
            (a, b) = (b, a % b);
        return new ByteSize(align / a) * region;
    }

    /// <summary>
    /// What a range of a place becomes. fsdax with its map in RAM makes no info-block where the namespace has pages as it is: all of it is
    /// data then (ndctl/namespace.c setup_namespace(), 76.1).
    /// </summary>
    public static NamespacePlan PlanOn(Machine machine, RegionPlace place, PhysicalRange range, NamespaceWish wish)
    {
        KernelProfile kernel = machine.Kernel;
        bool isMapped = place is { Use: RegionUse.Whole, Region.HasPageMap: true };
        if (!isMapped || wish is not { Mode: CapacityMode.FsDax, Map: PageMapMode.Ram })
            return NamespacePlan.Of(range, wish, kernel, machine.Architecture);
        ByteSize page = machine.Architecture.PageSize;
        return NamespacePlan.Of(range, new NamespaceWish(CapacityMode.Raw, PageMapMode.None, page), kernel, machine.Architecture) with
        {
            Mode = wish.ModeWord,
            Map = wish.Map,
            StructPagesInRam = kernel.Get(Rules.StructPageSize) * (range.Size / page),
        };
    }

    private static IEnumerable<NamespaceWish> Variants(Machine machine, RegionPlace place, UsableWish wish, CapacityMode mode)
    {
        bool hasBlock = mode is CapacityMode.FsDax or CapacityMode.DevDax or CapacityMode.SystemRam;
        ByteSize? block = mode == CapacityMode.SystemRam ? DaxDeviceMemory.BlockSize(machine) : null;
        BttVersion btt = mode == CapacityMode.Sector ? BttVersion.Of(BttClass(machine, place)) : BttVersion.V1_1;
        return from map in hasBlock ? wish.Maps : [PageMapMode.None]
            from align in hasBlock ? wish.Aligns : [machine.Architecture.PageSize]
            where !wish.Without.Contains(new RefusedVariant(place.Region.Device, mode, map, align))
            select new NamespaceWish(mode, map, align)
            {
                BlockSize = block,
                SectorSizeBytes = wish.SectorSizeBytes,
                Btt = btt,
            };
    }

    private static ClaimClass BttClass(Machine machine, RegionPlace place) =>
        place.Use switch
        {
            RegionUse.NewLabels => ClaimClass.Btt2,
            _ => NamespaceAttributes.BttClass(machine, place.Region) ?? ClaimClass.Btt,
        };

    /// <summary>The largest free extent, cut to what sizes may be.</summary>
    private static PlannedNamespace? RestOf(Machine machine, RegionPlace place, UsableWish wish, CapacityMode mode)
    {
        if (place.Free().IsEmpty)
            return null;
        PhysicalRange largest = place.Free().MaxBy(e => e.Size.Bytes);
        foreach (NamespaceWish each in Variants(machine, place, wish, mode))
        {
            var range = new PhysicalRange(
                largest.Start,
                place.Use == RegionUse.Whole ? largest.Size : largest.Size.AlignDown(SizeStep(place, each, machine))
            );
            NamespacePlan plan = PlanOn(machine, place, range, each);
            if (plan.IsAccepted)
                return new PlannedNamespace(place, each, plan, true);
        }
        return null;
    }

    private static ImmutableArray<PlannedNamespace> Largest(Machine machine, List<RegionPlace> places, UsableWish wish) =>
        [
            .. places
                .SelectMany(p =>
                    Variants(machine, p, wish, wish.Mode)
                        .SelectMany(each =>
                            p.Free()
                                .Select(free => new PlannedNamespace(
                                    p,
                                    each,
                                    PlanOn(
                                        machine,
                                        p,
                                        new PhysicalRange(
                                            free.Start,
                                            p.Use == RegionUse.Whole ? free.Size : free.Size.AlignDown(SizeStep(p, each, machine))
                                        ),
                                        each
                                    ),
                                    true
                                ))
                        )
                )
                .Where(planned => planned.Plan.IsAccepted)
                .OrderByDescending(planned => planned.Plan.Usable.Bytes),
        ];

    /// <summary>The best that a place has for a wish, and the place without it.</summary>
    private sealed record Offer(PlannedNamespace Found, RegionPlace After);
}
