using System.Buffers.Binary;
using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Images;

/// <summary>The commands on images, on recorded ones and on ones made here.</summary>
public class ImageCommandTests
{
    private static readonly JsonDocument Recorded = JsonDocument.Parse(File.ReadAllText(Golden.Path("images", "infoblocks.json")));

    public static TheoryData<string> Images => [.. Recorded.RootElement.EnumerateObject().Select(p => p.Name)];

    /// <summary>What <c>ndctl read-infoblock -j</c> said of the same image.</summary>
    [Theory]
    [MemberData(nameof(Images))]
    public void Info_equals_what_ndctl_read(string image)
    {
        CliResult result = Cli.Run("image", "info", Golden.Path(image.Split('/')), "--json", "--kernel", "6.1", "-q");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement ns = json.RootElement.GetProperty("namespaces")[0];
        Assert.Equal(Without(Recorded.RootElement.GetProperty(image)), Without(ns.GetProperty("infoblocks")));

        static string[] Without(JsonElement blocks) =>
            [
                .. from block in blocks.EnumerateArray()
                from key in block.EnumerateObject()
                where key.Name != "file"
                select $"{key.Name}: {key.Value}",
            ];
    }

    /// <summary>Size and start of the data as sysfs showed them for the running namespace.</summary>
    [Fact]
    public void Info_equals_what_the_kernel_made_of_it()
    {
        int seen = 0;
        foreach (string line in File.ReadLines(Golden.Path("a_fsdax", "outcomes.tsv")).Skip(1))
        {
            string[] words = line.Split('\t');
            string image = Golden.Path("a_fsdax", "images", words[0] + ".sparse.gz");
            if (!File.Exists(image) || words[4].Length == 0)
                continue;
            using JsonDocument json = JsonDocument.Parse(Cli.Run("image", "info", image, "--json", "-q").Output);
            JsonElement info = json.RootElement;
            Assert.Equal(
                ("fsdax", words[5], words[4], words[6]),
                (
                    info.GetProperty("mode").GetString(),
                    info.GetProperty("data_offset").ToString(),
                    info.GetProperty("data_size").ToString(),
                    info.GetProperty("namespaces")[0].GetProperty("align").ToString()
                )
            );
            CliResult offset = Cli.Run("image", "info", image, "--data-offset");
            Assert.Equal(words[5] + "\n", offset.Output);
            seen++;
        }
        Assert.True(seen >= 11, $"{seen} images");
    }

