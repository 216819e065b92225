using System.Diagnostics;

namespace Altmap.Cli.Tests;

/// <summary>What only a process of its own can show.</summary>
public class ProcessTests
{
    /// <summary>A command that reads no keys leaves the keypad of the terminal as it is (terminfo smkx is ESC [ ? 1 h ESC =).</summary>
    [Theory]
    [InlineData("kernels")]
    [InlineData("nosuch")]
    public void A_terminal_is_left_as_it_was(string command)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1) is not here");
        var start = new ProcessStartInfo("/usr/bin/script") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string word in (string[])["-qec", $"'{Cli.Program}' {command}", "/dev/null"])
            start.ArgumentList.Add(word);
        start.Environment["TERM"] = "xterm";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.NotEqual(0, output.Length);
        Assert.DoesNotContain("\e[?1h", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run \"$1\" <&-")]
    [InlineData("run \"$1\" --script - <&-")]
    [InlineData("infoblock read - <&-")]
    public void A_closed_standard_input_is_an_error_and_does_not_wait(string command)
    {
        using var scratch = new Scratch();
        string machine = scratch["machine.json"];
        File.WriteAllText(
            machine,
            """{"format": "altmap-machine/1", "memory": [{"start": "0x100000", "end": "0x3fffffff", "type": "System RAM"}]}"""
        );
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (string word in (string[])["-c", $"exec \"$0\" {command}", Cli.Program, machine])
            start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        bool ended = process.WaitForExit(TimeSpan.FromSeconds(60));
        if (!ended)
            process.Kill();
        Assert.True(ended, "altmap waits");
        Assert.Equal("altmap: <stdin>: standard input is closed; give a file or a pipe\n", process.StandardError.ReadToEnd());
        Assert.Equal(8, process.ExitCode);
    }
}
