using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class InterleaveSetCookieTests
{
    [Fact]
    public void Set_cookies_of_all_recorded_regions_and_labels()
    {
        int regions = 0,
            labels = 0;
        foreach (RecordedDimm dimm in LabelGolden.Dimms)
        {
            InterleaveSetCookie cookie = InterleaveSetCookie.Compute([dimm.Member]);
            Assert.Contains(dimm.SetCookie, new[] { cookie.Cookie1, cookie.Cookie2 });
            regions++;
            if (!LabelGolden.Has(dimm.Name))
                continue;
            LabelArea area = LabelGolden.Parse(LabelGolden.Area(dimm.Name));
            if (!area.HasCurrentIndex)
                continue;
            Assert.Equal(dimm.SetCookie, cookie.For(area));
            foreach (NamespaceLabel label in area.ActiveLabels)
            {
                Assert.Equal(cookie.For(area), label.InterleaveSetCookie);
                labels++;
            }
        }
        Assert.True(regions > 150 && labels > 100, $"{regions} regions, {labels} labels");
    }

    [Fact]
    public void The_first_slots_of_qemu()
    {
        InterleaveSetCookie first = InterleaveSetCookie.Compute([new(0, 0x123456, 0x8086)]);
        Assert.Equal((0x2468ac00123456UL, 0xba90120012b4dcUL, 0x2468ac00123456UL), (first.Cookie1, first.Cookie2, first.AltCookie));
        Assert.Equal(0xba901c0012b4ddUL, InterleaveSetCookie.Compute([new(0, 0x123457, 0x8086)]).Cookie2);
    }

    [Fact]
    public void Positions_follow_the_offset_and_the_old_order_follows_its_lowest_byte()
    {
        InterleaveMember[] set = [new(0x200, 1, 0x8086), new(0x01, 2, 0x8086), new(0x100, 3, 0x8086)];
        InterleaveSetCookie cookie = InterleaveSetCookie.Compute(set);
        Assert.Equal([2, 0, 1], cookie.Positions);
        // Stored bytes 00 01.., 00 02.., 01 00..: 0x100, 0x200, 0x01.
        InterleaveSetCookie order = InterleaveSetCookie.Compute([set[1], set[2], set[0]]);
        Assert.Equal(order.Cookie1, cookie.Cookie1);
        Assert.NotEqual(cookie.Cookie1, cookie.AltCookie);
        Assert.Empty(InterleaveSetCookie.Compute([]).Positions);
    }

    /// <summary>The cookie in the labels that ndctl's own test of old kernels writes (ndctl 81, test/nmem1.bin), for the second region of
    /// the kernel's nfit_test (tools/testing/nvdimm/test/nfit.c).</summary>
    [Fact]
    public void The_old_order_is_that_of_labels_which_an_old_kernel_wrote()
    {
        InterleaveMember[] set =
        [
            new(1ul << 16, 0xffff_ffff, 0xcdab),
            new(1ul << 24, 0xffff_fffe, 0xcdab),
            new(1ul << 32, 0xffff_feff, 0xcdab),
            new(1ul << 40, 0xffff_fefe, 0xcdab),
        ];
        Assert.Equal(0x803_f6d7_0100_fefbUL, InterleaveSetCookie.Compute(set).AltCookie);
    }
}
