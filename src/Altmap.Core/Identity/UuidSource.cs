using System.Collections.Immutable;

namespace Altmap.Core.Identity;

/// <summary>
/// Where new UUIDs come from: first those that are given (learnt from a recording), then version 4 UUIDs of a seed.
/// An immutable value: taking one gives the next source.
/// </summary>
/// <param name="Random">The generator for UUIDs that are not given.</param>
/// <param name="Given">UUIDs to hand out first, in order.</param>
public sealed record UuidSource(SeededRandom Random, ImmutableQueue<Uuid> Given)
{
    /// <summary>A source that depends on the seed alone.</summary>
    public static UuidSource FromSeed(ulong seed) => new(new SeededRandom(seed), []);

    /// <summary>The same source with <paramref name="uuids"/> to hand out next, instead of any given before.</summary>
    public UuidSource WithGiven(IEnumerable<Uuid> uuids) => this with { Given = [.. uuids] };

    /// <summary>A UUID and the source to use afterwards.</summary>
    public (Uuid Value, UuidSource Next) Take()
    {
        if (!Given.IsEmpty)
        {
            ImmutableQueue<Uuid> rest = Given.Dequeue(out Uuid given);
            return (given, this with { Given = rest });
        }
        (ulong high, SeededRandom random) = Random.Draw();
        (ulong low, random) = random.Draw();
        high = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
        low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        return (new Uuid(high, low), this with { Random = random });
    }
}
