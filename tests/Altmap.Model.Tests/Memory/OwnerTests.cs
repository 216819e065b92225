using Altmap.Model.Memory;

namespace Altmap.Model.Tests.Memory;

public class OwnerTests
{
    [Fact]
    public void Every_part_has_words_of_its_own()
    {
        string[] words = [.. Enum.GetValues<OwnerPart>().Select(p => Owner.Device("dax0.0", p).ToString())];
        Assert.Equal(words.Distinct(), words);
        Assert.All(words, w => Assert.StartsWith("dax0.0", w));
        Assert.Throws<InvalidOperationException>(() => Owner.Device("dax0.0", (OwnerPart)(-1)).ToString());
    }
}
