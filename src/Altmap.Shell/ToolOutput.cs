using System.Text;

namespace Altmap.Shell;

/// <summary>
/// What a tool printed, in order. Standard error is unbuffered; standard output into a file is written in blocks of 4096 bytes and at exit
/// (glibc), which decides how the two mix when both go to one file, as in a recorded session.
/// </summary>
public sealed class ToolOutput
{
    private const int BufferBytes = 4096;
    private readonly StringBuilder _stdout = new();
    private readonly StringBuilder _stderr = new();
    private readonly StringBuilder _merged = new();
    private readonly StringBuilder _buffer = new();

    /// <summary>Standard output so far.</summary>
    public string Stdout => _stdout.ToString();

    /// <summary>Standard error so far.</summary>
    public string Stderr => _stderr.ToString();

    /// <summary>Both into one file, as after the tool's exit.</summary>
    public string Merged => _merged.ToString() + _buffer;

    /// <summary>Prints to standard output.</summary>
    public void Out(string text)
    {
        _stdout.Append(text);
        _buffer.Append(text);
        if (_buffer.Length < BufferBytes)
            return;
        int whole = _buffer.Length / BufferBytes * BufferBytes;
        _merged.Append(_buffer.ToString(0, whole));
        _buffer.Remove(0, whole);
    }

    /// <summary>Bytes on standard output that are no text; null: there are none. What prints them prints nothing else there.</summary>
    public byte[]? Raw { get; private set; }

    /// <summary>Writes bytes to standard output as they are.</summary>
    public void OutRaw(byte[] bytes)
    {
        Raw = [.. Raw ?? [], .. bytes];
        _merged.Append(Encoding.UTF8.GetString(bytes));
    }

    /// <summary>Prints to standard error.</summary>
    public void Err(string text)
    {
        _stderr.Append(text);
        _merged.Append(text);
    }
}
