using Altmap.Cli.Common;
using Altmap.Model.Compatibility;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Compatibility;

/// <summary>Of which namespaces and regions nothing can be said of another kernel, since bytes that decide it were not given. What was made
/// again from what one kernel showed does not decide it either: the block's version and sizes of struct page are not shown.</summary>
internal sealed class UnknownNamespaces
{
    private readonly Dictionary<string, string> _namespaces = new(StringComparer.Ordinal);
    private readonly List<(string Region, string Needs)> _regions = [];
    private string _kernel = "";

    /// <summary>True when all is known.</summary>
    public bool IsEmpty => _namespaces.Count == 0 && _regions.Count == 0 && _kernel.Length == 0;

    /// <summary>Regions in which namespaces may be that the model does not see, with what is needed.</summary>
    public IReadOnlyList<(string Region, string Needs)> Regions => _regions;

    /// <summary>What the verdict on a namespace needs; empty: nothing.</summary>
    public string NeedsOf(NamespaceReading reading) =>
        _kernel.Length > 0 ? _kernel : _namespaces.GetValueOrDefault(reading.Device.Name, "");

    public static UnknownNamespaces Of(MachineDescription description, UpgradeReport report, bool isOwnKernel)
    {
        var unknown = new UnknownNamespaces();
        if (isOwnKernel && description.Assumed(FactTopic.Kernel).FirstOrDefault() is { } kernel)
            unknown._kernel = Provenance.Needs(kernel);
        foreach (RegionDescription region in E820Regions.Resolve(description))
        {
            HashSet<string> dimms = [.. region.Mappings.Select(m => m.Dimm)];
            Fact[] whole =
            [
                .. description
                    .Assumed(FactTopic.Regions, FactTopic.Mappings, FactTopic.Labels, FactTopic.Media)
                    .Where(f => f.Of == region.Name || (f.Topic == FactTopic.Labels && dimms.Contains(f.Of))),
            ];
            NamespaceReading[] inside = [.. report.Namespaces.Select(n => n.Before).Where(n => region.Range.Contains(n.Range))];
            foreach (NamespaceReading ns in inside)
            {
                Fact[] facts =
                [
                    .. whole,
                    .. description.Facts.Where(f =>
                        f.Topic == FactTopic.Media && f.Of == ns.Device.Name && f.Origin is not FactOrigin.Given
                    ),
                ];
                if (facts.Length > 0)
                    unknown._namespaces[ns.Device.Name] = string.Join("; ", Provenance.Lines(facts));
            }
            if (inside.Length == 0 && whole.Length > 0)
                unknown._regions.Add((region.Name, string.Join("; ", Provenance.Lines(whole))));
        }
        return unknown;
    }
}
