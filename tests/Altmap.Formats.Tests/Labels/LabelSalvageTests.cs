using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

public class LabelSalvageTests
{
    private static IEnumerable<byte[]> Recorded() =>
        LabelGolden.Areas.Select(a => a.Bytes).Where(b => LabelGolden.Parse(b).ActiveLabels.Length > 0);

    /// <summary>Whatever is done to the index blocks of a real area: the same labels count again.</summary>
    [Theory]
    [InlineData("zeroed")]
    [InlineData("checksums")]
    [InlineData("first only")]
    [InlineData("garbage")]
    [Trait("problem", "C3")]
    public void Labels_of_recorded_areas_come_back(string damage)
    {
        int tried = 0;
        foreach (byte[] area in Recorded())
        {
            LabelArea before = LabelGolden.Parse(area);
            byte[] damaged = [.. area];
            int index = before.Geometry!.Value.IndexSizeBytes;
            switch (damage)
            {
                case "zeroed":
                    damaged.AsSpan(0, 2 * index).Clear();
                    break;
                case "checksums":
                    damaged[IndexFormat.Checksum.OffsetBytes] ^= 1;
                    damaged[index + IndexFormat.Checksum.OffsetBytes] ^= 1;
                    break;
                case "first only":
                    damaged.AsSpan(0, index).Clear();
                    break;
                default:
                    new Random(1).NextBytes(damaged.AsSpan(0, 2 * index));
                    break;
            }
            LabelSalvage salvage = LabelSalvage.Of(damaged, SalvageWish.None);
            if (salvage.Undecided.Any())
                continue; // without an index two versions of a label may both be whole
            LabelArea after = LabelGolden.Parse([.. Assert.NotNull(salvage.Repaired)]);
            // Zeroed or garbled bitmaps say nothing: a destroyed namespace may come back, none may be missing.
            if (damage is "checksums" && before.CurrentIndexNumber == 0)
                Assert.Equal(before.ActiveLabels.AsEnumerable(), after.ActiveLabels);
            else
                Assert.Superset(
                    before.ActiveLabels.Select(l => l.Uuid).ToHashSet(),
                    after.ActiveLabels.Select(l => l.Uuid).ToHashSet() // an older index may name an older label of the same namespace
                );
            Assert.DoesNotContain(
                LabelChecks.Validate(SparseBytes.From([.. salvage.Repaired!.Value]), LabelGolden.Kernel),
                f => f.Severity == Core.Findings.Severity.Error
            );
            tried++;
        }
        Assert.True(tried > 5, $"{tried} areas");
    }

    /// <summary>ndctl init-labels -f leaves the labels where they are.</summary>
    [Fact]
    public void Initialised_by_mistake_it_is_undone_on_request_alone()
    {
        byte[] area = Recorded().First(b => LabelGolden.Parse(b).ActiveLabels.Length > 1);
        LabelArea before = LabelGolden.Parse(area);
        SparseBytes blank = LabelInitialisation.InitLabels(SparseBytes.From(area), before.Version).Bytes;
        byte[] bytes = blank.Read(0, area.Length);
        LabelSalvage cautious = LabelSalvage.Of(bytes, SalvageWish.None);
        Assert.Null(cautious.Repaired);
        Assert.All(cautious.Labels, l => Assert.Equal(SalvageState.Stale, l.State));
        LabelSalvage all = LabelSalvage.Of(bytes, SalvageWish.None with { Undelete = true });
        Assert.Superset(
            before.ActiveLabels.Select(l => l.Uuid).ToHashSet(),
            all.Labels.Where(l => l.State == SalvageState.Kept).Select(l => l.Label.Uuid).ToHashSet()
        );
    }

    [Fact]
    public void A_dump_that_was_cut_or_is_too_long_is_named()
    {
        byte[] area = Recorded().First();
        LabelSalvage cut = LabelSalvage.Of(area.AsMemory(0, 4096 + 100), SalvageWish.None);
        Assert.Equal([LabelFindings.AreaCut], cut.Findings.Select(f => f.Code));
        Assert.Null(cut.Repaired); // written back it would erase what is behind
        byte[] longer = [.. area, .. new byte[5000]];
        LabelSalvage overlong = LabelSalvage.Of(longer, SalvageWish.None);
        Assert.Equal([LabelFindings.AreaOverlong], overlong.Findings.Select(f => f.Code));
        Assert.Equal(area.Length, Assert.NotNull(overlong.Repaired).Length);
    }

    [Fact]
    public void Labels_that_contradict_each_other_wait_for_a_person()
    {
        byte[] area = [.. Recorded().First(b => LabelGolden.Parse(b) is { LabelSizeBytes: 128, ActiveLabels.Length: > 1 })];
        LabelArea before = LabelGolden.Parse(area);
        LabelGeometry geometry = before.Geometry!.Value;
        NamespaceLabel a = before.ActiveLabels[0],
            b = before.ActiveLabels[1];
        (b with { Dpa = a.Dpa }).ToBytes(128).CopyTo(area, (int)geometry.SlotOffsetBytes(b.Slot));
        LabelSalvage salvage = LabelSalvage.Of(area, SalvageWish.None);
        Assert.Null(salvage.Repaired);
        Assert.Equal([a.Slot, b.Slot], salvage.Undecided.Select(l => l.Slot).Order());
        LabelSalvage decided = LabelSalvage.Of(area, SalvageWish.None with { Drop = [b.Slot] });
        LabelArea after = LabelGolden.Parse([.. Assert.NotNull(decided.Repaired)]);
        Assert.Contains(after.ActiveLabels, l => l.Slot == a.Slot);
        Assert.DoesNotContain(after.ActiveLabels, l => l.Slot == b.Slot);
    }

    [Fact]
    public void Hostile_dumps_give_an_answer()
    {
        var random = new Random(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[random.Next(0, 200_000)];
            if (i % 2 == 0)
                random.NextBytes(bytes);
            if (i % 3 == 0 && bytes.Length > 2000)
            {
                IndexFormat.Signature.CopyTo(bytes);
                IndexFormat.MySize.Write(bytes, 256);
            }
            LabelSalvage salvage = LabelSalvage.Of(bytes, SalvageWish.None);
            if (salvage.Repaired is { } repaired)
                Assert.True(LabelGolden.Parse([.. repaired]).HasCurrentIndex);
        }
        Assert.Null(LabelSalvage.Of(ReadOnlyMemory<byte>.Empty, SalvageWish.None).Geometry);
    }
}
