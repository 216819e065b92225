using System.Text.Json;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Common;

/// <summary>No verdict on what nobody gave: an answer that depends on it says <c>unknown: needs …</c>, in text and JSON.</summary>
internal static class Provenance
{
    /// <summary>What an answer about places and capacity depends on.</summary>
    public static ReadOnlySpan<FactTopic> Layout =>
        [FactTopic.Memory, FactTopic.Regions, FactTopic.Mappings, FactTopic.Labels, FactTopic.Media];

    /// <summary>Says what is missing, and gives the exit code.</summary>
    public static int Conclude(CliHost host, int exitCode)
    {
        foreach (string line in Lines(host.Missing))
            host.Error.WriteLine(CliHost.Printable($"unknown: {line}"));
        return host.Missing.Count > 0 && exitCode is ExitCode.Success or ExitCode.ErrorsLeft ? ExitCode.Unsupported : exitCode;
    }

    /// <summary>A line for each thing that would tell it, as <c>needs labels.nmem0.bin: ndctl read-labels …</c>.</summary>
    public static IEnumerable<string> Lines(IEnumerable<Fact> missing) => missing.Select(Needs).Distinct();

    /// <summary>What one fact needs.</summary>
    public static string Needs(Fact fact) => $"needs {(fact.Needs.Length > 0 ? fact.Needs : $"{fact.Topic.Word()} {fact.Of}".TrimEnd())}";

    /// <summary>A JSON document with the list <c>unknown</c> in it, and <c>verified</c> false: an object gets them, a list of answers each
    /// of its objects.</summary>
    public static ReadOnlyMemory<byte> Mark(ReadOnlyMemory<byte> document, IReadOnlyList<Fact> missing, JsonWriterOptions options)
    {
        if (missing.Count == 0)
            return document;
        using JsonDocument parsed = JsonDocument.Parse(document);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            if (parsed.RootElement.ValueKind == JsonValueKind.Array)
            {
                json.WriteStartArray();
                foreach (JsonElement item in parsed.RootElement.EnumerateArray())
                    Write(json, item, missing);
                json.WriteEndArray();
            }
            else
                Write(json, parsed.RootElement, missing);
        }
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, JsonElement element, IReadOnlyList<Fact> missing)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            element.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            if (property.NameEquals("verified"))
                json.WriteBooleanValue(false);
            else
                property.Value.WriteTo(json);
        }
        json.WriteStartArray("unknown");
        foreach (Fact fact in missing.Distinct())
        {
            json.WriteStartObject();
            json.WriteString("topic", fact.Topic.Word());
            json.WriteString("of", fact.Of);
            json.WriteString("from", fact.From);
            json.WriteString("needs", fact.Needs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
