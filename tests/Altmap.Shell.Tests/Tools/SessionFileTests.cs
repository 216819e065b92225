using Altmap.Core.Identity;
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

    [Theory]
    [InlineData("ndctl write-labels -i /etc/passwd nmem0", "only files that this session wrote are known")]
    [InlineData("ndctl write-labels nmem0", "give it -i FILE")]
    [InlineData("ndctl read-labels nmem0", "give it -o FILE")]
    [InlineData("ndctl read-labels -O 256 -o f nmem0", "from an offset")]
    public void What_needs_the_hosts_files_is_refused(string line, string reason)
    {
        CommandResult result = Run(line);
        Assert.True(result.IsUnsupported);
        Assert.Contains(reason, result.Stderr, StringComparison.Ordinal);
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
