using System.Text.Json;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Ledgers as JSON.</summary>
internal static class PlanJson
{
    /// <summary>The object of a plan. <paramref name="more"/> adds keys at its end.</summary>
    public static void Write(Utf8JsonWriter json, string? name, NamespacePlan plan, Action? more = null)
    {
        json.WriteStartObject();
        json.WriteString("namespace", name);
        json.WriteString("kernel", plan.Kernel.Name);
        json.WriteString("mode", plan.Mode);
        json.WriteString("map", plan.Map?.Word());
        json.WriteOptional("align", plan.Align?.Bytes);
        json.WriteString("start", JsonOutput.Hex(plan.Range.Start.Bytes));
        json.WriteNumber("size", plan.Range.Size.Bytes);
        json.WriteBoolean("accepted", plan.IsAccepted);
        json.WriteNumber("errno", (int)plan.Errno);
        json.WriteString("message", plan.Message);
        json.WriteString("reason", PlanText.Reason(plan) ?? plan.Hint);
        json.WriteOptional("start_pad", plan.Settings?.StartPad.Bytes);
        json.WriteOptional("dataoff", plan.Settings?.DataOffset.Bytes);
        json.WriteOptional("npfns", plan.Settings?.PageCount.Pages);
        json.WriteOptional("end_trunc", plan.Settings?.EndTrunc.Bytes);
        json.WriteNumber("usable", plan.Usable.Bytes);
        WriteEntries(json, "ledger", plan.Ledger);
        json.WriteNumber("page_map_reserved", plan.PageMapReserve.Bytes);
        json.WriteNumber("page_map_used", plan.Bytes(LedgerItem.PageMapUsed).Bytes);
        json.WriteNumber("struct_pages_in_ram", plan.StructPagesInRam.Bytes);
        json.WriteOptional("memory_block", plan.BlockSize?.Bytes);
        json.WriteNumber("overrun", plan.Overrun.Bytes);
        json.WriteBoolean("verified", KernelChoice.IsVerified(plan.Kernel, plan.Architecture));
        more?.Invoke();
        json.WriteEndObject();
    }

    /// <summary>The same object where there is no plan: nothing that was tried gives what was asked for.</summary>
    public static void WriteRefusal(Utf8JsonWriter json, string? kernel, PlanRequest request, string message, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        json.WriteStartObject();
        json.WriteNull("namespace");
        json.WriteString("kernel", kernel);
        json.WriteString("mode", NamespaceWish.WordOf(request.ModeOrDefault));
        foreach (string key in (string[])["map", "align", "start", "size"])
            json.WriteNull(key);
        json.WriteBoolean("accepted", false);
        json.WriteNumber("errno", (int)Errno.ENOSPC);
        json.WriteString("message", message);
        foreach (string key in (string[])["reason", "start_pad", "dataoff", "npfns", "end_trunc"])
            json.WriteNull(key);
        json.WriteNumber("usable", 0);
        json.WriteStrings("ledger", []);
        foreach (string key in (string[])["page_map_reserved", "page_map_used", "struct_pages_in_ram"])
            json.WriteNumber(key, 0);
        json.WriteNull("memory_block");
        json.WriteNumber("overrun", 0);
        json.WriteNull("verified");
        json.WriteEndObject();
        if (isList)
            json.WriteEndArray();
    }

    /// <summary>The plans of all kernels: one object, or a list.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<PlanAnswers> answers, bool isList)
    {
        if (isList)
            json.WriteStartArray();
        foreach (PlanAnswers each in answers)
        {
            foreach (PlanAnswer answer in each.Plans)
                Write(json, answer.Namespace, answer.Plan, () => WriteTrial(json, each, answer));
        }
        if (isList)
            json.WriteEndArray();
    }

    private static void WriteTrial(Utf8JsonWriter json, PlanAnswers answers, PlanAnswer answer)
    {
        if (answers.IsUnknown)
        {
            json.WriteString("unknown", "needs --block-size, or a MACHINE");
            json.WriteObjects(
                "blocks",
                answers.Cases,
                each =>
                {
                    json.WriteNumber("memory_block", each.Block.Bytes);
                    json.WriteBoolean("accepted", each.Size is not null);
                    json.WriteOptional("size", each.Size?.Bytes);
                    json.WriteNumber("usable", each.Usable.Bytes);
                }
            );
        }
        if (answer.Commands.IsDefault)
            return;
        if (answer.Region is { } region)
            json.WriteString("region", region);
        json.WriteString("loses", answer.Loses);
        json.WriteStrings("commands", answer.Commands);
        json.WriteBoolean("checked", !answer.Commands.IsEmpty);
    }

    /// <summary><c>--whole</c>: a machine's books.</summary>
    public static void Write(Utf8JsonWriter json, string machine, string kernel, MachineLedger ledger)
    {
        json.WriteStartObject();
        json.WriteString("machine", machine);
        json.WriteString("kernel", kernel);
        json.WriteNumber("size", ledger.Size.Bytes);
        WriteEntries(json, "ledger", ledger.Totals);
        WriteSpaces(json, "dimms", ledger.Dimms, isPhysical: false);
        WriteSpaces(json, "regions", ledger.Regions, isPhysical: true);
        json.WriteStartArray("namespaces");
        foreach (NamespaceLedger each in ledger.Namespaces)
        {
            if (each.Plan is { } plan)
                Write(json, each.Namespace.Name, plan);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSpaces(Utf8JsonWriter json, string key, IEnumerable<SpaceLedger> spaces, bool isPhysical)
    {
        json.WriteStartArray(key);
        foreach (SpaceLedger space in spaces)
        {
            json.WriteStartObject();
            json.WriteString("device", space.Device.Name);
            json.WriteNumber("size", space.Size.Bytes);
            json.WriteObjects(
                "extents",
                space.Extents,
                extent =>
                {
                    json.WriteString(isPhysical ? "start" : "dpa", JsonOutput.Hex(extent.Start));
                    json.WriteNumber("size", extent.Size.Bytes);
                    json.WriteString("what", extent.What.Word());
                    json.WriteString("owner", extent.Owner);
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteEntries(Utf8JsonWriter json, string key, IEnumerable<LedgerEntry> entries)
    {
        json.WriteStartArray(key);
        foreach (LedgerEntry entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("what", entry.What.Word());
            json.WriteNumber("bytes", entry.Bytes.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
