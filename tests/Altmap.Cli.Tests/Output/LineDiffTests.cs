using Altmap.Cli.Output;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Cli.Tests.Output;

public class LineDiffTests
{
    [Fact]
    public void Only_what_is_near_a_difference_is_shown() =>
        Assert.Equal(
            "@@ -2 +2 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n",
            LineDiff.Unified("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n")
        );

    [Fact]
    public void Same_texts_have_none() => Assert.Equal("", LineDiff.Unified("a\nb\n", "a\nb\n"));

    /// <summary>Lines with a blank or a minus are the first text, those with a blank or a plus the second (texts short enough to be shown
    /// whole).</summary>
    [Fact]
    public void Both_texts_can_be_read_from_it()
    {
        Gen<string[]> texts = Gen.Elements("a", "b", "c").ArrayOf().Where(l => l.Length is > 0 and < 5);
        Prop.ForAll(
                texts.ToArbitrary(),
                texts.ToArbitrary(),
                (a, b) =>
                {
                    string[] lines = LineDiff
                        .Unified(string.Join('\n', a), string.Join('\n', b))
                        .Split('\n', StringSplitOptions.RemoveEmptyEntries);
                    IEnumerable<string> Side(char other) => lines.Where(l => l[0] != '@' && l[0] != other).Select(l => l[1..]);
                    return a.SequenceEqual(b) ? lines.Length == 0 : Changes(a, Side('+')) && Changes(b, Side('-'));
                }
            )
            .QuickCheckThrowOnFailure();
    }

    /// <summary>What is shown is a run of the text: at these lengths only a common head or tail of more than three lines is left
    /// out.</summary>
    private static bool Changes(string[] text, IEnumerable<string> shown) =>
        string.Join('\n', text).Contains(string.Join('\n', shown), StringComparison.Ordinal);
}
