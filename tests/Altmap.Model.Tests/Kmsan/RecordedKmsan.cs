using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Kmsan;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.Kmsan;

/// <summary>A boot of tests/golden/kmsan_kernel (see README-kmsan.md there).</summary>
internal sealed class RecordedKmsan
{
    public static readonly ByteSize Page = ByteSize.KiB(4);
    private readonly ILookup<string, string[]> _lines;

    public RecordedKmsan(string name)
    {
        string[][] lines = [.. File.ReadLines(Golden.Path("kmsan_kernel", name + ".txt")).Select(l => l.Split(' '))];
        _lines = lines.ToLookup(l => l[0], l => l[1..]);
        var memblock = new Memblock([.. _lines["memory"].Select(Range)]);
        int metadata = Array.FindIndex(lines, l => l[0] == "metadata");
        foreach (string[] line in lines[..metadata])
            Apply(memblock, line);
        BottomUp = _lines["bottom-up"].Any();
        BeforeMetadata = memblock;
        AfterMetadata = [.. lines[metadata..].Where(l => l[0] is "reserve" or "release")];
    }

    public static TheoryData<string> Names => ["m512", "m1024", "m2048", "torn"];

    public bool BottomUp { get; }

    public Memblock BeforeMetadata { get; }

    public string[][] AfterMetadata { get; }

    public PhysicalRange Data => Range(_lines["data"].Single());

    public PhysicalRange Initrd => Range(_lines["initrd"].Single());

    public PhysicalRange[] Metadata => [.. _lines["metadata"].Select(Range)];

    public ImmutableArray<PfnRange> Free => [.. _lines["free"].Select(l => new PfnRange(new(Number(l[0])), new(Number(l[1]))))];

    public ulong Managed => Number(_lines["managed"].First()[0]);

    public ulong MemTotalPages => Number(_lines["memtotal"].Single()[0]) / 4;

    public ulong FreedLaterPages => _lines["freed-later"].Aggregate(0UL, (sum, l) => sum + (Number(l[0]) / 4));

    public ulong[][] Blocks => [.. _lines["block"].Select(l => l.Select(Number).ToArray())];

    public ulong[] Torn => [.. _lines["torn"].Single().Select(Number)];

    public static void Apply(Memblock memblock, string[] line)
    {
        if (line[0] == "reserve")
            memblock.Reserve(Range(line[1..]));
        if (line[0] == "release")
            memblock.Release(Range(line[1..]));
    }

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static PhysicalRange Range(string[] ends) =>
        PhysicalRange.FromInclusive(new(Convert.ToUInt64(ends[0], 16)), new(Convert.ToUInt64(ends[1], 16)));
}
