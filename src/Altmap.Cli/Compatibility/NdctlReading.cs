using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Model.Compatibility;
using Altmap.Shell;

namespace Altmap.Cli.Compatibility;

/// <summary>What <c>ndctl list</c> says of a namespace, in a line.</summary>
internal static class NdctlReading
{
    private static readonly string[] Keys = ["mode", "map", "size", "state"];

    /// <summary>Asks the modelled ndctl under the kernel of <paramref name="state"/>.</summary>
    public static string Of(ShellState state, NamespaceReading? ns)
    {
        if (ns is null) return "not listed";
        ImmutableArray<string> words = ["ndctl", "list", "-N", "-i", "-n", ns.Device.Name];
        CommandResult listed = CommandShell.Run(state, words);
        if (listed.IsUnsupported) return listed.Stderr.Trim();
        if (listed.ExitCode != 0 || listed.Stdout.Trim().Length == 0) return "not listed";
        using JsonDocument json = JsonDocument.Parse(listed.Stdout);
        JsonElement root = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement[0] : json.RootElement;
        return string.Join(", ", Keys.Where(k => root.TryGetProperty(k, out _)).Select(k => k == "mode" || k == "state" ? root.GetProperty(k).ToString() : $"{k} {root.GetProperty(k)}"));
    }
}
