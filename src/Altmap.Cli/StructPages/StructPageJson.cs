using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.InfoBlocks;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;
using Altmap.Model.StructPages;

namespace Altmap.Cli.StructPages;

/// <summary>The answers of <c>altmap struct-page</c> as JSON.</summary>
internal static class StructPageJson
{
    public static void Write(Utf8JsonWriter json, ImmutableArray<StructPageCommand.Answer> answers, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        foreach (StructPageCommand.Answer answer in answers)
            Write(json, answer);
        if (isList)
            json.WriteEndArray();
    }

    public static void WriteSizes(Utf8JsonWriter json, ImmutableArray<StructPageRow> rows)
    {
        json.WriteStartArray();
        foreach (StructPageRow row in rows)
        {
            json.WriteStartObject();
            json.WriteNumber("align", row.Alignment.Bytes);
            json.WriteBoolean("memcg", row.Memcg);
            json.WriteBoolean("last_cpupid_field", row.Cpupid);
            json.WriteBoolean("kmsan", row.Kmsan);
            json.WriteObjects(
                "kernels",
                row.Cells,
                cell =>
                {
                    json.WriteString("kernel", cell.Kernel.Name);
                    json.WriteOptional("size", cell.Size?.Bytes);
                    json.WriteBoolean("zeroed", cell.IsZeroed);
                    json.WriteBoolean("possible", cell.IsPossible);
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, StructPageCommand.Answer answer)
    {
        StructPageLayout layout = answer.Layout;
        json.WriteStartObject();
        json.WriteString("kernel", layout.Kernel.Name);
        json.WriteString("arch", KernelChoice.Name(layout.Architecture.Architecture));
        json.WriteNumber("page_size", layout.Architecture.PageSize.Bytes);
        json.WriteNumber("size", layout.Size.Bytes);
        json.WriteNumber("align", layout.Alignment.Bytes);
        json.WriteObjects(
            "fields",
            layout.Fields,
            field =>
            {
                json.WriteString("name", field.Name);
                json.WriteNumber("offset", field.Offset.Bytes);
                json.WriteNumber("size", field.Size.Bytes);
                json.WriteString("purpose", field.Purpose);
            }
        );
        WriteFlags(json, layout.Flags);
        json.WriteBoolean("zeroed", layout.IsZeroed);
        json.WriteOptional("zeroed_max", layout.Kernel.Get(Rules.ZeroedMax)?.Bytes);
        json.WriteStrings("impossible", layout.Impossible);
        json.WriteNumber("memmap_per_tib", StructPageText.Memmap(answer).Bytes);
        json.WriteStartArray("page_map_per_tib");
        string? refusal = StructPageText.PageMapRefusal(answer);
        if (layout.Config.Vmemmap)
        {
            NamespacePlan onDevice = StructPageCommand.PerTerabyte(answer, PageMapMode.Pmem);
            if (refusal is null || !onDevice.IsAccepted)
                WritePlan(json, onDevice);
            WritePlan(json, StructPageCommand.PerTerabyte(answer, PageMapMode.Ram));
        }
        json.WriteEndArray();
        json.WriteString("page_map_refusal", refusal);
        if (answer.Machine is { } machine)
            WriteMachine(json, machine);
        json.WriteBoolean("verified", KernelChoice.IsVerified(answer.Kernel, layout.Architecture));
        json.WriteEndObject();
    }

    private static void WriteFlags(Utf8JsonWriter json, PageFlagsWord? flags)
    {
        if (flags is null)
        {
            json.WriteNull("flags_word");
            return;
        }
        json.WriteStartObject("flags_word");
        foreach (PageFlagsPart part in flags.Parts)
            json.WriteNumber(part.What.Replace(' ', '_').ToLowerInvariant(), part.Bits);
        json.WriteNumber("free", flags.Free);
        json.WriteBoolean("last_cpupid_fits", !flags.CpupidSpills);
        json.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter json, NamespacePlan plan, string? region = null)
    {
        json.WriteStartObject();
        if (region is not null)
            json.WriteString("region", region);
        json.WriteString("map", plan.Map?.Word());
        json.WriteNumber("size", plan.Range.Size.Bytes);
        json.WriteBoolean("accepted", plan.IsAccepted);
        json.WriteNumber("errno", (int)plan.Errno);
        json.WriteString("message", plan.Message);
        json.WriteOptional("dataoff", plan.Settings?.DataOffset.Bytes);
        json.WriteNumber("usable", plan.Usable.Bytes);
        json.WriteNumber("struct_pages_in_ram", plan.StructPagesInRam.Bytes);
        json.WriteEndObject();
    }

    private static void WriteMachine(Utf8JsonWriter json, MachineStructPages machine)
    {
        json.WriteStartObject("machine");
        json.WriteNumber("ram", machine.Ram.Bytes);
        json.WriteNumber("memmap", machine.Memmap.Bytes);
        json.WriteStartArray("regions");
        foreach (RegionPageMap region in machine.Regions)
        {
            WritePlan(json, region.OnDevice, region.Region);
            WritePlan(json, region.InRam, region.Region);
        }
        json.WriteEndArray();
        json.WriteObjects(
            "namespaces",
            machine.Blocks,
            block =>
            {
                json.WriteString("namespace", block.Namespace);
                json.WriteString("map", block.Map.Word());
                json.WriteNumber("page_struct_size", block.Recorded.Bytes);
                json.WriteString("verdict", InfoBlockCheckCommand.Word(block.Outcome.Verdict));
                json.WriteNumber("errno", (int)block.Outcome.Errno);
                json.WriteStrings("messages", block.Outcome.Messages);
                json.WriteNumber("stranded", block.Stranded.Bytes);
            }
        );
        json.WriteEndObject();
    }
}
