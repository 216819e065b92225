using Altmap.Cli.Prompt;
using Altmap.Cli.Scripts;
using Altmap.Cli.Sessions;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Prompt;

public class PromptTests
{
    [Fact]
    public void Lines_run_and_are_taken_back()
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var host = new CliHost(output, error, () => Stream.Null);
        var runner = new SessionRunner(host, MachineSession.Open(host, Golden.Path("d_multi", "machine.json")).State, isTranscript: false);
        var prompt = new PromptSession(host, runner);
        var before = runner.State;
        Assert.True(prompt.Take("ndctl disable-region all"));
        Assert.True(prompt.Take("ndctl list"));
        Assert.True(prompt.Take("ndctl | x"));
        Assert.True(prompt.Take("undo"));
        Assert.Same(before, runner.State);
        Assert.Empty(runner.Steps);
        Assert.True(prompt.Take("undo"));
        Assert.False(prompt.Take(" exit "));
        Assert.EndsWith("taken back\nthere is nothing to take back\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Theory]
    [InlineData("", "nd", "ndctl")]
    [InlineData("", "u", "undo")]
    [InlineData("ndctl ", "create-na", "create-namespace")]
    [InlineData("ndctl create-namespace ", "--reg", "--region")]
    [InlineData("ndctl create-namespace -r ", "region1", "region1")]
    [InlineData("cat ", "/sys/bus/nd/devices/region0/siz", "/sys/bus/nd/devices/region0/size")]
    [InlineData("cat ", "/proc/io", "/proc/iomem")]
    public void A_word_is_completed(string before, string word, string completed)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        Assert.Equal(
            [completed],
            PromptCompletion.Candidates(MachineSession.Open(host, Golden.Path("d_multi", "machine.json")).State.Machine, before, word)
        );
    }

    [Fact]
    public void History_is_kept_and_never_in_the_way()
    {
        using var scratch = new Scratch();
        PromptHistory.Write(scratch["altmap/history"], ["a", "b"]);
        Assert.Equal(["a", "b"], PromptHistory.Read(scratch["altmap/history"]));
        PromptHistory.Write("/proc/nosuch/history", ["a"]);
        Assert.Empty(PromptHistory.Read(null));
    }
}
