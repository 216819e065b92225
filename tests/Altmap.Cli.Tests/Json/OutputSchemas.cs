using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Altmap.TestSupport;
using Json.Schema;

namespace Altmap.Cli.Tests.Json;

/// <summary>
/// The schemas in <c>docs/json</c>: one for each command that has <c>--json</c>, and one for each option that makes it answer another
/// question. Every <c>--json</c> document that any test of this project sees is checked against its schema (<see cref="Cli"/>).
/// ALTMAP_APPROVE=1 widens a schema to what is printed; read the difference before you commit it.
/// </summary>
internal static class OutputSchemas
{
    /// <summary>Options that make a command answer another question, in another shape.</summary>
    private static readonly Dictionary<string, string[]> Questions = new()
    {
        ["plan"] = ["--compare", "--whole", "--windows", "--plug", "--ram"],
        ["kmsan"] = ["--compare", "--search"],
        ["struct-page"] = ["--sizes"],
        ["kernels"] = ["--rules"],
        ["explore"] = ["--replay"],
        ["pfn"] = ["--policy"],
    };

    /// <summary>Longer documents are lists of many alike: their shape was seen in shorter ones.</summary>
    private const int BytesMax = 1 << 19;

    private static readonly Dictionary<string, JsonSchema> Loaded = [];
    private static readonly Lock Approving = new();

    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "docs", "json"));

    private static bool Approves => Environment.GetEnvironmentVariable("ALTMAP_APPROVE") == "1";

    public static string PathOf(string name) => Path.Combine(Folder, $"{name}.schema.json");

    /// <summary>Names of all schemas that there must be.</summary>
    public static IEnumerable<string> Names()
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        return [.. Walk(AltmapCommand.CreateRoot(host), "").Order(StringComparer.Ordinal)];

        static IEnumerable<string> Walk(Command command, string name)
        {
            if (command.Options.Any(o => o.Name == "--json"))
            {
                yield return name;
                foreach (string question in Questions.GetValueOrDefault(name, []))
                    yield return name + question[1..];
            }
            foreach (Command sub in command.Subcommands)
            {
                foreach (string found in Walk(sub, name.Length == 0 ? sub.Name : $"{name}-{sub.Name}"))
                    yield return found;
            }
        }
    }

    /// <summary>The schema of what these words print, or null: no JSON was asked for.</summary>
    public static string? NameOf(string[] args)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        ParseResult parse = AltmapCommand.CreateRoot(host).Parse(args);
        Command command = parse.CommandResult.Command;
        if (!IsGiven(parse, command, "--json"))
            return null;
        var names = new List<string>();
        for (Command? at = command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
            names.Insert(0, at.Name);
        string name = string.Join('-', names);
        string question = Questions.GetValueOrDefault(name, []).FirstOrDefault(q => IsGiven(parse, command, q)) ?? "";
        return name + (question.Length == 0 ? "" : question[1..]);
    }

    private static bool IsGiven(ParseResult parse, Command command, string option) =>
        command.Options.FirstOrDefault(o => o.Name == option) is { } found && parse.GetResult(found) is { Implicit: false };

    /// <summary>Fails where a document is not as its schema says.</summary>
    public static void Check(string[] args, byte[] output)
    {
        if (output.Length is 0 or > BytesMax || NameOf(args) is not { } name)
            return;
        using JsonDocument document = JsonDocument.Parse(output);
        List<string> complaints = Complaints(name, document.RootElement);
        if (complaints.Count > 0 && Approves)
        {
            Widen(name, document.RootElement);
            complaints = Complaints(name, document.RootElement);
        }
        Assert.True(
            complaints.Count == 0,
            $"altmap {string.Join(' ', args)}: not as docs/json/{name}.schema.json says:\n{string.Join('\n', complaints.Take(10))}"
        );
    }

    /// <summary>What a schema has against a document; empty: nothing.</summary>
    public static List<string> Complaints(string name, JsonElement document)
    {
        JsonSchema? schema;
        lock (Approving)
        {
            if (!Loaded.TryGetValue(name, out schema))
            {
                if (!File.Exists(PathOf(name)))
                    return [$"there is no docs/json/{name}.schema.json"];
                Loaded[name] = schema = JsonSchema.FromText(File.ReadAllText(PathOf(name)));
            }
        }
        EvaluationResults results = schema.Evaluate(document, new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (results.IsValid)
            return [];
        return
        [
            .. from detail in results.Details ?? []
            from error in detail.Errors ?? new Dictionary<string, string>()
            select $"{detail.InstanceLocation} ({detail.EvaluationPath}): {error.Value}",
        ];
    }

    /// <summary>What the help says of the command; better words may be put in by hand.</summary>
    private static string DescriptionOf(string name)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        Command at = AltmapCommand.CreateRoot(host);
        string rest = name;
        while (at.Subcommands.FirstOrDefault(c => rest == c.Name || rest.StartsWith(c.Name + "-", StringComparison.Ordinal)) is { } sub)
            (at, rest) = (sub, rest[Math.Min(rest.Length, sub.Name.Length + 1)..]);
        return at.Description ?? "";
    }

    private static void Widen(string name, JsonElement document)
    {
        lock (Approving)
        {
            string path = PathOf(name);
            JsonObject schema = File.Exists(path)
                ? (JsonObject)JsonNode.Parse(File.ReadAllText(path))!
                : new JsonObject
                {
                    ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
                    ["title"] = $"altmap {name.Replace('-', ' ')} --json",
                    ["description"] = DescriptionOf(name),
                };
            SchemaShape.WidenDocument(schema, document);
            Directory.CreateDirectory(Folder);
            File.WriteAllText(path, schema.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
            Loaded.Remove(name);
        }
    }
}
