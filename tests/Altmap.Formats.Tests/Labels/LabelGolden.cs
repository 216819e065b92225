using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.TestSupport;

namespace Altmap.Formats.Tests.Labels;

/// <summary>A recorded label area and what ndctl read from it (<c>DEV</c> replaced by the device's name).</summary>
public sealed record RecordedArea(IReadOnlyList<string> Names, byte[] Bytes, string Json);

/// <summary>What sysfs showed of a region and the DIMM it maps.</summary>
public sealed record RecordedDimm(
    string Snapshot,
    string Region,
    string Dimm,
    InterleaveMember Member,
    DpaMapping Mapping,
    ulong SetCookie,
    uint? AvailableSlots,
    ulong? AvailableSize,
    ulong? MaxAvailableExtent
)
{
    public string Name => $"{Snapshot}/{Dimm}";
}

/// <summary>The recordings of tests/golden/labels.</summary>
internal static class LabelGolden
{
    private static readonly Lazy<IReadOnlyList<RecordedArea>> LazyAreas = new(ReadAreas);
    private static readonly Lazy<IReadOnlyList<RecordedDimm>> LazyDimms = new(ReadDimms);

    public static IReadOnlyList<RecordedArea> Areas => LazyAreas.Value;

    public static IReadOnlyList<RecordedDimm> Dimms => LazyDimms.Value;

    public static KernelProfile Kernel { get; } = KernelProfiles.All.First(p => p.Name == "6.1");

    public static KernelProfile Kernel510 { get; } = KernelProfiles.All.First(p => p.Name == "5.10");

    public static byte[] Area(string name) => Areas.First(a => a.Names.Contains(name)).Bytes;

    public static bool Has(string name) => Areas.Any(a => a.Names.Contains(name));

    public static string[] Session(string name) =>
        Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("labels", $"session.{name}.log.gz"))).Split('\n');

    public static LabelArea Parse(byte[] bytes) => LabelArea.Parse(SparseBytes.From(bytes), Kernel);

    public static byte[] BytesOf(SparseBytes area) => area.Read(0, (int)area.LengthBytes);

    private static List<RecordedArea> ReadAreas()
    {
        byte[] all = Golden.Gunzip(Golden.Path("labels", "areas.gz"));
        List<RecordedArea> areas = [];
        for (int at = 0; at < all.Length; )
        {
            int end = Array.IndexOf(all, (byte)'\n', at);
            string[] header = Encoding.ASCII.GetString(all, at, end - at).Split(' ');
            int length = int.Parse(header[2], CultureInfo.InvariantCulture),
                json = int.Parse(header[3], CultureInfo.InvariantCulture);
            byte[] bytes = all.AsSpan(end + 1, length).ToArray();
            areas.Add(new RecordedArea(header[1].Split(','), bytes, Encoding.UTF8.GetString(all, end + 1 + length, json)));
            at = end + 1 + length + json;
        }
        return areas;
    }

    private static List<RecordedDimm> ReadDimms()
    {
        List<RecordedDimm> dimms = [];
        foreach (string line in File.ReadAllLines(Golden.Path("labels", "dimms.tsv")).Skip(1))
        {
            string[] f = line.Split('\t');
            string[] id = f[3].Split('-');
            var member = new InterleaveMember(
                0,
                BinaryPrimitives.ReverseEndianness((uint)Hex(id[1])),
                BinaryPrimitives.ReverseEndianness((ushort)Hex(id[0]))
            );
            var mapping = new DpaMapping(new DimmAddress(ulong.Parse(f[4])), new ByteSize(ulong.Parse(f[5])), new ByteSize(Hex(f[6])));
            dimms.Add(
                new RecordedDimm(
                    f[0],
                    f[1],
                    f[2],
                    member,
                    mapping,
                    Hex(f[7]),
                    uint.TryParse(f[8], out uint slots) ? slots : null,
                    ulong.TryParse(f[9], out ulong available) ? available : null,
                    ulong.TryParse(f[10], out ulong extent) ? extent : null
                )
            );
        }
        return dimms;
    }

    private static ulong Hex(string text) =>
        ulong.Parse(
            text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text,
            NumberStyles.HexNumber,
            CultureInfo.InvariantCulture
        );
}
