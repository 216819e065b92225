using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Tests.Writes.Journals;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Tests.Images;

[Trait("problem", "C2")]
public class ImageConversionTests
{
    private const int SmallBytes = 4 << 20; // the data of an info-block start at 2 MiB at least, and end at a multiple of it
    private static readonly KernelProfile s_kernel = KernelProfiles.Default;
    private static readonly ArchitectureRules s_arch = ArchitectureRules.Find(
        KernelProfiles.Default,
        Architecture.X86_64,
        ByteSize.KiB(4)
    )!;
    private static readonly Subject s_subject = new(SubjectKind.Image, "test");

    public static TheoryData<ImageMode, ImageMode, int> Pairs
    {
        get
        {
            var pairs = new TheoryData<ImageMode, ImageMode, int>();
            foreach (ImageMode from in (ImageMode[])[ImageMode.Raw, ImageMode.Fsdax, ImageMode.Devdax])
            {
                foreach (ImageMode to in (ImageMode[])[ImageMode.Raw, ImageMode.Fsdax, ImageMode.Devdax])
                {
                    foreach (int bytes in (int[])[0, 1, 60_000, 2 << 20])
                        pairs.Add(from, to, bytes);
                }
            }
            return pairs;
        }
    }

    /// <summary>The data keep their bytes, all else is zero or new, and a cut anywhere is finished or taken back.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void Data_go_where_the_new_layout_wants_them(ImageMode from, ImageMode to, int bytes)
    {
        byte[] data = Random(bytes, 7);
        byte[] image = Image(from, SmallBytes, data);
        ImageConversion made = Convert(image, to);
        byte[] after = made.Plan.Apply(SparseBytes.From(image)).Read(0, image.Length);
        ImageNamespace ns = Read(after);
        Assert.Equal(to.ToString().ToLowerInvariant(), ns.Mode);
        IMediaReader there = ns.OpenData()!;
        Assert.Equal(made.Target.DataSize.Bytes, there.LengthBytes);
        Assert.True(there.Read(0, data.Length).AsSpan().SequenceEqual(data));
        Assert.True(there.IsZero((ulong)data.Length, there.LengthBytes));
        if (bytes == 60_000)
            Assert.True(JournalCuts.Everywhere(made.Plan, image, [], ByteSize.KiB(256), 3001) > 3001);
    }

    /// <summary>The same at every place; the journal's own tests do so on plans of all kinds.</summary>
    [Theory(Explicit = true)]
    [InlineData(ImageMode.Raw, ImageMode.Fsdax)]
    [InlineData(ImageMode.Fsdax, ImageMode.Raw)]
    public void Every_cut_is_finished_or_taken_back(ImageMode from, ImageMode to)
    {
        byte[] image = Image(from, SmallBytes, Random(60_000, 3));
        Assert.True(JournalCuts.Everywhere(Convert(image, to).Plan, image, [], ByteSize.KiB(64), 1) > 1000);
    }

    [Theory]
    [InlineData(ImageMode.Raw)]
    [InlineData(ImageMode.Fsdax)]
    public void A_BTT_is_laid_around_the_data(ImageMode from)
    {
        byte[] data = Random(9 << 20, 5);
        byte[] image = Image(from, 20 << 20, data);
        ImageConversion made = Convert(image, ImageMode.Sector);
        SparseBytes after = made.Plan.Apply(SparseBytes.From(image));
        ImageNamespace ns = ImageNamespace.Read(after, Place(after), s_subject);
        Assert.Equal("sector", ns.Mode);
        Assert.True(ns.Btt.IsConsistent);
        IMediaReader there = ns.OpenData()!;
        Assert.True(there.Read(0, data.Length).AsSpan().SequenceEqual(data));
        Assert.True(there.IsZero((ulong)data.Length, there.LengthBytes));
    }

