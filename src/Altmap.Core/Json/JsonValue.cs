using System.Collections.Immutable;
using System.Globalization;

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

/// <summary>A member of an object. Where it was read, it has the place of its key.</summary>
/// <param name="Key">Unescaped.</param>
/// <param name="Value">What it is set to.</param>
/// <param name="Line">Of the key, from 1; 0: it was not read.</param>
/// <param name="Column">Of the key, in bytes from 1; 0: it was not read.</param>
public readonly record struct JsonMember(string Key, JsonValue Value, int Line = 0, int Column = 0);

/// <summary>A JSON value: one that was read knows its place, one that was made has none. Values compare by content and place; keys keep
/// their order.</summary>
public abstract record JsonValue
{
    /// <summary>JSON's null.</summary>
    public static readonly JsonValue Null = new JsonNull();

    private protected JsonValue() { }

    /// <summary>Where it was read, from 1; 0: it was not.</summary>
    public int Line { get; init; }

    /// <summary>In bytes, from 1; 0: it was not read.</summary>
    public int Column { get; init; }

    /// <summary>What it is.</summary>
    public abstract JsonKind Kind { get; }

    /// <summary>The string, the number as written, <c>true</c> or <c>false</c>; else empty.</summary>
    public virtual string Text => "";

    /// <summary>Of an array; else none.</summary>
    public virtual ImmutableArray<JsonValue> Items => [];

    /// <summary>Of an object, in their order; else none. One that was read may have a key twice.</summary>
    public virtual ImmutableArray<JsonMember> Members => [];

    /// <summary>Text.</summary>
    public static implicit operator JsonValue(string text) => new JsonString(text);

    /// <summary>A signed number.</summary>
    public static implicit operator JsonValue(long number) => new JsonNumber(number);

    /// <summary>An unsigned number.</summary>
    public static implicit operator JsonValue(ulong number) => new JsonNumber(number);

    /// <summary>true or false.</summary>
    public static implicit operator JsonValue(bool value) => new JsonBool(value);

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

    /// <summary>As messages name it.</summary>
    public sealed override string ToString() => Describe();
}

/// <summary>JSON's null.</summary>
public sealed record JsonNull : JsonValue
{
    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.Null;
}

/// <summary>A string.</summary>
/// <param name="Value">Unescaped.</param>
public sealed record JsonString(string Value) : JsonValue
{
    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.String;

    /// <inheritdoc/>
    public override string Text => Value;
}

/// <summary>true or false.</summary>
/// <param name="Value">Which.</param>
public sealed record JsonBool(bool Value) : JsonValue
{
    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.Boolean;

    /// <inheritdoc/>
    public override string Text => Value ? "true" : "false";
}

/// <summary>A number, as its JSON text: whole numbers of 64 bits, signed or unsigned, and what a document had.</summary>
public sealed record JsonNumber : JsonValue
{
    private readonly string _text;

    /// <summary>A signed number.</summary>
    public JsonNumber(long value) => _text = value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An unsigned number.</summary>
    public JsonNumber(ulong value) => _text = value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number as it was written; the caller has checked that it is one.</summary>
    public JsonNumber(string text) => _text = text;

    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.Number;

    /// <inheritdoc/>
    public override string Text => _text;
}

/// <summary>An array.</summary>
public sealed record JsonArray : JsonValue
{
    /// <summary>No items.</summary>
    public static readonly JsonArray Empty = new([]);

    private readonly ImmutableArray<JsonValue> _items;

    /// <summary>An array of these.</summary>
    public JsonArray(ImmutableArray<JsonValue> items) => _items = items;

    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.Array;

    /// <inheritdoc/>
    public override ImmutableArray<JsonValue> Items => _items;

    /// <summary>An array of these.</summary>
    public static JsonArray Of(IEnumerable<JsonValue> items) => new([.. items]);

    /// <summary>This, with one more item at the end.</summary>
    public JsonArray Add(JsonValue item) => new(_items.Add(item));

    /// <inheritdoc/>
    public bool Equals(JsonArray? other) =>
        other is not null && (Line, Column) == (other.Line, other.Column) && _items.SequenceEqual(other._items);

    /// <inheritdoc/>
    public override int GetHashCode() => _items.Length;
}

/// <summary>An object.</summary>
public sealed record JsonObject : JsonValue
{
    /// <summary>Without keys.</summary>
    public static readonly JsonObject Empty = new([]);

    private readonly ImmutableArray<JsonMember> _members;

    internal JsonObject(ImmutableArray<JsonMember> members) => _members = members;

    /// <inheritdoc/>
    public override JsonKind Kind => JsonKind.Object;

    /// <inheritdoc/>
    public override ImmutableArray<JsonMember> Members => _members;

    /// <summary>The value of a key, or null.</summary>
    public JsonValue? this[string key] => IndexOf(key) is >= 0 and var at ? _members[at].Value : null;

    /// <summary>This, with a key set. It stands where it was first added; adding it again replaces its value (json-c 0.16,
    /// json_object_object_add).</summary>
    public JsonObject Add(string key, JsonValue value)
    {
        var member = new JsonMember(key, value);
        return new(IndexOf(key) is >= 0 and var at ? _members.SetItem(at, member) : _members.Add(member));
    }

    /// <summary>This, with a key set unless <paramref name="value"/> is null.</summary>
    public JsonObject AddIfPresent(string key, JsonValue? value) => value is null ? this : Add(key, value);

    /// <summary>An object of many keys at once; of equal keys the last value counts, at the place of the first.</summary>
    public static JsonObject Of(IEnumerable<KeyValuePair<string, JsonValue>> members)
    {
        var list = ImmutableArray.CreateBuilder<JsonMember>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, JsonValue> member in members)
        {
            if (places.TryAdd(member.Key, list.Count))
                list.Add(new(member.Key, member.Value));
            else
                list[places[member.Key]] = new(member.Key, member.Value);
        }
        return new(list.ToImmutable());
    }

    private int IndexOf(string key)
    {
        for (int i = 0; i < _members.Length; i++)
        {
            if (_members[i].Key == key)
                return i;
        }
        return -1;
    }

    /// <inheritdoc/>
    public bool Equals(JsonObject? other) =>
        other is not null && (Line, Column) == (other.Line, other.Column) && _members.SequenceEqual(other._members);

    /// <inheritdoc/>
    public override int GetHashCode() => _members.Length;
}
