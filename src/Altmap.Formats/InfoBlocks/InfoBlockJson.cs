using System.Text;
using Altmap.Core.Identity;
using Altmap.Formats.Btt;
using Altmap.Formats.Checksums;
using Altmap.Formats.Layout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>One key of an object that <c>ndctl read-infoblock</c> prints.</summary>
/// <param name="Key">As printed.</param>
/// <param name="Text">The value without quotes.</param>
/// <param name="IsString">True when the value is printed in quotes (json-c escapes apply to it).</param>
public readonly record struct InfoBlockJsonEntry(string Key, string Text, bool IsString);

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

    /// <summary>One list of entries for each block found: BTT at 4096, BTT at 0, pfn, dax. Fewer than 8192 bytes give nothing.</summary>
    /// <param name="head">The first 8192 bytes of the namespace or file.</param>
    /// <param name="originKey"><c>file</c>, or <c>dev</c> for a namespace.</param>
    /// <param name="origin">The path as given, <c>&lt;stdin&gt;</c>, or the namespace's name.</param>
    /// <param name="options">How it was called.</param>
    public static IReadOnlyList<IReadOnlyList<InfoBlockJsonEntry>> Read(
        ReadOnlySpan<byte> head,
        string originKey,
        string origin,
        InfoBlockJsonOptions options
    )
    {
        var objects = new List<IReadOnlyList<InfoBlockJsonEntry>>();
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
        List<IReadOnlyList<InfoBlockJsonEntry>> objects,
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
        var entries = new List<InfoBlockJsonEntry>
        {
            new(originKey, origin, true),
            new("signature", Encoding.ASCII.GetString(signature[..signature.IndexOf((byte)0)]), true),
            new("uuid", Uuid.Read(PfnInfoBlockLayout.Uuid.Slice(block)).ToString(), true),
            new("parent_uuid", Uuid.Read(PfnInfoBlockLayout.ParentUuid.Slice(block)).ToString(), true),
            Hex(PfnInfoBlockLayout.Flags, block, options),
            new("version", version, true),
        };
        if (isPfn)
        {
            foreach (Field field in PfnInfoBlockLayout.Fields)
            {
                if (
                    field.OffsetBytes < PfnInfoBlockLayout.DataOffset.OffsetBytes
                    || field.OffsetBytes >= PfnInfoBlockLayout.Padding.OffsetBytes
                )
                    continue;
                entries.Add(field == PfnInfoBlockLayout.Mode ? Number(field, block) : Hex(field, block, options));
            }
        }
        else
        {
            foreach (Field field in BttInfoBlockLayout.Counts)
                entries.Add(Number(field, block));
            foreach (Field field in BttInfoBlockLayout.Offsets)
                entries.Add(Hex(field, block, options));
        }
        objects.Add(entries);
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
    private static InfoBlockJsonEntry Number(Field field, ReadOnlySpan<byte> block) =>
        new(field.Name, unchecked((int)(uint)field.Read(block)).ToString(), false);

    /// <summary>A number, or with -u a hex string; json-c's signed getter caps the latter at 2^63 - 1.</summary>
    private static InfoBlockJsonEntry Hex(Field field, ReadOnlySpan<byte> block, InfoBlockJsonOptions options)
    {
        ulong value = field.Read(block);
        return options.Human
            ? new(field.Name, KernelFormat.ToolHex(Math.Min(value, long.MaxValue)), true)
            : new(field.Name, value.ToString(), false);
    }
}
