using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>How a region gives out its space.</summary>
public enum RegionUse
{
    /// <summary>By labels: namespaces of any size.</summary>
    Labels,

    /// <summary>One namespace, but its DIMMs have label areas: once they are initialised, by labels. What the namespace holds is
    /// lost.</summary>
    NewLabels,

    /// <summary>One namespace of the whole region.</summary>
    Whole,
}

/// <summary>A region's space while namespaces are planned into it. Immutable: taking space gives the next one.</summary>
public sealed class RegionPlace
{
    private readonly ImmutableArray<ImmutableArray<ReservedRange>> _reserved; // by mapping
    private readonly bool _isTaken; // Whole

    private ImmutableArray<PhysicalRange>? _free;

    private RegionPlace(RegionState region, RegionUse use, ImmutableArray<ImmutableArray<ReservedRange>> reserved, bool isTaken) =>
        (Region, Use, _reserved, _isTaken) = (region, use, reserved, isTaken);

    /// <summary>The region.</summary>
    public RegionState Region { get; }

    /// <summary>How it gives out space.</summary>
    public RegionUse Use { get; }

    /// <summary>The region as it is; null where nothing can be made in it: no driver, read-only, a disabled DIMM, or its one namespace is
    /// in use.</summary>
    public static RegionPlace? Of(Machine machine, RegionState region)
    {
        if (!region.IsBound || region.IsReadOnly)
            return null;
        DimmState[] dimms = [.. RegionDriver.DimmsOf(machine, region)];
        if (RegionDriver.TypeOf(machine, region) == NamespaceType.Pmem)
            return dimms.Any(d => d.Labels is null)
                ? null
                : new RegionPlace(region, RegionUse.Labels, [.. dimms.Select(d => d.Reservations)], false);
        if (region.Namespaces.Values.Any(n => n.Claim is not null))
            return null;
        bool canLabel =
            dimms.Length > 0
            && dimms.All(d => d.HasLabelArea && d.IsBound)
            && !machine.Regions.Values.Any(r =>
                r.Device != region.Device && r.Description.Mappings.Any(m => dimms.Any(d => d.Device.Name == m.Dimm))
            );
        return canLabel
            ? new RegionPlace(region, RegionUse.NewLabels, [.. dimms.Select(_ => ImmutableArray<ReservedRange>.Empty)], false)
            : new RegionPlace(region, RegionUse.Whole, [], false);
    }

    /// <summary>Free extents in ascending order: a new namespace goes into the first that is large enough.</summary>
    public ImmutableArray<PhysicalRange> Free()
    {
        if (Use == RegionUse.Whole)
            return _isTaken ? [] : [Region.Range];
        if (_free is { } known)
            return known;
        ulong ways = (ulong)Region.Ways;
        DpaMapping mapping = RegionSpace.MappingOf(Region, 0);
        ImmutableArray<PhysicalRange> free =
        [
            .. DpaAllocation
                .FreeExtents(mapping, _reserved[0])
                .Select(e => new PhysicalRange(Region.Range.Start + ((e.Start - mapping.Start) * ways), e.Size * ways)),
        ];
        _free = free;
        return free;
    }

    /// <summary>The place after a namespace took that range; null where the region does not give it there.</summary>
    public RegionPlace? Take(PhysicalRange range)
    {
        if (Use == RegionUse.Whole)
            return !_isTaken && range == Region.Range ? new RegionPlace(Region, Use, _reserved, true) : null;
        ulong ways = (ulong)Region.Ways;
        if (!range.Size.IsMultipleOf(Region.Align))
            return null;
        var share = new ByteSize(range.Size.Bytes / ways);
        var owner = new Uuid(ulong.MaxValue, range.Start.Bytes); // no namespace of the machine has it
        var after = ImmutableArray.CreateBuilder<ImmutableArray<ReservedRange>>(Region.Ways);
        for (int i = 0; i < Region.Ways; i++)
        {
            DpaMapping mapping = RegionSpace.MappingOf(Region, i);
            DpaResult grown = DpaAllocation.Grow(mapping, _reserved[i], owner, share);
            if (grown.Errno != Errno.None)
                return null;
            ReservedRange made = grown.Reserved.First(r => r.Owner == owner);
            if (Region.Range.Start + ((made.Start - mapping.Start) * ways) != range.Start)
                return null;
            after.Add(grown.Reserved);
        }
        return new RegionPlace(Region, Use, after.ToImmutable(), false);
    }
}
