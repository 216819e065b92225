using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Host;
using Altmap.Model.Explore;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Explore;

/// <summary><c>explore --replay</c>: the traces of a file that <c>explore --json</c> wrote, carried out again.</summary>
internal static class ExploreReplay
{
    private const int BytesMax = 64 << 20;

    private static readonly string[] Keys =
    [
        "policy",
        "checks",
        "holes",
        "collisions",
        "poison",
        "walkers",
        "faults",
        "without",
        "bounds",
        "reduce",
        "states",
        "steps",
        "depth",
        "complete",
        "stopped_by",
        "violations",
    ];

    public static int Run(CliHost host, string path, bool isJson)
    {
        HostResult<byte[]> read = path == "-" ? BoundedFile.Read("<stdin>", host.OpenInput(), BytesMax) : BoundedFile.Read(path, BytesMax);
        if (read.Error is { } error)
            throw CliError.Of(error);
        string name = path == "-" ? "<stdin>" : path;
        var errors = new InputErrors(name);
        (ExplorerModel? model, List<(string Property, List<NamedStep> Steps)> traces) = Parse(read.Value!, errors);
        if (!errors.IsEmpty || model is null)
            throw CliError.Of([.. errors.Sorted.Select(HostError.Of)]);
        (string Property, int Steps, TraceReplayResult Result)[] results =
        [
            .. traces.Select(t => (t.Property, t.Steps.Count, TraceReplay.Run(model, t.Property, t.Steps))),
        ];
        if (isJson)
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("policy", model.Scenario.Policy.Name);
                    json.WriteObjects(
                        "traces",
                        results,
                        r =>
                        {
                            json.WriteString("property", r.Property);
                            json.WriteNumber("steps", r.Steps);
                            json.WriteNumber("done", r.Result.Done);
                            json.WriteBoolean("violated", r.Result.Problem is null);
                            json.WriteString("problem", r.Result.Problem);
                        }
                    );
                    json.WriteEndObject();
                }
            );
        else
        {
            foreach ((string property, int steps, TraceReplayResult result) in results)
            {
                host.Out.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{property}: {result.Done} of {steps} steps carried out: {result.Problem ?? "violated, as the trace says"}"
                    )
                );
                foreach (
                    (int section, string picture) in Pictures
                        .Sections(MemoryPicture.Of(result.State, model.Boot.Range), Scenario.Geometry)
                        .Index()
                )
                    host.Out.WriteLine($"  section {section}: {picture}");
            }
            if (results.Length == 0)
                host.Out.WriteLine($"{name} has no trace");
        }
        return results.All(r => r.Result.Problem is null) ? ExitCode.Success : ExitCode.ErrorsLeft;
    }

    private static (ExplorerModel? Model, List<(string, List<NamedStep>)> Traces) Parse(byte[] utf8, InputErrors errors)
    {
        var traces = new List<(string, List<NamedStep>)>();
        if (JsonText.Parse(utf8, errors) is not { } root)
            return (null, traces);
        var fields = new JsonFields(root, "the exploration", Keys, errors);
        string policy = fields.RequireText("policy");
        if (fields.Find("bounds") is not { } bounds)
        {
            errors.Add(root, "there are no \"bounds\"", "what explore --json writes");
            return (null, traces);
        }
        var size = new JsonFields(bounds, "\"bounds\"", ["sections", "devices", "walkers", "pages", "hotplug"], errors);
        string text = string.Join(
            ',',
            new[] { "sections", "devices", "walkers", "pages", "hotplug" }.Select(k =>
                string.Create(CultureInfo.InvariantCulture, $"{k}={size.Integer(k, 0, 16, 1)}")
            )
        );
        foreach (JsonValue one in Items(fields.Find("violations")))
        {
            var violation = new JsonFields(one, "a violation", ["property", "title", "detail", "trace"], errors);
            var steps = new List<NamedStep>();
            foreach (JsonValue item in Items(violation.Find("trace")))
            {
                var step = new JsonFields(item, "a step", ["actor", "operation", "step", "effect", "source", "sections"], errors);
                steps.Add(
                    new(step.RequireText("actor"), step.RequireText("operation"), step.RequireText("step"), step.RequireText("effect"))
                );
            }
            traces.Add((violation.RequireText("property"), steps));
        }
        if (!errors.IsEmpty)
            return (null, traces);
        ExploreRequest request = ExploreRequest.Of(
            Policy.Find(policy) is null ? "current" : policy,
            fields.Text("poison", "off"),
            fields.Text("walkers", "locked"),
            fields.Text("faults", "none"),
            [.. Items(fields.Find("without")).Select(w => w.Text)],
            text,
            memory: null,
            reduce: null
        );
        // What the file says about the policy counts: its own may be anybody's.
        OnlineCheck?[] checks = [.. Items(fields.Find("checks")).Select(c => OnlineCheck.Find(c.Text))];
        if (checks.Contains(null))
        {
            errors.Add(root, "\"checks\" has a word that is no check", "what explore --json writes");
            return (null, traces);
        }
        Policy known = request.Scenario.Policy;
        request = request with
        {
            Scenario = request.Scenario with
            {
                Policy = new Policy(policy, known.Name == policy ? known.Title : "of a file", [.. checks.Select(c => c!)])
                {
                    Holes = PolicyFile.HoleWords.FirstOrDefault(w => w.Word == fields.Text("holes")).Holes,
                    Collisions = PolicyFile.CollisionWords.FirstOrDefault(w => w.Word == fields.Text("collisions")).Collisions,
                },
            },
        };
        return (request.Model(), traces);
    }

    private static IEnumerable<JsonValue> Items(JsonValue? list) => list is { Kind: JsonKind.Array } array ? array.Items : [];
}
