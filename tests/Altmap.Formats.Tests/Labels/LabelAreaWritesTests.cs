using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Labels;

public class LabelAreaWritesTests
{
    [Fact]
    public void An_empty_area_is_initialised_by_the_kernel_with_1_2_labels_before_the_first_label()
    {
        var blank = LabelArea.Parse(SparseBytes.Zero(131072), LabelGolden.Kernel);
        LabelWriteResult result = blank.PutLabel(Label(1), LabelFlags.Updating);
        Assert.Equal([0UL, 256, 512, 256], Writes(result).Select(w => w.Target.Bytes));
        Assert.Equal(
            (1, 1u, 256, 510u),
            (result.Area.CurrentIndexNumber, result.Area.Sequence, result.Area.LabelSizeBytes, result.Area.SlotCount)
        );
        Assert.Equal(0, Writes(result)[0].Bytes.Span[72 + 63] >> 6); // bits behind slot 509 are clear, unlike ndctl's
        Assert.True(Assert.Single(result.Area.ActiveLabels).IsUpdating);
        Assert.Equal(508u, result.Area.AvailableSlots);
    }

    [Fact]
    public void Deleting_writes_an_index_also_when_nothing_is_freed_but_never_initialises()
    {
        var blank = LabelArea.Parse(SparseBytes.Zero(131072), LabelGolden.Kernel);
        Assert.True(blank.DeleteLabels(Id(1)).Plan.IsEmpty);
        LabelWriteResult result = Initialised(131072, LabelVersion.V1_1).DeleteLabels(Id(1));
        Assert.Equal((256UL, 256), (Assert.Single(Writes(result)).Target.Bytes, Writes(result)[0].Bytes.Length));
        Assert.Equal((1, 1u), (result.Area.CurrentIndexNumber, result.Area.Sequence));
    }

    [Fact]
    public void Without_a_free_slot_nothing_is_written()
    {
        LabelArea area = Initialised(1024, LabelVersion.V1_1);
        for (ulong i = 1; i <= 4; i++)
            area = area.PutLabel(Label(i), 0).Area;
        Assert.Equal((0u, 0u, 4), (area.FreeSlotCount, area.AvailableSlots, area.ActiveLabels.Length));
        LabelWriteResult full = area.PutLabel(Label(5), 0);
        Assert.Equal((Errno.ENXIO, true), (full.Errno, full.Plan.IsEmpty));
        Assert.Same(area, full.Area);
        Assert.Contains(LabelChecks.Validate(area.Bytes, LabelGolden.Kernel), f => f.Code.Name == "labels.slots.full");
    }

    [Fact]
    public void A_changed_uuid_frees_the_labels_of_the_old_one()
    {
        LabelArea area = Initialised(131072, LabelVersion.V1_2).PutLabel(Label(1), 0).Area.PutLabel(Label(3), 0).Area;
        area = area.PutLabel(Label(2), 0, renamedFrom: Id(1)).Area;
        Assert.Equal([Id(3), Id(2)], area.ActiveLabels.Select(l => l.Uuid));
        Assert.Equal([1u, 2u], area.ActiveLabels.Select(l => l.Slot));
    }

    [Fact]
    public void What_the_kernel_does_not_know_is_not_carried_into_a_new_label()
    {
        NamespaceLabel odd = Label(1) with
        {
            Reserved = LabelBytes.From([1]),
            Reserved2 = LabelBytes.From([2]),
            AbstractionGuid = ClaimClass.Unknown.ToGuid(),
        };
        NamespaceLabel stored = Assert.Single(Initialised(131072, LabelVersion.V1_2).PutLabel(odd, 0).Area.ActiveLabels);
        Assert.True(stored.Reserved.IsZero && stored.Reserved2.IsZero && stored.AbstractionGuid.IsZero);
        NamespaceLabel small = Assert.Single(Initialised(131072, LabelVersion.V1_1).PutLabel(Label(1), 0).Area.ActiveLabels);
        Assert.True(small.TypeGuid.IsZero);
    }

    [Fact]
    public void Sequence_numbers_go_round()
    {
        LabelArea area = Initialised(131072, LabelVersion.V1_1);
        List<uint> seen = [];
        for (int i = 0; i < 4; i++)
            seen.Add((area = area.DeleteLabels(Uuid.Zero).Area).Sequence);
        Assert.Equal([1u, 2, 3, 1], seen);
    }

    [Fact]
    public void Names_have_63_bytes_at_most()
    {
        Assert.Equal(63, LabelBytes.FromName(new string('x', 63)).Text.Length);
        Assert.Throws<ArgumentException>(() => LabelBytes.FromName(new string('x', 64)));
        Assert.Equal(LabelBytes.FromName("a"), LabelBytes.FromName("a"));
        Assert.Equal("", default(LabelBytes).Text);
    }

    private static PlanStep.Write[] Writes(LabelWriteResult result) => [.. result.Plan.Steps.OfType<PlanStep.Write>()];

    internal static LabelArea Initialised(ulong size, LabelVersion version) =>
        LabelArea.Parse(LabelInitialisation.InitLabels(SparseBytes.Zero(size), version).Bytes, LabelGolden.Kernel);

    internal static Uuid Id(ulong n) => new(0xd000_0000_0000_4000, 0x8000_0000_0000_0000 | n);

    internal static NamespaceLabel Label(ulong n) =>
        new()
        {
            Uuid = Id(n),
            Name = LabelBytes.FromName($"ns{n}"),
            Dpa = new DimmAddress(n << 24),
            RawSize = ByteSize.MiB(16),
            InterleaveSetCookie = 0x2468ac00123456,
            TypeGuid = LabelFormat.PersistentMemoryType,
            AbstractionGuid = ClaimClass.Pfn.ToGuid(),
        };
}
