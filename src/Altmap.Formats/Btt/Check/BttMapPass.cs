using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Altmap.Core.Media;

namespace Altmap.Formats.Btt.Check;

/// <summary>
/// One pass over an arena's map with a bit for each internal block: who is named twice, who by nobody. Holes are not read. Memory is that
/// bitmap, whatever the size of the arena; a second pass looks for the owners of shared blocks, only if there are any.
/// </summary>
internal sealed class BttMapPass
{
    private const int ChunkBytes = 1 << 20;
    private const int WordBits = 64;

    private readonly IMediaReader _media;
    private readonly ulong _mapAt;
    private readonly uint _external,
        _internal;
    private readonly ulong[] _named;
    private readonly HashSet<uint> _shared = [];
    private readonly List<(uint, uint)> _errors = [],
        _outOfRange = [];
    private readonly List<(uint Start, uint End)> _unreadable = [];
    private readonly List<uint> _trimmed = [];
    private ulong _initialCount,
        _errorCount,
        _trimmedCount,
        _outOfRangeCount,
        _unreadableCount,
        _sharedCount;

    public BttMapPass(IMediaReader media, ulong mapAt, BttInfoBlock info)
    {
        (_media, _mapAt, _external, _internal) = (media, mapAt, info.ExternalBlocks, info.InternalBlocks);
        _named = new ulong[((ulong)_internal + WordBits - 1) / WordBits];
    }

    /// <summary>The map, and <paramref name="free"/>: the free block of each lane that has one (of a pending write: the block that the map
    /// will name, as the map still names the other).</summary>
    public BttMapReport Run(ImmutableArray<(uint Lane, uint Block)> free)
    {
        Walk(Mark, MarkInitial, countUnreadable: true);
        foreach ((_, uint block) in free)
            MarkOne(block);
        ulong lostCount = 0;
        var lost = new List<uint>();
        // What could not be read may name anything: then nothing is known to be lost.
        if (_unreadableCount == 0)
            lostCount = FindLost(lost);
        return new BttMapReport
        {
            Initial = _initialCount,
            Errors = _errorCount,
            Trimmed = _trimmedCount,
            OutOfRange = _outOfRangeCount,
            Unreadable = _unreadableCount,
            Normal = _external - _initialCount - _errorCount - _trimmedCount - _unreadableCount,
            Lost = lostCount,
            Shared = _sharedCount,
            ErrorList = [.. _errors],
            TrimmedList = [.. _trimmed],
            OutOfRangeList = [.. _outOfRange],
            LostList = [.. lost],
            SharedList = _shared.Count == 0 ? [] : OwnersOfShared(free),
            UnreadableList = [.. _unreadable],
        };
    }

    private delegate void Entries(ReadOnlySpan<uint> entries, uint first);

    private void Walk(Entries written, Action<uint, uint> initial, bool countUnreadable)
    {
        ulong end = _mapAt + ((ulong)_external * BttMap.EntryBytes);
        byte[] buffer = new byte[ChunkBytes];
        uint at = 0;
        foreach ((ulong start, ulong dataEnd) in _media.DataRuns(_mapAt, end))
        {
            uint first = (uint)((start - _mapAt) / BttMap.EntryBytes),
                stop = (uint)((dataEnd - _mapAt + BttMap.EntryBytes - 1) / BttMap.EntryBytes);
            if (first > at)
                initial(at, first);
            for (at = Math.Max(at, first); at < stop; )
            {
                int count = (int)Math.Min(stop - at, ChunkBytes / BttMap.EntryBytes);
                Span<byte> bytes = buffer.AsSpan(0, count * BttMap.EntryBytes);
                try
                {
                    _media.Read(_mapAt + ((ulong)at * BttMap.EntryBytes), bytes);
                    Span<uint> entries = MemoryMarshal.Cast<byte, uint>(bytes);
                    if (!BitConverter.IsLittleEndian)
                        BinaryPrimitives.ReverseEndianness(entries, entries);
                    written(entries, at);
                }
                catch (MediaException)
                {
                    if (countUnreadable)
                        NoteUnreadable(at, (uint)count);
                }
                at += (uint)count;
            }
        }
        if (at < _external)
            initial(at, _external);
    }

    private void NoteUnreadable(uint first, uint count)
    {
        _unreadableCount += count;
        if (_unreadable.Count > 0 && _unreadable[^1].End == first)
            _unreadable[^1] = (_unreadable[^1].Start, first + count);
        else if (_unreadable.Count < BttMapReport.ListMax)
            _unreadable.Add((first, first + count));
    }

