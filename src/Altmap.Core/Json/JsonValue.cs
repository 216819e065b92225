using System.Collections.Immutable;

namespace Altmap.Core.Json;

/// <summary>What a JSON value is.</summary>
public enum JsonKind
{
    /// <summary>null.</summary>
    Null,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A number, kept as its text.</summary>
    Number,

    /// <summary>A string, unescaped.</summary>
    String,

    /// <summary>[…].</summary>
    Array,

    /// <summary>{…}.</summary>
    Object,
}

/// <summary>A member of an object with the place of its key. The same key may come twice.</summary>
/// <param name="Key">Unescaped.</param>
/// <param name="Line">Of the key, from 1.</param>
/// <param name="Column">Of the key, in bytes from 1.</param>
/// <param name="Value">What it is set to.</param>
public sealed record JsonMember(string Key, int Line, int Column, JsonValue Value);

/// <summary>A JSON value that knows where it stood.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">In bytes, from 1.</param>
/// <param name="Text">The string, the number as written, <c>true</c> or <c>false</c>; else empty.</param>
/// <param name="Items">Of an array.</param>
/// <param name="Members">Of an object, in their order.</param>
public sealed record JsonValue(
    JsonKind Kind,
    int Line,
    int Column,
    string Text,
    ImmutableArray<JsonValue> Items,
    ImmutableArray<JsonMember> Members
)
{
    /// <summary>As messages name it: <c>a string</c>, <c>a list</c>, …</summary>
    public string Describe() =>
        Kind switch
        {
            JsonKind.Null => "null",
            JsonKind.Boolean => Text,
            JsonKind.Number => $"the number {Quote.Short(Text)}",
            JsonKind.String => $"the string {Quote.Text(Text)}",
            JsonKind.Array => "a list",
            _ => "an object",
        };
}

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
