using System.Text;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Formats.Btt;
using Altmap.Formats.Checksums;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;

namespace Altmap.Shell.Json;

/// <summary>How <c>ndctl read-infoblock</c> was called.</summary>
/// <param name="Human">-u: sizes and offsets as hex strings.</param>
/// <param name="Verify">-V: blocks with a wrong checksum are left out.</param>
/// <param name="NamespaceUuid">With a namespace: its uuid, for -V.</param>
public readonly record struct InfoBlockJsonOptions(bool Human, bool Verify = false, Uuid? NamespaceUuid = null);

/// <summary>
/// The objects of <c>ndctl read-infoblock -j</c>, key by key in ndctl's order. Blocks are told by signature alone.
/// Source: ndctl/namespace.c parse_namespace_infoblock(), btt_parse(), pfn_parse() and util/json.c display_hex() (76.1).
/// </summary>
public static class InfoBlockJson
{
    /// <summary>How many bytes ndctl reads; a shorter file is an error there.</summary>
    public const int HeadBytes = 8192;

    /// <summary>One object for each block found: BTT at 4096, BTT at 0, pfn, dax. Fewer than 8192 bytes give nothing.</summary>
    /// <param name="head">The first 8192 bytes of the namespace or file.</param>
    /// <param name="originKey"><c>file</c>, or <c>dev</c> for a namespace.</param>
    /// <param name="origin">The path as given, <c>&lt;stdin&gt;</c>, or the namespace's name.</param>
    /// <param name="options">How it was called.</param>
    public static IReadOnlyList<JsonObject> Read(ReadOnlySpan<byte> head, string originKey, string origin, InfoBlockJsonOptions options)
    {
        var objects = new List<JsonObject>();
        if (head.Length < HeadBytes)
            return objects;
        ReadOnlySpan<byte> first = head[..InfoBlock.SizeBytes],
            second = head.Slice(InfoBlock.SizeBytes, InfoBlock.SizeBytes);
        if (BttInfoBlock.HasSignature(second))
            Add(objects, second, false, originKey, origin, options);
        if (BttInfoBlock.HasSignature(first))
            Add(objects, first, false, originKey, origin, options);
        if (new InfoBlockView(second).Kind is not null)
            Add(objects, second, true, originKey, origin, options);
        return objects;
    }

    private static void Add(
        List<JsonObject> objects,
        ReadOnlySpan<byte> block,
        bool isPfn,
        string originKey,
        string origin,
        InfoBlockJsonOptions options
    )
    {
        // The head of both structures is the same: signature to version, and the checksum at the end.
        if (options.Verify && !Passes(block, options.NamespaceUuid))
            return;
        string version = $"{PfnInfoBlockLayout.VersionMajor.Read(block)}.{PfnInfoBlockLayout.VersionMinor.Read(block)}";
        if (version.Length >= 4)
            return; // ndctl prints it into four bytes and gives the object up when it does not fit
        ReadOnlySpan<byte> signature = PfnInfoBlockLayout.Signature.Slice(block);
        JsonObject json = JsonObject
            .Empty.Add(originKey, origin)
            .Add("signature", Encoding.ASCII.GetString(signature[..signature.IndexOf((byte)0)]))
            .Add("uuid", Uuid.Read(PfnInfoBlockLayout.Uuid.Slice(block)).ToString())
            .Add("parent_uuid", Uuid.Read(PfnInfoBlockLayout.ParentUuid.Slice(block)).ToString())
            .Add(PfnInfoBlockLayout.Flags.Name, Hex(PfnInfoBlockLayout.Flags, block, options))
            .Add("version", version);
        if (isPfn)
        {
            foreach (Field field in PfnInfoBlockLayout.Fields)
            {
                if (
                    field.OffsetBytes < PfnInfoBlockLayout.DataOffset.OffsetBytes
                    || field.OffsetBytes >= PfnInfoBlockLayout.Padding.OffsetBytes
                )
                    continue;
                json = json.Add(field.Name, field == PfnInfoBlockLayout.Mode ? Number(field, block) : Hex(field, block, options));
            }
        }
        else
        {
            foreach (Field field in BttInfoBlockLayout.Counts)
                json = json.Add(field.Name, Number(field, block));
            foreach (Field field in BttInfoBlockLayout.Offsets)
                json = json.Add(field.Name, Hex(field, block, options));
        }
        objects.Add(json);
    }

    /// <summary>-V: the checksum; and the parent uuid by its first byte only, because ndctl passes a comparison as the length.</summary>
    private static bool Passes(ReadOnlySpan<byte> block, Uuid? namespaceUuid)
    {
        Field checksum = PfnInfoBlockLayout.Checksum;
        if (checksum.Read(block) != Fletcher64.ComputeWithZeroedField(block, checksum.OffsetBytes))
            return false;
        return namespaceUuid is not { IsZero: false } uuid || (byte)(uuid.High >> 56) == PfnInfoBlockLayout.ParentUuid.Slice(block)[0];
    }

    /// <summary>A number that ndctl takes as a signed 32-bit one.</summary>
    private static JsonNumber Number(Field field, ReadOnlySpan<byte> block) => new((long)unchecked((int)(uint)field.Read(block)));

    private static JsonValue Hex(Field field, ReadOnlySpan<byte> block, InfoBlockJsonOptions options) =>
        NdctlJson.CappedHex(field.Read(block), options.Human ? JsonDetail.Human : JsonDetail.None);
}
