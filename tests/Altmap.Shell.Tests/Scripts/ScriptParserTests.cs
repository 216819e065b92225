using Altmap.Shell.Scripts;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Shell.Tests.Scripts;

public class ScriptParserTests
{
    [Theory]
    [InlineData("ndctl list -N", "ndctl|list|-N", null)]
    [InlineData("  ndctl\tlist   # all of them", "ndctl|list", null)]
    [InlineData("echo 1 > /sys/a", "echo|1", "/sys/a")]
    [InlineData("echo -n x >/sys/a", "echo|-n|x", "/sys/a")]
    [InlineData("echo > /sys/a", "echo", "/sys/a")]
    [InlineData("> /sys/a echo x", "echo|x", "/sys/a")]
    [InlineData("echo 1>/sys/a", "echo", "/sys/a")] // 1> is a descriptor, as in a shell
    [InlineData("echo '1'>/sys/a", "echo|1", "/sys/a")]
    [InlineData("echo a#b '# c' \"d e\" \\#f", "echo|a#b|# c|d e|#f", null)]
    [InlineData("echo 'it'\"'\"'s' \"a\\\"b\\n\" ''", "echo|it's|a\"b\\n|", null)]
    [InlineData("echo a\\ b $ '$x' '*' \"*\" \"?\"", "echo|a b|$|$x|*|*|?", null)]
    // No such file: a shell leaves it as it is.
    [InlineData("ndctl list -n namespace/sys/*.0 a?", "ndctl|list|-n|namespace/sys/*.0|a?", null)]
    [InlineData("ndctl create-namespace --size=1G", "ndctl|create-namespace|--size=1G", null)]
    [InlineData("sh -c 'echo 1 > /sys/a'", "echo|1", "/sys/a")]
    [InlineData("/bin/sh -c \"sh -c 'echo 1 > /sys/a'\"", "echo|1", "/sys/a")]
    [InlineData("echo é😀", "echo|é😀", null)]
    [InlineData("\ufeffecho x", "echo|x", null)] // a byte order mark
    public void Reads_a_command(string text, string words, string? redirectTo)
    {
        var result = ScriptParser.Parse(text);
        Assert.Empty(result.Errors);
        var line = Assert.Single(result.Lines);
        Assert.Equal(words.Split('|'), line.Words);
        Assert.Equal(redirectTo, line.RedirectTo);
    }

    [Theory]
    [InlineData("ndctl list | jq .", "pipes", 12)]
    [InlineData("ndctl list\u0001", "U+0001", 11)]
    [InlineData("a && b", "&&", 3)]
    [InlineData("a; b", ";", 2)]
    [InlineData("echo $HOME", "variables", 6)]
    [InlineData("echo \"$(date)\"", "variables", 7)]
    [InlineData("echo `date`", "substitution", 6)]
    [InlineData("echo /sys/*", "patterns", 11)]
    [InlineData("cat < a", "reading from a file", 5)]
    [InlineData("A=1 b", "NAME=value", 2)]
    [InlineData("for i in 1 2", "for is not supported", 4)]
    [InlineData("echo 'a", "closing '", 6)]
    [InlineData("echo \"a", "closing \"", 6)]
    [InlineData("echo a >", "a path is expected", 9)]
    [InlineData("echo a > # b", "a path is expected", 10)]
    [InlineData("echo a >> b", ">>", 9)]
    [InlineData("echo a > b > c", "one redirection", 12)]
    [InlineData("ndctl list 2>/dev/null", "descriptor 2", 13)]
    [InlineData("ndctl list > a 2>&1", "descriptor 2", 17)]
    [InlineData("(a)", "subshells", 1)]
    [InlineData("echo \\", "expected after \\", 6)]
    [InlineData("sh -c 'a; b'", "in sh -c: ;", 0)]
    public void Says_what_it_does_not_run(string text, string message, int column)
    {
        var error = Assert.Single(ScriptParser.Parse("\n" + text).Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((2, column), (error.LineNumber, error.Column));
    }

    [Fact]
    public void Numbers_lines_skips_comments_and_continues()
    {
        var result = ScriptParser.Parse("# setup \\\r\n\r\nndctl \\\r\n list\r\n\necho x");
        Assert.Empty(result.Errors);
        Assert.Equal([3, 6], result.Lines.Select(l => l.LineNumber));
        Assert.Equal(["ndctl", "list"], result.Lines[0].Words);
        Assert.Equal("echo x", result.Lines[1].Text);
    }

    /// <summary>What a transcript repeats can be read back: where quotes hold words together, they stay.</summary>
    [Theory]
    [InlineData("ndctl create-namespace  -n \"a b\" # why", "ndctl create-namespace  -n \"a b\"")]
    [InlineData("echo   1 >f", "echo 1 > f")]
    [InlineData("sh -c 'echo 1 > f'", "sh -c echo 1 > f")]
    [InlineData("ndctl list   # all", "ndctl list")]
    public void A_transcript_repeats_the_line(string line, string echo) =>
        Assert.Equal(echo, Assert.Single(ScriptParser.Parse(line).Lines).Echo);

    [Fact]
    public void Is_bounded()
    {
        Assert.Contains("65536", ScriptParser.Parse(new string('a', 70_000)).Errors.Single().Message, StringComparison.Ordinal);
        Assert.Contains("100000", ScriptParser.Parse(new string('\n', 100_000) + "a").Errors.Single().Message, StringComparison.Ordinal);
        Assert.Equal(ScriptParser.ErrorsMax, ScriptParser.Parse(string.Concat(Enumerable.Repeat(";\n", 1000))).Errors.Length);
    }

    [Fact]
    public void Any_text_gives_lines_or_errors() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                Gen.Elements("echo", " ", "'", "\"", "\\", ">", "$", "#", "\n", "|", "sh -c ", "*", "1", "\0", "\ud800")
                    .ListOf()
                    .Select(string.Concat)
                    .ToArbitrary(),
                text => ScriptParser.Parse(text).Lines.All(l => l.Words.Length > 0 || l.RedirectTo is not null)
            )
        );
}
