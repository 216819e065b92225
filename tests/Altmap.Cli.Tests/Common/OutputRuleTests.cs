using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Common;

/// <summary>What is there is not overwritten unasked: one exit code, one sentence.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class OutputRuleTests : IDisposable
{
    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));
    private static readonly string Labels = Golden.Path("d_multi", "4-full", "labels.nmem0.bin.gz");

    private readonly Scratch _scratch = new();

    public OutputRuleTests()
    {
        File.Copy(Path.Combine(Examples, "nvdimm.json"), _scratch["m.json"]);
        File.WriteAllText(_scratch["OUT"], "mine\n");
        Assert.Equal(0, Cli.Run("btt", "create", _scratch["btt.img"], "--size", "20M").ExitCode);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>Every command that writes a file; whether it has <c>--force</c>.</summary>
    public static TheoryData<string, bool> Writers =>
        new()
        {
            { "run m.json --save OUT -- true", true },
            { "sandbox m.json --save OUT -- true", true },
            { "machine m.json -o OUT", true },
            { "labels repair LABELS -o OUT", false },
            { "btt read btt.img 0 -o OUT", false },
            { "btt export btt.img OUT", false },
            { "plan m.json --usable 1G --script OUT", false },
            { "plan m.json --usable 1G --svg OUT", false },
            { "map m.json --svg OUT", false },
            { "map m.json --html OUT", false },
            { "kmsan m.json --kernel 6.12 --compare --svg OUT", false },
            { "explore --policy section-flag --svg OUT", false },
            { "explore --policy section-flag --promela OUT", false },
        };

    [Theory]
    [MemberData(nameof(Writers))]
    public void A_file_that_is_there_stays(string words, bool hasForce)
    {
        CliResult refused = Run(words);
        Assert.Equal((16, "mine\n"), (refused.ExitCode, File.ReadAllText(_scratch["OUT"])));
        Assert.Contains("OUT: there is such a file; nothing is overwritten: give another name", refused.Error, StringComparison.Ordinal);
        Assert.Equal(hasForce, refused.Error.Contains(", or --force", StringComparison.Ordinal));
        if (!hasForce)
            return;
        Assert.True(Run(words.Replace("OUT", "OUT --force")).ExitCode is 0 or 2 or 4);
        Assert.NotEqual("mine\n", File.ReadAllText(_scratch["OUT"]));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public void An_empty_file_can_be_lost_what_Altmap_made_gives_way(string words, bool hasForce)
    {
        File.WriteAllText(_scratch["OUT"], "");
        CliResult first = Run(words);
        Assert.True(first.ExitCode is 0 or 2 or 4, first.Error);
        Assert.NotEqual(0, new FileInfo(_scratch["OUT"]).Length);
        bool givesWay = ((string[])["--svg", "--html", "--save"]).Any(o => words.Contains(o, StringComparison.Ordinal));
        Assert.Equal(givesWay ? first.ExitCode : 16, Run(words).ExitCode);
        Assert.Equal(hasForce, words.StartsWith("machine", StringComparison.Ordinal) || words.Contains("--save", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_is_not_saved_over_itself_unasked()
    {
        string before = File.ReadAllText(_scratch["m.json"]);
        File.CreateSymbolicLink(_scratch["link.json"], _scratch["m.json"]);
        foreach (string name in (string[])["m.json", "link.json"])
        {
            CliResult result = Cli.Run("run", _scratch["m.json"], "--save", _scratch[name], "--", "ndctl", "disable-region", "all");
            Assert.Equal((16, ""), (result.ExitCode, result.Output));
            Assert.Equal(before, File.ReadAllText(_scratch["m.json"]));
        }
    }

    [Fact]
    public void An_info_block_is_not_written_over_data()
    {
        byte[] ext4 = new byte[64 << 10];
        (ext4[0x404], ext4[0x438], ext4[0x439]) = (1, 0x53, 0xef);
        byte[] btrfs = new byte[128 << 10];
        "_BHRfS_M"u8.CopyTo(btrfs.AsSpan(0x10040));
        (string What, byte[] Bytes)[] there = [("unknown bytes", "text"u8.ToArray()), ("ext2 file system", ext4), ("btrfs", btrfs)];
        foreach ((string what, byte[] bytes) in there)
        {
            File.WriteAllBytes(_scratch["i"], bytes);
            CliResult result = Cli.Run("infoblock", "write", "-o", _scratch["i"], "-s", "64M");
            Assert.Equal(16, result.ExitCode);
            Assert.Contains($"there is {what}", result.Error, StringComparison.Ordinal);
            Assert.Equal(bytes, File.ReadAllBytes(_scratch["i"]));
        }
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", _scratch["i"], "-s", "64M", "--force").ExitCode);
        Assert.Equal(16, Cli.Run("infoblock", "write", "-o", _scratch["i"], "-s", "64M").ExitCode); // a block is there now
        File.WriteAllBytes(_scratch["zero"], new byte[1 << 20]);
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", _scratch["zero"], "-s", "64M").ExitCode);
    }

    [Fact]
    public void Undo_takes_two_files()
    {
        CliResult result = Cli.Run("undo", _scratch["btt.img"], _scratch["btt.img"]);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("UNDO and IMAGE are one file", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_that_nobody_reads_is_an_error()
    {
        await Process.Start("mkfifo", _scratch["pipe"]).WaitForExitAsync();
        Task<CliResult> run = Task.Run(() => Cli.Run("btt", "export", _scratch["btt.img"], _scratch["pipe"]));
        Assert.Same(run, await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(60))));
        Assert.Equal(16, (await run).ExitCode);
        Assert.Contains("this is a pipe, and nothing reads it", (await run).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_in_words()
    {
        CliResult result = Cli.Run("btt", "read", _scratch["btt.img"], "0", "-o", "/dev/full");
        Assert.Equal((8, "altmap: /dev/full: no space is left on the disk\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Nothing_to_write_is_said()
    {
        CliResult nothing = Cli.Run("btt", "write", _scratch["btt.img"], "0", "-i", "/dev/null");
        Assert.Equal((16, ""), (nothing.ExitCode, nothing.Output));
        Assert.Contains("/dev/null: there is no byte in it", nothing.Error, StringComparison.Ordinal);
        CliResult part = Cli.RunWith(new string('x', 5000), "btt", "import", _scratch["btt.img"]);
        Assert.Equal(0, part.ExitCode);
        Assert.Contains("<stdin> ends after 2 of ", part.Error, StringComparison.Ordinal);
        Assert.Contains("filled up with zeros", part.Error, StringComparison.Ordinal);
    }

    /// <summary>Its map is 10 GiB of zeros, which a file need not have, and the work is a few thousand writes.</summary>
    [Fact]
    public void Ten_terabytes_are_a_sparse_file()
    {
        CliResult result = Cli.Run("btt", "create", _scratch["t"], "--size", "10T");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("BTT 1.1, 20 arenas: ", result.Output, StringComparison.Ordinal);
        string blocks = Encoding.ASCII.GetString(ReadAll("stat", "-c", "%b", _scratch["t"]));
        Assert.True(int.Parse(blocks, System.Globalization.CultureInfo.InvariantCulture) * 512L < 64 << 20, blocks);
    }

    private static byte[] ReadAll(params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return output.ToArray();
    }

    private CliResult Run(string words) =>
        Cli.Run([
            .. words
                .Split(' ')
                .Select(w =>
                    w switch
                    {
                        "LABELS" => Labels,
                        "OUT" or "m.json" or "btt.img" => _scratch[w],
                        _ => w,
                    }
                ),
        ]);
}
