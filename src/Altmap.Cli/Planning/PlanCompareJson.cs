using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning.Alternatives;

namespace Altmap.Cli.Planning;

/// <summary>The answers of <c>altmap plan --compare</c> as JSON.</summary>
internal static class PlanCompareJson
{
    public static void Write(Utf8JsonWriter json, ImmutableArray<CompareAnswer> answers, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        foreach (CompareAnswer answer in answers)
        {
            AlternativesRequest request = answer.Request;
            json.WriteStartObject();
            json.WriteString("namespace", answer.Name);
            json.WriteString("kernel", request.Kernel.Name);
            json.WriteString("start", JsonOutput.Hex(request.Range.Start.Bytes));
            json.WriteNumber("size", request.Range.Size.Bytes);
            json.WriteString("mode", PlanCompare.Mode(request));
            json.WriteString("map", request.Map.Word());
            json.WriteNumber("align", request.Align.Bytes);
            json.WriteNumber("memory_block", request.MemoryBlock.Bytes);
            json.WriteString("unknown", answer.Unknown);
            if (!answer.Ways.IsDefault)
                json.WriteObjects("ways", answer.Ways, way => Write(json, way));
            json.WriteStartArray("groups");
            foreach (AlternativeGroup group in answer.Groups)
                Write(json, group);
            json.WriteEndArray();
            json.WriteBoolean("verified", KernelChoice.IsVerified(request.Kernel, request.Architecture));
            json.WriteEndObject();
        }
        if (isList)
            json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Way way)
    {
        json.WriteString("group", way.Group);
        json.WriteString("id", way.Id);
        json.WriteString("what", way.What);
        json.WriteBoolean("present", way.IsPresent);
        json.WriteBoolean("accepted", way.Plan is not null);
        json.WriteNumber("usable", way.Usable.Bytes);
        json.WriteNumber("lost", way.Lost.Bytes);
        json.WriteNumber("ram_cost", way.RamCost.Bytes);
        json.WriteString("boot", way.Boot?.Word);
        json.WriteStrings("commands", way.Commands);
        json.WriteString("loses", way.Loses);
        json.WriteString("danger", way.Danger);
        json.WriteString("refused", way.Refused);
    }

    private static void Write(Utf8JsonWriter json, AlternativeGroup group)
    {
        json.WriteStartObject();
        json.WriteString("group", group.Id);
        json.WriteString("question", group.Question);
        json.WriteObjects(
            "alternatives",
            group.Rows,
            row =>
            {
                json.WriteString("id", row.Id);
                json.WriteString("what", row.What);
                json.WriteBoolean("present", row.IsPresent);
                json.WriteNumber("lost", row.Lost.Bytes);
                json.WriteNumber("usable", row.Usable.Bytes);
                json.WriteNumber("ram_cost", row.RamCost.Bytes);
                json.WriteString("dax", row.Uses.Dax);
                json.WriteString("block_io", row.Uses.BlockIo);
                json.WriteString("hot_remove", row.Uses.HotRemove);
                json.WriteString("huge_pages", row.Uses.HugePages);
                json.WriteString("kexec", row.Uses.Kexec);
                json.WriteString("debug_kernel", row.DebugKernel);
                json.WriteStrings("kernels", row.Kernels.Select(k => k.Name));
                json.WriteBoolean("proposed_only", row.IsProposedOnly);
                json.WriteString("why", row.Why);
                json.WriteString("source", row.Source);
            }
        );
        json.WriteEndObject();
    }
}
