using System.Globalization;
using Altmap.Core.Media;
using Altmap.Formats.InfoBlocks;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Recorded images of regions, compared with the model's media byte for byte.</summary>
internal static class RecordedMedia
{
    private const ulong InfoBlockEnd = 8192;

    /// <summary>
    /// Compares every image of a group (whole ones, and heads of 64 KiB) with the region at its case's address. With map=dev a kernel keeps
    /// its struct pages
    /// between the info-block and the data: memory in use, not a format, and left out.
    /// </summary>
    /// <param name="group">Folder below tests/golden with <c>cases.tsv</c> and <c>images</c>.</param>
    /// <param name="machine">After the session.</param>
    /// <param name="prefix">What the images of this boot start with.</param>
    public static (int Compared, string[] Differences) Compare(string group, Machine machine, string prefix = "")
    {
        Dictionary<string, ulong> addresses = File.ReadLines(Golden.Path(group, "cases.tsv"))
            .Where(l => l[0] != '#')
            .Select(l => l.Split('\t'))
            .ToDictionary(f => f[1], f => ParseAddress(f[4]));
        var differences = new List<string>();
        int compared = 0;
        foreach (string file in Directory.EnumerateFiles(Golden.Path(group, "images"), prefix + "*"))
        {
            string name = Path.GetFileName(file)[prefix.Length..];
            string caseName = name.Split(".head")[0].Split(".sparse")[0];
            SparseBytes recorded = name.EndsWith(".sparse.gz", StringComparison.Ordinal)
                ? MachineLoader.ReadImage(file).Value!
                : SparseBytes.From(Golden.Gunzip(file));
            RegionState region = machine.Regions.Values.First(r => r.Range.Start.Bytes == addresses[caseName]);
            ulong length = Math.Min(
                region.Media.LengthBytes,
                name.Contains(".head", StringComparison.Ordinal) ? 65536 : recorded.LengthBytes
            );
            compared++;
            if (!Kept(recorded.Resize(length), region).ContentEquals(Kept(region.Media.Resize(length), region)))
                differences.Add($"{caseName}: {region.Device}");
        }
        return (compared, [.. differences]);
    }

    private static SparseBytes Kept(SparseBytes media, RegionState region)
    {
        (ulong Start, ulong End)[] pageMaps =
        [
            .. region
                .Pfns.Values.Concat(region.Daxes.Values)
                .Where(p => p is { Layout.Mode: PageMapMode.Pmem })
                .Select(p =>
                {
                    ulong start = (region.Namespaces[p.NamespaceId!.Value].Range.Start - region.Range.Start).Bytes;
                    return (start + InfoBlockEnd, start + p.Layout!.Value.DataStart!.Value.Bytes);
                }),
        ];
        SparseBytes kept = SparseBytes.Zero(media.LengthBytes);
        foreach (
            (ulong offset, ReadOnlyMemory<byte> bytes) in media
                .Pages()
                .Where(p => !pageMaps.Any(m => p.OffsetBytes >= m.Start && p.OffsetBytes < m.End))
        )
            kept = kept.Write(offset, bytes.Span);
        return kept;
    }

    private static ulong ParseAddress(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : ulong.Parse(text, CultureInfo.InvariantCulture);
}
