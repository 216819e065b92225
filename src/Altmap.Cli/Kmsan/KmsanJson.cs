using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Kmsan;

/// <summary>The JSON of <c>altmap kmsan</c>; counts are pages.</summary>
internal static class KmsanJson
{
    public static void Write(Utf8JsonWriter json, KmsanAnswer answer, bool hasBlocks)
    {
        CarveOut carveOut = answer.CarveOut;
        json.WriteStartObject();
        json.WriteString("kernel", answer.Kernel.Name);
        json.WriteNumber("pages", carveOut.Pages.Pages);
        json.WriteNumber("freed", carveOut.Released.Pages);
        json.WriteNumber("shadow", carveOut.Released.Pages);
        json.WriteNumber("origin", carveOut.Released.Pages);
        json.WriteNumber("leftover", carveOut.Leftover.Length);
        json.WriteStartArray("leftover_pfns");
        foreach (Pfn pfn in carveOut.Leftover)
            json.WriteNumberValue(pfn.Number);
        json.WriteEndArray();
        json.WriteNumber("freed_later", answer.FreedLaterPages.Pages);
        json.WriteNumber("mem_total", answer.MemTotal.Pages);
        json.WriteNumber("managed", answer.Managed.Pages);
        json.WriteObjects(
            "orders",
            carveOut.Orders,
            order =>
            {
                json.WriteNumber("order", order.Order);
                json.WriteNumber("handed_over", order.Handed);
                json.WriteNumber("freed_boot", order.ReleasedAtBoot);
                json.WriteNumber("freed_discard", order.ReleasedLater);
            }
        );
        json.WriteObjects(
            "zones",
            answer.PerZone,
            each =>
            {
                (BuddySpan zone, PfnCount pages, PfnCount released) = each;
                json.WriteNumber("node", zone.Node);
                json.WriteString("zone", zone.Kind.Name());
                json.WriteNumber("pages", pages.Pages);
                json.WriteNumber("freed", released.Pages);
            }
        );
        if (answer.Boot is { } boot)
            WriteBoot(json, boot);
        WriteTorn(json, answer);
        if (hasBlocks)
            WriteBlocks(json, carveOut);
        json.WriteEndObject();
    }

    private const int PendingMax = 1 << 16;

    /// <summary>In the order in which they reach the page allocator.</summary>
    private static void WriteBlocks(Utf8JsonWriter json, CarveOut carveOut)
    {
        json.WriteStartArray("blocks");
        foreach ((ReleasedBlock block, _) in carveOut.Blocks())
        {
            json.WriteStartObject();
            json.WriteNumber("pfn", block.Block.Start.Number);
            json.WriteNumber("order", block.Block.Order);
            json.WriteNumber("shadow_pfn", block.Shadow.Number);
            json.WriteNumber("origin_pfn", block.Origin.Number);
            json.WriteEndObject();
            if (json.BytesPending > PendingMax)
                json.Flush();
        }
        json.WriteEndArray();
    }

    private static void WriteBoot(Utf8JsonWriter json, BootMemory boot)
    {
        json.WriteObjects(
            "boot",
            boot.Uses,
            use =>
            {
                json.WriteString("what", use.What);
                json.WriteNumber("bytes", use.Size.Bytes);
            }
        );
        json.WriteObjects(
            "boot_metadata",
            boot.Metadata.Ranges,
            range =>
            {
                json.WriteString("start", JsonOutput.Hex(range.Range.Start.Bytes));
                json.WriteNumber("size", range.Range.Size.Bytes);
                json.WriteBoolean("in_image", range.InImage);
                json.WriteString("shadow", JsonOutput.Hex(range.Shadow.Start.Bytes));
                json.WriteString("origin", JsonOutput.Hex(range.Origin.Start.Bytes));
            }
        );
    }

    private static void WriteTorn(Utf8JsonWriter json, KmsanAnswer answer)
    {
        json.WriteNumber("free_blocks_checked", answer.Contiguity.FreeBlocks.Length);
        json.WriteObjects(
            "torn",
            answer.Contiguity.Torn,
            torn =>
            {
                json.WriteNumber("pfn", torn.Block.Start.Number);
                json.WriteNumber("order", torn.Block.Order);
                json.WriteNumber("shadow_pages", torn.ShadowPages.Pages);
                json.WriteNumber("origin_pages", torn.OriginPages.Pages);
                json.WriteBoolean("certain", torn.IsCertain);
                json.WriteObjects(
                    "parts",
                    torn.Segments,
                    part =>
                    {
                        json.WriteNumber("start_pfn", part.Pages.Start.Number);
                        json.WriteNumber("end_pfn", part.Pages.End.Number);
                        json.WriteString("what", part.Owner);
                        json.WriteOptional("shadow_pfn", part.Place?.Shadow.Number);
                        json.WriteOptional("origin_pfn", part.Place?.Origin.Number);
                    }
                );
            }
        );
    }
}
