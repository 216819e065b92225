using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Sessions;

public sealed class MachineSessionTests : IDisposable
{
    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData("ndctl lsit", 0, "step 2 fails with exit code 1: ndctl lsit: Unknown command: 'lsit'")]
    [InlineData(
        "cat /sys/bus/nd/nosuch",
        0,
        "step 2 fails with exit code 1: cat /sys/bus/nd/nosuch: cat: can't open '/sys/bus/nd/nosuch': No such file or directory"
    )]
    [InlineData("echo 'a", 16, "step 2: ")]
    [InlineData("rm x", 1, "step 2: unsupported: the command rm")]
    public void A_step_that_cannot_be_is_told_with_its_line(string step, int exitCode, string message)
    {
        string path = Write("ndctl disable-region region0", step, "ndctl enable-region region0");
        CliResult result = Cli.Run("run", path, "--", "true");
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"{(exitCode == 0 ? "note" : "altmap")}: {path}:3: {message}", result.Error);
    }

    [Fact]
    public void A_failing_step_that_changes_something_is_done_and_told()
    {
        string machine = File.ReadAllText(Golden.Path("l_bad", "machine.json"))
            .Replace("\"media\": \"", $"\"media\": \"{Golden.Path("l_bad")}/");
        string path = WriteInto(machine, "true", "ndctl enable-namespace all");
        CliResult result = Cli.Run("run", path, "--", "true");
        Assert.Equal(
            (
                0,
                $"note: {path}:3: step 2 fails with exit code 250: ndctl enable-namespace all: libndctl: ndctl_namespace_enable: "
                    + $"namespace3.0: failed to enable\n"
            ),
            (result.ExitCode, result.Error)
        );
    }

    [Fact]
    public void Under_another_kernel_a_failing_step_is_a_note()
    {
        string path = Write("ndctl disable-region region0", "ndctl lsit");
        CliResult result = Cli.Run("run", path, "--kernel", "6.12", "--", "true");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{path}:3: step 2 fails under kernel 6.12 with exit code 1: ndctl lsit: Unknown command: 'lsit'", result.Error);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>One step a line, from line 2.</summary>
    private string Write(params string[] steps) => WriteInto(File.ReadAllText(Golden.Path("d_multi", "machine.json")), steps);

    private string WriteInto(string machine, params string[] steps)
    {
        string path = _scratch["machine.json"];
        File.WriteAllText(
            path,
            "{\"steps\":[\n" + string.Join(",\n", steps.Select(s => $"\"{s}\"")) + "],\n" + machine[(machine.IndexOf('{') + 1)..]
        );
        return path;
    }
}
