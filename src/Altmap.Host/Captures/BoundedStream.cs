namespace Altmap.Host.Captures;

/// <summary>Reads another stream, forward only, up to a number of bytes; more is an exception: an archive may inflate to
/// anything.</summary>
internal sealed class BoundedStream(Stream inner, long bytesMax) : ForwardStream(inner)
{
    private long _read;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = Inner.Read(buffer);
        _read += count;
        return _read > bytesMax ? throw new TooMuchException() : count;
    }

    /// <summary>The bound was passed.</summary>
    internal sealed class TooMuchException() : IOException("more bytes than allowed");
}
