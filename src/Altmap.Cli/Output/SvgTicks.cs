using Altmap.Core.Units;

namespace Altmap.Cli.Output;

/// <summary>Marks of a scale of bytes or addresses.</summary>
internal static class SvgTicks
{
    /// <summary>Round ones, four to nine of them, and the end.</summary>
    /// <param name="from">At share 0.</param>
    /// <param name="to">At share 1.</param>
    public static IEnumerable<SvgTick> Of(ulong from, ulong to)
    {
        ulong step = 1,
            size = to - from;
        while (size / step > 8)
            step *= 2;
        for (ulong at = from / step * step; size > 0 && at < to && to - at > step / 2; at += step)
        {
            if (at >= from)
                yield return new SvgTick((double)(at - from) / size, at == 0 ? "0" : new ByteSize(at).ToHuman());
        }
        yield return new SvgTick(1, new ByteSize(to).ToHuman());
    }
}
