using Altmap.Core.Identity;

namespace Altmap.Conformance.Fuzz;

/// <summary>Seeded choices: the same seed gives the same run.</summary>
internal sealed class Dice(ulong seed)
{
    private SeededRandom _random = new(seed);

    /// <summary>Any 64 bits.</summary>
    public ulong Word()
    {
        (ulong value, _random) = _random.Draw();
        return value;
    }

    /// <summary>0 … <paramref name="bound"/> - 1.</summary>
    public int Below(int bound)
    {
        (ulong value, _random) = _random.DrawBelow((ulong)bound);
        return (int)value;
    }

    /// <summary>True once in <paramref name="bound"/> throws.</summary>
    public bool OneIn(int bound) => Below(bound) == 0;

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>A generator of its own for case <paramref name="number"/>: a case depends on seed and number alone.</summary>
    public static Dice For(ulong seed, ulong number) => new(unchecked((seed * 0xd1342543de82ef95) + (number * 0x2545f4914f6cdd1d) + 1));
}
