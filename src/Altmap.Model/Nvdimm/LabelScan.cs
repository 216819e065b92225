using System.Buffers.Binary;
using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>
/// From labels to the namespaces of a region (drivers/nvdimm/namespace_devs.c scan_labels(), create_namespace_pmem(); 5.10, 6.1, 6.12,
/// 7.2).
/// </summary>
/// <param name="Namespaces">In the order in which they get their ids; null: the whole region fails.</param>
/// <param name="Messages">Kernel messages.</param>
internal sealed record LabelScan(ImmutableArray<NamespaceState>? Namespaces, ImmutableArray<string> Messages)
{
    /// <summary>A region without labels: one namespace over all of it (create_namespace_io()).</summary>
    public static LabelScan WholeRegion(RegionState region) =>
        new(
            [
                new NamespaceState
                {
                    Device = default,
                    Type = NamespaceType.Io,
                    Range = region.Range,
                },
            ],
            []
        );

    public static LabelScan Run(Machine machine, RegionState region)
    {
        DimmState[] dimms = [.. RegionDriver.DimmsOf(machine, region)];
        // Each in slot order.
        ILookup<Uuid, NamespaceLabel>[] byUuid = [.. dimms.Select(d => ActiveLabels(machine, d).ToLookup(l => l.Uuid))];
        MappingDescription first = region.Description.Mappings[0];
        var found = ImmutableArray.CreateBuilder<NamespaceState>();
        var uuids = new HashSet<Uuid>();
        foreach (NamespaceLabel label in ActiveLabels(machine, dimms[0]))
        {
            if (label.Dpa < first.Offset || label.Dpa - first.Offset >= first.Size)
                continue;
            if (uuids.Contains(label.Uuid))
                return Failed($"nd_region {region.Device}: error: conflicting extents for uuid: {label.Uuid}");
            ulong cookie = RegionCookie(region, dimms[0]);
            if (cookie == 0)
                return Failed();
            if (label.InterleaveSetCookie != cookie && label.InterleaveSetCookie != region.Cookies.AltCookie)
                continue;

            var set = new NamespaceLabel[dimms.Length];
            for (int position = 0; position < dimms.Length; position++)
            {
                if (
                    !HasLabelAt(region, dimms, byUuid, label.Uuid, cookie, position)
                    && !HasLabelAt(region, dimms, byUuid, label.Uuid, region.Cookies.AltCookie, position)
                )
                    return Failed($"nd_region {region.Device}: {dimms[position].Device} missing label for {label.Uuid}");
            }
            for (int i = 0; i < dimms.Length; i++)
            {
                NamespaceLabel? own = byUuid[i][label.Uuid].FirstOrDefault();
                if (own is null || !Fits(own, region.Description.Mappings[i]))
                    return Failed();
                set[i] = own;
            }
            if (Assemble(region, set) is not { } ndns)
                return Failed();
            found.Add(ndns);
            uuids.Add(label.Uuid);
        }

        if (found.Count == 0)
        {
            // An empty namespace for user space to configure.
            found.Add(
                new NamespaceState
                {
                    Device = default,
                    Type = NamespaceType.Pmem,
                    Range = new PhysicalRange(region.Range.Start, ByteSize.Zero),
                    IsUntyped = true,
                }
            );
        }
        return new LabelScan([.. found.Order(ByStoredStart)], []);

        static LabelScan Failed(params string[] messages) => new(null, [.. messages]);
    }

    /// <summary>The cookie that counts for a region: cookie1 with labels 1.1, cookie2 otherwise
    /// (nd_region_interleave_set_cookie()).</summary>
    public static ulong RegionCookie(RegionState region, DimmState dimm) =>
        dimm.Labels is { UsesCookie1: true } ? region.Cookies.Cookie1 : region.Cookies.Cookie2;

    /// <summary>Labels that may make a namespace of a pmem region: where block mode exists, LOCAL labels belong to it.</summary>
    private static IEnumerable<NamespaceLabel> ActiveLabels(Machine machine, DimmState dimm) =>
        dimm.Labels is not { } labels ? []
        : machine.Kernel.Get(Rules.LocalLabelsAreBlockMode) ? labels.ActiveLabels.Where(l => !l.IsLocal)
        : labels.ActiveLabels;

    /// <summary>True when some DIMM holds exactly one label of this uuid and cookie, and it stands at <paramref name="position"/>
    /// (has_uuid_at_pos()).</summary>
    private static bool HasLabelAt(
        RegionState region,
        DimmState[] dimms,
        ILookup<Uuid, NamespaceLabel>[] byUuid,
        Uuid uuid,
        ulong cookie,
        int position
    )
    {
        for (int i = 0; i < dimms.Length; i++)
        {
            bool seen = false;
            foreach (NamespaceLabel label in byUuid[i][uuid])
            {
                if (label.InterleaveSetCookie != cookie)
                    continue;
                if (dimms[i].Labels!.LabelSizeBytes == 256 && label.TypeGuid != region.Cookies.TypeGuid)
                    continue;
                if (seen)
                    return false;
                seen = true;
                if (label.LabelCount == region.Ways && label.Position == position)
                    return true;
            }
        }
        return false;
    }

    private static bool Fits(NamespaceLabel label, MappingDescription mapping)
    {
        if (label.Dpa < mapping.Offset)
            return false;
        ulong from = label.Dpa.Bytes - mapping.Offset.Bytes;
        return from < mapping.Size.Bytes && label.RawSize.Bytes <= mapping.Size.Bytes - from && !label.RawSize.IsZero;
    }

    private static NamespaceState? Assemble(RegionState region, NamespaceLabel[] set)
    {
        NamespaceLabel? label0 = Array.Find(set, l => l.Position == 0);
        if (label0 is null)
            return null;
        ByteSize size = set.Aggregate(ByteSize.Zero, (sum, l) => sum + l.RawSize);
        ByteSize offset = (set[0].Dpa - region.Description.Mappings[0].Offset) * (ulong)region.Ways;
        return new NamespaceState
        {
            Device = default,
            Type = NamespaceType.Pmem,
            Range = new PhysicalRange(region.Range.Start + offset, size),
            Uuid = label0.Uuid,
            AltName = label0.NameText,
            LbaSize = label0.LbaSize.Bytes,
            ClaimClass = label0.ClaimClass,
        };
    }

    /// <summary>The kernel sorts by comparing the bytes of the start address as stored: the lowest byte decides first
    /// (cmp_dpa()).</summary>
    private static readonly Comparer<NamespaceState> ByStoredStart = Comparer<NamespaceState>.Create(
        (a, b) => BinaryPrimitives.ReverseEndianness(a.Range.Start.Bytes).CompareTo(BinaryPrimitives.ReverseEndianness(b.Range.Start.Bytes))
    );
}
