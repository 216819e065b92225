using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>Files that a session writes and reads again, and commands that only look at the media's health.</summary>
public class SessionFileTests
{
    private ShellState _state = new(RecordedMachine.Boot("a_fsdax"), UuidSource.FromSeed(1));

    [Fact]
    public void A_label_area_that_was_saved_comes_back()
    {
        Expect("ndctl disable-region all", null);
        Expect("ndctl init-labels -f nmem0", "initialized 1 nmem\n");
        byte[] initialised = Labels();
        Expect("ndctl read-labels -o whole nmem0", "read 1 nmem\n");
        Expect("ndctl read-labels -I -o index nmem0", "read 1 nmem\n");
        Expect("ndctl read-labels -s 1024 -o head nmem0", "read 1 nmem\n");
        Assert.Equal(((ulong)initialised.Length, 1024ul), (_state.Files["whole"].LengthBytes, _state.Files["head"].LengthBytes));
        Assert.Equal(512ul, _state.Files["index"].LengthBytes); // two blocks of 72 bytes and 1024 bits, in units of 256

        Expect("ndctl zero-labels nmem0", "zeroed 1 nmem\n");
        Assert.NotEqual(initialised, Labels());
        Expect("ndctl write-labels -i head nmem0", "wrote 1 nmem\n");
        Assert.Equal(initialised.Take(1024), Labels().Take(1024));
        Assert.All(Labels().Skip(1024), b => Assert.Equal(0, b));
        Expect("ndctl write-labels -i whole nmem0", "wrote 1 nmem\n");
        Assert.Equal(initialised, Labels());
        Expect("ndctl check-labels nmem0", "successfully verified 1 nmem label\n");
    }

    /// <summary>The tool has counted the DIMM before it looks whether it is in use.</summary>
    [Fact]
    public void A_DIMM_in_use_is_not_written()
    {
        Expect("ndctl read-labels -o whole nmem0", "read 1 nmem\n");
        Expect("ndctl write-labels -i whole nmem0", "dimm is active, abort label write\nwrote 1 nmem\n");
        Expect("ndctl write-labels -i whole nmem99", "wrote 0 nmem\n");
    }

    [Fact]
    public void A_read_from_an_offset_is_refused()
    {
        CommandResult result = Run("ndctl read-labels -O 256 -s 256 -o f nmem0");
        Assert.True(result.IsUnsupported);
        Assert.Contains("from an offset", result.Stderr, StringComparison.Ordinal);
    }

    /// <summary>As ndctl 76.1 says it of a file that is not there.</summary>
    [Theory]
    [InlineData("ndctl write-labels -i /nofile nmem0", 1, "failed to open: /nofile: (No such file or directory)\nwrote 0 nmem\n")]
    [InlineData("ndctl read-infoblock -i /nofile", 254, "error reading infoblock data: No such file or directory\nread 0 infoblocks\n")]
    public void A_file_that_is_not_there_is_told_as_the_tool_does(string line, int exitCode, string stderr)
    {
        CommandResult result = Run(line);
        Assert.Equal((exitCode, "", stderr), (result.ExitCode, result.Stdout, result.Stderr));
    }

    [Fact]
    public void Bytes_that_are_no_text_go_to_standard_output_as_they_are()
    {
        CommandResult result = Run("ndctl read-labels nmem0");
        Assert.Equal((0, "", "read 1 nmem\n"), (result.ExitCode, result.Stdout, result.Stderr));
        Assert.Equal(Labels(), result.Raw);
    }

    [Fact]
    public void An_info_block_is_written_into_a_file_and_read_again()
    {
        Expect("ndctl write-infoblock -o f -s 64M -a 2M -m devdax", "wrote 1 infoblock\n");
        CommandResult read = Run("ndctl read-infoblock -j -i f");
        Assert.Equal((0, "read 1 infoblock\n"), (read.ExitCode, read.Stderr));
        Assert.Contains("\"file\":\"f\"", read.Stdout, StringComparison.Ordinal);
        Assert.Contains("\"signature\":\"NVDIMM_DAX_INFO\"", read.Stdout, StringComparison.Ordinal);
        Assert.Equal(8192, Run("ndctl read-infoblock -i f").Raw!.Length);
    }

    /// <summary>ndctl/namespace.c file_read_infoblock(), 76.1: <c>&lt;stdin&gt;</c> is the file's name, and too little is EIO.</summary>
    [Fact]
    public void An_info_block_is_read_from_standard_input()
    {
        Expect("ndctl write-infoblock -o f -s 64M -a 2M -m devdax", "wrote 1 infoblock\n");
        Assert.True(Run("ndctl read-infoblock -j").IsUnsupported);
        _state = _state with { Files = _state.Files.Add(ShellState.StandardInput, _state.Files["f"]) };
        CommandResult read = Run("ndctl read-infoblock -j");
        Assert.Equal((0, "read 1 infoblock\n"), (read.ExitCode, read.Stderr));
        Assert.Contains("\"file\":\"<stdin>\"", read.Stdout, StringComparison.Ordinal);
        _state = _state with { Files = _state.Files.SetItem(ShellState.StandardInput, SparseBytes.Zero(100)) };
        read = Run("ndctl read-infoblock -j");
        Assert.Equal(
            (251, "", "error reading infoblock data: Input/output error\nread 0 infoblocks\n"),
            (read.ExitCode, read.Stdout, read.Stderr)
        );
    }

    [Theory]
    [InlineData("ndctl disable-namespace -v namespace0.0", "libndctl")]
    [InlineData("daxctl disable-device -v dax9.9", "libdaxctl")]
    public void Debug_messages_are_left_out_and_that_is_said(string line, string library)
    {
        CommandResult result = Run(line);
        Assert.False(result.IsUnsupported);
        Assert.Contains(library, result.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void No_bus_of_the_model_can_scrub()
    {
        CommandResult result = Run("ndctl clear-errors namespace0.0");
        Assert.Equal(
            (
                "",
                "  Error: namespace0.0: Unable to determine scrub state: Operation not supported\n\nerror clearing namespaces: "
                    + "Operation not supported\ncleared 0 namespaces\n",
                161
            ),
            (result.Stdout, result.Stderr, result.ExitCode)
        );
        result = Run("ndctl clear-errors namespace9.9");
        Assert.Equal(
            ("error clearing namespaces: No such device or address\ncleared 0 namespaces\n", 250),
            (result.Stderr, result.ExitCode)
        );
    }

    [Fact]
    public void An_info_block_goes_into_a_file()
    {
        Expect("ndctl create-namespace -f -e namespace0.0 -m fsdax", null);
        Expect("ndctl disable-namespace namespace0.0", "disabled 1 namespace\n");
        Expect("ndctl read-infoblock -o block namespace0.0", "read 1 infoblock\n");
        Assert.Equal("NVDIMM_PFN_INFO"u8, _state.Files["block"].Read(4096, 15));
        Assert.Equal(8192ul, _state.Files["block"].LengthBytes);
    }

    private byte[] Labels()
    {
        DimmState dimm = _state.Machine.Dimms.Values.Single(d => d.Device.Name == "nmem0");
        return dimm.LabelBytes.Read(0, (int)dimm.LabelBytes.LengthBytes);
    }

    private void Expect(string line, string? stderr)
    {
        CommandResult result = Run(line);
        Assert.Equal(0, result.ExitCode);
        if (stderr is not null)
            Assert.Equal(("", stderr), (result.Stdout, result.Stderr));
        _state = result.State;
    }

    private CommandResult Run(string line) => CommandShell.Run(_state, Assert.Single(ScriptParser.Parse(line).Lines).Words);
}
