using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Altmap.Core.Json;

/// <summary>
/// Reads JSON into values that know their line. Any bytes give a value or one error: never an exception, and at most
/// <see cref="ValuesMax"/>
/// values and <see cref="DepthMax"/> levels. Strictly RFC 8259: no comments, no trailing commas, nothing after the value; a byte order mark
/// is skipped.
/// </summary>
public static class JsonText
{
    /// <summary>How many values (keys not counted) a document may have: memory stays bounded whatever the file says.</summary>
    public const int ValuesMax = 1_000_000;

    /// <summary>How deep lists and objects may nest.</summary>
    public const int DepthMax = 32;

    /// <summary>The value of the whole text, or null after adding an error.</summary>
    public static JsonValue? Parse(ReadOnlySpan<byte> utf8, InputErrors errors)
    {
        if (utf8.StartsWith("\ufeff"u8))
            utf8 = utf8[3..];
        if (!CheckBytes(utf8, errors))
            return null;
        var places = new Places(utf8);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DepthMax + 2 });
        try
        {
            return Read(ref reader, ref places, errors);
        }
        catch (JsonException e)
        {
            // The position comes from the reader; its words change with the runtime, so ours stand here.
            int line = (int)Math.Min(e.LineNumber ?? 0, int.MaxValue - 1) + 1;
            errors.Add(
                line,
                (int)Math.Min(e.BytePositionInLine ?? 0, int.MaxValue - 1) + 1,
                "this is not JSON",
                "",
                "look for a comma, quote or bracket too many or missing, here or just before"
            );
        }
        catch (InvalidOperationException)
        {
            (int line, int column) = places.At(reader.TokenStartIndex);
            errors.Add(line, column, "a string with an escape that is no character (half a surrogate pair)", "valid Unicode");
        }
        return null;
    }

    private static bool CheckBytes(ReadOnlySpan<byte> utf8, InputErrors errors)
    {
        int nul = utf8.IndexOf((byte)0);
        if (nul >= 0)
        {
            (int line, int column) = new Places(utf8).At(nul);
            errors.Add(line, column, "a NUL byte", "JSON text", "is this the right file?");
            return false;
        }
        if (Utf8.IsValid(utf8))
            return true;
        int bad = 0;
        while (Rune.DecodeFromUtf8(utf8[bad..], out _, out int length) == System.Buffers.OperationStatus.Done)
            bad += length;
        (int badLine, int badColumn) = new Places(utf8).At(bad);
        errors.Add(badLine, badColumn, $"the byte 0x{utf8[bad]:x2} is not UTF-8", "JSON text in UTF-8");
        return false;
    }

    private sealed class Frame(JsonKind kind, int line, int column)
    {
        public readonly JsonKind Kind = kind;
        public readonly int Line = line;
        public readonly int Column = column;
        public readonly ImmutableArray<JsonValue>.Builder Items = ImmutableArray.CreateBuilder<JsonValue>();
        public readonly ImmutableArray<JsonMember>.Builder Members = ImmutableArray.CreateBuilder<JsonMember>();
        public (string Key, int Line, int Column) Pending;
    }

    private static JsonValue? Read(ref Utf8JsonReader reader, ref Places places, InputErrors errors)
    {
        var open = new Stack<Frame>();
        JsonValue? root = null;
        int values = 0;
        while (reader.Read())
        {
            (int line, int column) = places.At(reader.TokenStartIndex);
            JsonValue value;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    open.Peek().Pending = (reader.GetString()!, line, column);
                    continue;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (open.Count >= DepthMax)
                    {
                        errors.Add(line, column, $"lists and objects nest more than {DepthMax} deep");
                        return null;
                    }
                    open.Push(new Frame(reader.TokenType == JsonTokenType.StartObject ? JsonKind.Object : JsonKind.Array, line, column));
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Frame done = open.Pop();
                    value =
                        done.Kind == JsonKind.Array
                            ? new JsonArray(done.Items.DrainToImmutable()) { Line = done.Line, Column = done.Column }
                            : new JsonObject(done.Members.DrainToImmutable()) { Line = done.Line, Column = done.Column };
                    break;
                default:
                    value = Leaf(ref reader, line, column);
                    break;
            }
            if (++values > ValuesMax)
            {
                errors.Add(line, column, $"more than {ValuesMax} values", "", "is this the right file?");
                return null;
            }
            if (!open.TryPeek(out Frame? parent))
                root = value;
            else if (parent.Kind == JsonKind.Array)
                parent.Items.Add(value);
            else
                parent.Members.Add(new JsonMember(parent.Pending.Key, value, parent.Pending.Line, parent.Pending.Column));
        }
        return root;
    }

    private static JsonValue Leaf(ref Utf8JsonReader reader, int line, int column) =>
        reader.TokenType switch
        {
            JsonTokenType.String => new JsonString(reader.GetString()!) { Line = line, Column = column },
            JsonTokenType.Number => new JsonNumber(Encoding.ASCII.GetString(reader.ValueSpan)) { Line = line, Column = column },
            JsonTokenType.True or JsonTokenType.False => new JsonBool(reader.GetBoolean()) { Line = line, Column = column },
            _ => new JsonNull { Line = line, Column = column },
        };

    /// <summary>Lines and columns of ascending offsets, in one pass over the text.</summary>
    private ref struct Places(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _line = 1;
        private int _lineStart;
        private int _seen;

        public (int Line, int Column) At(long offset)
        {
            int end = (int)offset;
            while (_seen < end && _text[_seen..end].IndexOf((byte)'\n') is >= 0 and int next)
            {
                _seen += next + 1;
                _lineStart = _seen;
                _line++;
            }
            _seen = Math.Max(_seen, end);
            return (_line, end - _lineStart + 1);
        }
    }
}
