using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Shell.Json;

/// <summary>What <c>ndctl read-labels -j</c> shows of one DIMM.</summary>
/// <param name="Indexes">The objects of <c>index</c>: both blocks, not validated.</param>
/// <param name="Labels">The objects of <c>label</c>; default when only indexes were asked for.</param>
public sealed record LabelDump(ImmutableArray<JsonObject> Indexes, ImmutableArray<JsonObject> Labels);

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
        int labelSize = indexOnly ? 128 : LabelGeometry.GuessLabelSize(area);
        if (LabelGeometry.For(new ByteSize(area.LengthBytes), labelSize) is not { } geometry)
            return null;
        ImmutableArray<JsonObject> indexes =
        [
            Index(area.Read(0, IndexFormat.HeaderSizeBytes)),
            Index(area.Read((ulong)geometry.IndexSizeBytes, IndexFormat.HeaderSizeBytes)),
        ];
        if (indexOnly)
            return new LabelDump(indexes, default);
        ImmutableArray<JsonObject>.Builder labels = ImmutableArray.CreateBuilder<JsonObject>();
        foreach ((uint slot, ReadOnlyMemory<byte> raw) in LabelSlots.Stored(area, geometry))
        {
            if (LabelFormat.Slot.Read(raw.Span) == slot)
                labels.Add(Label(raw.Span, labelSize, human));
        }
        return labels.Count == 0 ? null : new LabelDump(indexes, labels.ToImmutable());
    }

    /// <summary>The array that ndctl prints, without a newline at the end.</summary>
    public static string Format(IEnumerable<(string Device, LabelDump Dump)> dimms) =>
        JsonPrinter.Pretty(JsonArray.Of(dimms.Select(d => Of(d.Device, d.Dump))));

    private static JsonObject Of(string device, LabelDump dump)
    {
        JsonObject json = JsonObject.Empty.Add("dev", device).Add("index", JsonArray.Of(dump.Indexes));
        return dump.Labels.IsDefault ? json : json.Add("label", JsonArray.Of(dump.Labels));
    }

    private static JsonObject Index(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> signature = header[..15]; // ndctl ends the string at byte 15
        return JsonObject
            .Empty.Add("signature", UntilNul(signature))
            .Add("major", IndexFormat.Major.Read(header))
            .Add("minor", IndexFormat.Minor.Read(header))
            .Add("labelsize", Int(1u << ((7 + header[IndexFormat.LabelSizeOffsetBytes]) & 31)))
            .Add("seq", Int((uint)IndexFormat.Sequence.Read(header)))
            .Add("nslot", Int((uint)IndexFormat.SlotCount.Read(header)));
    }

    private static JsonObject Label(ReadOnlySpan<byte> raw, int labelSize, bool human)
    {
        JsonDetail detail = human ? JsonDetail.Human : JsonDetail.None;
        JsonObject json = JsonObject
            .Empty.Add("uuid", Uuid.Read(raw).ToString())
            .Add("name", UntilNul(raw.Slice(LabelFormat.NameOffsetBytes, LabelFormat.NameSizeBytes - 1)))
            .Add("slot", Int((uint)LabelFormat.Slot.Read(raw)))
            .Add("position", LabelFormat.Position.Read(raw))
            .Add("nlabel", LabelFormat.LabelCount.Read(raw))
            .Add("flags", NdctlJson.CappedHex(LabelFormat.Flags.Read(raw), detail))
            .Add("isetcookie", NdctlJson.CappedHex(LabelFormat.Cookie.Read(raw), detail))
            .Add("lbasize", LabelFormat.LbaSize.Read(raw))
            .Add("dpa", NdctlJson.CappedHex(LabelFormat.Dpa.Read(raw), detail))
            .Add("rawsize", NdctlJson.Size(new ByteSize(LabelFormat.RawSize.Read(raw)), detail));
        return labelSize < 256
            ? json
            // Bytes as stored: ndctl does not swap them.
            : json.Add("type_guid", Uuid.Read(raw[LabelFormat.TypeGuidOffsetBytes..]).ToString())
                .Add("abstraction_guid", Uuid.Read(raw[LabelFormat.AbstractionGuidOffsetBytes..]).ToString());
    }

    private static string UntilNul(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    // A C int: 32 bits above the middle come out negative.
    private static JsonNumber Int(uint value) => new((long)unchecked((int)value));
}
