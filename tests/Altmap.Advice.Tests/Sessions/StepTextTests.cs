using Altmap.Advice.Sessions;
using Altmap.Core.Identity;

namespace Altmap.Advice.Tests.Sessions;

public class StepTextTests
{
    [Fact]
    public void A_step_carries_the_uuids_that_were_taken()
    {
        UuidSource before = UuidSource.FromSeed(1);
        (Uuid first, UuidSource after) = before.Take();
        (Uuid second, after) = after.Take();
        string step = StepText.Of("ndctl create-namespace # mine", before, after);
        Assert.Equal($"ndctl create-namespace # mine # uuids: {first} {second}", step);
        Assert.Equal([first, second], StepText.UuidsOf(step));
        Assert.Empty(StepText.UuidsOf(StepText.Of("ndctl list", after, after)));
    }

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData(">", "'>'")]
    [InlineData("$x", "'$x'")]
    public void Words_are_quoted_for_a_shell(string word, string quoted) => Assert.Equal(quoted, StepText.QuoteWord(word));
}
