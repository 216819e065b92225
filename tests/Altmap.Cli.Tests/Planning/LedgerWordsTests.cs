using Altmap.Cli.Planning;
using Altmap.Model.Planning;

namespace Altmap.Cli.Tests.Planning;

public class LedgerWordsTests
{
    [Fact]
    public void Every_item_has_a_word_of_its_own()
    {
        string[] words = [.. Enum.GetValues<LedgerItem>().Select(i => i.Word())];
        Assert.Equal(words.Distinct(), words);
        Assert.Throws<ArgumentOutOfRangeException>(() => ((LedgerItem)(-1)).Word());
    }
}
