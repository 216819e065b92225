using System.Diagnostics;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Images;

/// <summary>Served disks, used by the clients that people have.</summary>
public sealed class ImageServeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData("raw")]
    [InlineData("fsdax")]
    [InlineData("devdax")]
    [InlineData("sector")]
    public void What_nbdcopy_writes_comes_back_and_is_in_the_image(string mode)
    {
        Assert.SkipUnless(Has("nbdcopy") && Has("nbdinfo"), "needs nbdcopy and nbdinfo (libnbd-bin)");
        string image = Image(mode);
        byte[] bytes = new byte[8 << 20];
        new Random(2).NextBytes(bytes.AsSpan(1 << 20, 3 << 20));
        File.WriteAllBytes(_scratch["in"], bytes);
        Run(0, "image", "serve", image, "--run", $"nbdcopy '{_scratch["in"]}' $uri && nbdcopy $uri '{_scratch["out"]}'");
        Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(_scratch["out"]).AsSpan(0, bytes.Length)));
        Run(0, "image", "check", image);
        Run(0, "image", "extract", image, _scratch["data"]);
        byte[] data = File.ReadAllBytes(_scratch["data"]);
        Assert.True(bytes.AsSpan().SequenceEqual(data.AsSpan(0, bytes.Length)));
        string size = Run(0, "image", "serve", image, "-r", "--run", "nbdinfo --size $uri").Output;
        Assert.Equal($"{data.Length}\n", size);
        Assert.Contains(
            "is_read_only: true",
            Run(0, "image", "serve", image, "-r", "--run", "nbdinfo $uri").Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("fsdax")]
    [InlineData("sector")]
    public void QEMU_converts_compares_and_writes(string mode)
    {
        Assert.SkipUnless(Has("qemu-img") && Has("qemu-io"), "needs qemu-img and qemu-io (qemu-utils)");
        string image = Image(mode);
        string io =
            "qemu-io -f raw -c 'write -P 7 1M 300k' -c 'write -P 9 511 3000' -c 'write -z 1100k 64k' -c 'discard 4M 1M' -c flush "
            + "-c 'read -P 7 1M 76k' -c 'read -P 9 511 3000' -c 'read -P 0 1100k 64k' -c 'read -P 0 4M 64k' $uri";
        Run(0, "image", "serve", image, "--run", io);
        Run(
            0,
            "image",
            "serve",
            image,
            "--run",
            $"qemu-img convert -f raw -O qcow2 $uri '{_scratch["q"]}' && qemu-img compare -f raw -F qcow2 $uri '{_scratch["q"]}'"
        );
        Run(0, "image", "check", image);
    }

    [Theory]
    [InlineData("fsdax")]
    [InlineData("sector")]
    public void Fio_finds_what_it_wrote(string mode)
    {
        Assert.SkipUnless(Has("fio"), "needs fio");
        string image = Image(mode);
        string job = _scratch["job.fio"];
        File.WriteAllText(
            job,
            "[w]\nioengine=nbd\nuri=${uri}\nrw=randwrite\nbsrange=512-64k\nblockalign=512\nsize=4M\niodepth=8\nverify=crc32c\n"
        );
        Run(0, "image", "serve", image, "--run", $"cd '{_scratch[""]}' && uri=$uri fio '{job}'");
        Run(0, "image", "check", image);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_is_how_a_server_ends(string signal)
    {
        string image = Image("raw"),
            socket = _scratch["s"];
        // A shell starts what it puts into the background deaf to SIGINT, and so its children.
        var start = new ProcessStartInfo("env", ["--default-signal", Cli.Program, "image", "serve", image, "--socket", socket])
        {
            RedirectStandardOutput = true,
        };
        using Process server = Process.Start(start)!;
        string? line = server.StandardOutput.ReadLine();
        Assert.Equal($"16777216 (16 MiB), read and write: nbd+unix:///?socket={socket}", line);
        CliResult second = Cli.Run("image", "serve", image, "--port", "0");
        Assert.Equal(8, second.ExitCode);
        Assert.Contains("another process", second.Error, StringComparison.Ordinal);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{server.Id}"]))
            kill.WaitForExit();
        Assert.True(server.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, server.ExitCode);
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public void The_command_that_was_run_gives_the_exit_code()
    {
        string image = Image("raw");
        Assert.Equal("nbd+unix:\n", Run(3, "image", "serve", image, "--run", "echo ${uri%%//*}; exit 3").Output);
    }

    [Fact]
    public void Wrong_use_is_told()
    {
        string image = Image("raw");
        Assert.Contains("one place", Run(16, "image", "serve", image, "--socket", "a", "--port", "1").Error, StringComparison.Ordinal);
        Assert.Contains("at most 65535", Run(16, "image", "serve", image, "--port", "65536").Error, StringComparison.Ordinal);
        File.WriteAllText(_scratch["there"], "mine");
        Assert.Contains("something already", Run(16, "image", "serve", image, "-U", _scratch["there"]).Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_scratch["there"]));
        Run(8, "image", "serve", _scratch["missing"], "--port", "0");
    }

    /// <summary>A BTT whose reads would be wrong is not served.</summary>
    [Fact]
    public void Damaged_metadata_are_not_served()
    {
        string image = Golden.Path("h_btt", "images", "legacy4096-map-dup.sparse.gz");
        Assert.Contains("the BTT is damaged", Run(4, "image", "serve", image, "--run", "true").Error, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, program)));

    private string Image(string mode)
    {
        string image = _scratch[$"{mode}.img"];
        Run(0, "image", "create", image, "--mode", mode, "--size", mode == "raw" ? "16M" : "32M");
        return image;
    }

    private static CliResult Run(int exitCode, params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', args)}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }
}
