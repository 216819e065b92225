using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Btt.Check;

/// <summary>One of the two info-blocks of an arena, judged.</summary>
/// <param name="Offset">Where it was looked for, from the start of the namespace.</param>
/// <param name="Bytes">4096 bytes; empty: it cannot be read, or lies beyond the end.</param>
/// <param name="Info">What it says; null: there is no signature.</param>
/// <param name="HasRightChecksum">False without signature.</param>
internal sealed record BttInfoCopy(ulong Offset, byte[] Bytes, BttInfoBlock? Info, bool HasRightChecksum)
{
    /// <summary>Signature and checksum are right.</summary>
    public bool IsWhole => Info is not null && HasRightChecksum;

    /// <summary>True when all its bytes are zero.</summary>
    public bool IsZero => Bytes.Length > 0 && !Bytes.AsSpan().ContainsAnyExcept((byte)0);

    public static BttInfoCopy Read(IMediaReader media, ulong offset)
    {
        if (offset > media.LengthBytes || media.LengthBytes - offset < BttInfoBlock.SizeBytes)
            return new BttInfoCopy(offset, [], null, false);
        byte[] bytes;
        try
        {
            bytes = media.Read(offset, BttInfoBlock.SizeBytes);
        }
        catch (MediaException)
        {
            return new BttInfoCopy(offset, [], null, false);
        }
        BttInfoBlock? info = BttInfoBlock.Parse(bytes);
        bool isRight =
            info is not null
            && BttInfoBlockLayout.Checksum.Read(bytes) == Fletcher64.ComputeWithZeroedField(bytes, BttInfoBlockLayout.Checksum.OffsetBytes);
        return new BttInfoCopy(offset, bytes, info, isRight);
    }

    /// <summary>The version is the one that belongs to the place.</summary>
    public bool IsOf(BttVersion version) => Info is { } info && (info.VersionMajor, info.VersionMinor) == (version.Major, version.Minor);

    /// <summary>Whole, of that version, and its arena fits.</summary>
    public bool IsUsable(BttVersion version, ByteSize left) => IsWhole && IsOf(version) && BttGeometryRules.Broken(Info!, left) is null;

    /// <summary>The namespace's uuid is known and the block names another.</summary>
    public bool IsOfOther(Uuid? parent) => parent is { } known && Info is { ParentUuid: { IsZero: false } named } && named != known;
}
