using System.Text.Json;
using Altmap.Core.Findings;

namespace Altmap.Cli.Output;

/// <summary>Findings as JSON: one shape for all commands.</summary>
internal static class FindingJson
{
    public static void WriteFindings(this Utf8JsonWriter json, string name, IEnumerable<Finding> findings) =>
        json.WriteObjects(name, findings, finding => Write(json, finding));

    /// <summary>The members of one finding, inside an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteString("code", finding.Code.Name);
        json.WriteString("severity", finding.Severity.Word());
        json.WriteString("subject", finding.Subject.Name);
        WritePlace(json, finding.Place);
        json.WriteObjects(
            "evidence",
            finding.Evidence,
            evidence =>
            {
                json.WriteString("what", evidence.What);
                json.WriteString("expected", evidence.Expected);
                json.WriteString("actual", evidence.Actual);
            }
        );
        json.WriteString("consequence", finding.Consequence);
        json.WriteStartObject("remedy");
        json.WriteString("loses", finding.Remedy.Loses);
        json.WriteStrings("commands", finding.Remedy.Commands);
        json.WriteString("advice", finding.Remedy.Advice);
        if (finding.Remedy.CommandLine is { } line)
            json.WriteString("command_line", line);
        else
            json.WriteNull("command_line");
        json.WriteStrings("before", finding.Remedy.Before);
        json.WriteStrings("after", finding.Remedy.After);
        json.WriteEndObject();
        json.WriteString("source", finding.Source);
        json.WriteStrings("kernels", finding.Kernels);
    }

    private static void WritePlace(Utf8JsonWriter json, Place? place)
    {
        if (place is null)
        {
            json.WriteNull("place");
            return;
        }
        json.WriteStartObject("place");
        switch (place)
        {
            case MediaPlace media:
                json.WriteString("in", media.Origin == MediaOrigin.LabelArea ? "label area" : "namespace");
                json.WriteNumber("offset", media.Offset.Bytes);
                json.WriteString("field", media.Field);
                break;
            case PhysicalPlace physical:
                json.WriteString("in", "physical addresses");
                json.WriteString("start", JsonOutput.Hex(physical.Range.Start.Bytes));
                json.WriteString("end", JsonOutput.Hex(physical.Range.Last.Bytes));
                break;
            default:
                throw new InvalidOperationException($"a place without JSON: {place.GetType()}");
        }
        json.WriteEndObject();
    }
}
