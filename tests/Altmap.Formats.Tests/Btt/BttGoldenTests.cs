using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Btt.Repair;
using Altmap.TestSupport;

namespace Altmap.Formats.Tests.Btt;

/// <summary>Recorded BTTs: what the kernel laid down and wrote is consistent and reads as the kernel read it back; each damaged copy is
/// diagnosed, and mended where it can be.</summary>
public class BttGoldenTests
{
    private static readonly BttCheckRequest s_request = new(Subject.SomeNamespace);

    public static TheoryData<string> Fresh => [.. RecordedBtts.Fresh];

    [Theory]
    [MemberData(nameof(Fresh))]
    public void What_a_kernel_laid_down_is_consistent(string name)
    {
        SparseBytes media = RecordedBtts.Read("c_sector", name);
        BttReport report = BttCheck.Run(media, s_request);
        Assert.Equal(name.Contains("v1.2", StringComparison.Ordinal) ? BttVersion.V2_0 : BttVersion.V1_1, report.Version);
        Assert.Empty(report.Findings);
        BttArenaReport arena = Assert.Single(report.Arenas);
        Assert.Equal((ulong)arena.Info.ExternalBlocks, arena.Map!.Initial);
        Assert.True(report.IsConsistent && report.IsUsable);
    }

    /// <summary>All content, byte for byte, and nothing written anywhere by reading.</summary>
    [Theory]
    [InlineData("lab4096", 131072)]
    [InlineData("lab512", 131072)]
    [InlineData("lab520", 131072)]
    [InlineData("lab4104", 131072)]
    [InlineData("v2-4096", 131072)]
    [InlineData("legacy4096", 0)]
    [InlineData("prefilled", 0)]
    public void The_whole_disk_reads_as_the_kernel_read_it(string name, uint labelBytes)
    {
        SparseBytes media = RecordedBtts.Read("h_btt", name, labelBytes);
        byte[] content = Golden.Gunzip(Golden.Path("h_btt", $"content.{name}.gz"));
        BttReport report = BttCheck.Run(media, s_request);
        Assert.True(report.IsConsistent, string.Join('\n', report.Findings.Select(Text)));
        var device = BttDevice.Open(media, null, report);
        Assert.Equal((ulong)content.Length, device.Sectors * (ulong)device.SectorBytes);
        byte[] sector = new byte[device.SectorBytes];
        int written = 0;
        for (ulong at = 0; at < device.Sectors; at++)
        {
            BttReadResult result = device.Read(at, sector);
            written += result == BttReadResult.Data ? 1 : 0;
            Assert.True(
                result != BttReadResult.Error && sector.AsSpan().SequenceEqual(content.AsSpan((int)at * sector.Length, sector.Length)),
                $"sector {at}"
            );
        }
        Assert.True(written > 80, $"{written} written");
    }

    /// <summary>What the check finds in each of the 16 damaged copies, and what a repair leaves.</summary>
    [Theory]
    [InlineData("good", "", "")]
    [InlineData("both-zero", "btt.info.both", "")]
    [InlineData("flag-error", "btt.info.differ btt.info.error-flag", "btt.info.differ btt.info.error-flag")]
    [InlineData("info1-sum", "btt.info.first", "")]
    [InlineData("info1-zero", "btt.info.first", "")]
    [InlineData("info2-zero", "btt.info.copy", "")]
    [InlineData("log-garbage", "btt.log.padding btt.log.sequence btt.block.lost", "")]
    [InlineData("log-seq-same", "btt.log.sequence btt.block.lost", "")]
    [InlineData("log-seq-zero", "btt.log.sequence-loads btt.block.lost", "")]
    [InlineData("map-dup", "btt.map.duplicate btt.block.lost", "btt.map.duplicate btt.block.lost")]
    [InlineData("map-error", "btt.map.error", "btt.map.error")]
    [InlineData("map-normal-bits", "", "")]
    [InlineData("map-range", "btt.map.range btt.block.lost", "")]
    [InlineData("map-trim", "btt.map.trimmed", "btt.map.trimmed")]
    [InlineData("map-zero", "btt.map.duplicate btt.block.lost", "btt.map.duplicate btt.block.lost")]
    [InlineData("mapoff", "btt.info.geometry btt.info.first", "")]
    [InlineData("nfree", "btt.info.geometry btt.info.first", "")]
    [InlineData("truncated-v3", "btt.info.version btt.info.first", "")]
    public void Each_damaged_copy_is_diagnosed_and_mended(string name, string found, string left)
    {
        SparseBytes media = RecordedBtts.Read("h_btt", $"legacy4096-{name}", labelBytes: 0);
        BttReport report = BttCheck.Run(media, s_request);
        Assert.Equal(found, Codes(report));
        BttRepairResult repair = BttRepair.Plan(media, s_request, new BttRepairOptions { Uuid = new(1, 2) });
        Assert.Equal(left, Codes(repair.After));
        SparseBytes mended = repair.Plan.Apply(media);
        Assert.True(BttRepair.Plan(mended, s_request, new BttRepairOptions()).Plan.IsEmpty);
        if (left.Length > 0)
            return;
        // The content is what the undamaged copy has.
        AssertSameContent(RecordedBtts.Used, mended);
    }

