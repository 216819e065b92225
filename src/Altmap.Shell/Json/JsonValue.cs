using System.Collections.Immutable;
using System.Globalization;

namespace Altmap.Shell.Json;

/// <summary>
/// A JSON value as ndctl and daxctl build them: keys keep the order in which they were added. Values compare by content.
/// </summary>
public abstract record JsonValue
{
    /// <summary>JSON's null.</summary>
    public static readonly JsonValue Null = new JsonNull();

    /// <summary>Text.</summary>
    public static implicit operator JsonValue(string text) => new JsonText(text);

    /// <summary>A signed number.</summary>
    public static implicit operator JsonValue(long number) => new JsonNumber(number);

    /// <summary>An unsigned number.</summary>
    public static implicit operator JsonValue(ulong number) => new JsonNumber(number);

    /// <summary>true or false.</summary>
    public static implicit operator JsonValue(bool value) => new JsonBool(value);

    /// <summary>As <see cref="JsonPrinter.Pretty"/>.</summary>
    public sealed override string ToString() => JsonPrinter.Pretty(this);
}

/// <summary>JSON's null.</summary>
public sealed record JsonNull : JsonValue;

/// <summary>Text; what must be escaped is escaped when printed.</summary>
/// <param name="Value">Unescaped.</param>
public sealed record JsonText(string Value) : JsonValue;

/// <summary>true or false.</summary>
/// <param name="Value">Which.</param>
public sealed record JsonBool(bool Value) : JsonValue;

/// <summary>A number, as its JSON text: whole numbers of 64 bits, signed or unsigned, and what a parsed document had.</summary>
public sealed record JsonNumber : JsonValue
{
    /// <summary>A signed number.</summary>
    public JsonNumber(long value) => Text = value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An unsigned number.</summary>
    public JsonNumber(ulong value) => Text = value.ToString(CultureInfo.InvariantCulture);

    internal JsonNumber(string text) => Text = text;

    /// <summary>As printed.</summary>
    public string Text { get; }
}

/// <summary>An array.</summary>
/// <param name="Items">In order.</param>
public sealed record JsonArray(ImmutableArray<JsonValue> Items) : JsonValue
{
    /// <summary>No items.</summary>
    public static readonly JsonArray Empty = new([]);

    /// <summary>An array of these.</summary>
    public static JsonArray Of(IEnumerable<JsonValue> items) => new([.. items]);

    /// <summary>This, with one more item at the end.</summary>
    public JsonArray Add(JsonValue item) => new(Items.Add(item));

    /// <inheritdoc/>
    public bool Equals(JsonArray? other) => other is not null && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Length;
}

/// <summary>An object. A key stands where it was first added; adding it again replaces its value (json-c 0.16,
/// json_object_object_add).</summary>
public sealed record JsonObject : JsonValue
{
    /// <summary>Without keys.</summary>
    public static readonly JsonObject Empty = new([]);

    private JsonObject(ImmutableArray<KeyValuePair<string, JsonValue>> members) => Members = members;

    /// <summary>Keys and values in order; no key twice.</summary>
    public ImmutableArray<KeyValuePair<string, JsonValue>> Members { get; }

    /// <summary>The value of a key, or null.</summary>
    public JsonValue? this[string key] => IndexOf(key) is >= 0 and var at ? Members[at].Value : null;

    /// <summary>This, with a key set.</summary>
    public JsonObject Add(string key, JsonValue value)
    {
        var member = KeyValuePair.Create(key, value);
        return new(IndexOf(key) is >= 0 and var at ? Members.SetItem(at, member) : Members.Add(member));
    }

    /// <summary>This, with a key set unless <paramref name="value"/> is null.</summary>
    public JsonObject AddIfPresent(string key, JsonValue? value) => value is null ? this : Add(key, value);

    /// <summary>An object of many keys at once; of equal keys the last value counts.</summary>
    public static JsonObject Of(IEnumerable<KeyValuePair<string, JsonValue>> members)
    {
        var list = ImmutableArray.CreateBuilder<KeyValuePair<string, JsonValue>>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            if (places.TryAdd(member.Key, list.Count))
                list.Add(member);
            else
                list[places[member.Key]] = member;
        }
        return new(list.ToImmutable());
    }

    private int IndexOf(string key)
    {
        for (var i = 0; i < Members.Length; i++)
        {
            if (Members[i].Key == key)
                return i;
        }
        return -1;
    }

    /// <inheritdoc/>
    public bool Equals(JsonObject? other) => other is not null && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode() => Members.Length;
}
