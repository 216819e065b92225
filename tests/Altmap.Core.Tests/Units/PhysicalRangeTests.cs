using Altmap.Core.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Units;

public class PhysicalRangeTests
{
    private static PhysicalRange Range(ulong start, ulong size) => new(new PhysicalAddress(start), new ByteSize(size));

    [Fact]
    public void Agrees_with_sets_of_bytes() =>
        Prop.ForAll(
                ((byte Start, byte Size) x, (byte Start, byte Size) y) =>
                {
                    PhysicalRange a = Range((ulong)x.Start % 16, (ulong)x.Size % 8),
                        b = Range((ulong)y.Start % 16, (ulong)y.Size % 8);
                    HashSet<ulong> inA = Bytes(a),
                        inB = Bytes(b);
                    return a.Overlaps(b) == inA.Overlaps(inB)
                        && a.Common(b).Bytes == (ulong)inA.Intersect(inB).Count()
                        && (b.IsEmpty || a.Contains(b) == inA.IsSupersetOf(inB))
                        && Enumerable.Range(0, 32).All(i => a.Contains(new PhysicalAddress((ulong)i)) == inA.Contains((ulong)i));

                    static HashSet<ulong> Bytes(PhysicalRange range) =>
                        [.. Enumerable.Range(0, (int)range.Size.Bytes).Select(i => range.Start.Bytes + (ulong)i)];
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void The_last_byte_of_memory_belongs_to_a_range()
    {
        PhysicalRange top = Range(ulong.MaxValue - 4095, 4096);
        Assert.Equal(new PhysicalAddress(ulong.MaxValue), top.Last);
        Assert.Throws<OverflowException>(() => top.End);
        Assert.True(top.Contains(new PhysicalAddress(ulong.MaxValue)));
        Assert.True(top.Overlaps(Range(ulong.MaxValue, 1)));
        Assert.Equal(new ByteSize(4096), top.Common(top));
        Assert.True(top.Contains(Range(ulong.MaxValue - 1, 2)));
    }

    [Fact]
    public void Prints_as_iomem_does()
    {
        PhysicalRange range = PhysicalRange.FromInclusive(new PhysicalAddress(0x187c000000), new PhysicalAddress(0x967bffffff));
        Assert.Equal("0x187c000000-0x967bffffff", range.ToString());
        Assert.Equal(new ByteSize(0x7e00000000), range.Size);
        Assert.Throws<OverflowException>(() => PhysicalRange.FromInclusive(new PhysicalAddress(2), new PhysicalAddress(1)));
        Assert.Equal("0x5 (empty)", Range(5, 0).ToString());
    }
}
