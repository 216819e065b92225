using System.Text.Json;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Maps;

/// <summary>The document of <c>altmap map --json</c>.</summary>
internal static class MemoryMapJson
{
    /// <summary>
    /// Writes
    /// <c>{"machine","kernel","arch","page_size","ranges":[{…}]}</c>, each range with <c>start_pfn</c>, <c>end_pfn</c>, <c>online</c>,
    /// <c>memmap</c>, <c>zone</c>, <c>node</c>, <c>section_first</c>, <c>owner</c>, <c>wrong</c>: half-open,
    /// sorted, touching, from pfn 0 to the end of the last section present. <c>zone</c> and <c>node</c> are null where no struct page says
    /// them,
    /// <c>section_first</c> is the number of the section that holds start_pfn, <c>owner</c> is null where nobody has the pages.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, Machine machine, string architecture)
    {
        writer.WriteStartObject();
        writer.WriteString("machine", machine.Description.Name);
        writer.WriteString("kernel", machine.Kernel.Name);
        writer.WriteString("arch", architecture);
        writer.WriteNumber("page_size", machine.Mm.PageSize.Bytes);
        writer.WriteStartArray("ranges");
        foreach (MemoryRange range in MemoryMap.Of(machine).Ranges)
            Write(writer, range);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, in MemoryRange range)
    {
        writer.WriteStartObject();
        writer.WriteNumber("start_pfn", range.Pages.Start.Number);
        writer.WriteNumber("end_pfn", range.Pages.End.Number);
        writer.WriteBoolean("online", range.IsOnline);
        writer.WriteString("memmap", range.MemmapWord);
        if (range.Memmap.Zone == ZoneKind.None)
            writer.WriteNull("zone");
        else
            writer.WriteString("zone", range.Memmap.Zone.Name());
        if (range.Memmap.Node < 0)
            writer.WriteNull("node");
        else
            writer.WriteNumber("node", range.Memmap.Node);
        writer.WriteNumber("section_first", range.SectionFirst.Number);
        writer.WriteString("owner", range.Owner?.ToString());
        writer.WriteBoolean("wrong", range.IsWrong);
        writer.WriteEndObject();
    }
}
