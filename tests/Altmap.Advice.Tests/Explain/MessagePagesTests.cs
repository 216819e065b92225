using System.Text.RegularExpressions;
using Altmap.Advice.Explain;
using Altmap.Core.Findings;
using Altmap.TestSupport;

namespace Altmap.Advice.Tests.Explain;

public partial class MessagePagesTests
{
    [Theory]
    [InlineData("nd_pmem namespace4.0: [mem 0x84001000-0x8c000fff flags 0x200] misaligned, unable to map", "* misaligned, unable to map")]
    [InlineData("bad offset: 0x200000 dax disabled align: 0x200000", "bad offset: * dax disabled align: *")]
    [InlineData("[    3.1] pfn0.1: init failed, struct page size mismatch 64", "init failed, struct page size mismatch *")]
    [InlineData("nd_pmem: probe of namespace43.0 failed with error -95", "probe of * failed with error -*")]
    [InlineData("nd_pmem namespace43.0: probe with driver nd_pmem failed with error -95", "probe with driver * failed with error -*")]
    [InlineData("kmem dax0.0: rejecting DAX region with invalid node: -1", "rejecting DAX region with invalid node: *")]
    [InlineData(
        "  Error: create namespace: region0: align setting is 0x1000000 size 0x80200000 is misaligned",
        "align setting is * size * is misaligned"
    )]
    [InlineData("nd_pmem pfn1.0: namespace1.0 alignment collision, truncate 67108864 bytes", "alignment collision, truncate * bytes")]
    [InlineData("nd_pmem pfn1.0: Conflicting mapping in same section", "Conflicting mapping in same section")]
    [InlineData("[ 1361.970085] dax_pmem dax0.0: alignment must be PAGE_SIZE", "alignment must be PAGE_SIZE")]
    [InlineData("setup_namespace:417: dax1.0: set_align failed: Invalid argument", "set_align failed: *")]
    [InlineData(
        "libdaxctl: daxctl_insert_kmod_for_mode: dax1.0: a modalias lookup list was not created",
        "a modalias lookup list was not created"
    )]
    [InlineData("validate_namespace_options:569: region1: falling back to a 4K alignment", "falling back to a 4K alignment")]
    [InlineData("EXT4-fs (pmem0p1): DAX unsupported by block device. Turning off DAX.", "DAX unsupported by block device")]
    [InlineData(
        "acpi PNP0C80:00: Block size [0x8000000] unaligned hotplug range: start 0x100200000, size 0x40000000",
        "Block size [*] unaligned hotplug range: start *, size *"
    )]
    [Trait("problem", "A3")]
    [Trait("problem", "C1")]
    public void A_pasted_line_finds_its_page(string line, string pattern)
    {
        (MessagePage page, _) = Assert.NotNull(ExplainedLine.Find(line));
        Assert.Equal(pattern, page.Pattern);
    }

    [Fact]
    public void Numbers_of_the_line_are_told() =>
        Assert.Equal(
            ["0x200000", "0x400000"],
            Assert.NotNull(ExplainedLine.Find("pfn0.1: bad offset: 0x200000 dax disabled align: 0x400000")).Values
        );

    [Fact]
    public void What_nobody_knows_has_no_page()
    {
        Assert.Null(ExplainedLine.Find("usb 1-1: new high-speed USB device number 2"));
        Assert.Empty(ExplainedLine.All(""));
        Assert.Empty(ExplainedLine.All("\0\u0001\ufffd\n\n\r\n"));
    }

    [Fact]
    public void A_log_is_told_in_its_order_and_each_thing_once()
    {
        var lines = ExplainedLine.All(
            """
            [    1.0] Linux version 6.1
            [    3.0] nd_pmem namespace1.0: [mem 0x1000-0x1fff flags 0x200] misaligned, unable to map
            [    3.0] nd_pmem: probe of namespace1.0 failed with error -95
            [    3.1] nd_pmem namespace0.0: unable to guarantee persistence of writes
            [    3.2] nd_pmem namespace0.0: unable to guarantee persistence of writes
            """
        );
        Assert.Equal([2, 3, 4], lines.Select(l => l.Number));
        Assert.Equal([1, 1, 2], lines.Select(l => l.Count));
        Assert.Equal(Severity.Error, ExplainedLine.Worst(lines));
    }

    [Fact]
    public void Patterns_stand_once_and_say_something()
    {
        Assert.Equal(MessagePages.All.Length, MessagePages.All.Select(p => p.Pattern).Distinct().Count());
        Assert.All(
            MessagePages.All,
            p =>
            {
                Assert.True(p.Weight >= 8, p.Pattern);
                Assert.NotEqual("", p.Meaning);
                Assert.NotEqual("", p.Speaker);
                Assert.NotNull(p.Match(p.Pattern));
                if (p.Severity == Severity.Error)
                    Assert.True(p.Advice.Length > 0 || p.Meaning.Contains("line before", StringComparison.Ordinal), p.Pattern);
            }
        );
    }

    /// <summary>Every complaint of kernel, ndctl and daxctl in the recordings, which the model prints too, has a page.</summary>
    [Fact]
    public void Every_complaint_in_the_recordings_has_a_page()
    {
        var without = new SortedSet<string>(StringComparer.Ordinal);
        int seen = 0;
        foreach (string path in Directory.EnumerateFiles(Golden.Root, "*.log", SearchOption.AllDirectories))
        {
            foreach (string line in File.ReadLines(path))
            {
                if (!Complaint().IsMatch(line) || NoComplaint().IsMatch(line))
                    continue;
                seen++;
                if (ExplainedLine.Find(line) is null)
                    without.Add(line.Trim());
            }
        }
        Assert.True(seen > 200, $"{seen} complaints");
        Assert.Equal("", string.Join("\n", without));
    }

    [GeneratedRegex(
        @"^ *(\[ *[0-9.]+\] )?(Error: |error |failed to |libndctl: |libdaxctl: |nd_pmem|nd_region|dax_pmem|kmem |device_dax|nvdimm |acpi )"
            + "|: (error|failed)|is active, "
    )]
    private static partial Regex Complaint();

    /// <summary>Echoed commands, usage of the options, /proc/iomem and lines that only look like one.</summary>
    [GeneratedRegex(@"^\+|^#|^ *-|""|usage:|Unknown|unknown option|Ambiguous|iomem|driver=|supported:|/sys/")]
    private static partial Regex NoComplaint();
}
