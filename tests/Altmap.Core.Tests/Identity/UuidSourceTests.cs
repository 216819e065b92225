using Altmap.Core.Identity;

namespace Altmap.Core.Tests.Identity;

public class UuidSourceTests
{
    [Fact]
    public void A_seed_gives_the_same_version_4_uuids()
    {
        UuidSource a = UuidSource.FromSeed(7),
            b = UuidSource.FromSeed(7);
        var seen = new HashSet<Uuid>();
        for (int i = 0; i < 1000; i++)
        {
            (Uuid x, a) = a.Take();
            (Uuid y, b) = b.Take();
            Assert.Equal(x, y);
            Assert.True(seen.Add(x));
            string text = x.ToString();
            Assert.Equal('4', text[14]);
            Assert.Contains(text[19], "89ab");
        }
        Assert.NotEqual(UuidSource.FromSeed(7).Take().Value, UuidSource.FromSeed(8).Take().Value);
    }

    [Fact]
    public void Given_uuids_come_first_and_do_not_draw()
    {
        UuidSource seeded = UuidSource.FromSeed(1);
        var given = new Uuid(1, 2);
        (Uuid first, UuidSource rest) = seeded.WithGiven([given]).Take();
        Assert.Equal(given, first);
        Assert.Equal(seeded.Take().Value, rest.Take().Value);
        Assert.Equal(seeded.Take().Value, seeded.Take().Value); // a value: taking does not change the source
    }
}
