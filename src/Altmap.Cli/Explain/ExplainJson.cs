using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Advice.Explain;
using Altmap.Cli.Output;
using Altmap.Core.Findings;

namespace Altmap.Cli.Explain;

/// <summary>Pages as JSON.</summary>
internal static class ExplainJson
{
    public static void Write(Utf8JsonWriter json, FindingCode page)
    {
        json.WriteStartObject();
        json.WriteString("code", page.Name);
        json.WriteString("severity", page.Severity.Word());
        json.WriteString("what", page.Title);
        json.WriteString("consequence", page.Consequence);
        json.WriteString("remedy", page.Advice);
        json.WriteString("source", page.Source);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ImmutableArray<ExplainedLine> lines)
    {
        json.WriteStartArray();
        foreach (ExplainedLine line in lines)
        {
            json.WriteStartObject();
            json.WriteNumber("line", line.Number);
            json.WriteString("text", line.Line);
            json.WriteNumber("count", line.Count);
            WritePage(json, line.Page);
            json.WriteStrings("values", line.Values.Select(v => v.Trim()));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WritePage(Utf8JsonWriter json, MessagePage page)
    {
        json.WriteString("message", page.Pattern);
        json.WriteString("of", page.Speaker);
        json.WriteString("severity", page.Severity.Word());
        json.WriteString("meaning", page.Meaning);
        json.WriteString("remedy", page.Advice);
        json.WriteString("kernels", page.Kernels);
    }
}
