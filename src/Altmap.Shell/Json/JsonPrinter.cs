using System.Text;
using Altmap.Core.Json;

namespace Altmap.Shell.Json;

/// <summary>Prints JSON to the byte as json-c 0.16 does with JSON_C_TO_STRING_PRETTY, which is what ndctl and daxctl 76.1 ask
/// for.</summary>
public static class JsonPrinter
{
    /// <summary>Two blanks a level, no blank after a colon, <c>/</c> as <c>\/</c>, the end bracket of an empty array or object on its own
    /// line. No line end at the end.</summary>
    public static string Pretty(JsonValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonValue value, int level)
    {
        switch (value)
        {
            case JsonObject { Members: var members }:
                text.Append('{');
                for (var i = 0; i < members.Length; i++)
                {
                    StartItem(text, i, level);
                    AppendText(text, members[i].Key);
                    text.Append(':');
                    Append(text, members[i].Value, level + 1);
                }
                text.Append('\n').Append(' ', level * 2).Append('}');
                break;
            case JsonArray { Items: var items }:
                text.Append('[');
                for (var i = 0; i < items.Length; i++)
                {
                    StartItem(text, i, level);
                    Append(text, items[i], level + 1);
                }
                text.Append('\n').Append(' ', level * 2).Append(']');
                break;
            case JsonString { Value: var plain }:
                AppendText(text, plain);
                break;
            case JsonNumber number:
                text.Append(number.Text);
                break;
            case JsonBool { Value: var yes }:
                text.Append(yes ? "true" : "false");
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void StartItem(StringBuilder text, int index, int level) =>
        text.Append(index == 0 ? "\n" : ",\n").Append(' ', (level + 1) * 2);

    private static void AppendText(StringBuilder text, string plain)
    {
        text.Append('"');
        foreach (var c in plain)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '/' => text.Append("\\/"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append($"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
