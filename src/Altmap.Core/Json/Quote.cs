namespace Altmap.Core.Json;

/// <summary>Foreign text in messages: shortened, without control characters.</summary>
public static class Quote
{
    private const int LengthMax = 60;

    /// <summary>In double quotes.</summary>
    public static string Text(string text) => $"\"{Short(text)}\"";

    /// <summary>Without quotes.</summary>
    public static string Short(string text)
    {
        string cut = text.Length <= LengthMax ? text : text[..LengthMax] + "…";
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\ufffd' : c));
    }
}