    private void Mark(ReadOnlySpan<uint> entries, uint first)
    {
        ulong[] named = _named;
        uint blocks = _internal;
        unchecked // indexes of a map fit 32 bits; this is the loop over half a gigabyte
        {
            for (int i = 0; i < entries.Length; i++)
            {
                uint entry = entries[i],
                    block = entry & BttMap.BlockMask;
                if (entry < BttMap.Normal)
                {
                    // Entries never written come in long runs.
                    if (entry == 0)
                    {
                        int run = entries[i..].IndexOfAnyExcept(0u);
                        run = run < 0 ? entries.Length - i : run;
                        MarkInitial(first + (uint)i, first + (uint)(i + run));
                        i += run - 1;
                        continue;
                    }
                    block = NoteKind(entry, first + (uint)i);
                }
                if (block >= blocks)
                {
                    NoteOutOfRange(entry, first + (uint)i);
                    continue;
                }
                ref ulong word = ref named[block / WordBits];
                ulong old = word,
                    bit = 1UL << (int)block; // modulo 64
                word = old | bit;
                if ((old & bit) != 0)
                    NoteShared(block);
            }
        }
    }

    /// <summary>Counts an entry that is not normal, and gives its block.</summary>
    private uint NoteKind(uint entry, uint external)
    {
        if ((entry & BttMap.Normal) == 0)
        {
            _initialCount++;
            return external;
        }
        if ((entry & BttMap.Error) != 0)
        {
            _errorCount++;
            if (_errors.Count < BttMapReport.ListMax)
                _errors.Add((external, entry));
        }
        else
        {
            _trimmedCount++;
            if (_trimmed.Count < BttMapReport.ListMax)
                _trimmed.Add(external);
        }
        return entry & BttMap.BlockMask;
    }

    private void NoteOutOfRange(uint entry, uint external)
    {
        _outOfRangeCount++;
        if (_outOfRange.Count < BttMapReport.ListMax)
            _outOfRange.Add((external, entry));
    }

    private void NoteShared(uint block)
    {
        if (_shared.Count < BttMapReport.ListMax ? _shared.Add(block) : !_shared.Contains(block))
            _sharedCount++;
    }

    private void MarkOne(uint block)
    {
        if (block >= _internal)
            return; // the lane is bad already
        ref ulong word = ref _named[block / WordBits];
        ulong bit = 1UL << (int)(block % WordBits);
        if ((word & bit) != 0)
            NoteShared(block);
        word |= bit;
    }

    /// <summary>External blocks [first, end) name the internal blocks of the same numbers.</summary>
    private void MarkInitial(uint first, uint end)
    {
        _initialCount += end - first;
        for (uint at = first; at < end; )
        {
            uint word = at / WordBits,
                stop = Math.Min(end, (word + 1) * WordBits),
                count = stop - at;
            ulong bits = (count == WordBits ? ulong.MaxValue : (1UL << (int)count) - 1) << (int)(at % WordBits);
            for (ulong twice = _named[word] & bits; twice != 0; twice &= twice - 1)
                NoteShared((word * WordBits) + (uint)BitOperations.TrailingZeroCount(twice));
            _named[word] |= bits;
            at = stop;
        }
    }

    private ulong FindLost(List<uint> lost)
    {
        ulong count = 0;
        for (int word = 0; word < _named.Length; word++)
        {
            ulong missing = ~_named[word];
            if (word == _named.Length - 1 && _internal % WordBits != 0)
                missing &= (1UL << (int)(_internal % WordBits)) - 1;
            count += (ulong)BitOperations.PopCount(missing);
            for (; missing != 0 && lost.Count < BttMapReport.ListMax; missing &= missing - 1)
                lost.Add((uint)(word * WordBits) + (uint)BitOperations.TrailingZeroCount(missing));
        }
        return count;
    }

    private ImmutableArray<BttOwner> OwnersOfShared(ImmutableArray<(uint Lane, uint Block)> free)
    {
        var owners = new List<BttOwner>();
        Walk(
            (entries, first) =>
            {
                for (int i = 0; i < entries.Length; i++)
                {
                    uint external = first + (uint)i,
                        block = BttMap.BlockOf(entries[i], external);
                    if (_shared.Contains(block) && owners.Count < 4 * BttMapReport.ListMax)
                        owners.Add(new BttOwner(block, external, entries[i], null));
                }
            },
            (first, end) =>
            {
                // Either side may be the shorter one.
                IEnumerable<uint> blocks =
                    (ulong)_shared.Count < end - first
                        ? _shared.Where(b => b >= first && b < end)
                        : Enumerable.Range(0, (int)(end - first)).Select(i => first + (uint)i).Where(_shared.Contains);
                foreach (uint block in blocks)
                    owners.Add(new BttOwner(block, block, 0, null));
            },
            countUnreadable: false
        );
        owners.AddRange(free.Where(f => _shared.Contains(f.Block)).Select(f => new BttOwner(f.Block, null, 0, f.Lane)));
        return [.. owners.OrderBy(o => o.Block).ThenBy(o => o.External ?? uint.MaxValue).ThenBy(o => o.Lane)];
    }
}
