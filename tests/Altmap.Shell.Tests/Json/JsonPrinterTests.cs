using Altmap.Core.Json;
using Altmap.Shell.Json;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Json;

public class JsonPrinterTests
{
    [Fact]
    public void Prints_every_recorded_listing_as_it_was()
    {
        var count = 0;
        foreach (var name in new[] { "tools.log", "kmem-online.log" })
        {
            foreach (var command in RecordedSession.Parse(File.ReadAllText(Golden.Path("sessions", name))).Commands)
            {
                var text = command.Output;
                var start =
                    text.StartsWith('{') || text.StartsWith('[')
                        ? 0
                        : Math.Max(text.IndexOf("\n{", StringComparison.Ordinal), text.IndexOf("\n[", StringComparison.Ordinal)) + 1;
                if (start == text.Length || text[start] is not ('{' or '['))
                    continue;
                var end =
                    Math.Max(text.LastIndexOf("\n}", StringComparison.Ordinal), text.LastIndexOf("\n]", StringComparison.Ordinal)) + 2;
                var value = JsonParser.Parse(text[start..end], out var error);
                Assert.True(value is not null, $"{command.Text}: {error}");
                Assert.Equal(text[start..end], JsonPrinter.Pretty(value));
                count++;
            }
        }
        Assert.True(count > 70, $"{count} listings");
    }

    // Each right side was printed by libjson-c 0.16 (JSON_C_TO_STRING_PRETTY).
    [Theory]
    [InlineData("[]", "[\n]")]
    [InlineData("{}", "{\n}")]
    [InlineData(
        """{"a":[],"b":{},"c":null,"d":true,"e":[[],{}]}""",
        "{\n  \"a\":[\n  ],\n  \"b\":{\n  },\n  \"c\":null,\n  \"d\":true,\n  \"e\":[\n    [\n    ],\n    {\n    }\n  ]\n}"
    )]
    [InlineData("[18446744073709551615,-5,1.5]", "[\n  18446744073709551615,\n  -5,\n  1.5\n]")]
    [InlineData("""["a/b\"\\\n\t\b\f\r\u0001\u001f\u007f\u00e9"]""", "[\n  \"a\\/b\\\"\\\\\\n\\t\\b\\f\\r\\u0001\\u001f\u007fé\"\n]")]
    public void Prints_as_json_c(string document, string expected) =>
        Assert.Equal(expected, JsonPrinter.Pretty(JsonParser.Parse(document, out _)!));

    [Theory]
    [InlineData("")]
    [InlineData("[1")]
    [InlineData("[1]]")]
    [InlineData("{\"a\":}")]
    [InlineData("[\"\\ud800\"]")]
    public void Bad_documents_are_an_error(string document)
    {
        Assert.Null(JsonParser.Parse(document, out var error));
        Assert.NotNull(error);
    }

    [Fact]
    public void Deep_documents_are_an_error() => Assert.Null(JsonParser.Parse(new string('[', 10_000), out _));

    [Fact]
    public void Keys_keep_their_place()
    {
        var value = JsonObject.Empty.Add("b", 1L).Add("a", "x").Add("b", true).AddIfPresent("c", null);
        Assert.Equal("{\n  \"b\":true,\n  \"a\":\"x\"\n}", JsonPrinter.Pretty(value));
        Assert.Equal(value, JsonParser.Parse("{\"b\":0,\"a\":\"x\",\"b\":true}", out _));
    }
}
