using System.Collections.Immutable;
using Altmap.Advice.Doctor;
using Altmap.Advice.Upgrades;
using Altmap.Cli.Common;
using Altmap.Cli.Compatibility;
using Altmap.Cli.Doctor;
using Altmap.Cli.Maps;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Compatibility;
using Altmap.Model.Hardware;
using Altmap.Model.Planning;

namespace Altmap.Cli.Reports;

/// <summary>What another kernel makes of a namespace, in a cell of the table.</summary>
/// <param name="Word">As <c>altmap upgrade</c> has it; <c>unknown</c>, <c>not modelled</c>.</param>
/// <param name="Why">More; may be empty.</param>
internal sealed record UpgradeCell(string Word, string Why);

/// <summary>Everything that a report shows of one machine, by the judgments of the other commands.</summary>
internal sealed class ReportContent
{
    private ReportContent(OpenedMachine opened, Examination examination)
    {
        Machine = opened.Session.State.Machine;
        Description = opened.Session.Source.Description;
        Notes = opened.Notes;
        View = new MapView(Machine, MapWindow.Everything);
        Parts = [.. MapParts.Of(Machine)];
        Ledger = MachineLedger.Of(Machine);
        Examination = examination;
    }

    public Machine Machine { get; }

    public MachineDescription Description { get; }

    public ImmutableArray<string> Notes { get; }

    public MapView View { get; }

    public ImmutableArray<MapPart> Parts { get; }

    public MachineLedger Ledger { get; }

    public Examination Examination { get; }

    /// <summary>What nobody gave, or what was made again from other things.</summary>
    public IEnumerable<Fact> Facts => Description.Facts.Where(f => f.Origin != FactOrigin.Given);

    public bool IsVerified => KernelChoice.IsVerified(Machine.Kernel, Machine.Architecture);

    /// <summary>All kernels that have such pages, oldest first.</summary>
    public ImmutableArray<KernelProfile> Kernels { get; private init; } = [];

    /// <summary>By namespace, a cell for each of <see cref="Kernels"/>.</summary>
    public IReadOnlyDictionary<string, UpgradeCell[]> Upgrades { get; private init; } = new Dictionary<string, UpgradeCell[]>();

    public static ReportContent Of(string path, string? kernel)
    {
        OpenedMachine opened = OpenedMachine.Open(path, kernel);
        var examination = Examination.Of(new Patient(opened.Session.State, opened.Gaps, opened.Log, null));
        MachineDescription description = opened.Session.Source.Description;
        string[] names =
        [
            .. opened
                .Session.State.Machine.Regions.Values.SelectMany(r => r.Namespaces.Values)
                .Where(n => !n.Size.IsZero)
                .Select(n => n.Device.Name),
        ];
        var kernels = ImmutableArray.CreateBuilder<KernelProfile>();
        var cells = new Dictionary<string, List<UpgradeCell>>(StringComparer.Ordinal);
        foreach (KernelProfile next in KernelProfiles.All)
        {
            if (ArchitectureRules.Find(next, description.Architecture, description.PageSize) is not { } architecture)
                continue;
            kernels.Add(next);
            Dictionary<string, UpgradeCell> found = Under(opened, next, architecture, out string? notModelled);
            foreach (string name in names)
            {
                if (!cells.TryGetValue(name, out List<UpgradeCell>? row))
                    cells[name] = row = [];
                row.Add(
                    found.GetValueOrDefault(name)
                        ?? (notModelled is null ? new UpgradeCell("unknown", "") : new UpgradeCell("not modelled", notModelled))
                );
            }
        }
        return new ReportContent(opened, examination)
        {
            Kernels = kernels.ToImmutable(),
            Upgrades = cells.ToDictionary(c => c.Key, c => c.Value.ToArray()),
        };
    }

    private static Dictionary<string, UpgradeCell> Under(
        OpenedMachine opened,
        KernelProfile kernel,
        ArchitectureRules architecture,
        out string? notModelled
    )
    {
        notModelled = null;
        try
        {
            UpgradeReport report = UpgradeAnswer.Of(opened.Session.State, kernel, architecture).Report;
            var unknown = UnknownNamespaces.Of(opened.Session.Source.Description, report, isOwnKernel: true);
            return report.Namespaces.ToDictionary(
                n => n.Before.Device.Name,
                n =>
                    unknown.NeedsOf(n.Before) is { Length: > 0 } needs
                        ? new UpgradeCell("unknown", needs)
                        : new UpgradeCell(n.Verdict.Word(), n.Why)
            );
        }
        catch (NotModelledException e)
        {
            notModelled = e.Message;
            return [];
        }
    }
}
