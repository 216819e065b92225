using Altmap.Shell.Options;

namespace Altmap.Shell.Tests.Options;

public class OptionParserTests
{
    private static OptionResult Parse(string command, params string[] args) =>
        OptionParser.Parse(NdctlCommands.Find("ndctl", command)!, [.. args]);

    [Fact]
    public void Reads_values_in_every_form()
    {
        foreach (
            var args in new string[][]
            {
                ["-s256M"],
                ["-s", "256M"],
                ["--size=256M"],
                ["--size", "256M"],
                ["--si=256M"],
                ["-fcs256M"],
                ["-s", "1", "--size=256M"],
            }
        )
            Assert.Equal("256M", Parse("create-namespace", args).Text("size"));
        Assert.Equal("", Parse("create-namespace", "--size=").Text("size"));
        Assert.Equal("-f", Parse("create-namespace", "-s", "-f").Text("size"));
        Assert.Null(Parse("create-namespace", "-s1", "--no-size").Text("size"));
    }

    [Fact]
    public void Flags_count_and_are_taken_back()
    {
        var result = Parse("list", "-Nvv", "x", "--verbose", "--no-namespaces", "-", "--", "-R");
        Assert.Equal(3, result.Count("verbose"));
        Assert.False(result.Flag("namespaces"));
        Assert.False(result.Flag("regions"));
        Assert.Equal(["x", "-", "-R"], result.Arguments);
        Assert.True(Parse("create-namespace").Flag("autolabel"));
        Assert.False(Parse("create-namespace", "--no-autol").Flag("autolabel"));
        Assert.True(Parse("update-firmware", "--no-arm").IsGiven("arm"));
        Assert.False(Parse("update-firmware").IsGiven("arm"));
    }

    [Fact]
    public void Numbers_are_stored_as_C_stores_them()
    {
        Assert.Equal(uint.MaxValue, Parse("zero-labels", "-s", "-1").Number("size"));
        Assert.Equal(0, Parse("zero-labels", "--size=").Number("size"));
        Assert.Equal(uint.MaxValue, Parse("zero-labels", "--size=99999999999999999999").Number("size"));
        Assert.Equal(2, OptionParser.Parse(NdctlCommands.Find("daxctl", "split-acpi")!, []).Number("nodes"));
    }

    [Fact]
    public void A_name_that_begins_with_no_is_negated_without_it()
    {
        Assert.False(OptionParser.Parse(NdctlCommands.Find("daxctl", "reconfigure-device")!, ["-N", "--online"]).Flag("no-online"));
        Assert.True(OptionParser.Parse(NdctlCommands.Find("daxctl", "reconfigure-device")!, ["--no-onl"]).Flag("no-online"));
    }

    [Fact]
    public void File_names_get_the_prefix_of_their_command()
    {
        Assert.Equal("./log", Parse("monitor", "-l", "log").Text("log"));
        Assert.Equal("/log", Parse("monitor", "-l", "/log").Text("log"));
        Assert.Equal("f", Parse("read-infoblock", "-i", "f").Text("input"));
    }
}
