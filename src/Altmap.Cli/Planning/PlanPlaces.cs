using Altmap.Cli.Common;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Where a plan is to be: what <c>--start</c> and <c>--size</c> say, and what of a machine is there.</summary>
internal static class PlanPlaces
{
    private const int ListedMax = 20;

    /// <summary>Both must be given.</summary>
    public static PhysicalRange RangeOf(string? start, string? size)
    {
        var range = new PhysicalRange(Values.Address(start, "--start")!.Value, Values.Size(size, "--size")!.Value);
        return range.Size.IsZero
            ? throw CliError.Usage($"--size: 0; a namespace has bytes, at least {NamespacePlan.SizeMin} for a page map")
            : range;
    }

    /// <summary>The region that holds all of a range.</summary>
    public static RegionState RegionOf(string path, Machine machine, PhysicalRange range) =>
        machine.Regions.Values.FirstOrDefault(r => r.Range.Contains(range))
        ?? throw CliError.Usage(
            $"{path}: {range} lies in no region; expected a range in "
                + $"{Listed(machine.Regions.Values.Select(r => $"{r.Device} {r.Range}"), "one, but this machine has none")}"
        );

    /// <summary>With commas, the first twenty.</summary>
    public static string Listed(IEnumerable<string> items, string none)
    {
        string[] all = [.. items.Take(ListedMax + 1)];
        return all.Length == 0 ? none : string.Join(", ", all.Take(ListedMax)) + (all.Length > ListedMax ? ", …" : "");
    }
}
