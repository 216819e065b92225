namespace Altmap.Core.Media;

/// <summary>Looks at bytes where they are, without a copy.</summary>
/// <param name="offsetBytes">Of the first of them.</param>
/// <param name="bytes">Valid during the call alone.</param>
public delegate void MediaVisitor(ulong offsetBytes, ReadOnlySpan<byte> bytes);

/// <summary>Media whose bytes can be looked at in place: much faster than reading where few of them are of interest.</summary>
public interface IMappedMedia : IMediaReader
{
    /// <summary>Shows [<paramref name="startBytes"/>, <paramref name="endBytes"/>) in pieces, ascending. Throws
    /// <see cref="MediaException"/> where the media cannot be read. Several threads may call it at once.</summary>
    void Visit(ulong startBytes, ulong endBytes, MediaVisitor visitor);
}
