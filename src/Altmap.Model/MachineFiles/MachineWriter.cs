using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles;

/// <summary>Writes a machine file: keys in the order of the format, two spaces, a line feed at the end; what has its usual value is left
/// out.</summary>
internal static class MachineWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // the file is no web page: <, & and ' stay readable
    };

    public static string Write(MachineDescription machine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("format", MachineFile.Format);
            json.WriteString("name", machine.Name);
            json.WriteString("kernel", machine.Kernel);
            json.WriteString("arch", MachineWords.Architectures.First(a => a.Architecture == machine.Architecture).Name);
            json.WriteNumber("page_size", machine.PageSize.Bytes);
            json.WriteString("cmdline", machine.CommandLine);
            if (!machine.Config.IsEmpty)
            {
                json.WriteStartObject("config");
                foreach ((string key, ulong value) in machine.Config)
                    json.WriteNumber(key, value);
                json.WriteEndObject();
            }
            WriteList(json, "memory", machine.Memory, WriteMemory);
            if (!machine.CxlWindows.IsDefault)
                WriteList(json, "cxl_windows", machine.CxlWindows, WriteWindow);
            WriteList(json, "buses", machine.Buses, WriteBus);
            WriteList(json, "dimms", machine.Dimms, WriteDimm);
            WriteList(json, "regions", machine.Regions, WriteRegion);
            if (!machine.Steps.IsEmpty)
            {
                json.WriteStartArray("steps");
                foreach (string step in machine.Steps)
                    json.WriteStringValue(step);
                json.WriteEndArray();
            }
            if (!machine.KernelMessages.IsEmpty)
            {
                json.WriteStartArray("kmsg");
                foreach (string line in machine.KernelMessages)
                    json.WriteStringValue(line);
                json.WriteEndArray();
            }
            if (!machine.Facts.IsEmpty)
                WriteList(json, "facts", machine.Facts, WriteFact);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void WriteList<T>(Utf8JsonWriter json, string key, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(key);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMemory(Utf8JsonWriter json, FirmwareRange range)
    {
        json.WriteString("start", Hex(range.Range.Start.Bytes));
        json.WriteString("end", Hex(range.Range.Last.Bytes));
        json.WriteString("type", MachineWords.MemoryTypes.First(t => t.Type == range.Type).Name);
        json.WriteNumber("node", range.Node);
    }

    private static void WriteWindow(Utf8JsonWriter json, PhysicalRange window)
    {
        json.WriteString("start", Hex(window.Start.Bytes));
        json.WriteNumber("size", window.Size.Bytes);
    }

    private static void WriteBus(Utf8JsonWriter json, BusDescription bus)
    {
        json.WriteString("dev", bus.Name);
        json.WriteString("provider", bus.Provider);
    }

    private static void WriteDimm(Utf8JsonWriter json, DimmDescription dimm)
    {
        json.WriteString("dev", dimm.Name);
        json.WriteString("handle", Hex(dimm.Handle));
        json.WriteString("phys_id", Hex(dimm.PhysicalId));
        WriteWord(json, "vendor", dimm.Vendor, 4);
        WriteWord(json, "device", dimm.Device, 4);
        WriteWord(json, "rev_id", dimm.RevisionId, 4);
        WriteWord(json, "serial", dimm.Serial, 8);
        if (dimm.Id.Length > 0)
            json.WriteString("id", dimm.Id);
        WriteWord(json, "format", dimm.Format, 4);
        json.WriteNumber("label_bytes", dimm.LabelAreaSize.Bytes);
        if (dimm.LabelsFile is { } labels)
            json.WriteString("labels", labels);
    }

    private static void WriteRegion(Utf8JsonWriter json, RegionDescription region)
    {
        json.WriteString("dev", region.Name);
        json.WriteString("bus", region.Bus);
        json.WriteString("type", "pmem");
        json.WriteString("start", Hex(region.Range.Start.Bytes));
        json.WriteNumber("size", region.Range.Size.Bytes);
        json.WriteNumber("numa_node", region.NumaNode);
        json.WriteNumber("target_node", region.TargetNode);
        if (region.SetCookie is { } cookie)
            json.WriteString("set_cookie", Hex(cookie));
        if (region.RangeIndex != 0)
            json.WriteNumber("range_index", region.RangeIndex);
        WriteList(json, "mappings", region.Mappings, WriteMapping);
        if (region.MediaFile is { } media)
            json.WriteString("media", media);
    }

    private static void WriteMapping(Utf8JsonWriter json, MappingDescription mapping)
    {
        json.WriteString("dimm", mapping.Dimm);
        json.WriteNumber("offset", mapping.Offset.Bytes);
        json.WriteNumber("size", mapping.Size.Bytes);
        json.WriteNumber("position", mapping.Position);
        if (mapping.RegionOffset != 0)
            json.WriteString("region_offset", Hex(mapping.RegionOffset));
    }

    private static void WriteFact(Utf8JsonWriter json, Fact fact)
    {
        json.WriteString("topic", fact.Topic.Word());
        if (fact.Of.Length > 0)
            json.WriteString("of", fact.Of);
        json.WriteString("origin", fact.Origin.Word());
        json.WriteString("from", fact.From);
        if (fact.Needs.Length > 0)
            json.WriteString("needs", fact.Needs);
    }

    /// <summary>With leading zeros, as sysfs prints such words; nothing for zero, which stands for "not given".</summary>
    private static void WriteWord(Utf8JsonWriter json, string key, uint value, int digits)
    {
        if (value != 0)
            json.WriteString(key, "0x" + value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
    }

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