    [Theory]
    [InlineData("legacy4096-good", 0, "")]
    [InlineData("legacy4096-info1-zero", 4, "btt.info.first")]
    [InlineData("legacy4096-map-dup", 4, "btt.map.duplicate")]
    public void Check_of_a_btt(string name, int exitCode, string code)
    {
        string image = Golden.Path("h_btt", "images", name + ".sparse.gz");
        CliResult result = Cli.Run("image", "check", image);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Error));
        Assert.Contains(code, result.Output, StringComparison.Ordinal);
        Assert.Equal(exitCode, Cli.Run("image", "check", image, "--json").ExitCode);
        Assert.Equal(4, Cli.Run("image", "info", image, "--data-offset").ExitCode);
    }

    /// <summary>An image is changed in one place, and check names that.</summary>
    [Theory]
    [InlineData("whole", 0, "nothing is wrong")]
    [InlineData("cut", 4, "image.truncated")]
    [InlineData("grown", 0, "image.longer")]
    [InlineData("checksum", 4, "pfn.checksum")]
    [InlineData("ext4", 4, "image.fs.beyond-end")]
    [InlineData("small", 0, "image.fs.unused")]
    [InlineData("partition", 4, "image.partition.beyond-end")]
    [InlineData("overlap", 4, "image.partition.overlap")]
    [InlineData("front", 4, "image.two-tables")]
    [InlineData("both", 0, "nothing is wrong")]
    public void Check_names_what_was_changed(string change, int exitCode, string code)
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("image", "check", Changed(scratch, change), "-q");
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Error));
        Assert.Contains(code, result.Output, StringComparison.Ordinal);
        Assert.Equal(exitCode, Cli.Run("image", "check", scratch["disk.img"], "--json").ExitCode);
        Assert.Equal(0, Cli.Run("image", "info", scratch["disk.img"], "--json").ExitCode);
        Assert.Equal(0, Cli.Run("image", "info", scratch["disk.img"]).ExitCode);
    }

    [Fact]
    public void Files_that_are_no_raw_image()
    {
        using var scratch = new Scratch();
        byte[] qcow = new byte[4 << 20];
        (qcow[0], qcow[1], qcow[2], qcow[3]) = ((byte)'Q', (byte)'F', (byte)'I', 0xfb);
        File.WriteAllBytes(scratch["a.img"], qcow);
        CliResult result = Cli.Run("image", "check", scratch["a.img"]);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("image.format", result.Output, StringComparison.Ordinal);
        File.WriteAllBytes(scratch["b.img"], []);
        Assert.Equal(16, Cli.Run("image", "info", scratch["b.img"]).ExitCode);
        Assert.Equal(8, Cli.Run("image", "info", scratch["none.img"]).ExitCode);
        File.WriteAllBytes(scratch["c.img"], new byte[(4 << 20) + 1]);
        CliResult tail = Cli.Run("image", "check", scratch["c.img"]);
        Assert.Equal(0, tail.ExitCode);
        Assert.Contains("image.size.tail", tail.Output, StringComparison.Ordinal);
        foreach (int size in (int[])[1, 511, 512, 4096, 8191, 8192])
        {
            File.WriteAllBytes(scratch["d.img"], new byte[size]);
            Assert.True(Cli.Run("image", "info", scratch["d.img"]).ExitCode == 0, $"{size}");
        }
    }

    [Fact]
    public void One_of_several_namespaces()
    {
        string image = Golden.Path("a_fsdax", "images", "fsdax-256M-mem-2M.sparse.gz");
        CliResult result = Cli.Run("image", "info", image, "--data-offset", "--namespace", "7");
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("--namespace 0 (268435456 (256 MiB) at 0x0)", result.Error, StringComparison.Ordinal);
        Assert.Equal("2097152\n", Cli.Run("image", "info", image, "--data-offset", "--namespace", "0").Output);
        Assert.Equal(16, Cli.Run("image", "info", image, "--offset", "1G").ExitCode);
        Assert.Equal("2097152\n", Cli.Run("image", "info", image, "--size", "256M", "--data-offset").Output);
    }

    private static string Changed(Scratch scratch, string change)
    {
        const int size = 32 << 20,
            data = 2 << 20;
        string path = scratch["disk.img"];
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", path, "-s", "32M", "-M", "mem", "-a", "2M").ExitCode);
        byte[] disk = File.ReadAllBytes(path);
        Array.Resize(ref disk, size);
        Span<byte> inner = disk.AsSpan(data);
        switch (change)
        {
            case "cut":
                Array.Resize(ref disk, 24 << 20);
                break;
            case "grown":
                Array.Resize(ref disk, 40 << 20);
                break;
            case "checksum":
                disk[4096 + 0x38] ^= 1;
                break;
            case "ext4":
                Ext4(inner, 8192);
                break;
            case "small":
                Ext4(inner, 1024);
                break;
            case "partition":
                Mbr(inner, 2048, (size - data) / 512);
                break;
            case "overlap":
                Mbr(inner, 2048, 2048, 4095, 100);
                break;
            case "front":
                Mbr(inner, 2048, 4096);
                Mbr(disk, 2048, 4096);
                break;
            case "both":
                Mbr(inner, 2048, 4096);
                Mbr(disk, 2048 + (data / 512), 4096);
                break;
        }
        File.WriteAllBytes(path, disk);
        return path;
    }

    private static void Mbr(Span<byte> disk, params ReadOnlySpan<uint> numbers)
    {
        for (int i = 0; i < numbers.Length / 2; i++)
        {
            Span<byte> entry = disk.Slice(446 + (i * 16), 16);
            entry[4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], numbers[2 * i]);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], numbers[(2 * i) + 1]);
        }
        (disk[510], disk[511]) = (0x55, 0xaa);
    }

    private static void Ext4(Span<byte> device, uint blocks)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x404..], blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x418..], 2);
        (device[0x438], device[0x439]) = (0x53, 0xef);
        BinaryPrimitives.WriteUInt32LittleEndian(device[0x460..], 0x40);
    }
}
