using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Json;

/// <summary>Every command that has <c>--json</c> has a schema, and what it prints is as the schema says.</summary>
public class JsonOutputTests
{
    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));

    /// <summary>Every form of every command on the examples. A new schema wants a line here.</summary>
    private static readonly string[] Commands =
    [
        "map tour/machine.json",
        "map shared-section.json",
        "map nvdimm.json",
        "pfn shared-section.json 0x43f00",
        "pfn shared-section.json 0x43f00 --all-kernels",
        "pfn shared-section.json 0xffffffff",
        "pfn shared-section.json --kernel 5.10 --policy policy.json",
        "plan nvdimm.json",
        "plan start-pad.json namespace0.0",
        "plan nvdimm.json --whole",
        "plan --start 4G --size 16G",
        "plan --start 4G --size 16G --all-kernels",
        "plan --start 4G --size 1G --align 3M",
        "plan --start 0x100001000 --size 1G",
        "plan --start 4G --usable 1G",
        "plan --compare --start 4G --size 16G",
        "plan soft-reserved.json --windows",
        "plan carve-out-x86_64.json --ram",
        "plan soft-reserved.json --plug 3G --at 0x1080000000",
        "plan soft-reserved.json --plug 100M",
        "upgrade nvdimm.json --to 6.12",
        "upgrade start-pad.json --to 6.12",
        "struct-page --kernel 6.1",
        "struct-page --sizes",
        "kmsan debug-kernel.json",
        "kmsan --ranges free-ranges.txt",
        "kmsan --ranges free-ranges.txt --blocks",
        "kmsan --ranges free-ranges.txt --compare --seeds 1",
        "kmsan --search --seed 1",
        "kernels",
        "kernels 6.1",
        "kernels 6.1 6.12",
        "kernels --rules",
        "kernels --rules struct-page.size",
        "explain",
        "explain pfn.mode",
    ];

    public static TheoryData<string> All => [.. Commands];

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_printed_is_as_the_schema_says(string command)
    {
        string[] words = Words(command);
        Assert.NotNull(OutputSchemas.NameOf(words));
        CliResult result = Cli.Run(words); // checks
        Assert.True(result.Bytes.Length > 0, result.Error);
    }

    /// <summary>Those that need a file of their own.</summary>
    [Fact]
    public void What_is_printed_of_new_files_is_as_the_schema_says()
    {
        using var scratch = new Scratch();
        string btt = scratch["a.img"],
            labels = scratch["l.bin"];
        Assert.NotEmpty(Cli.Run("btt", "create", btt, "--size", "32M", "--json").Bytes);
        foreach (string verb in (string[])["info", "map", "check", "repair"])
            Assert.NotEmpty(Cli.Run("btt", verb, btt, "--json").Bytes);
        foreach (string verb in (string[])["info", "check"])
            Assert.NotEmpty(Cli.Run("image", verb, btt, "--json").Bytes);
        Assert.NotEmpty(Cli.Run("labels", "init", labels, "--size", "128K", "--json").Bytes);
        Assert.NotEmpty(Cli.Run("labels", "repair", labels, "--json").Bytes);
    }

    [Fact]
    public void Every_command_with_json_has_a_schema_and_no_schema_is_left_over()
    {
        IEnumerable<string> there = Directory.GetFiles(OutputSchemas.Folder, "*.schema.json").Select(p => Path.GetFileName(p)[..^12]);
        Assert.Equal(OutputSchemas.Names(), there.Order(StringComparer.Ordinal));
    }

    /// <summary>A schema that lets unknown keys pass says nothing.</summary>
    [Fact]
    public void No_object_takes_unknown_keys()
    {
        foreach (string name in OutputSchemas.Names())
        {
            using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(OutputSchemas.PathOf(name)));
            foreach (string word in (string[])["title", "description"])
                Assert.False(string.IsNullOrEmpty(schema.RootElement.GetProperty(word).GetString()), $"{name}: {word}");
            Assert.True(Objects(schema.RootElement) > 0, name);
        }

        static int Objects(JsonElement schema)
        {
            if (schema.ValueKind == JsonValueKind.Array)
                return schema.EnumerateArray().Sum(Objects);
            if (schema.ValueKind != JsonValueKind.Object)
                return 0;
            int count = schema.EnumerateObject().Sum(m => Objects(m.Value));
            if (!schema.TryGetProperty("properties", out JsonElement keys) || keys.ValueKind != JsonValueKind.Object)
                return count;
            if (keys.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
                return count; // a key of that name
            Assert.True(schema.TryGetProperty("additionalProperties", out JsonElement more), keys.ToString());
            Assert.NotEqual(JsonValueKind.True, more.ValueKind);
            Assert.True(schema.TryGetProperty("required", out _), keys.ToString());
            return count + 1;
        }
    }

    [Theory]
    [InlineData("map", """{"machine":"m","kernel":"6.1","arch":"x86_64","page_size":4096}""", "ranges")]
    [InlineData("map", """{"machine":"m","kernel":"6.1","arch":"x86_64","page_size":"4K","ranges":[]}""", "integer")]
    [InlineData("map", """{"machine":"m","kernel":"6.1","arch":"x86_64","page_size":4096,"ranges":[],"more":1}""", "more")]
    [InlineData("nosuch", "{}", "there is no docs/json/nosuch.schema.json")]
    public void A_planted_difference_is_seen(string name, string document, string complaint)
    {
        using JsonDocument parsed = JsonDocument.Parse(document);
        Assert.Contains(complaint, string.Join('\n', OutputSchemas.Complaints(name, parsed.RootElement)), StringComparison.Ordinal);
    }

    private static string[] Words(string command) =>
        [.. command.Split(' ').Select(w => Path.GetExtension(w) is ".json" or ".txt" ? Path.Combine(Examples, w) : w), "--json"];
}
