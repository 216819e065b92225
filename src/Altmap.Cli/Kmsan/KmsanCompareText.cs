using System.Collections.Immutable;
using System.Globalization;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.DebugMetadata;

namespace Altmap.Cli.Kmsan;

/// <summary>The comparison of <c>altmap kmsan --compare</c> for people.</summary>
internal static class KmsanCompareText
{
    /// <summary>Orders that the table shows: a page, a small stack, 256 KiB, a huge page, the largest block.</summary>
    internal static readonly ImmutableArray<int> Orders = [0, 3, 6, 9, 10];

    public static void Write(CliHost host, DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        PfnCount free = comparison.Costs[0].Free;
        host.Out.WriteLine(
            $"kernel {input.Kernel.Name}: {free.Pages} pages ({Human(free, input)}) of {input.Sections} sections are free when memory "
                + $"goes to the page allocator"
        );
        WriteCosts(host, comparison);
        PageExt tables = comparison.PageExt;
        host.Out.WriteLine(
            $"page_ext: {tables.Entry.Bytes} bytes a page, {tables.Table.ToHuman()} a section from a block of order "
                + $"{tables.TableOrder}; this kernel allocates it {PageExt.WhenOf(input.Kernel)}"
        );
        host.Out.WriteLine();
        WriteRuns(host, comparison);
        host.Out.WriteLine();
        WriteLate(host, comparison);
    }

    private static void WriteCosts(CliHost host, DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        var table = new TextTable(
            "design",
            ">struct page",
            ">off",
            ">on: pointers",
            ">shadow, origin",
            ">leftover",
            ">free",
            ">blocks a request",
            "old map=dev blocks",
            "status"
        );
        foreach (DesignCost cost in comparison.Costs)
        {
            table.Add(
                Name(cost.Design),
                Numbers.Of(cost.StructPage.Bytes),
                cost.Off is { } off ? Human(off) : "never off",
                Human(cost.Pointers),
                cost.Design == MetadataDesign.Lazy ? "2 a used page" : Human(cost.Metadata, input),
                Numbers.Of(cost.Leftover.Pages),
                Human(cost.Free, input),
                Numbers.Of(cost.PagesPerRequest),
                cost.StructPage > input.Kernel.Get(Rules.MaxStructPageSize) ? "refused" : "open",
                Status(cost.Design)
            );
        }
        table.Write(host);
    }

    private static void WriteRuns(CliHost host, DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        host.Out.WriteLine(
            $"{input.Seeds.Length} workloads (seeds {input.Seeds[0]} to {input.Seeds[^1]}) on the first {comparison.Simulated.Pages} "
                + $"free pages ({Human(comparison.Simulated, input)}): use grows to a third of them,"
        );
        host.Out.WriteLine(
            $"{comparison.Usable.Pages} pages, in {Workload.StepsPerPage * comparison.Usable.Pages} steps of requests (orders 0 to 3: "
                + $"{string.Join(", ", Workload.Mix)} %) and returns; then half of them are returned, at random."
        );
        host.Out.WriteLine(
            "First refused request of an order: share of that third in use / share of memory still free. Last column: the largest "
                + "order that a request gets in the end."
        );
        int[] orders = [.. Orders.Where(o => o <= input.OrderMax)];
        var table = new TextTable(["design", ">free at start", ">failed requests", .. orders.Select(o => $">order {o}"), ">half returned"]);
        foreach (DesignRuns runs in comparison.Runs)
            table.Add([
                Name(runs.Design),
                Numbers.Of(runs.Runs[0].Samples[0].Free.Pages),
                Range(runs.Runs.Select(r => (double)r.Failed), ""),
                .. orders.Select(o => Refused(runs, o, comparison)),
                Range(runs.Runs.Select(r => (double)r.Samples[^1].LargestServed), ""),
            ]);
        table.Write(host);
    }

    private static string Refused(DesignRuns runs, int order, DesignComparison comparison)
    {
        Refusal[] refused = [.. runs.Runs.Select(r => r.Refusals[order]).OfType<Refusal>()];
        if (refused.Length == 0)
            return "never";
        if (refused.All(r => r.InUse.Pages == 0))
            return "at once";
        string never = refused.Length == runs.Runs.Length ? "" : $" ({runs.Runs.Length - refused.Length}x never)";
        return $"{Range(refused.Select(r => 100.0 * r.InUse.Pages / comparison.Usable.Pages), " %")} / "
            + $"{Range(refused.Select(r => 100.0 * r.Free.Pages / comparison.Simulated.Pages), " %")}{never}";
    }

    private static void WriteLate(CliHost host, DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        host.Out.WriteLine(
            $"Switched on late (page_ext after boot, or lazy): each block of order {input.OrderMax} with a used page needs two wholly "
                + $"free ones for its metadata:"
        );
        var table = new TextTable(
            ">most in use before",
            ">in use then",
            ">blocks",
            ">used",
            ">wholly free",
            ">free with metadata",
            "possible"
        );
        foreach (LateSwitch late in comparison.Late)
        {
            table.Add(
                $"{late.PeakPercent} %",
                $"{late.InUsePercent} %",
                Numbers.Of(late.Blocks),
                Numbers.Of(late.Used),
                Numbers.Of(late.WhollyFree),
                late.IsFeasible ? Numbers.Of((ulong)late.Tracked) : "-",
                late.IsFeasible ? "yes" : $"no: {(2 * late.Used) - late.WhollyFree} blocks are missing"
            );
        }
        table.Write(host);
    }

    internal static string Name(MetadataDesign design) =>
        design switch
        {
            MetadataDesign.None => "no KMSAN",
            MetadataDesign.BootCarveOut => "struct page, carved out at boot",
            MetadataDesign.Lazy => "struct page, lazily at each request",
            _ => "page_ext, early",
        };

    internal static string Status(MetadataDesign design) =>
        design switch
        {
            MetadataDesign.None => "without KMSAN",
            MetadataDesign.BootCarveOut => "KMSAN as it is",
            MetadataDesign.Lazy => "tried, given up",
            _ => "proposed only",
        };

    private static string Range(IEnumerable<double> values, string unit)
    {
        double[] all = [.. values];
        string low = Text(all.Min()),
            high = Text(all.Max());
        return (low == high ? low : $"{low}-{high}") + unit;

        string Text(double value) => value.ToString(unit.Length == 0 ? "0" : "0.0", CultureInfo.InvariantCulture);
    }

    private static string Human(PfnCount pages, ComparisonInput input) => pages.ToBytes(input.PageSize).ToHuman();

    /// <summary>With its unit, however few.</summary>
    private static string Human(ByteSize size) => size.Bytes < 1024 ? $"{size.Bytes} bytes" : size.ToHuman();
}
