using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Altmap.Model.Explore.Search;

/// <summary>A state of a fixed number of 64-bit words in a vector.</summary>
internal interface IBits<T>
    where T : unmanaged, IBits<T>
{
    /// <summary>Words.</summary>
    static abstract int Words { get; }

    /// <summary>From as many words, or fewer.</summary>
    static abstract T From(ReadOnlySpan<ulong> words);

    /// <summary>(state &amp; mask) == value.</summary>
    static abstract bool Has(in T state, in T mask, in T value);

    /// <summary>(state &amp; mask) != 0.</summary>
    static abstract bool Meets(in T state, in T mask);

    /// <summary>(state &amp; ~clear) | set.</summary>
    static abstract T Change(in T state, in T clear, in T set);

    /// <summary>All bits alike.</summary>
    static abstract bool Same(in T a, in T b);

    /// <summary>An order of states, by their words.</summary>
    static abstract bool Precedes(in T a, in T b);

    /// <summary>For the table and for the partition. Exact identity is never read from it.</summary>
    static abstract ulong Hash(in T state);
}

/// <summary>128 bits.</summary>
internal readonly struct Bits128(Vector128<ulong> bits) : IBits<Bits128>
{
    private readonly Vector128<ulong> _bits = bits;

    public static int Words => 2;

    public static Bits128 From(ReadOnlySpan<ulong> words)
    {
        Span<ulong> all = stackalloc ulong[2];
        words.CopyTo(all);
        return new(Vector128.Create<ulong>(all));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(in Bits128 state, in Bits128 mask, in Bits128 value) => (state._bits & mask._bits) == value._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Meets(in Bits128 state, in Bits128 mask) => (state._bits & mask._bits) != Vector128<ulong>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits128 Change(in Bits128 state, in Bits128 clear, in Bits128 set) =>
        new(Vector128.AndNot(state._bits, clear._bits) | set._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(in Bits128 a, in Bits128 b) => a._bits == b._bits;

    public static bool Precedes(in Bits128 a, in Bits128 b)
    {
        int first = 0;
        while (first < Words - 1 && a._bits[first] == b._bits[first])
            first++;
        return a._bits[first] < b._bits[first];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in Bits128 state) => Mixer.Two(state._bits.GetElement(0), state._bits.GetElement(1));
}

/// <summary>256 bits: half a cache line.</summary>
internal readonly struct Bits256(Vector256<ulong> bits) : IBits<Bits256>
{
    private readonly Vector256<ulong> _bits = bits;

    public static int Words => 4;

    public static Bits256 From(ReadOnlySpan<ulong> words)
    {
        Span<ulong> all = stackalloc ulong[4];
        words.CopyTo(all);
        return new(Vector256.Create<ulong>(all));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(in Bits256 state, in Bits256 mask, in Bits256 value) => (state._bits & mask._bits) == value._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Meets(in Bits256 state, in Bits256 mask) => (state._bits & mask._bits) != Vector256<ulong>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits256 Change(in Bits256 state, in Bits256 clear, in Bits256 set) =>
        new(Vector256.AndNot(state._bits, clear._bits) | set._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(in Bits256 a, in Bits256 b) => a._bits == b._bits;

    public static bool Precedes(in Bits256 a, in Bits256 b)
    {
        int first = 0;
        while (first < Words - 1 && a._bits[first] == b._bits[first])
            first++;
        return a._bits[first] < b._bits[first];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in Bits256 state) =>
        Mixer.Two(
            Mixer.Half(state._bits.GetElement(0), state._bits.GetElement(1)),
            Mixer.Half(state._bits.GetElement(2), state._bits.GetElement(3))
        );
}

/// <summary>512 bits: a cache line.</summary>
internal readonly struct Bits512(Vector512<ulong> bits) : IBits<Bits512>
{
    private readonly Vector512<ulong> _bits = bits;

    public static int Words => 8;

    public static Bits512 From(ReadOnlySpan<ulong> words)
    {
        Span<ulong> all = stackalloc ulong[8];
        words.CopyTo(all);
        return new(Vector512.Create<ulong>(all));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(in Bits512 state, in Bits512 mask, in Bits512 value) => (state._bits & mask._bits) == value._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Meets(in Bits512 state, in Bits512 mask) => (state._bits & mask._bits) != Vector512<ulong>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits512 Change(in Bits512 state, in Bits512 clear, in Bits512 set) =>
        new(Vector512.AndNot(state._bits, clear._bits) | set._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Same(in Bits512 a, in Bits512 b) => a._bits == b._bits;

    public static bool Precedes(in Bits512 a, in Bits512 b)
    {
        int first = 0;
        while (first < Words - 1 && a._bits[first] == b._bits[first])
            first++;
        return a._bits[first] < b._bits[first];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in Bits512 state) =>
        Mixer.Two(
            Mixer.Half(state._bits.GetElement(0), state._bits.GetElement(1))
                ^ Mixer.Half(state._bits.GetElement(2), state._bits.GetElement(3) + Mixer.Step),
            Mixer.Half(state._bits.GetElement(4), state._bits.GetElement(5))
                ^ Mixer.Half(state._bits.GetElement(6), state._bits.GetElement(7) + Mixer.Step)
        );
}

/// <summary>Multiplication to 128 bits and folding: as wyhash does it.</summary>
internal static class Mixer
{
    public const ulong Step = 0x9E3779B97F4A7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Half(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a ^ 0xA0761D6478BD642F, b ^ 0xE7037ED1A0B428DB, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Two(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a ^ 0x8EBC6AF09C88C6E3, b ^ 0x589965CC75374CC3, out ulong low);
        return high ^ low;
    }
}
