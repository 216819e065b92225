using System.Text.Json;

namespace Altmap.Cli.Tests.Images;

/// <summary>Images that are made: what is asked for is what <c>info</c> and <c>check</c> see.</summary>
public class ImageCreateTests
{
    private static bool Has(string tool) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(f => File.Exists(Path.Combine(f, tool)));

    [Theory]
    [InlineData("--mode fsdax --size 256M", "fsdax", 6 << 20, 250 << 20)] // as recorded in a_fsdax: fsdax-256M-dev-2M
    [InlineData("--mode fsdax --map mem --size 256M", "fsdax", 2 << 20, 254 << 20)]
    [InlineData("--mode devdax --map mem --align 4K --size 256M", "devdax", 2 << 20, 254 << 20)]
    [InlineData("--mode raw --size 16M", "raw", 0, 16 << 20)]
    [InlineData("--mode fsdax --usable 250M", "fsdax", 4 << 20, 250 << 20)]
    [InlineData("--mode fsdax --size 256M --label-area 128K", "fsdax", 6 << 20, 250 << 20)]
    [InlineData("--vmm kata --usable 100M", "fsdax", 2 << 20, 126 << 20)]
    [InlineData("--vmm qemu --size 256M --gpt", "fsdax", 6 << 20, 250 << 20)]
    public void What_is_asked_for_is_there(string words, string mode, int offset, int size)
    {
        using var scratch = new Scratch();
        string image = scratch["a.img"];
        string[] args = ["image", "create", image, .. words.Split(' '), "--uuid-seed", "7"];
        using JsonDocument made = JsonDocument.Parse(Cli.Run([.. args, "--json"]).Output);
        Assert.Equal(new FileInfo(image).Length, made.RootElement.GetProperty("size").GetInt64());
        string[] place = words.Contains("label-area", StringComparison.Ordinal) ? ["--size", "256M"] : [];
        using JsonDocument info = JsonDocument.Parse(Cli.Run(["image", "info", image, "--json", "-q", .. place]).Output);
        foreach (JsonElement answer in (JsonElement[])[made.RootElement, info.RootElement])
            Assert.Equal(
                (mode, offset, size),
                (
                    answer.GetProperty("mode").GetString(),
                    answer.GetProperty("data_offset").GetInt32(),
                    answer.GetProperty("data_size").GetInt32()
                )
            );
        CliResult check = Cli.Run(["image", "check", image, "-q", .. place]);
        Assert.True(check.ExitCode == 0, check.Output);
        // The same bytes in every run.
        byte[] first = File.ReadAllBytes(image);
        Assert.Equal(0, Cli.Run([.. args, "--force"]).ExitCode);
        Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(image)));
        Assert.Single(Directory.GetFileSystemEntries(scratch[""]));
    }

    [Theory]
    [InlineData("--mode fsdax", 16, "give --size, --usable or --rootfs")]
    [InlineData("--size 64M", 16, "give --mode")]
    [InlineData("--vmm firecracker --size 65M", 16, "the next are 64M and 66M")]
    [InlineData("--vmm kata --size 64M", 16, "no multiple of 128 MiB")]
    [InlineData("--mode devdax --size 64M --fs ext4", 16, "no file system")]
    [InlineData("--mode raw --size 64M --mbr --gpt", 16, "exclude each other")]
    [InlineData("--mode fsdax --size 2M", 4, "cannot be laid out")]
    [InlineData("--mode sector --size 8M", 4, "too small for a BTT")]
    [InlineData("--mode fsdax --size 64M --at 0x100001000", 4, "misaligned")]
    [InlineData("--mode fsdax --size 64M --usable 1G", 16, "exclude each other")]
    [InlineData("--mode raw --size 64M --rootfs nosuch", 8, "nosuch")]
    [InlineData("--mode raw --fs erofs --size 64M", 16, "read-only")]
    public void What_cannot_be_leaves_nothing(string words, int exitCode, string message)
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run(["image", "create", scratch["a.img"], .. words.Split(' ')]);
        Assert.True(exitCode == result.ExitCode, $"{result.ExitCode}: {result.Error}");
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(scratch[""]));
    }

    /// <summary>What is there is named, and stays.</summary>
    [Fact]
    public void Nothing_is_overwritten_unasked()
    {
        using var scratch = new Scratch();
        string image = scratch["a.img"];
        byte[] xfs = new byte[32 << 20];
        "XFSB"u8.CopyTo(xfs);
        File.WriteAllBytes(image, xfs);
        foreach (
            string[] words in (string[][])
                [
                    ["image", "create", image, "--mode", "raw", "--size", "64M"],
                    ["infoblock", "write", "-o", image, "-m", "fsdax"],
                    ["btt", "create", image],
                ]
        )
        {
            CliResult result = Cli.Run(words);
            Assert.True(result.ExitCode is 4 or 16, result.Error);
            Assert.Contains("xfs file system", result.Error, StringComparison.Ordinal);
            Assert.Contains("--force", result.Error, StringComparison.Ordinal);
            Assert.True(xfs.AsSpan().SequenceEqual(File.ReadAllBytes(image)));
        }
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", image, "-m", "fsdax", "--force").ExitCode);
        Assert.Equal(16, Cli.Run("infoblock", "write", "-o", image, "-m", "devdax").ExitCode);
        Assert.Equal(0, Cli.Run("image", "create", image, "--mode", "raw", "--size", "64M", "--force").ExitCode);
        Assert.Equal(64 << 20, new FileInfo(image).Length);
    }

    [Theory]
    [InlineData("firecracker", "ext4", "mke2fs")]
    [InlineData("kata", "ext4", "mke2fs")]
    [InlineData("qemu", "ext4", "mke2fs")]
    [InlineData("qemu", "erofs", "mkfs.erofs")]
    public void A_file_system_fits_exactly(string vmm, string fs, string tool)
    {
        Assert.SkipUnless(Has(tool), $"needs {tool}");
        using var scratch = new Scratch();
        string root = scratch["root"],
            image = scratch["a.img"];
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        byte[] content = new byte[300_000];
        new Random(5).NextBytes(content);
        File.WriteAllBytes(Path.Combine(root, "etc", "file"), content);
        string[] args = ["image", "create", image, "--vmm", vmm, "--rootfs", root, "--fs", fs, "--uuid-seed", "3"];
        CliResult result = Cli.Run(args);
        Assert.True(result.ExitCode == 0, result.Error);
        CliResult check = Cli.Run("image", "check", image, "-q");
        Assert.True(check.ExitCode == 0, check.Output);
        Assert.Contains($"{fs} file system", Cli.Run("image", "info", image, "-q").Output, StringComparison.Ordinal);
        if (fs == "ext4")
            Assert.Contains("nothing is wrong", check.Output, StringComparison.Ordinal); // no byte unused
        byte[] first = File.ReadAllBytes(image);
        Assert.True(first.AsSpan().IndexOf(content.AsSpan(0, 4096)) > 0);
        Assert.Equal(0, Cli.Run([.. args, "--force"]).ExitCode);
        Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(image)), "other bytes in the second run");
        Assert.Equal(2, Directory.GetFileSystemEntries(scratch[""]).Length);
    }

    [Fact]
    public void A_file_system_in_sector_mode_comes_back()
    {
        Assert.SkipUnless(Has("mke2fs"), "needs mke2fs");
        using var scratch = new Scratch();
        string raw = scratch["raw.img"];
        Assert.Equal(0, Cli.Run("image", "create", raw, "--mode", "raw", "--size", "16M", "--fs", "ext4", "--uuid-seed", "1").ExitCode);
        CliResult made = Cli.Run("image", "create", scratch["s.img"], "--mode", "sector", "--rootfs", raw);
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Equal(0, Cli.Run("image", "check", scratch["s.img"]).ExitCode);
        Assert.Equal(0, Cli.Run("image", "extract", scratch["s.img"], scratch["o.img"], "--range", "0+16M").ExitCode);
        Assert.True(File.ReadAllBytes(raw).AsSpan().SequenceEqual(File.ReadAllBytes(scratch["o.img"])));
    }
}
