using System.Globalization;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Images;

/// <summary>How much of the data another layout must have room for.</summary>
/// <param name="Size">From the first byte on; zero where all is zero.</param>
/// <param name="Why">What decides it, in words.</param>
public sealed record ImageNeed(ByteSize Size, string Why)
{
    private const ulong UnitBytes = 4096,
        WindowBytes = 1 << 20;

    /// <summary>Looks at the end of the data, and at the size that their file system says it has. What lies behind both is zero.</summary>
    /// <param name="data">All of them.</param>
    /// <param name="content">What is on them; null: nobody knows.</param>
    public static ImageNeed Of(IMediaReader data, ImageContent? content)
    {
        ArgumentNullException.ThrowIfNull(data);
        ulong end = Math.Min(Alignment.Up(EndOfData(data), UnitBytes), data.LengthBytes);
        if (content?.FileSystemSize is { } size && size.Bytes >= end && size.Bytes <= data.LengthBytes)
            return new(size, $"the {content.What.Name} file system has {size}");
        return new(
            new ByteSize(end),
            end == 0 ? "all is zero" : string.Create(CultureInfo.InvariantCulture, $"the last byte that is not zero is before 0x{end:x}")
        );
    }

    /// <summary>Behind the last byte that is not zero.</summary>
    private static ulong EndOfData(IMediaReader data)
    {
        byte[] window = new byte[WindowBytes];
        foreach ((ulong start, ulong runEnd) in data.DataRuns(0, data.LengthBytes).Reverse())
        {
            for (ulong end = runEnd; end > start; )
            {
                ulong from = Math.Max(start, end > WindowBytes ? end - WindowBytes : 0);
                Span<byte> bytes = window.AsSpan(0, (int)(end - from));
                data.Read(from, bytes);
                int last = bytes.LastIndexOfAnyExcept((byte)0);
                if (last >= 0)
                    return from + (ulong)last + 1;
                end = from;
            }
        }
        return 0;
    }
}
