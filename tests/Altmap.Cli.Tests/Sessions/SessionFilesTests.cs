using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Sessions;

/// <summary>Files of this computer, and standard input, that commands of a session read and write as the real tools do.</summary>
public class SessionFilesTests
{
    private static readonly string Machine = Golden.Path("a_fsdax", "machine.json");

    [Fact]
    public void A_label_area_goes_into_a_file_and_comes_back()
    {
        using var scratch = new Scratch();
        string labels = scratch["labels.bin"];
        CliResult result = Script(
            $"""
            ndctl disable-region all
            ndctl init-labels -f nmem0
            ndctl read-labels -o {labels} nmem0
            ndctl zero-labels nmem0
            ndctl check-labels nmem0
            ndctl write-labels -i {labels} nmem0
            ndctl check-labels nmem0
            """
        );
        Assert.Equal(131072, new FileInfo(labels).Length);
        Assert.Equal("NAMESPACE_INDEX"u8, File.ReadAllBytes(labels).AsSpan(0, 15));
        Assert.Contains("+ ndctl check-labels nmem0\nsuccessfully verified 0 nmem label\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith(
            "+ ndctl check-labels nmem0\nsuccessfully verified 1 nmem label\n# rc=0\n",
            result.Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_info_block_is_read_from_a_file_of_this_computer()
    {
        using var scratch = new Scratch();
        string image = scratch["disk.img"];
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", image, "-s", "64M", "-m", "devdax").ExitCode);
        CliResult read = Cli.Run("run", Machine, "--", "ndctl", "read-infoblock", "-j", "-i", image);
        Assert.Equal((0, "read 1 infoblock\n"), (read.ExitCode, read.Error));
        Assert.Contains("\"signature\":\"NVDIMM_DAX_INFO\"", read.Output, StringComparison.Ordinal);
    }

    /// <summary>The tool's own JSON of what it would read there.</summary>
    [Fact]
    public void Infoblock_write_shows_what_it_wrote()
    {
        using var scratch = new Scratch();
        string image = scratch["disk.img"];
        CliResult written = Cli.Run("infoblock", "write", "-o", image, "-s", "64M", "-m", "fsdax", "--json");
        Assert.Equal((0, "wrote 1 infoblock\n"), (written.ExitCode, written.Error));
        Assert.Equal(Cli.Run("infoblock", "read", image, "--json").Output, written.Output);
        CliResult refused = Cli.Run("infoblock", "write", "-c", "-s", "64M", "--json");
        Assert.Equal(
            (16, "altmap: --json goes with -o FILE: standard output is for the block itself here\n"),
            (refused.ExitCode, refused.Error)
        );
    }

    [Fact]
    public void Standard_input_is_what_the_command_reads()
    {
        using var scratch = new Scratch();
        string image = scratch["disk.img"],
            labels = scratch["labels.bin"];
        Cli.Run("infoblock", "write", "-o", image, "-s", "64M", "-m", "devdax");
        CliResult read = Cli.RunWithBytes(File.ReadAllBytes(image), "run", Machine, "--", "ndctl", "read-infoblock", "-j");
        Assert.Equal((0, "read 1 infoblock\n"), (read.ExitCode, read.Error));
        Assert.Contains("\"file\":\"<stdin>\"", read.Output, StringComparison.Ordinal);
        CliResult nothing = Cli.Run("run", Machine, "--", "ndctl", "read-infoblock", "-j");
        Assert.Equal((251, "error reading infoblock data: Input/output error\nread 0 infoblocks\n"), (nothing.ExitCode, nothing.Error));

        Cli.Run("labels", "init", labels, "--size", "128K");
        File.WriteAllText(
            scratch["s"],
            "ndctl disable-region all\nndctl zero-labels nmem0\nndctl write-labels nmem0\nndctl check-labels nmem0\n"
        );
        CliResult script = Cli.RunWithBytes(File.ReadAllBytes(labels), "run", Machine, "--script", scratch["s"]);
        Assert.EndsWith("wrote 1 nmem\nsuccessfully verified 1 nmem label\n", script.Error, StringComparison.Ordinal);
        CliResult saved = Cli.RunWithBytes(
            File.ReadAllBytes(labels),
            "run",
            Machine,
            "--script",
            scratch["s"],
            "--save",
            scratch["m.json"]
        );
        Assert.Equal(16, saved.ExitCode);
        Assert.Contains(
            "ndctl write-labels nmem0: with --save, give it -i FILE; a saved machine cannot read standard input again",
            saved.Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(scratch["m.json"]));
    }

    private static CliResult Script(string text) => Cli.RunWith(text, "run", Machine, "--script", "-", "--transcript");
}
