using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Labels;

/// <summary>Whole sessions, from blank areas to the recorded bytes.</summary>
public class LabelReplayTests
{
    [Theory]
    [InlineData("a_fsdax", "a_fsdax/create")]
    [InlineData("q_kernels.5.10.a_fsdax", "q_kernels/5.10/a_fsdax/create")]
    [InlineData("q_kernels.6.12.a_fsdax", "q_kernels/6.12/a_fsdax/create")]
    [InlineData("q_kernels.7.2.a_fsdax", "q_kernels/7.2/a_fsdax/create")]
    [InlineData("c_sector", "c_sector/create")]
    public void One_namespace_a_dimm(string session, string snapshot)
    {
        var replay = new LabelReplay(snapshot);
        string[] lines = LabelGolden.Session(session);
        if (!lines.Any(l => l.Contains("init-labels")))
            replay.InitialiseAsRecorded(snapshot); // done by a loop outside the record
        foreach ((string[] words, string output, int status) in LabelReplay.Commands(lines))
            replay.Command(words, output, status);
        Compare(replay, snapshot);
    }

    [Fact]
    public void Several_namespaces_with_holes_and_refusals()
    {
        const string first = "d_multi/1-four";
        var replay = new LabelReplay(first);
        string snapshot = first;
        int compared = 0;
        foreach ((string[] words, string output, int status) in LabelReplay.Commands(LabelGolden.Session("d_multi")))
        {
            string next =
                words[1] == "destroy-namespace" ? "d_multi/2-beta-destroyed"
                : words.Contains("bigger-than-hole") ? "d_multi/3-refill"
                : words.Contains("too-big") ? "d_multi/4-full"
                : snapshot;
            if (next != snapshot)
            {
                Compare(replay, snapshot);
                compared++;
            }
            snapshot = next;
            replay.Command(words, output, status);
        }
        Compare(replay, "d_multi/4-full");
        Compare(replay, "d_multi/5-reboot");
        Assert.True(compared >= 3, $"{compared} snapshots");
    }

    [Fact]
    public void The_area_after_an_update_is_the_area_read_again()
    {
        foreach ((LabelArea before, LabelWriteResult result) in Updates())
        {
            var again = LabelArea.Parse(result.Area.Bytes, LabelGolden.Kernel);
            Assert.Equal(again.CurrentIndexNumber, result.Area.CurrentIndexNumber);
            Assert.Equal(again.CurrentIndex.ToArray(), result.Area.CurrentIndex.ToArray());
            Assert.Equal(again.ActiveLabels.AsEnumerable(), result.Area.ActiveLabels);
            Assert.Equal(LabelGolden.BytesOf(result.Area.Bytes), LabelGolden.BytesOf(result.Plan.Apply(before.Bytes)));
        }
    }

    [Fact]
    public void Cut_anywhere_the_old_labels_or_the_new_ones_count()
    {
        int cuts = 0;
        foreach ((LabelArea before, LabelWriteResult result) in Updates())
        {
            // Any set of a write's 64-byte lines: stricter than a sector device.
            foreach (CrashPoint point in CrashPoints.Of(result.Plan, before.Bytes, new CrashRules { AtomBytes = 64 }))
            {
                ImmutableArray<NamespaceLabel> labels = LabelArea.Parse(point.Media, LabelGolden.Kernel).ActiveLabels;
                Assert.True(labels.SequenceEqual(before.ActiveLabels) || labels.SequenceEqual(result.Area.ActiveLabels), point.What);
                cuts++;
            }
        }
        Assert.True(cuts > 1000, $"{cuts} cuts");
    }

    private static List<(LabelArea Before, LabelWriteResult Result)> Updates()
    {
        var replay = new LabelReplay("d_multi/1-four");
        foreach ((string[] words, string output, int status) in LabelReplay.Commands(LabelGolden.Session("d_multi")))
            replay.Command(words, output, status);
        Assert.True(replay.Updates.Count > 100);
        return replay.Updates;
    }

    private static void Compare(LabelReplay replay, string snapshot)
    {
        int compared = 0;
        foreach ((string dimm, LabelArea area) in replay.Areas)
        {
            string name = $"{snapshot}/{dimm}";
            if (!LabelGolden.Has(name))
                continue;
            byte[] expected = LabelGolden.Area(name),
                actual = LabelGolden.BytesOf(area.Bytes);
            int at = expected.AsSpan().CommonPrefixLength(actual);
            Assert.True(at == expected.Length, $"{name} differs at 0x{at:x}");
            compared++;
        }
        Assert.True(compared > 0, snapshot);
    }
}
