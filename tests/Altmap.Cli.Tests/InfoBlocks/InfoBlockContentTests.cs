using System.Text.Json;

namespace Altmap.Cli.Tests.InfoBlocks;

/// <summary>infoblock check on something else says what it is.</summary>
public class InfoBlockContentTests
{
    [Theory]
    [InlineData("ext4", "ext4 file system")]
    [InlineData("xfs", "xfs file system")]
    [InlineData("luks", "LUKS (encrypted)")]
    [InlineData("gpt", "GPT partition table")]
    [InlineData("random", "random-looking bytes (encrypted or compressed)")]
    public void What_it_holds_is_named_and_is_no_damaged_block(string kind, string name)
    {
        using var scratch = new Scratch();
        byte[] image = new byte[1 << 20];
        switch (kind)
        {
            case "ext4":
                (image[0x438], image[0x439]) = (0x53, 0xef);
                (image[0x404], image[0x418], image[0x460]) = (1, 2, 0x40);
                image[0x1000] = 0x41; // group descriptors stand where an info-block would
                break;
            case "xfs":
                "XFSB"u8.CopyTo(image);
                image[0x1000] = 1;
                break;
            case "luks":
                ((byte[])[(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe]).CopyTo(image, 0);
                image[0x1000] = 1;
                break;
            case "gpt":
                "EFI PART"u8.CopyTo(image.AsSpan(512));
                image[0x1000] = 1;
                break;
            default:
                new Random(1).NextBytes(image);
                break;
        }
        File.WriteAllBytes(scratch["i"], image);
        CliResult text = Cli.Run("infoblock", "check", scratch["i"], "--start", "4G");
        Assert.Equal(0, text.ExitCode);
        Assert.Contains($"it holds: {name}", text.Output);
        Assert.Contains("no DAX", text.Output);
        using JsonDocument json = JsonDocument.Parse(Cli.Run("infoblock", "check", scratch["i"], "--start", "4G", "--json").Output);
        Assert.Equal(name, json.RootElement.GetProperty("content").GetString());
    }

    [Fact]
    public void An_e820_namespace_has_DAX_without_a_block()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["i"], new byte[2 << 20]);
        Assert.DoesNotContain("no DAX", Cli.Run("infoblock", "check", scratch["i"], "--start", "4G", "--provider", "e820").Output);
    }
}
