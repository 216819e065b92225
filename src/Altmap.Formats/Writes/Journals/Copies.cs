namespace Altmap.Formats.Writes.Journals;

/// <summary>
/// Which bytes of the media stand at another place as well, because a move put them there and nothing has overwritten either since. A range
/// that is about to be overwritten need not be kept where it has such a copy.
/// </summary>
internal sealed class Copies
{
    /// <summary>Every byte of [Start, End) stands <paramref name="Delta"/> further on, too (less than 0: further back).</summary>
    public readonly record struct Entry(ulong Start, ulong End, long Delta);

    // Ascending, without overlap; of each entry the mirrored one is there as well.
    private readonly List<Entry> _entries = [];

    /// <summary>The parts of [start, end) in order, each with its copy; a part without one has the delta null.</summary>
    public IEnumerable<(ulong Start, ulong End, long? Delta)> Parts(ulong start, ulong end)
    {
        ulong at = start;
        for (int i = FirstEndingAfter(start); i < _entries.Count && _entries[i].Start < end; i++)
        {
            Entry entry = _entries[i];
            ulong from = Math.Max(entry.Start, start),
                to = Math.Min(entry.End, end);
            if (from > at)
                yield return (at, from, null);
            yield return (from, to, entry.Delta);
            at = to;
        }
        if (at < end)
            yield return (at, end, null);
    }

    /// <summary>[start, end) was overwritten: it is no copy of anything any more, and nothing is one of it.</summary>
    public void Overwrite(ulong start, ulong end)
    {
        foreach ((ulong from, ulong to, long? delta) in Parts(start, end).ToArray())
        {
            if (delta is not { } d)
                continue;
            Remove(from, to);
            Remove(Shift(from, d), Shift(to, d));
        }
    }

    /// <summary>[start, end) was put <paramref name="delta"/> further on, to a place that does not overlap it.</summary>
    public void Add(ulong start, ulong end, long delta)
    {
        if (start == end)
            return;
        Overwrite(start, end); // an older copy of it is given up: one is enough
        Insert(new Entry(start, end, delta));
        Insert(new Entry(Shift(start, delta), Shift(end, delta), -delta));
    }

    public static ulong Shift(ulong offset, long delta) => delta < 0 ? offset - (ulong)-delta : offset + (ulong)delta;

    private int FirstEndingAfter(ulong offset)
    {
        int low = 0,
            high = _entries.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_entries[middle].End <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Remove(ulong start, ulong end)
    {
        for (int i = FirstEndingAfter(start); i < _entries.Count && _entries[i].Start < end; )
        {
            Entry entry = _entries[i];
            _entries.RemoveAt(i);
            if (entry.Start < start)
                _entries.Insert(i++, entry with { End = start });
            if (entry.End > end)
                _entries.Insert(i++, entry with { Start = end });
        }
    }

    private void Insert(Entry entry)
    {
        int i = FirstEndingAfter(entry.Start);
        if (i > 0 && _entries[i - 1].End == entry.Start && _entries[i - 1].Delta == entry.Delta)
        {
            entry = entry with { Start = _entries[i - 1].Start };
            _entries.RemoveAt(--i);
        }
        if (i < _entries.Count && _entries[i].Start == entry.End && _entries[i].Delta == entry.Delta)
        {
            entry = entry with { End = _entries[i].End };
            _entries.RemoveAt(i);
        }
        _entries.Insert(i, entry);
    }
}
