using Altmap.Core.Identity;

namespace Altmap.Core.Tests.Identity;

public class SeededRandomTests
{
    /// <summary>The published first outputs of SplitMix64 for seed 1234567.</summary>
    [Fact]
    public void Is_SplitMix64()
    {
        var random = new SeededRandom(1234567);
        foreach (
            ulong expected in new[]
            {
                6457827717110365317UL,
                3203168211198807973UL,
                9817491932198370423UL,
                4593380528125082431UL,
                16408922859458223821UL,
            }
        )
        {
            (ulong value, random) = random.Draw();
            Assert.Equal(expected, value);
        }
    }

    [Fact]
    public void Stays_below_the_bound()
    {
        var random = new SeededRandom(0);
        bool[] seen = new bool[7];
        for (int i = 0; i < 1000; i++)
        {
            (ulong value, random) = random.DrawBelow(7);
            seen[value] = true;
        }
        Assert.DoesNotContain(false, seen);
    }
}
