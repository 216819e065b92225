using Altmap.Core.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Units;

public class AddressTests
{
    private static readonly ByteSize Page = ByteSize.KiB(4);

    [Fact]
    public void Distance_and_sum_are_inverse() =>
        Prop.ForAll(
                (ulong a, ulong b) =>
                {
                    (ulong low, ulong high) = a < b ? (a, b) : (b, a);
                    return new PhysicalAddress(low) + (new PhysicalAddress(high) - new PhysicalAddress(low)) == new PhysicalAddress(high)
                        && new MediaOffset(low) + (new MediaOffset(high) - new MediaOffset(low)) == new MediaOffset(high)
                        && new DimmAddress(low) + (new DimmAddress(high) - new DimmAddress(low)) == new DimmAddress(high)
                        && new Pfn(low) + (new Pfn(high) - new Pfn(low)) == new Pfn(high);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Beyond_either_end_throws()
    {
        Assert.Throws<OverflowException>(() => new PhysicalAddress(ulong.MaxValue) + Page);
        Assert.Throws<OverflowException>(() => new PhysicalAddress(0) - Page);
        Assert.Throws<OverflowException>(() => new PhysicalAddress(0) - new PhysicalAddress(1));
        Assert.Throws<OverflowException>(() => new MediaOffset(ulong.MaxValue).AlignUp(Page));
        Assert.Throws<OverflowException>(() => new DimmAddress(1) - Page);
        Assert.Throws<OverflowException>(() => new Pfn(ulong.MaxValue).ToAddress(Page));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(64)]
    public void A_page_holds_its_addresses(ulong kib)
    {
        ByteSize page = ByteSize.KiB(kib);
        var pfn = new Pfn(0x1234);
        Assert.Equal(pfn, Pfn.Containing(pfn.ToAddress(page), page));
        Assert.Equal(pfn, Pfn.Containing(pfn.ToAddress(page) + (page - new ByteSize(1)), page));
        Assert.NotEqual(pfn, Pfn.Containing(pfn.ToAddress(page) + page, page));
    }

    [Fact]
    public void Sections_hold_their_pfns()
    {
        var pagesPerSection = new PfnCount(32768);
        Assert.Equal(new SectionNumber(8), SectionNumber.Containing(new Pfn(0x44000), pagesPerSection)); // 1088 MiB lies in section 8
        Assert.Equal(new SectionNumber(9), SectionNumber.Containing(new Pfn(0x48000), pagesPerSection));
        Assert.Equal("9", new SectionNumber(9).ToString());
    }

    [Fact]
    public void Pfn_ranges_are_half_open()
    {
        var range = new PfnRange(new Pfn(0x10), new Pfn(0x20));
        Assert.Equal(new PfnCount(16), range.Count);
        Assert.True(range.Contains(new Pfn(0x10)));
        Assert.False(range.Contains(new Pfn(0x20)));
        Assert.True(new PfnRange(new Pfn(5), new Pfn(5)).IsEmpty);
        Assert.Equal("[0x10, 0x20)", range.ToString());
        Assert.Equal(ByteSize.KiB(64), range.Count.ToBytes(Page));
    }

    [Fact]
    public void Order_follows_the_number() =>
        Prop.ForAll(
                (ulong a, ulong b) =>
                    new PhysicalAddress(a) < new PhysicalAddress(b) == a < b
                    && new PhysicalAddress(a) >= new PhysicalAddress(b) == a >= b
                    && new MediaOffset(a) > new MediaOffset(b) == a > b
                    && new DimmAddress(a) <= new DimmAddress(b) == a <= b
                    && Math.Sign(new Pfn(a).CompareTo(new Pfn(b))) == Math.Sign(a.CompareTo(b))
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Addresses_print_in_hex()
    {
        Assert.Equal("0x187c000000", new PhysicalAddress(0x187c000000).ToString());
        Assert.Equal("0x1000", new MediaOffset(4096).ToString());
        Assert.Equal("0x0", new DimmAddress(0).ToString());
    }
}
