using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Model.Explore;

namespace Altmap.Cli.Explore;

/// <summary><c>explore --json</c>.</summary>
internal static class ExploreJson
{
    public static void Write(Utf8JsonWriter json, ExplorerModel model, ExploreRequest request, Exploration found)
    {
        Scenario scenario = model.Scenario;
        json.WriteStartObject();
        json.WriteString("policy", scenario.Policy.Name);
        json.WriteStrings("checks", scenario.Policy.Checks.Select(c => c.Word));
        json.WriteString("holes", PolicyFile.HoleWords.First(w => w.Holes == scenario.Policy.Holes).Word);
        json.WriteString("collisions", PolicyFile.CollisionWords.First(w => w.Collisions == scenario.Policy.Collisions).Word);
        json.WriteString("poison", scenario.Poisons ? "on" : "off");
        json.WriteString("walkers", scenario.WalkersLocked ? "locked" : "unlocked");
        json.WriteString("faults", scenario.Faults ? "map-failure" : "none");
        json.WriteStrings("without", ExploreRequest.Locks.Where(l => scenario.Without.Contains(l.Lock)).Select(l => l.Word));
        json.WriteStartObject("bounds");
        json.WriteNumber("sections", scenario.Bounds.Sections);
        json.WriteNumber("devices", scenario.Bounds.Devices);
        json.WriteNumber("walkers", scenario.Bounds.Walkers);
        json.WriteNumber("pages", scenario.Bounds.Pages);
        json.WriteNumber("hotplug", scenario.Bounds.Hotplug);
        json.WriteEndObject();
        json.WriteString("reduce", ExploreRequest.WordsOf(request.Limits.Reductions));
        json.WriteNumber("states", found.States);
        json.WriteNumber("steps", found.Edges);
        json.WriteNumber("depth", found.Depth);
        json.WriteBoolean("complete", found.IsComplete);
        json.WriteString("stopped_by", found.Stopped);
        json.WriteObjects(
            "violations",
            found.Violations,
            violation =>
            {
                json.WriteString("property", violation.Property.Name);
                json.WriteString("title", violation.Property.Title);
                json.WriteString("detail", violation.Case.Detail);
                json.WriteObjects("trace", violation.Trace, step => WriteStep(json, step));
            }
        );
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, TraceStep step)
    {
        json.WriteString("actor", step.Actor);
        json.WriteString("operation", step.Operation);
        json.WriteString("step", step.Step);
        json.WriteString("effect", step.Effect);
        json.WriteString("source", step.Source);
        json.WriteStrings("sections", Pictures.Sections(step.After, Scenario.Geometry));
    }
}
