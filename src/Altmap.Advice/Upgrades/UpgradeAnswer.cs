using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Model.Compatibility;
using Altmap.Shell;

namespace Altmap.Advice.Upgrades;

/// <summary>What another kernel makes of a machine's namespaces, and what its ndctl says of them.</summary>
/// <param name="Report">By namespace.</param>
/// <param name="Ndctl">A line of <c>ndctl list</c> for each namespace of the report, in its order.</param>
public sealed record UpgradeAnswer(UpgradeReport Report, ImmutableArray<string> Ndctl)
{
    /// <summary>Boots the other kernel on the machine and lists. Throws <see cref="NotModelledException"/> where the model
    /// does
    /// not know.</summary>
    /// <param name="state">The machine under its own kernel.</param>
    /// <param name="kernel">The other kernel.</param>
    /// <param name="architecture">Of the other kernel.</param>
    public static UpgradeAnswer Of(ShellState state, KernelProfile kernel, ArchitectureRules architecture)
    {
        UpgradeReport report = Upgrade.Compare(state.Machine, kernel, architecture);
        return new(report, NdctlReading.Of(state with { Machine = report.To }, report.Namespaces.Select(n => n.After)));
    }
}
