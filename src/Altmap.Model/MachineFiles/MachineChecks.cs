using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.MachineFiles;

/// <summary>What the parts of a machine must agree on: names, ranges, interleave sets. Each complaint points at the later of two that
/// clash.</summary>
internal sealed class MachineChecks(InputErrors errors)
{
    private readonly Dictionary<object, JsonFields> _places = new(ReferenceEqualityComparer.Instance);

    /// <summary>Notes where a value stands in the file.</summary>
    public void Remember(object value, JsonFields fields) => _places[value] = fields;

    public void Buses(ImmutableArray<BusDescription> buses) =>
        Unique(buses, "dev", b => b.Name.Length == 0 ? null : b.Name, n => $"there are two buses {n}");

    public void Dimms(ImmutableArray<DimmDescription> dimms)
    {
        Unique(dimms, "dev", d => d.Name.Length == 0 ? null : d.Name, n => $"there are two DIMMs {n}");
        Unique(
            dimms,
            "handle",
            d => d.Handle == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"0x{d.Handle:x}"),
            h => $"two DIMMs have the handle {h}"
        );
    }

    /// <summary>The ranges in ascending order, after checking that none overlap.</summary>
    public ImmutableArray<FirmwareRange> Memory(ImmutableArray<FirmwareRange> memory)
    {
        FirmwareRange[] sorted = [.. memory.OrderBy(m => m.Range.Start)];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (!sorted[i].Range.Overlaps(sorted[i - 1].Range))
                continue;
            bool touching = sorted[i - 1].Range.Last == sorted[i].Range.Start;
            At(
                sorted[i],
                "start",
                $"the range {sorted[i].Range} overlaps {sorted[i - 1].Range}",
                "ranges without overlap",
                touching ? "\"end\" is the last byte of a range, not the one after it" : ""
            );
        }
        return [.. sorted];
    }

    /// <summary>Windows do not overlap.</summary>
    public void Windows(ImmutableArray<CxlWindow> windows)
    {
        CxlWindow[] sorted = [.. windows.OrderBy(w => w.Range.Start)];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Range.Overlaps(sorted[i - 1].Range))
                At(sorted[i], "start", $"the CXL window {sorted[i].Range} overlaps {sorted[i - 1].Range}", "windows without overlap", "");
        }
    }

    public void Regions(
        ImmutableArray<RegionDescription> regions,
        ImmutableArray<BusDescription> buses,
        ImmutableArray<DimmDescription> dimms,
        ByteSize pageSize
    )
    {
        Unique(regions, "dev", r => r.Name.Length == 0 ? null : r.Name, n => $"there are two regions {n}");
        HashSet<string> busNames = [.. buses.Select(b => b.Name)],
            dimmNames = [.. dimms.Select(d => d.Name)];
        foreach (RegionDescription region in regions)
        {
            if (region.Bus.Length > 0 && !busNames.Contains(region.Bus))
                At(
                    region,
                    "bus",
                    $"{region.Name} is on the bus {Quote.Text(region.Bus)}, which is not there",
                    AnyOf(busNames),
                    "add it to \"buses\""
                );
            bool hasLabelsInside = buses.Any(b => b.Name == region.Bus && b.Provider == LegacyMemory.Ramdax);
            Mappings(region, dimmNames, pageSize, hasLabelsInside ? LegacyMemory.LabelAreaSize : ByteSize.Zero);
        }
        RegionDescription[] sorted = [.. regions.Where(r => !r.Range.IsEmpty).OrderBy(r => r.Range.Start)];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Range.Overlaps(sorted[i - 1].Range))
                At(
                    sorted[i],
                    "start",
                    $"{sorted[i].Name} ({sorted[i].Range}) overlaps {sorted[i - 1].Name} ({sorted[i - 1].Range})",
                    "regions without overlap"
                );
        }
        SharesOfDimms(regions);
    }

    /// <summary>
    /// No region lies on memory that the kernel uses: firmware never says so, and what would follow (a bus that takes the range first, or a
    /// driver that
    /// fails) is not modelled. Judged after memmap= and mem=.
    /// </summary>
    public void RegionsOnRam(
        ImmutableArray<RegionDescription> regions,
        ImmutableArray<FirmwareRange> memory,
        string commandLine,
        Architecture architecture
    )
    {
        MemoryMapEntry[] ram = [.. FirmwareMap.Apply(memory, commandLine, architecture).Entries.Where(e => e.Type == E820Type.Ram)];
        foreach (RegionDescription region in regions.Where(r => !r.Range.IsEmpty))
        {
            if (ram.FirstOrDefault(e => e.Range.Overlaps(region.Range)) is not { } entry)
                continue;
            FirmwareRange? origin = memory.FirstOrDefault(m =>
                m.Type == FirmwareRangeType.SystemRam && m.Range.Overlaps(entry.Range) && m.Range.Overlaps(region.Range)
            );
            string where =
                origin is not null && _places.TryGetValue(origin, out JsonFields? fields)
                    ? string.Create(CultureInfo.InvariantCulture, $"the System RAM {origin.Range} of line {fields.Value.Line}")
                    : $"the System RAM {entry.Range} of \"cmdline\"";
            At(
                region,
                "start",
                $"{region.Name} ({region.Range}) lies on {where}",
                "a range that is not System RAM",
                "move the region, or end the System RAM before it"
            );
        }
    }

    /// <param name="region">Whose mappings.</param>
    /// <param name="dimmNames">DIMMs that there are.</param>
    /// <param name="pageSize">Of the machine.</param>
    /// <param name="apart">Bytes of the region that are in no mapping.</param>
    private void Mappings(RegionDescription region, HashSet<string> dimmNames, ByteSize pageSize, ByteSize apart)
    {
        if (region.Mappings.IsEmpty)
            return;
        int count = region.Mappings.Length;
        HashSet<string> dimms = [];
        HashSet<int> positions = [];
        foreach (MappingDescription mapping in region.Mappings)
        {
            if (mapping.Dimm.Length == 0)
                continue;
            if (!dimmNames.Contains(mapping.Dimm))
                At(
                    mapping,
                    "dimm",
                    $"{region.Name} uses the DIMM {Quote.Text(mapping.Dimm)}, which is not there",
                    AnyOf(dimmNames),
                    "add it to \"dimms\""
                );
            else if (!dimms.Add(mapping.Dimm))
                At(mapping, "dimm", $"{region.Name} uses {mapping.Dimm} twice", "each DIMM once");
            if (mapping.Position >= count || !positions.Add(mapping.Position))
                At(
                    mapping,
                    "position",
                    $"{region.Name}: position {mapping.Position} is taken or too high",
                    $"each of 0 to {count - 1} once"
                );
        }
        if (region.Range.IsEmpty)
            return;
        ulong data = region.Range.Size.Bytes - Math.Min(region.Range.Size.Bytes, apart.Bytes),
            share = data / (ulong)count;
        if (data % (ulong)count != 0 || region.Mappings.Any(m => m.Size.Bytes != share))
        {
            At(
                region,
                "mappings",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the mappings of {region.Name} do not add up to its size of {region.Range.Size.Bytes}"
                ),
                data % (ulong)count == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"{count} of {share} bytes")
                    : $"a size that divides into {count} equal shares"
            );
        }
        // The kernel makes no region of such a range (drivers/nvdimm/region_devs.c nd_region_create(), 6.1).
        else if (region.Mappings.FirstOrDefault(m => m.Offset.Bytes % pageSize.Bytes != 0 || m.Size.Bytes % pageSize.Bytes != 0) is { } odd)
        {
            At(
                odd,
                odd.Size.Bytes % pageSize.Bytes != 0 ? "size" : "offset",
                $"the share of {odd.Dimm} in {region.Name} is not made of whole pages",
                string.Create(CultureInfo.InvariantCulture, $"a multiple of {pageSize.Bytes}")
            );
        }
    }

    /// <summary>No byte of a DIMM belongs to two regions.</summary>
    private void SharesOfDimms(ImmutableArray<RegionDescription> regions)
    {
        var shares = regions
            .SelectMany(r => r.Mappings.Select(m => (Region: r.Name, Mapping: m)))
            .OrderBy(s => s.Mapping.Dimm, StringComparer.Ordinal)
            .ThenBy(s => s.Mapping.Offset)
            .ToArray();
        for (int i = 0; i < shares.Length; i++)
        {
            MappingDescription mapping = shares[i].Mapping;
            if (mapping.Size.Bytes > ulong.MaxValue - mapping.Offset.Bytes)
                At(mapping, "offset", $"{shares[i].Region}: the share of {mapping.Dimm} wraps", "an offset and size that fit 64 bits");
            if (i == 0 || shares[i - 1].Mapping.Dimm != mapping.Dimm)
                continue;
            MappingDescription before = shares[i - 1].Mapping;
            if (shares[i - 1].Region != shares[i].Region && mapping.Offset.Bytes - before.Offset.Bytes < before.Size.Bytes)
                At(
                    mapping,
                    "offset",
                    $"{shares[i - 1].Region} and {shares[i].Region} share bytes of {mapping.Dimm}",
                    "shares without overlap"
                );
        }
    }

    private void Unique<T>(ImmutableArray<T> values, string key, Func<T, string?> name, Func<string, string> say)
        where T : class
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (T value in values)
        {
            if (name(value) is { } found && !seen.Add(found))
                At(value, key, say(found), "each once");
        }
    }

    private void At(object value, string key, string what, string expected = "", string todo = "")
    {
        if (_places.TryGetValue(value, out JsonFields? fields))
            fields.Complain(key, what, expected, todo);
        else
            errors.Add(1, 1, what, expected, todo);
    }

    private static string AnyOf(HashSet<string> names) =>
        names.Count is 0 or > 16 ? "" : $"one of {string.Join(", ", names.Order(StringComparer.Ordinal))}";
}
