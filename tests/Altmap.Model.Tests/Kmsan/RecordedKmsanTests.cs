using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Tests.Kmsan;

/// <summary>Against boots of a KMSAN kernel.</summary>
[Trait("problem", "B2")]
public class RecordedKmsanTests
{
    private const int OrderMax = 10;
    private static readonly BuddySpan[] OneZone = [new(0, ZoneKind.Dma32, new(default, new(1UL << 20)))];

    public static TheoryData<string> Names => RecordedKmsan.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Memblock_puts_metadata_where_the_kernel_did_and_leaves_the_same_ranges(string name)
    {
        var recorded = new RecordedKmsan(name);
        Memblock memblock = recorded.BeforeMetadata;
        BootMetadata metadata = BootMetadata.Allocate(memblock, recorded.Data, [], RecordedKmsan.Page, recorded.BottomUp);
        Assert.Null(metadata.Failure);
        Assert.Equal(recorded.Metadata, metadata.Ranges.SelectMany(r => new[] { r.Shadow, r.Origin }));
        foreach (string[] line in recorded.AfterMetadata)
            RecordedKmsan.Apply(memblock, line);
        Assert.Equal(recorded.Free, memblock.FreePages(RecordedKmsan.Page));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Managed_and_MemTotal_are_those_of_the_kernel(string name)
    {
        var recorded = new RecordedKmsan(name);
        CarveOut carveOut = CarveOut.Of(recorded.Free, OrderMax);
        Assert.Equal(recorded.Managed, carveOut.Released.Pages + recorded.FreedLaterPages);
        Assert.Equal(recorded.MemTotalPages, carveOut.Pages.Pages + recorded.FreedLaterPages);
    }

    [Fact]
    public void The_torn_block_is_found_and_every_free_block_has_the_shadow_it_had()
    {
        var recorded = new RecordedKmsan("torn");
        BootMetadata metadata = BootMetadata.Allocate(recorded.BeforeMetadata, recorded.Data, [], RecordedKmsan.Page, recorded.BottomUp);
        PfnRange initrd = new(
            Pfn.Containing(recorded.Initrd.Start, RecordedKmsan.Page),
            Pfn.Containing(recorded.Initrd.End, RecordedKmsan.Page)
        );
        ImmutableArray<MetadataSegment> freed = metadata.Segments(initrd, RecordedKmsan.Page, "initrd");
        CarveOut carveOut = CarveOut.Of(recorded.Free, OrderMax);
        TornBlock torn = Assert.Single(Contiguity.Check(carveOut, OneZone, freed).Torn);
        Assert.Equal(recorded.Torn, Numbers(torn));
        Assert.True(torn.IsCertain);

        Dictionary<ulong, ulong> shadows = [];
        foreach ((ReleasedBlock block, _) in carveOut.Blocks())
            Fill(block.Block.Pages, block.Shadow);
        foreach (MetadataSegment segment in freed)
            Fill(segment.Pages, segment.Place!.Value.Shadow);
        Assert.NotEmpty(recorded.Blocks);
        foreach (ulong[] block in recorded.Blocks)
        {
            Assert.Equal(block[2], Shadow(block[0]));
            Assert.Equal(block[3], Shadow(block[0] + (1UL << (int)block[1]) - 1));
        }

        // Init sections of the kernel are free too by then.
        ulong Shadow(ulong pfn) =>
            shadows.TryGetValue(pfn, out ulong shadow)
                ? shadow
                : Assert.Single(metadata.Segments(new(new(pfn), new(pfn + 1)), RecordedKmsan.Page, "image")).Place!.Value.Shadow.Number;

        void Fill(PfnRange pages, Pfn shadow)
        {
            for (ulong i = 0; i < pages.Count.Pages; i++)
                shadows[pages.Start.Number + i] = shadow.Number + i;
        }
    }

    [Fact]
    public void The_ranges_and_the_initrd_alone_tell_it_too()
    {
        var recorded = new RecordedKmsan("torn");
        CarveOut carveOut = CarveOut.Of(recorded.Free, OrderMax);
        Assert.Empty(Contiguity.Check(carveOut, OneZone, []).Torn);
        TornBlock torn = Assert.Single(Contiguity.Check(carveOut, OneZone, [new(new(new(261632), new(263128)), null, "initrd")]).Torn);
        Assert.Equal(recorded.Torn, Numbers(torn));
        Assert.True(torn.IsCertain);
        Overrun wrong = Assert.Single(torn.Overruns(carveOut));
        Assert.Equal((261120UL, PageRoleKind.Released), (wrong.Shadow.Start.Number, wrong.ShadowRole.Kind));
        Assert.Equal((260608UL, PageRoleKind.Shadow), (wrong.Origin.Start.Number, wrong.OriginRole.Kind));
    }

    private static ulong[] Numbers(TornBlock torn) =>
        [torn.Block.Start.Number, (ulong)torn.Block.Order, torn.ShadowPages.Pages, torn.OriginPages.Pages];
}
