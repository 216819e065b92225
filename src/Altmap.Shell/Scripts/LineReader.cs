namespace Altmap.Shell.Scripts;

/// <summary>The lines of a text; they end with LF or CRLF, the last one perhaps with nothing.</summary>
internal ref struct LineReader(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text;

    public bool Next(out string line)
    {
        if (_rest.IsEmpty)
        {
            line = "";
            return false;
        }
        var end = _rest.IndexOf('\n');
        var one = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        line = (one.EndsWith("\r") ? one[..^1] : one).ToString();
        return true;
    }
}
