using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>
/// The kernel's e820 table while the command line is applied: entries in any order, overlapping, until <see cref="Sanitise"/>.
/// Rules: arch/x86/kernel/e820.c (6.1.192), functions named below.
/// </summary>
internal sealed class E820Table
{
    /// <summary>As the kernel's table without room for NUMA nodes; the kernel then drops entries with a message.</summary>
    internal const int EntriesMax = 128 + (3 * 1024);

    private readonly List<(ulong Start, ulong Size, E820Type Type)> _entries = [];

    public void Clear() => _entries.Clear();

    /// <summary>e820__range_add().</summary>
    public void Add(ulong start, ulong size, E820Type type)
    {
        if (_entries.Count < EntriesMax)
            _entries.Add((start, size, type));
    }

    /// <summary>e820__range_update(): the parts of entries of <paramref name="old"/> type inside the range get another type.</summary>
    public void Retype(ulong start, ulong size, E820Type old, E820Type type) => Cut(start, size, old, type);

    /// <summary>e820__range_remove(): the parts of entries (of <paramref name="type"/>, or all) inside the range go.</summary>
    public void Remove(ulong start, ulong size, E820Type? type) => Cut(start, size, type, null);

    /// <summary>
    /// e820__update_table(): resolves overlaps and sorts. False, changing nothing, with fewer than two entries (a removed one counts) or
    /// one that wraps.
    /// </summary>
    public bool Sanitise()
    {
        if (_entries.Count < 2)
            return false;
        foreach ((ulong start, ulong size, _) in _entries)
        {
            if (size > ulong.MaxValue - start)
                return false;
        }
        var edges = new List<(ulong Address, bool IsEnd, E820Type Type)>();
        foreach ((ulong start, ulong size, E820Type type) in _entries)
        {
            if (size == 0)
                continue;
            edges.Add((start, false, type));
            edges.Add((start + size, true, type));
        }
        edges.Sort((a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : a.IsEnd.CompareTo(b.IsEnd));

        _entries.Clear();
        var live = new SortedDictionary<E820Type, int>();
        ulong lastAddress = 0;
        E820Type last = default;
        foreach ((ulong address, bool isEnd, E820Type type) in edges)
        {
            live[type] = live.GetValueOrDefault(type) + (isEnd ? -1 : 1);
            if (live[type] == 0)
                live.Remove(type);
            E820Type current = live.Count == 0 ? default : live.Keys.Last();
            if (current == last && !StaysApart(current))
                continue;
            if (last != default && address != lastAddress)
                _entries.Add((lastAddress, address - lastAddress, last));
            (lastAddress, last) = (address, current);
        }
        return true;
    }

    /// <summary>The entries with bytes in them, sorted.</summary>
    public ImmutableArray<MemoryMapEntry> ToEntries() =>
        [
            .. _entries
                .Where(e => e.Size != 0 && e.Size <= ulong.MaxValue - e.Start)
                .OrderBy(e => e.Start)
                .Select(e => new MemoryMapEntry(new PhysicalRange(new PhysicalAddress(e.Start), new ByteSize(e.Size)), e.Type)),
        ];

    /// <summary>e820_nomerge(): such ranges may differ in what the type does not say.</summary>
    private static bool StaysApart(E820Type type) => type is E820Type.PersistentLegacy or E820Type.SoftReserved;

    private void Cut(ulong start, ulong size, E820Type? old, E820Type? type)
    {
        ulong end = start + Math.Min(size, ulong.MaxValue - start);
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            (ulong entryStart, ulong entrySize, E820Type entryType) = _entries[i];
            if (entrySize == 0 || entrySize > ulong.MaxValue - entryStart || (old is { } only && entryType != only))
                continue;
            ulong entryEnd = entryStart + entrySize;
            ulong from = Math.Max(start, entryStart),
                to = Math.Min(end, entryEnd);
            if (from >= to)
                continue;
            // What is left below keeps the entry's place (empty: it still counts as an entry, as in the kernel).
            _entries[i] = (entryStart, from - entryStart, entryType);
            if (type is { } given)
                Add(from, to - from, given);
            if (to < entryEnd)
                Add(to, entryEnd - to, entryType);
        }
    }
}
