using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor;

/// <summary>Ways to leave a shared section to one owner.</summary>
internal static class SectionTreatments
{
    /// <summary>A namespace that ends in the section is made shorter; one that starts in it starts later, behind space that stays
    /// free.</summary>
    public static IEnumerable<Treatment> For(
        Machine machine,
        (RegionState Region, NamespaceState Namespace)[] inside,
        PhysicalRange section,
        ByteSize sectionSize
    )
    {
        foreach ((RegionState region, NamespaceState ndns) in inside)
        {
            if (region.Ways == 0)
                continue; // no labels: a region of an e820 bus is cut by memmap= alone
            if (region.Namespaces.Values.Count(n => !n.Size.IsZero) != 1)
                continue; // others would move
            bool startsInside = section.Contains(ndns.Range.Start);
            ulong start = startsInside ? section.End.Bytes : ndns.Range.Start.Bytes,
                end = section.Contains(ndns.Range.Last) && ndns.Range.Start < section.Start ? section.Start.Bytes : ndns.Range.End.Bytes;
            if (ndns.Range.Last.Bytes / sectionSize.Bytes != section.Start.Bytes / sectionSize.Bytes)
                end = AlignedEnd(machine, region, ndns, sectionSize);
            if (end <= start)
                continue;
            string mode = ModeOptions(ndns);
            ulong front = start - region.Range.Start.Bytes;
            string[] clear =
                ndns.Type == NamespaceType.Io
                    ?
                    [
                        $"ndctl disable-region {region.Device}",
                        .. region.Description.Mappings.Select(m => $"ndctl init-labels {m.Dimm}"),
                        $"ndctl enable-region {region.Device}",
                    ]
                    : [$"ndctl destroy-namespace --force {ndns.Device}"];
            string[] make =
                front == 0
                    ? [Create(region, mode, end - start)]
                    :
                    [
                        Create(region, "--mode=raw", front), // holds the place
                        Create(region, mode, end - start),
                        $"ndctl destroy-namespace --force namespace{region.Device.Number}.{ndns.Device.Id}",
                    ];
            yield return new Treatment($"everything in {ndns.Device}: copy it first, and back afterwards", [.. clear, .. make])
            {
                Advice =
                    $"{ndns.Device} {(startsInside ? "starts behind" : "ends before")} the shared section: it has "
                    + $"{new ByteSize(end - start).ToHuman()} instead of {ndns.Size.ToHuman()}",
            };
        }
    }

    /// <summary>Where the namespace's other end may stay: outside of any section that somebody else has bytes of.</summary>
    private static ulong AlignedEnd(Machine machine, RegionState region, NamespaceState ndns, ByteSize section)
    {
        ulong last = ndns.Range.Last.Bytes / section.Bytes;
        return SectionCollisions.Of(machine).Any(c => c.Section.Number == last) && ndns.Range.End.Bytes % section.Bytes != 0
            ? last * section.Bytes
            : ndns.Range.End.Bytes;
    }

    private static string ModeOptions(NamespaceState ndns) =>
        ndns.Claim switch
        {
            { Kind: NdDeviceKind.Dax } => "--mode=devdax",
            { Kind: NdDeviceKind.Btt } => "--mode=sector",
            _ => "--mode=fsdax",
        };

    private static string Create(RegionState region, string mode, ulong size) =>
        string.Create(CultureInfo.InvariantCulture, $"ndctl create-namespace --region={region.Device} {mode} --size={size}");
}
