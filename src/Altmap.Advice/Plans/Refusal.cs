using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>What the model of a machine did not accept.</summary>
/// <param name="Region">Where.</param>
/// <param name="Command">What was tried.</param>
/// <param name="Says">The words of the tool, then those of the kernel.</param>
/// <param name="IsNotModelled">True: it was not refused, nobody knows.</param>
public sealed record Refusal(NdDevice Region, string Command, string Says, bool IsNotModelled)
{
    /// <summary>Of a trial that ended.</summary>
    public static Refusal Of(NdDevice region, Trial trial)
    {
        CommandResult failure = trial.Failure ?? throw new ArgumentException("the trial succeeded", nameof(trial));
        IEnumerable<string> tool = failure.Stderr.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0),
            log = failure.State.Machine.Log.Skip(trial.State.Machine.Log.Count).Select(l => l.Trim());
        ImmutableArray<string> said = [.. tool.Concat(log).Distinct()];
        int node = trial.State.Machine.Regions[region.Number].Description.TargetNode;
        string why =
            node < 0 && said.Any(l => l.Contains("invalid node", StringComparison.Ordinal))
                ? $" (target_node of {region} is -1: the firmware gives it no proximity domain)"
                : "";
        return new(region, trial.Failed!, (said.IsEmpty ? "no message" : string.Join("; ", said)) + why, failure.IsUnsupported);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Command}: {Says}";
}
