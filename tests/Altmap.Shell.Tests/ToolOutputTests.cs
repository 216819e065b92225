namespace Altmap.Shell.Tests;

public class ToolOutputTests
{
    [Fact]
    public void Short_output_comes_after_what_went_to_stderr()
    {
        var output = new ToolOutput();
        output.Out("listing\n");
        output.Err("read 1 nmem\n");
        Assert.Equal("read 1 nmem\nlisting\n", output.Merged);
        Assert.Equal(("listing\n", "read 1 nmem\n"), (output.Stdout, output.Stderr));
    }

    [Fact]
    public void Long_output_is_written_in_blocks_and_its_rest_at_exit()
    {
        var output = new ToolOutput();
        output.Out(new string('a', 5000));
        output.Err("!");
        Assert.Equal(new string('a', 4096) + "!" + new string('a', 904), output.Merged);
    }
}
