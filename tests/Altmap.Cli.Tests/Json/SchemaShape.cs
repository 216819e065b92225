using System.Text.Json;
using System.Text.Json.Nodes;

namespace Altmap.Cli.Tests.Json;

/// <summary>Makes a schema as wide as a document asks: types, keys, which keys are always there. Nothing else in it is touched.</summary>
internal static class SchemaShape
{
    /// <summary>A document, or a list of such documents: both have one shape, in <c>$defs/document</c>.</summary>
    public static void WidenDocument(JsonObject schema, JsonElement document)
    {
        if (schema["$defs"]?["document"] is not JsonObject one)
        {
            one = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject(),
                ["required"] = new JsonArray(),
                ["additionalProperties"] = false,
            };
            schema["$defs"] = new JsonObject { ["document"] = one };
        }
        JsonArray forms = schema["anyOf"] as JsonArray ?? [];
        schema["anyOf"] = forms;
        bool isList = document.ValueKind == JsonValueKind.Array;
        if (!forms.Any(f => f!.AsObject().ContainsKey("items") == isList))
        {
            var reference = new JsonObject { ["$ref"] = "#/$defs/document" };
            forms.Add(isList ? new JsonObject { ["type"] = "array", ["items"] = reference } : reference);
        }
        foreach (JsonElement item in isList ? document.EnumerateArray().ToArray() : [document])
            Widen(one, item);
    }

    private static void Widen(JsonObject schema, JsonElement value)
    {
        bool isFirst = AddType(schema, TypeOf(value));
        if (value.ValueKind == JsonValueKind.Object)
        {
            WidenObject(schema, value, isFirst);
        }
        else if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
        {
            if (schema["items"] is not JsonObject items)
                schema["items"] = items = [];
            foreach (JsonElement item in value.EnumerateArray())
                Widen(items, item);
        }
    }

    private static void WidenObject(JsonObject schema, JsonElement value, bool isFirst)
    {
        // Keys that are names from the input: each value has the shape of "additionalProperties".
        if (schema["additionalProperties"] is JsonObject named)
        {
            foreach (JsonProperty member in value.EnumerateObject())
                Widen(named, member.Value);
            return;
        }
        if (schema["properties"] is not JsonObject properties)
        {
            schema["properties"] = properties = [];
            schema["required"] = new JsonArray();
            schema["additionalProperties"] = false;
        }
        var required = (JsonArray)schema["required"]!;
        isFirst |= properties.Count == 0;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (properties[member.Name] is not JsonObject known)
            {
                properties[member.Name] = known = [];
                if (isFirst)
                    required.Add(member.Name);
            }
            Widen(known, member.Value);
        }
        foreach (JsonNode? gone in required.Where(r => !value.TryGetProperty(r!.GetValue<string>(), out _)).ToArray())
            required.Remove(gone);
    }

    /// <summary>True when it is the schema's first of this type.</summary>
    private static bool AddType(JsonObject schema, string type)
    {
        if (schema["type"] is null)
        {
            schema["type"] = type;
            return true;
        }
        string[] types = schema["type"] is JsonArray list
            ? [.. list.Select(t => t!.GetValue<string>())]
            : [schema["type"]!.GetValue<string>()];
        if (types.Contains(type) || (type == "integer" && types.Contains("number")))
            return false;
        if (type == "number")
            types = [.. types.Where(t => t != "integer")];
        string[] all = [.. types, type];
        schema["type"] = all.Length == 1 ? all[0] : new JsonArray([.. all.Order(StringComparer.Ordinal).Select(t => (JsonNode)t!)]);
        return true;
    }

    private static string TypeOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
            _ => "null",
        };
}
