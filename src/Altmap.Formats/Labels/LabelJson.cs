using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>A member of a JSON object as ndctl prints it.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Token">Its value as JSON text: a number, or a string with quotes and escapes.</param>
public readonly record struct LabelJsonField(string Key, string Token);

/// <summary>What <c>ndctl read-labels -j</c> shows of one DIMM.</summary>
/// <param name="Indexes">The objects of <c>index</c>: both blocks, not validated.</param>
/// <param name="Labels">The objects of <c>label</c>; default when only indexes were asked for.</param>
public sealed record LabelDump(
    ImmutableArray<ImmutableArray<LabelJsonField>> Indexes,
    ImmutableArray<ImmutableArray<LabelJsonField>> Labels
);

/// <summary><c>ndctl read-labels</c> in JSON (ndctl 76.1 ndctl/dimm.c dump_json(), dump_index_json(), dump_label_json();
/// util/json.c).</summary>
public static class LabelJson
{
    /// <summary>
    /// Reads any bytes. A label is listed when its slot field is its slot, free or not, valid or not.
    /// </summary>
    /// <param name="area">The label area.</param>
    /// <param name="human">Numbers as <c>-u</c> prints them.</param>
    /// <param name="indexOnly">As <c>-I</c>: index blocks alone, taken as those of 128-byte labels.</param>
    /// <returns>Null when ndctl drops the DIMM and fails: no slot to list, or the area is too small.</returns>
    public static LabelDump? Read(IMediaReader area, bool human = false, bool indexOnly = false)
    {
        int labelSize = indexOnly ? 128 : GuessLabelSize(area);
        if (LabelGeometry.For(new ByteSize(area.LengthBytes), labelSize) is not { } geometry)
            return null;
        ImmutableArray<ImmutableArray<LabelJsonField>> indexes =
        [
            Index(area.Read(0, IndexFormat.HeaderSizeBytes)),
            Index(area.Read((ulong)geometry.IndexSizeBytes, IndexFormat.HeaderSizeBytes)),
        ];
        if (indexOnly)
            return new LabelDump(indexes, default);
        ImmutableArray<ImmutableArray<LabelJsonField>>.Builder labels = ImmutableArray.CreateBuilder<ImmutableArray<LabelJsonField>>();
        foreach ((uint slot, ReadOnlyMemory<byte> raw) in LabelSlots.Stored(area, geometry))
        {
            if (LabelFormat.Slot.Read(raw.Span) == slot)
                labels.Add(Label(raw.Span, labelSize, human));
        }
        return labels.Count == 0 ? null : new LabelDump(indexes, labels.ToImmutable());
    }

    /// <summary>
    /// The label size that ndctl takes without validating anything: 256 when more of the blocks at offsets 0 and 256 say version 1.2 than
    /// 1.1, else 128
    /// (ndctl/lib/dimm.c ndctl_dimm_sizeof_namespace_label()). The second offset is the second block only where index blocks have 256
    /// bytes.
    /// </summary>
    public static int GuessLabelSize(IMediaReader area)
    {
        int v1 = 0,
            v2 = 0;
        Span<byte> header = stackalloc byte[IndexFormat.HeaderSizeBytes];
        for (
            ulong offset = 0;
            offset <= IndexFormat.AlignBytes && offset + IndexFormat.HeaderSizeBytes <= area.LengthBytes;
            offset += IndexFormat.AlignBytes
        )
        {
            area.Read(offset, header);
            if (IndexFormat.Major.Read(header) != 1)
                continue;
            if (IndexFormat.Minor.Read(header) == 1)
                v1++;
            else if (IndexFormat.Minor.Read(header) == 2)
                v2++;
        }
        return v2 > v1 ? 256 : 128;
    }

    /// <summary>The array that ndctl prints, without a newline at the end: two spaces an indent, no space after a colon.</summary>
    public static string Format(IEnumerable<(string Device, LabelDump Dump)> dimms)
    {
        var text = new StringBuilder("[");
        string separator = "\n";
        foreach ((string device, LabelDump dump) in dimms)
        {
            text.Append(separator).Append("  {\n    \"dev\":").Append(Quote(device));
            Objects(text, "index", dump.Indexes);
            if (!dump.Labels.IsDefault)
                Objects(text, "label", dump.Labels);
            text.Append("\n  }");
            separator = ",\n";
        }
        return text.Append("\n]").ToString();
    }

