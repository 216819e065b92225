using System.Text;
using System.Text.Json;
using Altmap.Core.Json;

namespace Altmap.Shell.Tests.Json;

/// <summary>Reads a JSON document into a <see cref="JsonValue"/>, as recorded from a real tool.</summary>
internal static class JsonParser
{
    /// <summary>Deepest nesting that is read.</summary>
    public const int DepthMax = 64;

    /// <summary>The document, or null with the reason when the text is none. Numbers keep their text.</summary>
    public static JsonValue? Parse(string text, out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        error = null;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = DepthMax });
            reader.Read();
            var value = Read(ref reader);
            return reader.Read() ? throw new JsonException("text after the document") : value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a lone surrogate as \uXXXX
        {
            error = e.Message;
            return null;
        }
    }

    private static JsonValue Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new List<KeyValuePair<string, JsonValue>>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    members.Add(KeyValuePair.Create(key, Read(ref reader)));
                }
                return JsonObject.Of(members);
            case JsonTokenType.StartArray:
                var items = new List<JsonValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref reader));
                return JsonArray.Of(items);
            case JsonTokenType.String:
                return new JsonString(reader.GetString()!);
            case JsonTokenType.Number:
                return new JsonNumber(Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return new JsonBool(reader.GetBoolean());
            default:
                return JsonValue.Null;
        }
    }
}
