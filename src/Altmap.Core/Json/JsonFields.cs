using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Core.Json;

/// <summary>
/// The members of one object, by key: unknown and doubled keys, wrong types and values out of bounds become errors with a line; reading
/// goes on, with a
/// stand-in value, so that one run shows all of them.
/// </summary>
public sealed class JsonFields
{
    private const int ListedMax = 20;

    private readonly Dictionary<string, JsonMember> _members = new(StringComparer.Ordinal);
    private readonly InputErrors _errors;
    private readonly string _where;

    /// <summary>Takes <paramref name="value"/> apart.</summary>
    /// <param name="value">Should be an object.</param>
    /// <param name="where">How messages name it: <c>a region</c>.</param>
    /// <param name="known">The keys it may have.</param>
    /// <param name="errors">Where complaints go.</param>
    public JsonFields(JsonValue value, string where, IReadOnlyCollection<string> known, InputErrors errors)
    {
        Value = value;
        _errors = errors;
        _where = where;
        if (value.Kind != JsonKind.Object)
        {
            errors.Add(value, $"{where} is {value.Describe()}", "an object {…}");
            IsObject = false;
            return;
        }
        IsObject = true;
        foreach (JsonMember member in value.Members)
        {
            if (!known.Contains(member.Key))
            {
                string hint = NearestWord.Hint(member.Key, known);
                // Behind a long list nobody would see it.
                bool isFirst = known.Count > ListedMax && hint.Length > 0;
                errors.Add(
                    member.Line,
                    member.Column,
                    $"unknown key {Quote.Text(member.Key)}{(isFirst ? $"; {hint}" : "")}",
                    $"one of {string.Join(", ", known)}",
                    isFirst ? "" : hint
                );
            }
            else if (!_members.TryAdd(member.Key, member))
            {
                errors.Add(
                    member.Line,
                    member.Column,
                    $"the key \"{member.Key}\" stands twice",
                    "",
                    $"it is already in line {_members[member.Key].Line}: keep one"
                );
            }
        }
    }

    /// <summary>The object itself.</summary>
    public JsonValue Value { get; }

    /// <summary>False when it was no object; all members are then absent.</summary>
    public bool IsObject { get; }

    /// <summary>The value of <paramref name="key"/>, or null when it is absent or null.</summary>
    public JsonValue? Find(string key) =>
        _members.TryGetValue(key, out JsonMember member) && member.Value.Kind != JsonKind.Null ? member.Value : null;

    /// <summary>As <see cref="Find"/>, with an error when it is absent.</summary>
    public JsonValue? Require(string key)
    {
        JsonValue? value = Find(key);
        if (value is null && IsObject)
            _errors.Add(Value, $"{_where} has no \"{key}\"", "", $"add \"{key}\"");
        return value;
    }

    /// <summary>A string without control characters (tabs may be), or <paramref name="otherwise"/>.</summary>
    public string Text(string key, string otherwise = "") => Find(key) is { } value ? Text(value, key) ?? otherwise : otherwise;

    /// <summary>A string that must be there; empty after an error.</summary>
    public string RequireText(string key)
    {
        if (Require(key) is not { } value)
            return "";
        string text = Text(value, key) ?? "";
        if (text.Length == 0 && value.Kind == JsonKind.String)
            _errors.Add(value, $"\"{key}\" is empty");
        return text;
    }

    /// <summary>The string in <paramref name="value"/>, or null after an error.</summary>
    public string? Text(JsonValue value, string what)
    {
        if (value.Kind != JsonKind.String)
        {
            _errors.Add(value, $"\"{what}\" is {value.Describe()}", "a string");
            return null;
        }
        if (!value.Text.Any(c => (char.IsControl(c) && c != '\t') || IsDirection(c)))
            return value.Text;
        _errors.Add(value, $"\"{what}\" has a control character in it", "printable text");
        return null;
    }

    /// <summary>An integer (a JSON number, or a hex or decimal string) from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public long Integer(string key, long min, long max, long otherwise)
    {
        if (Find(key) is not { } value)
            return otherwise;
        if (
            value.Kind == JsonKind.Number
            && long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= min
            && number <= max
        )
            return number;
        _errors.Add(value, $"\"{key}\" is {value.Describe()}", $"an integer from {min} to {max}");
        return otherwise;
    }

    /// <summary>A hex string (<c>"0x1f"</c>) or an integer, up to <paramref name="max"/>; null when absent or wrong.</summary>
    public ulong? Hex(string key, ulong max = ulong.MaxValue)
    {
        if (Find(key) is not { } value)
            return null;
        if (TryHex(value, out ulong number) && number <= max)
            return number;
        string limit = max == ulong.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $", at most 0x{max:x}");
        _errors.Add(value, $"\"{key}\" is {value.Describe()}", $"a hex string as \"0x1000\" or an integer{limit}");
        return null;
    }

    /// <summary>An address: as <see cref="Hex"/>, or with a unit as a size, <c>"4G"</c>; null when absent or wrong.</summary>
    public ulong? Address(string key, ulong max = ulong.MaxValue)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.Kind is JsonKind.Number or JsonKind.String && ByteSize.TryParse(value.Text, out ByteSize address) && address.Bytes <= max)
            return address.Bytes;
        string limit = max == ulong.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $", at most 0x{max:x}");
        _errors.Add(
            value,
            $"\"{key}\" is {value.Describe()}",
            $"an address: a hex string as \"0x1000\", one with a unit as \"4G\", or an integer{limit}"
        );
        return null;
    }

    /// <summary>A size: an integer, or a string as <c>"256M"</c>; null when absent or wrong.</summary>
    public ByteSize? Size(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.Kind is JsonKind.Number or JsonKind.String && ByteSize.TryParse(value.Text, out ByteSize size))
            return size;
        _errors.Add(value, $"\"{key}\" is {value.Describe()}", "a size: an integer, or a string as \"256M\" (K, M, G, T are 1024-based)");
        return null;
    }

    /// <summary>The items of a list; empty when it is absent or wrong.</summary>
    public ImmutableArray<JsonValue> List(string key)
    {
        if (Find(key) is not { } value)
            return [];
        if (value.Kind == JsonKind.Array)
            return value.Items;
        _errors.Add(value, $"\"{key}\" is {value.Describe()}", "a list […]");
        return [];
    }

    /// <summary>Adds an error about <paramref name="key"/>, at its value, or at the object when it is absent.</summary>
    public void Complain(string key, string what, string expected = "", string todo = "") =>
        _errors.Add(Find(key) ?? Value, what, expected, todo);

    /// <summary>Characters that make a terminal or a page show what follows in another order than it stands.</summary>
    private static bool IsDirection(char c) => c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static bool TryHex(JsonValue value, out ulong number)
    {
        number = 0;
        bool hex = value.Kind == JsonKind.String && value.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return value.Kind is JsonKind.String or JsonKind.Number
            && ulong.TryParse(
                hex ? value.Text.AsSpan(2) : value.Text,
                hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out number
            );
    }
}
