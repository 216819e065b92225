using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Altmap.Core.Units;

namespace Altmap.Model.Planning;

/// <summary>A stretch of a namespace and what it is for.</summary>
/// <param name="What">What for.</param>
/// <param name="Bytes">How many.</param>
public readonly record struct LedgerEntry(LedgerItem What, ByteSize Bytes);

/// <summary>The entries of one ledger, none of them of 0 bytes. A value of fixed size: making one allocates nothing.</summary>
public struct LedgerTable
{
    private const int EntriesMax = 12; // a BTT's parts are the most there are
    private Slots _slots;

    /// <summary>How many entries.</summary>
    public int Count { get; private set; }

    /// <summary>The entries, from the first byte to the last (a BTT's: by part).</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<LedgerEntry> Entries => ((ReadOnlySpan<LedgerEntry>)_slots)[..Count];

    /// <summary>The sum.</summary>
    public readonly ByteSize Total
    {
        get
        {
            ByteSize sum = ByteSize.Zero;
            foreach (LedgerEntry entry in Entries)
                sum += entry.Bytes;
            return sum;
        }
    }

    /// <summary>The bytes of an entry; zero where there is none.</summary>
    public readonly ByteSize Of(LedgerItem what)
    {
        ByteSize sum = ByteSize.Zero;
        foreach (LedgerEntry entry in Entries)
        {
            if (entry.What == what)
                sum += entry.Bytes;
        }
        return sum;
    }

    /// <summary>A copy that lives on the heap.</summary>
    public readonly ImmutableArray<LedgerEntry> ToArray() => [.. Entries];

    internal void Add(LedgerItem what, ulong bytes)
    {
        if (bytes > 0)
            _slots[Count++] = new LedgerEntry(what, new ByteSize(bytes));
    }

    [InlineArray(EntriesMax)]
    private struct Slots
    {
        private LedgerEntry _first;
    }
}
