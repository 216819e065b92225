using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes.Journals;
using Altmap.Host.Media;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Images;

public sealed class ImageConvertTests : IDisposable
{
    private static readonly string[] s_modes = ["raw", "fsdax", "devdax", "sector"];
    private readonly Scratch _scratch = new();

    public static TheoryData<string, string> Pairs =>
        [.. from a in s_modes from b in s_modes select new TheoryDataRow<string, string>(a, b)];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_new_image_has_the_same_data(string from, string to)
    {
        byte[] data = Put(from);
        Run(0, "image", "convert", Image, _scratch["out"], "--to", to, "--uuid-seed", "1", "--json");
        Run(0, "image", "check", _scratch["out"], "-q");
        Assert.True(data.AsSpan().SequenceEqual(Data(_scratch["out"], data.Length)));
        Assert.Contains(to, Run(0, "image", "info", _scratch["out"], "-q").Output, StringComparison.Ordinal);
        string refused = Run(16, "image", "convert", Image, _scratch["out"], "--to", to).Error;
        Assert.Contains("--force", refused, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void In_place_the_data_stay_and_the_old_bytes_can_come_back(string from, string to)
    {
        byte[] data = Put(from),
            before = File.ReadAllBytes(Image);
        if (from == "sector")
        {
            Assert.Contains("scattered", Run(16, "image", "convert", Image, "--in-place", "--to", to).Error, StringComparison.Ordinal);
            Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
            return;
        }
        Run(0, "image", "convert", Image, "--in-place", "--to", to, "--dry-run", "--json");
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
        Run(0, "image", "convert", Image, "--in-place", "--to", to, "-q");
        Run(0, "image", "check", Image, "-q");
        Assert.True(data.AsSpan().SequenceEqual(Data(Image, data.Length)));
        Run(0, "undo", $"{Image}.journal", Image);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
    }

    /// <summary>The power goes after some of the writes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void What_was_interrupted_is_finished_or_taken_back_and_nothing_else_begins(int writes)
    {
        byte[] data = Put("raw"),
            before = File.ReadAllBytes(Image);
        string copy = _scratch["copy.img"];
        File.Copy(Image, copy);
        Run(0, "image", "convert", copy, "--in-place", "--to", "fsdax", "--uuid-seed", "1", "-q");
        byte[] after = File.ReadAllBytes(copy);
        Run(0, "undo", $"{copy}.journal", copy);
        CutShort($"{copy}.journal", writes);
        File.Move(copy, Image, overwrite: true);
        File.Move($"{copy}.journal", $"{Image}.journal");

        CliResult refused = Run(4, "image", "convert", Image, "--in-place", "--to", "fsdax", "-q");
        Assert.Contains($"altmap image resume {Image}", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"altmap undo {Image}.journal {Image}", refused.Error, StringComparison.Ordinal);
        File.Copy(Image, _scratch["b.img"]);
        File.Copy($"{Image}.journal", _scratch["b.img.journal"]);

        Assert.Contains("is finished", Run(0, "image", "resume", Image).Output, StringComparison.Ordinal);
        Assert.True(after.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
        Assert.True(data.AsSpan().SequenceEqual(Data(Image, data.Length)));
        Run(0, "undo", _scratch["b.img.journal"], _scratch["b.img"]);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(_scratch["b.img"])));
        Assert.Contains("nothing was interrupted", Run(16, "image", "resume", _scratch["b.img"]).Error, StringComparison.Ordinal);
    }

    /// <summary>An old info-block with a start_pad: data behind it that DAX cannot reach. Moved, both work, and no byte of them is
    /// another.</summary>
    [Theory]
    [InlineData("0x187c000000", "6.12")]
    [InlineData("0x187c000000", "7.2")]
    [InlineData("0x184200000", "6.1")]
    [Trait("problem", "C2")]
    public void Data_behind_a_start_pad_go_where_DAX_reaches_them(string start, string kernel)
    {
        const int size = 96 << 20,
            padded = (64 << 20) + (2 << 20);
        byte[] image = new byte[size];
        byte[] data = new byte[4 << 20];
        new Random(9).NextBytes(data);
        data[^1] = 1;
        data.CopyTo(image, 2 << 20);
        var block = new InfoBlock
        {
            Kind = InfoBlockKind.Pfn,
            VersionMinor = 3,
            DataOffset = 2 << 20,
            PageCount = (size - padded) / 4096,
            Mode = 1,
            StartPad = 64 << 20,
            Align = 2 << 20,
        };
        block.ToBytes().CopyTo(image, (int)InfoBlock.StartBytes);
        File.WriteAllBytes(Image, image);
        byte[] read = Data(Image, data.Length);
        string[] place = ["--start", start, "--kernel", kernel];
        CliResult dry = Run(0, ["image", "convert", Image, "--in-place", "--to", "fsdax", "--map", "mem", .. place, "--dry-run"]);
        Assert.Contains("would be fsdax", dry.Output, StringComparison.Ordinal);
        Run(0, ["image", "convert", Image, "--in-place", "--to", "fsdax", "--map", "mem", .. place]);
        Assert.True(read.AsSpan().SequenceEqual(Data(Image, data.Length)));
        ulong offset = ulong.Parse(Run(0, "image", "info", Image, "-q", "--data-offset").Output.Trim(), null);
        Assert.Equal(0UL, (Convert.ToUInt64(start, 16) + offset) % (2 << 20));
        Assert.Contains("nothing is wrong", Run(0, ["image", "check", Image, .. place]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_nothing_is_written()
    {
        byte[] image = new byte[32 << 20];
        new Random(3).NextBytes(image);
        File.WriteAllBytes(Image, image);
        CliResult refused = Run(4, "image", "convert", Image, "--in-place", "--to", "fsdax", "-q");
        Assert.Contains("2097152 bytes do not fit", refused.Error, StringComparison.Ordinal);
        Assert.Contains("shrink", refused.Error, StringComparison.Ordinal);
        Assert.True(image.AsSpan().SequenceEqual(File.ReadAllBytes(Image)));
        Assert.Single(Directory.GetFiles(_scratch[""]));
        Assert.Contains(
            "bytes do not fit",
            Run(4, "image", "convert", Image, _scratch["out"], "--to", "sector", "--out-size", "32M").Error,
            StringComparison.Ordinal
        );
        Assert.Single(Directory.GetFiles(_scratch[""]));
    }

    [Theory]
    [InlineData("give OUT, or --in-place", "--to", "raw")]
    [InlineData("give --to", "OUT")]
    [InlineData("exclude each other", "OUT", "--in-place", "--to", "raw")]
    [InlineData("keeps its size", "--in-place", "--to", "raw", "--out-size", "1M")]
    [InlineData("is for --in-place", "OUT", "--to", "raw", "--journal", "j")]
    [InlineData("--align: 3145728", "OUT", "--to", "fsdax", "--align", "3M")]
    [InlineData("expected 512 or 4096", "OUT", "--to", "sector", "--sector-size", "520")]
    public void Wrong_use_is_told(string message, params string[] args)
    {
        Put("raw");
        string[] words = [.. args.Select(a => a == "OUT" ? _scratch["out"] : a)];
        Assert.Contains(message, Run(16, ["image", "convert", Image, .. words]).Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_scratch[""]));
    }

    /// <summary>The kernel would not lay it out there: nothing is proposed that it refuses.</summary>
    [Fact]
    [Trait("problem", "C2")]
    public void Where_no_kernel_maps_the_namespace_there_is_no_conversion()
    {
        byte[] data = Put("raw");
        CliResult refused = Run(4, "image", "convert", Image, "--in-place", "--to", "fsdax", "--start", "0x184100000", "--kernel", "6.1");
        Assert.Contains("misaligned to 0x200000; nothing was written", refused.Error, StringComparison.Ordinal);
        Assert.True(data.AsSpan().SequenceEqual(Data(Image, data.Length)));
    }

    [Fact]
    public void A_damaged_BTT_is_not_converted()
    {
        string image = Golden.Path("h_btt", "images", "legacy4096-map-dup.sparse.gz");
        Assert.Contains(
            "the BTT is damaged",
            Run(4, "image", "convert", image, _scratch["out"], "--to", "raw").Error,
            StringComparison.Ordinal
        );
        Assert.Empty(Directory.GetFiles(_scratch[""]));
    }

    public void Dispose() => _scratch.Dispose();

    private string Image => _scratch["a.img"];

    /// <summary>An image of 32 MiB with some data in it.</summary>
    private byte[] Put(string mode)
    {
        byte[] data = new byte[5 << 20];
        new Random(4).NextBytes(data.AsSpan(1 << 20, 3 << 20));
        data[^1] = 1;
        File.WriteAllBytes(_scratch["data"], data);
        Run(0, "image", "convert", _scratch["data"], Image, "--to", mode, "--out-size", "32M", "-q");
        File.Delete(_scratch["data"]);
        return data;
    }

    private byte[] Data(string image, int count)
    {
        Run(0, "image", "extract", image, _scratch["extracted"], "-q");
        byte[] data = File.ReadAllBytes(_scratch["extracted"]);
        File.Delete(_scratch["extracted"]);
        return data[..count];
    }

    /// <summary>Begins the plan of a journal that was taken back anew, and goes so many writes far.</summary>
    private static void CutShort(string journal, int writes)
    {
        string image = journal[..^".journal".Length];
        PlanJournal old;
        using (FileMedia own = FileMedia.Open(journal).Value!)
        using (FileMedia media = FileMedia.Open(image).Value!)
            old = PlanJournal.Open(own, own, media).Journal!;
        File.Delete(journal);
        using WritableTarget target = WritableTarget.Open(image).Value!;
        using WritableTarget kept = WritableTarget.OpenOrCreate(journal, PlanJournal.LengthFor(old.Plan)).Value!;
        var made = PlanJournal.Create(kept.Media, kept.Media, old.Plan, target.Media, null, ByteSize.MiB(1));
        Assert.Throws<MediaException>(() => made.Run(target.Media, new FailingWriter(target.Media, writes)));
    }

    private static CliResult Run(int exitCode, params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', args)}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }
}
