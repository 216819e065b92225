using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Model.Compatibility;
using Altmap.Shell;

namespace Altmap.Advice.Upgrades;

/// <summary>What <c>ndctl list</c> says of a namespace, in a line.</summary>
internal static class NdctlReading
{
    private const string NotListed = "not listed";
    private static readonly string[] Keys = ["mode", "map", "size", "state"];

    /// <summary>Asks the modelled ndctl under the kernel of <paramref name="state"/>: once for all, and for each alone where it does not
    /// answer for all.</summary>
    public static ImmutableArray<string> Of(ShellState state, IEnumerable<NamespaceReading?> all)
    {
        CommandResult listed = CommandShell.Run(state, ["ndctl", "list", "-N", "-i"]);
        Dictionary<string, string>? lines = listed.IsUnsupported ? null : Lines(listed);
        return
        [
            .. all.Select(ns =>
                ns is null ? NotListed
                : lines is null ? Alone(state, ns)
                : lines.GetValueOrDefault(ns.Device.Name, NotListed)
            ),
        ];
    }

    private static string Alone(ShellState state, NamespaceReading ns)
    {
        CommandResult listed = CommandShell.Run(state, ["ndctl", "list", "-N", "-i", "-n", ns.Device.Name]);
        return listed.IsUnsupported ? listed.Stderr.Trim() : Lines(listed).GetValueOrDefault(ns.Device.Name, NotListed);
    }

    private static Dictionary<string, string> Lines(CommandResult listed)
    {
        if (listed.ExitCode != 0 || listed.Stdout.Trim().Length == 0)
            return [];
        using JsonDocument json = JsonDocument.Parse(listed.Stdout);
        JsonElement root = json.RootElement;
        return (root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : new[] { root }).ToDictionary(
            n => n.GetProperty("dev").GetString()!,
            Line
        );
    }

    private static string Line(JsonElement ns) =>
        string.Join(
            ", ",
            Keys.Where(k => ns.TryGetProperty(k, out _))
                .Select(k => k == "mode" || k == "state" ? ns.GetProperty(k).ToString() : $"{k} {ns.GetProperty(k)}")
        );
}
