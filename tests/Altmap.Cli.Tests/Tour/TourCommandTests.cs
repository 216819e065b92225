namespace Altmap.Cli.Tests.Tour;

public class TourCommandTests
{
    [Fact]
    public void Alone_it_replays_a_recording_and_shows_where_bytes_went()
    {
        CliResult result = Cli.Run();
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("6 commands: 6 same, 0 different, 0 unsupported", result.Output);
        Assert.Contains("data               526385152   502 MiB           98.04 %", result.Output);
        Assert.True(result.Output.Split('\n').Length <= 42, "a screenful");
        Assert.All(result.Output.Split('\n'), l => Assert.True(l.Length <= 130, l));
    }
}