    private static void Objects(StringBuilder text, string key, ImmutableArray<ImmutableArray<LabelJsonField>> objects)
    {
        text.Append(",\n    \"").Append(key).Append("\":[");
        for (int i = 0; i < objects.Length; i++)
        {
            text.Append(i == 0 ? "\n      {" : ",\n      {");
            for (int f = 0; f < objects[i].Length; f++)
                text.Append(f == 0 ? "\n        \"" : ",\n        \"").Append(objects[i][f].Key).Append("\":").Append(objects[i][f].Token);
            text.Append("\n      }");
        }
        text.Append("\n    ]");
    }

    private static ImmutableArray<LabelJsonField> Index(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> signature = header[..15]; // ndctl ends the string at byte 15
        return
        [
            new("signature", Quote(UntilNul(signature))),
            new("major", Decimal(IndexFormat.Major.Read(header))),
            new("minor", Decimal(IndexFormat.Minor.Read(header))),
            new("labelsize", Int(1u << ((7 + header[IndexFormat.LabelSizeOffsetBytes]) & 31))),
            new("seq", Int((uint)IndexFormat.Sequence.Read(header))),
            new("nslot", Int((uint)IndexFormat.SlotCount.Read(header))),
        ];
    }

    private static ImmutableArray<LabelJsonField> Label(ReadOnlySpan<byte> raw, int labelSize, bool human)
    {
        ImmutableArray<LabelJsonField> common =
        [
            new("uuid", Quote(Uuid.Read(raw).ToString())),
            new("name", Quote(UntilNul(raw.Slice(LabelFormat.NameOffsetBytes, LabelFormat.NameSizeBytes - 1)))),
            new("slot", Int((uint)LabelFormat.Slot.Read(raw))),
            new("position", Decimal(LabelFormat.Position.Read(raw))),
            new("nlabel", Decimal(LabelFormat.LabelCount.Read(raw))),
            new("flags", Hex(LabelFormat.Flags.Read(raw), human)),
            new("isetcookie", Hex(LabelFormat.Cookie.Read(raw), human)),
            new("lbasize", Decimal(LabelFormat.LbaSize.Read(raw))),
            new("dpa", Hex(LabelFormat.Dpa.Read(raw), human)),
            new("rawsize", Size(LabelFormat.RawSize.Read(raw), human)),
        ];
        if (labelSize < 256)
            return common;
        return
        [
            .. common,
            // Bytes as stored: ndctl does not swap them.
            new("type_guid", Quote(Uuid.Read(raw[LabelFormat.TypeGuidOffsetBytes..]).ToString())),
            new("abstraction_guid", Quote(Uuid.Read(raw[LabelFormat.AbstractionGuidOffsetBytes..]).ToString())),
        ];
    }

    private static string UntilNul(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string Decimal(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    // A C int: 32 bits above the middle come out negative.
    private static string Int(uint value) => unchecked((int)value).ToString(CultureInfo.InvariantCulture);

    // json-c hands the printer a signed number, cut at its largest; C's %#x has no prefix for 0.
    private static string Hex(ulong value, bool human) =>
        !human ? Decimal(value)
        : value == 0 ? "\"0\""
        : $"\"0x{Math.Min(value, long.MaxValue).ToString("x", CultureInfo.InvariantCulture)}\"";

    /// <summary>display_size(): plain below 5000 KiB, then hundredths of MiB, GiB or TiB with the decimal unit in brackets.</summary>
    internal static string Size(ulong bytes, bool human)
    {
        if (!human || bytes < 5000UL * 1024)
            return unchecked((long)bytes).ToString(CultureInfo.InvariantCulture);
        (int shift, ulong unit, char letter) =
            bytes < 2UL << 30 ? (20, 1_000_000UL, 'M')
            : bytes < 2UL << 40 ? (30, 1_000_000_000UL, 'G')
            : (40, 1_000_000_000_000UL, 'T');
        ulong binary = unchecked(((bytes * 200) >> shift) + 1) / 2; // wraps there too
        ulong metric = ((bytes / (unit / 200)) + 1) / 2;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\"{binary / 100}.{binary % 100:00} {letter}iB ({metric / 100}.{metric % 100:00} {letter}B)\""
        );
    }

    /// <summary>A string as json-c escapes it, slashes included.</summary>
    internal static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '/' => text.Append("\\/"),
                '\b' => text.Append("\\b"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append("\\u00").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }
        return text.Append('"').ToString();
    }
}
