using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Images;

public class ImageRepairTests
{
    private static readonly Subject Image = new(SubjectKind.Image, "disk.img");

    public static TheoryData<InfoBlockKind, PageMapMode, ulong, string> Layouts =>
        new()
        {
            { InfoBlockKind.Pfn, PageMapMode.Pmem, 2 << 20, "6.1" },
            { InfoBlockKind.Pfn, PageMapMode.Ram, 4096, "6.12" },
            { InfoBlockKind.Dax, PageMapMode.Pmem, 1 << 30, "7.2" },
            { InfoBlockKind.Pfn, PageMapMode.Ram, 2 << 20, "4.19" },
        };

    /// <summary>Any one field damaged: the block is as it was, or nothing is written. Never something else.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public void One_damaged_field(InfoBlockKind kind, PageMapMode mode, ulong align, string kernel)
    {
        var extent = new NamespaceExtent(
            new PhysicalRange(new PhysicalAddress(4UL << 30), ByteSize.GiB(4)),
            Uuid.Parse("a0000000-0000-4000-8000-000000000007")
        );
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        var uuid = Uuid.Parse("153f1ef1-4989-4616-9f2f-d42c42f1566f");
        byte[] block = PfnLayout
            .Plan(
                new PageMapRequest(extent.Range, kind, mode, new ByteSize(align), uuid, extent.ParentUuid, default),
                "namespace0.0",
                profile,
                ArchitectureRules.Find(profile, Architecture.X86_64, ByteSize.KiB(4))!
            )
            .Block!.ToBytes();
        var restored = new List<string>();
        foreach (Field field in PfnInfoBlockLayout.Fields)
        {
            byte[] damaged = [.. block];
            damaged[field.OffsetBytes] ^= 0x15;
            InfoBlockProof proof = InfoBlockProof.Find(damaged, extent)!;
            if (field == PfnInfoBlockLayout.Uuid)
            {
                // Random bytes that nothing confirms stay as they are; the checksum is made anew, and that is said.
                Assert.Equal((false, "checksum"), (proof.IsProven, Assert.Single(proof.Fields)));
                Assert.Equal(damaged[..0xff8], proof.Block[..0xff8]);
                continue;
            }
            Assert.True(proof.Block.AsSpan().SequenceEqual(block), field.Name);
            Assert.Equal([field.Name], proof.Fields);
            Assert.Equal(field != PfnInfoBlockLayout.Checksum, proof.IsProven);
            restored.Add(field.Name);
        }
        Assert.Equal([.. PfnInfoBlockLayout.Fields.Select(f => f.Name).Where(n => n != "uuid")], restored);
    }

    [Fact]
    public void What_cannot_be_proven_is_left()
    {
        byte[] block = new InfoBlock
        {
            Kind = InfoBlockKind.Pfn,
            VersionMinor = 4,
            DataOffset = 3 << 20, // of no kernel
            Mode = 1,
        }.ToBytes();
        block[0x40] ^= 1;
        SparseBytes image = SparseBytes.Zero(32 << 20).Write(4096, block);
        var repair = ImageRepair.Of(image, Layout(image), null, Image);
        Assert.True(repair.Plan.IsEmpty);
        Assert.Equal(PfnFindings.Checksum, Assert.Single(repair.Left).Code);
    }

    /// <summary>Either half of a GPT from the other, and the copy of a disk that grew; a crash at any place leaves a half
    /// that is whole.</summary>
    [Theory]
    [InlineData(512 + 60)]
    [InlineData(1024 + 40)]
    [InlineData((8 << 20) - 512 + 60)]
    [InlineData(-1)]
    public void Half_a_gpt(int at)
    {
        byte[] disk = DiskBytes.Gpt(8 << 20, 2048, 4095);
        byte[] before = [.. disk];
        if (at < 0)
            Array.Resize(ref disk, 16 << 20);
        else
            disk[at] ^= 1;
        SparseBytes image = SparseBytes.From(disk);
        var repair = ImageRepair.Of(image, Layout(image), null, Image);
        Assert.Single(repair.Done);
        SparseBytes mended = repair.Plan.Apply(image);
        PartitionTable table = PartitionTable.Read(mended)!;
        Assert.True(table.IsPrimaryRight && table.IsBackupRight);
        Assert.Equal("root", Assert.Single(table.Partitions).Name);
        Assert.True(ImageRepair.Of(mended, Layout(mended), null, Image).Plan.IsEmpty);
        // The last usable sector is written anew; but for it, a disk that did not grow is as before.
        if (at >= 0)
            Assert.Equal(before.AsSpan(1024, 16384).ToArray(), mended.Read(1024, 16384));
        foreach (CrashPoint crash in CrashPoints.Of(repair.Plan, image).Take(500))
        {
            PartitionTable left = PartitionTable.Read(crash.Media)!;
            Assert.True(left.IsPrimaryRight || left.IsBackupRight, crash.What);
            Assert.Equal("root", Assert.Single(left.Partitions).Name);
        }
    }

    private static ImageLayout Layout(IMediaReader image) => ImageLayout.Read(image, null, KernelProfiles.Default, Image);
}
