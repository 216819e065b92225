namespace Altmap.Core.Identity;

/// <summary>
/// Random numbers that depend on nothing but their seed (SplitMix64). A value: drawing gives the number and the next generator,
/// so that a model step stays a pure function.
/// </summary>
/// <param name="State">The seed, or the state after earlier draws.</param>
public readonly record struct SeededRandom(ulong State)
{
    /// <summary>The next 64 bits and the generator to use afterwards.</summary>
    public (ulong Value, SeededRandom Next) Draw()
    {
        unchecked // SplitMix64 is defined modulo 2^64
        {
            ulong state = State + 0x9e3779b97f4a7c15;
            ulong z = state;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return (z ^ (z >> 31), new SeededRandom(state));
        }
    }

    /// <summary>A number below <paramref name="bound"/> (above 0), and the generator to use afterwards. Slightly biased for bounds near
    /// 2^64.</summary>
    public (ulong Value, SeededRandom Next) DrawBelow(ulong bound)
    {
        (ulong value, SeededRandom next) = Draw();
        return (value % bound, next);
    }
}
