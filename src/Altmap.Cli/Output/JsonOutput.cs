using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Altmap.Cli.Common;

namespace Altmap.Cli.Output;

/// <summary>One JSON document, written whole or not at all.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // not for a web page: <, & and ' stay readable
    };

    public static Option<bool> Option() => new("--json", "-j") { Description = "one JSON document instead of text" };

    public static void Write(CliHost host, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
            write(json);
        host.Out.Flush();
        host.OutputBytes.Write(Provenance.Mark(buffer.WrittenMemory, host.Missing, Options).Span);
        host.OutputBytes.Write("\n"u8);
        host.OutputBytes.Flush();
    }

    /// <summary>
    /// One document that may be too long to keep: what is written is passed on whenever <see cref="Utf8JsonWriter.Flush"/> is called. An
    /// error on the way leaves a document without its end.
    /// </summary>
    public static void WriteLong(CliHost host, Action<Utf8JsonWriter> write)
    {
        host.Out.Flush();
        using (var json = new Utf8JsonWriter(host.OutputBytes, Options))
            write(json);
        host.OutputBytes.Write("\n"u8);
        host.OutputBytes.Flush();
    }

    /// <summary>An address: hex with 0x.</summary>
    public static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>A number, or null.</summary>
    public static void WriteOptional(this Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    /// <summary>A list of objects, whose keys <paramref name="write"/> writes.</summary>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
