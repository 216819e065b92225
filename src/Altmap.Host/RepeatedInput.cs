namespace Altmap.Host;

/// <summary>A file that is looked at more than once. What a pipe gives, which comes once, is kept.</summary>
internal sealed class RepeatedInput(string path)
{
    private const int KeptBytesMax = 64 << 20;
    private byte[]? _kept;

    /// <summary>As the user named it.</summary>
    public string Path => path;

    /// <summary>From the first byte. Throws what files can do to us.</summary>
    public Stream Open()
    {
        if (_kept is null && !InputFile.IsOnce(path))
            return InputFile.Open(path);
        _kept ??= Keep();
        return new MemoryStream(_kept, writable: false);
    }

    private byte[] Keep()
    {
        using FileStream once = InputFile.Open(path);
        HostResult<byte[]> read = BoundedFile.ReadPlain(path, once, KeptBytesMax);
        return read.Value ?? throw new NoInputException(read.Error!.What, read.Error.Expected, read.Error.Todo);
    }
}
