using System.Diagnostics;

namespace Altmap.Cli.Tests.Completion;

/// <summary>The scripts in the shells that they are for.</summary>
public class CompletionCommandTests
{
    [Theory]
    [InlineData("altmap ex", "explain", "explore")]
    [InlineData("altmap plan --win", "--windows")]
    [InlineData("altmap explore --policy sec", "section-flag")]
    [InlineData("altmap btt ch", "check")]
    public void Bash_offers_what_fits(string line, params string[] expected)
    {
        string[] words = line.Split(' ');
        string script = $"""
            source <("{Cli.Program}" completion bash)
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=("{Cli.Program}" {string.Join(' ', words[1..])}) COMP_CWORD={words.Length
                - 1}
            _altmap
            printf '%s\n' "${"{"}COMPREPLY[@]{"}"}"
            """;
        string[] offered = Output("bash", "--norc", "-c", script).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(expected, word => Assert.Contains(word, offered));
        Assert.All(offered, word => Assert.StartsWith(words[^1], word));
    }

    [Theory]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public void Other_shells_can_read_theirs(string shell, string check)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}") || File.Exists($"/bin/{shell}"), $"needs {shell}");
        using var scratch = new Scratch();
        File.WriteAllText(scratch["script"], Cli.Run("completion", shell).Output);
        Assert.Equal("", Output(shell, check, scratch["script"]));
    }

    private static string Output(params string[] words)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        Assert.Equal("", errors.Result);
        return output;
    }
}
