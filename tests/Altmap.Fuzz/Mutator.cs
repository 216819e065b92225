using System.Buffers.Binary;
using Altmap.Core.Identity;

namespace Altmap.Fuzz;

/// <summary>
/// Makes input number N of a seed: the seeds as they are first, then changed ones. Input N depends on the seed and N alone, so any
/// failure is found again without its history. Nothing is allocated for an input.
/// </summary>
public sealed class Mutator
{
    private const int RandomBytesMax = 512;
    private static readonly byte[] Bytes =
    [
        0,
        1,
        2,
        4,
        7,
        8,
        0x0a,
        0x0d,
        0x10,
        0x20,
        0x22,
        0x2f,
        0x30,
        0x39,
        0x40,
        0x5c,
        0x7b,
        0x7d,
        0x7f,
        0x80,
        0xc0,
        0xfe,
        0xff,
    ];
    private static readonly ulong[] Words =
    [
        0,
        1,
        2,
        3,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x1ff,
        0x200,
        0x7ff,
        0x800,
        0xfff,
        0x1000,
        0x1001,
        0x2000,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0x20_0000,
        0x800_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_f000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        0xffff_ffff_ffff_f000,
        0xffff_ffff_ffff_ffff,
    ];

    private readonly byte[][] _seeds;
    private readonly byte[] _buffer;
    private readonly ulong _seed;
    private SeededRandom _random;
    private int _length;

    /// <summary>A mutator for these good inputs; the empty input is added.</summary>
    public Mutator(IEnumerable<byte[]> seeds, ulong seed)
    {
        _seeds =
        [
            [],
            .. seeds,
        ];
        _seed = seed;
        _buffer = new byte[Math.Max(4096, 2 * _seeds.Max(s => s.Length))];
    }

    /// <summary>Input <paramref name="number"/>; valid until the next call.</summary>
    public ReadOnlySpan<byte> Make(ulong number)
    {
        if (number < (ulong)_seeds.Length)
            return _seeds[number];
        // Streams of neighbours must differ.
        _random = new SeededRandom(unchecked((_seed * 0xd1342543de82ef95) + (number * 0x2545f4914f6cdd1d)));
        byte[] start = _seeds[Below(_seeds.Length)];
        start.CopyTo(_buffer, 0);
        _length = start.Length;
        for (int changes = 1 << Below(5); changes > 0; changes--)
            Change();
        return _buffer.AsSpan(0, _length);
    }

    private void Change()
    {
        if (_length == 0)
        {
            Grow();
            return;
        }
        switch (Below(16))
        {
            case < 4:
                _buffer[Below(_length)] ^= (byte)(1 << Below(8));
                break;
            case < 6:
                _buffer[Below(_length)] = Bytes[Below(Bytes.Length)];
                break;
            case < 7:
                _buffer[Below(_length)] = (byte)Below(256);
                break;
            case < 11:
                SetWord();
                break;
            case < 13:
                Splice();
                break;
            case < 14:
                _length = Below(_length + 1);
                break;
            case < 15:
                Grow();
                break;
            default:
                Fill(_buffer.AsSpan(Below(_length), 1));
                break;
        }
    }

    /// <summary>An interesting number, sometimes off by one, 2, 4 or 8 bytes wide; mostly where fields lie.</summary>
    private void SetWord()
    {
        int width = 2 << Below(3);
        if (_length < width)
            return;
        int at = Below(_length - width + 1);
        if (Below(4) != 0)
            at -= at % width;
        ulong word = Words[Below(Words.Length)];
        unchecked // off by one in either direction, around 0 too
        {
            if (Below(4) == 0)
                word += (ulong)Below(3) - 1;
        }
        Span<byte> place = _buffer.AsSpan(at, width);
        if (width == 2)
            BinaryPrimitives.WriteUInt16LittleEndian(place, unchecked((ushort)word));
        else if (width == 4)
            BinaryPrimitives.WriteUInt32LittleEndian(place, unchecked((uint)word));
        else
            BinaryPrimitives.WriteUInt64LittleEndian(place, word);
    }

    /// <summary>A piece of a seed, at any place.</summary>
    private void Splice()
    {
        byte[] other = _seeds[Below(_seeds.Length)];
        if (other.Length == 0)
            return;
        int from = Below(other.Length);
        int to = Below(_length);
        int count = Math.Min(1 << Below(12), Math.Min(other.Length - from, _length - to));
        other.AsSpan(from, count).CopyTo(_buffer.AsSpan(to));
    }

    private void Grow()
    {
        int count = Math.Min(1 + Below(RandomBytesMax), _buffer.Length - _length);
        if (Below(2) == 0)
            _buffer.AsSpan(_length, count).Clear();
        else
            Fill(_buffer.AsSpan(_length, count));
        _length += count;
    }

    private void Fill(Span<byte> span)
    {
        foreach (ref byte b in span)
            b = (byte)Below(256);
    }

    private int Below(int bound)
    {
        (ulong value, _random) = _random.DrawBelow((ulong)bound);
        return (int)value;
    }
}
