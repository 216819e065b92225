using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Images;

/// <summary>What images hold: extracted, found, mended.</summary>
public class ImageDataTests
{
    /// <summary>What the kernel read back from the disk, byte for byte.</summary>
    [Theory]
    [InlineData("legacy4096", "legacy4096-good")]
    [InlineData("lab4096", "lab4096")]
    [InlineData("lab512", "lab512")]
    [InlineData("lab520", "lab520")]
    [InlineData("lab4104", "lab4104")]
    [InlineData("v2-4096", "v2-4096")]
    [InlineData("prefilled", "prefilled")]
    public void Sector_images_hold_what_the_kernel_read(string content, string image)
    {
        using var scratch = new Scratch();
        string path = Golden.Path("h_btt", "images", image + ".sparse.gz");
        CliResult result = Cli.Run("image", "extract", path, scratch["out.img"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        byte[] expected = Golden.Gunzip(Golden.Path("h_btt", $"content.{content}.gz"));
        Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(scratch["out.img"])));
        CliResult range = Cli.Run("image", "extract", path, "-", "--range", "4099+70000");
        Assert.True(expected.AsSpan(4099, 70000).SequenceEqual(range.Bytes));
    }

    [Fact]
    public void Data_of_an_fsdax_image_stay_sparse()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("image", "create", scratch["a.img"], "--mode", "fsdax", "--map", "mem", "--size", "64M").ExitCode);
        byte[] data = new byte[20000];
        new Random(3).NextBytes(data);
        using (FileStream file = File.OpenWrite(scratch["a.img"]))
        {
            file.Position = (2 << 20) + (1 << 20) + 77;
            file.Write(data);
        }
        Assert.Equal(0, Cli.Run("image", "extract", scratch["a.img"], scratch["o.img"]).ExitCode);
        byte[] got = File.ReadAllBytes(scratch["o.img"]);
        Assert.Equal(62 << 20, got.Length);
        Assert.True(data.AsSpan().SequenceEqual(got.AsSpan((1 << 20) + 77, data.Length)));
        Assert.False(got.AsSpan(0, (1 << 20) + 77).ContainsAnyExcept((byte)0));
        Assert.False(got.AsSpan((1 << 20) + 77 + data.Length).ContainsAnyExcept((byte)0));
        using (var media = Host.Media.FileMedia.Open(scratch["o.img"]).Value!)
            Assert.True(media.NextData(0) >= 1 << 20); // a hole first
        // What is there already stays.
        Assert.Equal(16, Cli.Run("image", "extract", scratch["a.img"], scratch["o.img"]).ExitCode);
        Assert.Equal(16, Cli.Run("image", "extract", scratch["a.img"], scratch["p.img"], "--range", "62M+1").ExitCode);
        Assert.Equal(16, Cli.Run("image", "extract", scratch["a.img"], scratch["p.img"], "--partition", "1").ExitCode);
        Assert.Equal(8, Cli.Run("image", "extract", scratch["a.img"], scratch["none/p.img"]).ExitCode);
        Assert.False(File.Exists(scratch["p.img"]));
    }

    /// <summary>A sector that is marked ends it, and leaves nothing behind; only asked for is its block taken.</summary>
    [Fact]
    public void Unreadable_sectors()
    {
        using var scratch = new Scratch();
        string image = Golden.Path("h_btt", "images", "legacy4096-map-error.sparse.gz");
        CliResult refused = Cli.Run("image", "extract", image, scratch["o.img"]);
        Assert.Equal(8, refused.ExitCode);
        Assert.Contains("--ignore-error", refused.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(scratch[""]));
        Assert.Equal(4, Cli.Run("image", "extract", image, scratch["o.img"], "--ignore-error").ExitCode);
        Assert.True(File.Exists(scratch["o.img"]));
        Assert.Equal(4, Cli.Run("image", "extract", Golden.Path("h_btt", "images", "legacy4096-map-dup.sparse.gz"), scratch["x"]).ExitCode);
    }

    [Fact]
    public void Scan_finds_what_is_anywhere()
    {
        using var scratch = new Scratch();
        using (FileStream file = File.Create(scratch["dump.img"]))
        {
            file.SetLength(3L << 30); // a hole, but for what follows
            foreach ((long at, string name) in new[] { (0x12345600L, "a"), ((2L << 30) + 512, "b") })
            {
                string block = scratch[name];
                Assert.Equal(0, Cli.Run("infoblock", "write", "-o", block, "-s", "64M").ExitCode);
                file.Position = at;
                file.Write(File.ReadAllBytes(block));
            }
            Assert.Equal(0, Cli.Run("labels", "init", scratch["l"], "--size", "128K").ExitCode);
            file.Position = (1L << 30) + (128 << 10);
            file.Write(File.ReadAllBytes(scratch["l"]));
        }
        using JsonDocument json = JsonDocument.Parse(Cli.Run("image", "scan", scratch["dump.img"], "--json").Output);
        JsonElement[] hits = [.. json.RootElement.GetProperty("hits").EnumerateArray()];
        Assert.Equal(
            [0x12345600L + 4096, (1L << 30) + (128 << 10), (1L << 30) + (128 << 10) + 256, (2L << 30) + 512 + 4096],
            hits.Select(h => h.GetProperty("offset").GetInt64())
        );
        Assert.Equal(
            [0x12345600L, (1L << 30) + (128 << 10), (1L << 30) + (128 << 10), (2L << 30) + 512],
            hits.Select(h => h.GetProperty("start").GetInt64())
        );
        Assert.All(hits, h => Assert.True(h.GetProperty("checksum").GetBoolean()));
        Assert.True(json.RootElement.GetProperty("searched").GetInt64() < 4 << 20);
        Assert.Equal(2, Cli.Run("image", "scan", scratch["dump.img"], "--align", "512").Output.Split("info-block").Length - 1);
        Assert.Equal(4, Cli.Run("image", "scan", scratch["dump.img"], "--align", "4096").Output.Split('\n').Length - 1 + 2);
        Assert.Equal(16, Cli.Run("image", "scan", scratch["dump.img"], "--align", "3").ExitCode);
        Assert.Equal(8, Cli.Run("image", "scan", scratch["none"]).ExitCode);
        File.WriteAllBytes(scratch["empty"], new byte[100]);
        Assert.Equal(4, Cli.Run("image", "scan", scratch["empty"]).ExitCode);
        // Packed images are read, and give the same as raw ones.
        Assert.Contains(
            "BTT 1.1 info-block, copy",
            Cli.Run("image", "scan", Golden.Path("h_btt", "images", "lab512.sparse.gz")).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Repair_is_shown_done_and_undone()
    {
        using var scratch = new Scratch();
        string image = scratch["a.img"];
        Assert.Equal(0, Cli.Run("image", "create", image, "--mode", "fsdax", "--size", "64M").ExitCode);
        byte[] good = File.ReadAllBytes(image);
        using (FileStream file = File.OpenWrite(image))
        {
            file.Position = 4096 + 0x3a;
            file.WriteByte(0x77);
        }
        byte[] bad = File.ReadAllBytes(image);
        Assert.Equal(4, Cli.Run("image", "check", image).ExitCode);
        CliResult tried = Cli.Run("image", "repair", image, "--dry-run");
        Assert.Equal(4, tried.ExitCode);
        Assert.Contains(
            "would mend pfn.checksum: dataoff of the info-block as the old checksum confirms",
            tried.Output,
            StringComparison.Ordinal
        );
        Assert.True(bad.AsSpan().SequenceEqual(File.ReadAllBytes(image)));
        Assert.Equal(2, Cli.Run("image", "repair", image, "--json").ExitCode);
        Assert.True(good.AsSpan().SequenceEqual(File.ReadAllBytes(image)));
        Assert.Equal(0, Cli.Run("image", "repair", image).ExitCode);
        Assert.Equal(0, Cli.Run("undo", image + ".e2undo", image).ExitCode);
        Assert.True(bad.AsSpan().SequenceEqual(File.ReadAllBytes(image)));
        Assert.Equal(16, Cli.Run("image", "repair", Golden.Path("h_btt", "images", "legacy4096-info1-zero.sparse.gz")).ExitCode);
        Assert.Equal(4, Cli.Run("image", "repair", Golden.Path("h_btt", "images", "legacy4096-info1-zero.sparse.gz"), "-n").ExitCode);
    }
}
