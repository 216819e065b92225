using System.Collections.Immutable;
using System.Text;

namespace Altmap.Formats.Labels;

/// <summary>A run of raw bytes of a label, compared by content. The default value stands for zeroes.</summary>
public readonly struct LabelBytes : IEquatable<LabelBytes>
{
    private readonly ImmutableArray<byte> _bytes;

    private LabelBytes(ImmutableArray<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes; empty when all are zero.</summary>
    public ReadOnlySpan<byte> Span => _bytes.IsDefault ? default : _bytes.AsSpan();

    /// <summary>True when every byte is zero.</summary>
    public bool IsZero => _bytes.IsDefault;

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public static LabelBytes From(ReadOnlySpan<byte> bytes) => bytes.ContainsAnyExcept((byte)0) ? new LabelBytes([.. bytes]) : default;

    /// <summary>A name as 64 raw bytes. Throws <see cref="ArgumentException"/> when it has more than 63 bytes in UTF-8.</summary>
    public static LabelBytes FromName(string name)
    {
        byte[] raw = new byte[LabelFormat.NameSizeBytes];
        if (Encoding.UTF8.GetByteCount(name) >= raw.Length)
            throw new ArgumentException($"a label name has at most 63 bytes: '{name}'", nameof(name));
        Encoding.UTF8.GetBytes(name, raw);
        return From(raw);
    }

    /// <summary>The bytes up to the first NUL, as UTF-8.</summary>
    public string Text
    {
        get
        {
            int end = Span.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Span : Span[..end]);
        }
    }

    /// <summary>Puts the bytes at the start of <paramref name="destination"/>, zeroes behind.</summary>
    public void CopyTo(Span<byte> destination)
    {
        destination.Clear();
        Span.CopyTo(destination);
    }

    /// <inheritdoc/>
    public bool Equals(LabelBytes other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LabelBytes other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Same content.</summary>
    public static bool operator ==(LabelBytes a, LabelBytes b) => a.Equals(b);

    /// <summary>Other content.</summary>
    public static bool operator !=(LabelBytes a, LabelBytes b) => !a.Equals(b);

    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
