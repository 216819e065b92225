using Altmap.Core.Media;
using Altmap.Host.Media;

namespace Altmap.Cli.Tests.Images;

/// <summary>Fails after so many writes, as if the power went.</summary>
internal sealed class FailingWriter(FileMedia media, int writes = 0) : IMediaWriter
{
    private int _left = writes;

    public ulong LengthBytes => media.LengthBytes;

    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        Count(offsetBytes);
        media.Write(offsetBytes, source);
    }

    public void Zero(ulong offsetBytes, ulong countBytes)
    {
        Count(offsetBytes);
        media.Zero(offsetBytes, countBytes);
    }

    public void Flush() => media.Flush();

    private void Count(ulong offsetBytes)
    {
        if (_left-- == 0)
            throw new MediaException(offsetBytes, "the power went");
    }
}
