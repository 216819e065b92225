using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Model.DebugMetadata;

namespace Altmap.Cli.Kmsan;

/// <summary>The comparison of <c>altmap kmsan --compare</c> as JSON: bytes where a key says so, else pages.</summary>
internal static class KmsanCompareJson
{
    public static void Write(Utf8JsonWriter json, DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        json.WriteStartObject();
        json.WriteString("kernel", input.Kernel.Name);
        json.WriteNumber("page_size", input.PageSize.Bytes);
        json.WriteNumber("pages", comparison.Costs[0].Free.Pages);
        json.WriteNumber("sections", input.Sections);
        json.WriteStartObject("page_ext");
        json.WriteNumber("entry_bytes", comparison.PageExt.Entry.Bytes);
        json.WriteNumber("table_bytes", comparison.PageExt.Table.Bytes);
        json.WriteNumber("table_order", comparison.PageExt.TableOrder);
        json.WriteString("allocated", PageExt.WhenOf(input.Kernel));
        json.WriteEndObject();
        json.WriteNumber("simulated", comparison.Simulated.Pages);
        json.WriteNumber("usable", comparison.Usable.Pages);
        json.WriteStartArray("designs");
        for (int i = 0; i < comparison.Costs.Length; i++)
            WriteDesign(json, comparison, comparison.Costs[i], comparison.Runs[i]);
        json.WriteEndArray();
        json.WriteObjects(
            "late_switch",
            comparison.Late,
            late =>
            {
                json.WriteNumber("peak_percent", late.PeakPercent);
                json.WriteNumber("in_use_percent", late.InUsePercent);
                json.WriteNumber("blocks", late.Blocks);
                json.WriteNumber("wholly_free", late.WhollyFree);
                json.WriteBoolean("feasible", late.IsFeasible);
                json.WriteOptional("tracked_free_blocks", late.IsFeasible ? (ulong)late.Tracked : null);
            }
        );
        json.WriteEndObject();
    }

    private static void WriteDesign(Utf8JsonWriter json, DesignComparison comparison, DesignCost cost, DesignRuns runs)
    {
        json.WriteStartObject();
        json.WriteString("design", Word(cost.Design));
        json.WriteString("status", KmsanCompareText.Status(cost.Design));
        json.WriteNumber("struct_page_bytes", cost.StructPage.Bytes);
        json.WriteOptional("off_bytes", cost.Off?.Bytes);
        json.WriteNumber("pointers_bytes", cost.Pointers.Bytes);
        json.WriteNumber("metadata", cost.Metadata.Pages);
        json.WriteNumber("leftover", cost.Leftover.Pages);
        json.WriteNumber("free", cost.Free.Pages);
        json.WriteNumber("blocks_per_request", cost.PagesPerRequest);
        json.WriteStartArray("runs");
        for (int i = 0; i < runs.Runs.Length; i++)
            WriteRun(json, comparison.Input.Seeds[i], runs.Runs[i]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter json, ulong seed, DesignRun run)
    {
        json.WriteStartObject();
        json.WriteNumber("seed", seed);
        json.WriteNumber("requests", run.Requests);
        json.WriteNumber("failed", run.Failed);
        json.WriteOptional("first_failure_step", run.FirstFailure < 0 ? null : (ulong)run.FirstFailure);
        json.WriteObjects(
            "first_refused",
            run.Refusals.OfType<Refusal>(),
            refusal =>
            {
                json.WriteNumber("order", refusal.Order);
                json.WriteNumber("in_use", refusal.InUse.Pages);
                json.WriteNumber("free", refusal.Free.Pages);
                json.WriteNumber("obtainable", refusal.Obtainable);
            }
        );
        json.WriteObjects(
            "samples",
            run.Samples,
            sample =>
            {
                json.WriteNumber("step", sample.Step);
                json.WriteNumber("in_use", sample.InUse.Pages);
                json.WriteNumber("free", sample.Free.Pages);
                json.WriteNumber("largest_free_order", sample.LargestFree);
                json.WriteNumber("largest_served_order", sample.LargestServed);
            }
        );
        json.WriteEndObject();
    }

    private static string Word(MetadataDesign design) =>
        design switch
        {
            MetadataDesign.None => "none",
            MetadataDesign.BootCarveOut => "struct-page-boot",
            MetadataDesign.Lazy => "struct-page-lazy",
            _ => "page-ext-early",
        };
}