    /// <summary>Data of the first arena go down, those of the second up by the metadata of the first; neither runs over the other.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2 << 20)]
    public void Data_of_several_arenas_are_moved_in_the_right_order(ulong source)
    {
        ulong size = 513UL << 30;
        SparseBytes image = SparseBytes.Zero(size);
        ulong[] places =
        [
            0,
            4096,
            (511UL << 30) + 12288,
            (511UL << 30) + (480UL << 20),
            (512UL << 30) - (1 << 20),
            (512UL << 30) + (1 << 20),
        ];
        foreach (ulong place in places)
            image = image.Write(source + place, Random(4096, (int)(place >> 12)));
        if (source > 0)
            image = WithBlock(image, ImageMode.Fsdax, source);
        var ns = ImageNamespace.Read(image, Place(image), s_subject);
        Assert.Equal(source, ns.DataStart!.Value.Bytes);
        (ImageConversion? made, string refusal) = ImageConversion.InPlace(
            ns,
            Request(ImageMode.Sector),
            ImageNeed.Of(ns.OpenData()!, null),
            s_kernel,
            s_arch
        );
        Assert.Equal("", refusal);
        SparseBytes after = made!.Plan.Apply(image);
        BttReport report = BttCheck.Run(after, new BttCheckRequest(s_subject));
        Assert.True(report.IsConsistent);
        Assert.Equal(2, report.Arenas.Length);
        var device = BttDevice.Open(after, null, report);
        byte[] sector = new byte[4096];
        foreach (ulong place in places)
        {
            Assert.Equal(BttReadResult.Unwritten, device.Read(place / 4096, sector));
            Assert.True(sector.AsSpan().SequenceEqual(Random(4096, (int)(place >> 12))), $"0x{place:x}");
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_its_number()
    {
        byte[] image = Image(ImageMode.Raw, SmallBytes, Random(SmallBytes, 1));
        (ImageConversion? made, string refusal) = Try(image, ImageMode.Fsdax);
        Assert.Null(made);
        Assert.StartsWith("2097152 bytes do not fit", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_needs_all_that_it_has()
    {
        byte[] image = new byte[1 << 20];
        (image[0x438], image[0x439]) = (0x53, 0xef);
        BitConverter.TryWriteBytes(image.AsSpan(0x404), 200);
        BitConverter.TryWriteBytes(image.AsSpan(0x418), 2);
        var need = ImageNeed.Of(SparseBytes.From(image), ImageContent.Of(SparseBytes.From(image)));
        Assert.Equal(200UL * 4096, need.Size.Bytes);
        Assert.Contains("file system", need.Why, StringComparison.Ordinal);
        image[900_000] = 1; // behind it, and somebody's
        Assert.Equal(901_120UL, ImageNeed.Of(SparseBytes.From(image), ImageContent.Of(SparseBytes.From(image))).Size.Bytes);
        Assert.True(ImageNeed.Of(SparseBytes.Zero(1 << 20), null).Size.IsZero);
    }

    private static byte[] Image(ImageMode mode, int size, byte[] data)
    {
        byte[] image = new byte[size];
        ulong start = mode == ImageMode.Raw ? 0 : Layout(mode, (ulong)size).DataStart!.Value.Bytes;
        data.AsSpan(0, Math.Min(data.Length, size - (int)start)).CopyTo(image.AsSpan((int)start));
        return mode == ImageMode.Raw ? image : WithBlock(SparseBytes.From(image), mode, null).Read(0, size);
    }

    /// <summary>With the info-block of a layout for small images, or one whose data start where they are wanted.</summary>
    private static SparseBytes WithBlock(SparseBytes image, ImageMode mode, ulong? dataStart)
    {
        ImagePlan plan = Layout(mode, image.LengthBytes);
        if (dataStart is null)
            return plan.Metadata.Apply(image);
        InfoBlock block = InfoBlock.Parse(plan.Metadata.Apply(SparseBytes.Zero(image.LengthBytes)).Read(4096, 4096))!;
        return image.Write(
            4096,
            (block with { DataOffset = dataStart.Value, PageCount = (image.LengthBytes - dataStart.Value) / 4096 }).ToBytes()
        );
    }

    private static ImagePlan Layout(ImageMode mode, ulong size)
    {
        (ImagePlan? plan, string refusal) = ImagePlan.Of(Request(mode), new ByteSize(size), s_kernel, s_arch);
        Assert.Equal("", refusal);
        return plan!;
    }

    private static ImageRequest Request(ImageMode mode) =>
        new()
        {
            Mode = mode,
            Map = PageMapMode.Ram,
            Align = ByteSize.KiB(4),
            Ids = UuidSource.FromSeed(4),
        };

    private static ImageConversion Convert(byte[] image, ImageMode to)
    {
        (ImageConversion? made, string refusal) = Try(image, to);
        Assert.Equal("", refusal);
        return made!;
    }

    private static (ImageConversion? Conversion, string Refusal) Try(byte[] image, ImageMode to)
    {
        ImageNamespace ns = Read(image);
        return ImageConversion.InPlace(ns, Request(to), ImageNeed.Of(ns.OpenData()!, ns.Content), s_kernel, s_arch);
    }

    private static ImageNamespace Read(byte[] image) =>
        ImageNamespace.Read(SparseBytes.From(image), Place(SparseBytes.From(image)), s_subject);

    private static ImageNamespacePlace Place(IMediaReader image) =>
        new(new MediaOffset(0), new ByteSize(image.LengthBytes), null, null, "");

    private static byte[] Random(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        if (count > 0)
            bytes[^1] |= 1;
        return bytes;
    }
}