    /// <summary>What loses something is done only when it is asked for by name.</summary>
    [Fact]
    public void Riskier_repairs_by_name()
    {
        SparseBytes flagged = RecordedBtts.Read("h_btt", "legacy4096-flag-error", labelBytes: 0);
        BttRepairResult cleared = BttRepair.Plan(flagged, s_request, new BttRepairOptions { ClearErrorFlag = true });
        Assert.True(cleared.After.IsConsistent, string.Join('\n', cleared.After.Findings.Select(Text)));
        AssertSameContent(RecordedBtts.Used, cleared.Plan.Apply(flagged));

        SparseBytes marked = RecordedBtts.Read("h_btt", "legacy4096-map-error", labelBytes: 0);
        BttRepairResult read = BttRepair.Plan(marked, s_request, new BttRepairOptions { ClearErrors = true });
        Assert.True(read.After.IsConsistent);
        AssertSameContent(RecordedBtts.Used, read.Plan.Apply(marked));

        SparseBytes zeroed = RecordedBtts.Read("h_btt", "legacy4096-map-zero", labelBytes: 0);
        BttRepairResult given = BttRepair.Plan(zeroed, s_request, new BttRepairOptions { AssumeZeroed = true });
        Assert.True(given.After.IsConsistent);
        AssertSameContent(RecordedBtts.Used, given.Plan.Apply(zeroed));

        SparseBytes shared = RecordedBtts.Read("h_btt", "legacy4096-map-dup", labelBytes: 0);
        BttRepairResult split = BttRepair.Plan(shared, s_request, new BttRepairOptions { MarkShared = true });
        Assert.Equal("btt.map.error", Codes(split.After));
        Assert.Equal(2UL, split.After.Arenas[0].Map!.Errors);
        Assert.Contains(split.Done, a => a.Loses.Length > 0);
    }

    internal static string Codes(BttReport report) =>
        string.Join(' ', report.Findings.Where(f => f.Severity != Severity.Note).Select(f => f.Code.Name).Distinct());

    internal static string Text(Finding finding) =>
        $"{finding.Code} at {finding.Place}: {string.Join("; ", finding.Evidence.Select(e => $"{e.What}: {e.Expected}, {e.Actual}"))}";

    private static void AssertSameContent(SparseBytes good, SparseBytes mended)
    {
        var one = BttDevice.Open(good, null, BttCheck.Run(good, s_request));
        var two = BttDevice.Open(mended, null, BttCheck.Run(mended, s_request));
        Assert.Equal(one.Sectors, two.Sectors);
        byte[] first = new byte[one.SectorBytes],
            second = new byte[one.SectorBytes];
        for (ulong at = 0; at < one.Sectors; at++)
        {
            Assert.Equal(one.Read(at, first), two.Read(at, second));
            Assert.True(first.AsSpan().SequenceEqual(second), $"sector {at}");
        }
    }
}
