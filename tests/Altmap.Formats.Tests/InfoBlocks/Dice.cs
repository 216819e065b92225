using Altmap.Core.Identity;

namespace Altmap.Formats.Tests.InfoBlocks;

/// <summary>A generator that keeps its own state, for filling test data.</summary>
internal sealed class Dice(ulong seed)
{
    private SeededRandom _random = new(seed);

    /// <summary>A number below <paramref name="bound"/>.</summary>
    public ulong Next(ulong bound)
    {
        (ulong value, _random) = _random.DrawBelow(bound);
        return value;
    }
}
