using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>
/// All that can be said about a label area from its bytes: which index rules and why, each rule broken, each slot that does not count, and
/// labels that will fail the DIMM or its regions. Never throws for bytes; at most <see cref="SlotFindingsMax"/> findings about slots.
/// </summary>
public static class LabelChecks
{
    /// <summary>After this many findings about slots a last one says that there are more.</summary>
    public const int SlotFindingsMax = 1000;

    internal const string Source = "drivers/nvdimm/label.c __nd_label_validate() (5.10, 6.1, 6.12, 7.2)";

    private const string Reinitialise =
        "if no label is worth keeping: ndctl init-labels -f; otherwise restore the area from a copy (ndctl write-labels)";

    /// <summary>The findings, in order of offset within each part: index blocks, then slots, then sets of labels.</summary>
    public static IReadOnlyList<Finding> Validate(SparseBytes area, KernelProfile profile)
    {
        List<Finding> findings = [];
        var checker = IndexChecker.Of(profile);
        LabelGeometry? chosen =
            IndexPair.FindCurrent(area, checker)?.Geometry
            ?? LabelGeometry.For(new ByteSize(area.LengthBytes), LabelJson.GuessLabelSize(area));
        if (LabelGeometry.For(new ByteSize(area.LengthBytes), 128) is not { } || chosen is not { } geometry)
        {
            findings.Add(
                new Finding(
                    "labels.area.too-small",
                    Severity.Error,
                    0,
                    "two index blocks and two labels",
                    $"{area.LengthBytes} bytes",
                    "give the DIMM a larger label area",
                    "drivers/nvdimm/label.c sizeof_namespace_index() (5.10, 6.1, 6.12, 7.2)"
                )
            );
            return findings;
        }
        IndexPair pair = IndexPair.Read(area, geometry, checker, firstOnly: false);
        if (pair.Current < 0 && !area.Pages().Any(p => p.Bytes.Span.ContainsAnyExcept((byte)0)))
        {
            findings.Add(
                new Finding(
                    "labels.area.blank",
                    Severity.Note,
                    0,
                    "index blocks",
                    "zeroes",
                    "none needed; ndctl init-labels makes the DIMM's regions take several namespaces",
                    Source
                )
            );
            return findings;
        }
        for (int number = 0; number < 2; number++)
            CheckIndex(findings, pair, number, profile);
        Verdict(findings, pair);
        if (pair.Current >= 0)
            LabelSlotChecks.Check(findings, area, pair, profile);
        return findings;
    }

    private static void Verdict(List<Finding> findings, IndexPair pair)
    {
        int current = pair.Current;
        if (current < 0)
        {
            findings.Add(
                new Finding(
                    "labels.index.none-valid",
                    Severity.Error,
                    0,
                    "a valid index block",
                    "none: the kernel takes the DIMM as without labels",
                    Reinitialise,
                    Source
                )
            );
            return;
        }
        uint a = (uint)IndexFormat.Sequence.Read(pair.Block0),
            b = (uint)IndexFormat.Sequence.Read(pair.Block1);
        bool both = pair.IsValid0 && pair.IsValid1;
        string why =
            !both ? "the other is not valid"
            : (a & 3) == (b & 3) ? "equal sequence numbers"
            : string.Create(null, $"sequence {(current == 0 ? a : b) & 3} follows {(current == 0 ? b : a) & 3}");
        ulong offset = (ulong)(current * pair.Geometry.IndexSizeBytes);
        findings.Add(
            new Finding("labels.index.current", Severity.Note, offset, "one index rules", $"index {current}: {why}", "none needed", Source)
        );
        if (both && (a & 3) == (b & 3))
        {
            findings.Add(
                new Finding(
                    "labels.index.equal-sequence",
                    Severity.Warning,
                    0,
                    "sequence numbers one apart",
                    $"{a} and {b}: index 1 is taken",
                    "compare both indexes before anything is written",
                    "drivers/nvdimm/label.c best_seq() (5.10, 6.1, 6.12, 7.2)"
                )
            );
        }
    }

    private static void CheckIndex(List<Finding> findings, IndexPair pair, int number, KernelProfile profile)
    {
        byte[] block = pair[number];
        IndexRule broken = pair.Broken(number);
        LabelGeometry geometry = pair.Geometry;
        ulong index = (ulong)geometry.IndexSizeBytes,
            start = (ulong)number * index;
        Severity severity = pair.Current >= 0 ? Severity.Warning : Severity.Error;
        string remedy = pair.Current >= 0 ? "none needed: the other index rules, and the next update rewrites this one" : Reinitialise;

        void Add(IndexRule rule, string code, int fieldOffset, string expected, string actual, string kernels = "")
        {
            if ((broken & rule) == 0)
                return;
            findings.Add(
                new Finding("labels.index." + code, severity, start + (ulong)fieldOffset, expected, actual, remedy, Source, kernels)
            );
        }

        string Hex(Layout.Field field) => $"0x{field.Read(block):x}";

        Add(
            IndexRule.Signature,
            "signature",
            0,
            "NAMESPACE_INDEX",
            block.AsSpan(0, 16).ContainsAnyExcept((byte)0) ? Convert.ToHexStringLower(block, 0, 16) : "zeroes"
        );
        Add(
            IndexRule.LabelSize,
            "label-size",
            IndexFormat.LabelSizeOffsetBytes,
            $"labels of {geometry.LabelSizeBytes} bytes",
            $"version {IndexFormat.Major.Read(block)}.{IndexFormat.Minor.Read(block)}, labelsize {block[IndexFormat.LabelSizeOffsetBytes]}",
            block[IndexFormat.LabelSizeOffsetBytes] > 1 ? profile.Name : ""
        );
        Add(
            IndexRule.Checksum,
            "checksum",
            IndexFormat.Checksum.OffsetBytes,
            $"0x{Checksums.Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes):x}",
            Hex(IndexFormat.Checksum)
        );
        Add(IndexRule.Sequence, "sequence", IndexFormat.Sequence.OffsetBytes, "1, 2 or 3 in the low two bits", Hex(IndexFormat.Sequence));
        Add(IndexRule.MyOffset, "myoff", IndexFormat.MyOffset.OffsetBytes, $"0x{start:x}", Hex(IndexFormat.MyOffset));
        Add(
            IndexRule.OtherOffset,
            "otheroff",
            IndexFormat.OtherOffset.OffsetBytes,
            $"0x{(ulong)(1 - number) * index:x}",
            Hex(IndexFormat.OtherOffset)
        );
        Add(IndexRule.LabelOffset, "labeloff", IndexFormat.LabelOffset.OffsetBytes, $"0x{2 * index:x}", Hex(IndexFormat.LabelOffset));
        Add(
            IndexRule.Size,
            "mysize",
            IndexFormat.MySize.OffsetBytes,
            $"0x{IndexFormat.HeaderSizeBytes:x} to 0x{index:x}",
            Hex(IndexFormat.MySize)
        );
        Add(
            IndexRule.SlotCount,
            "nslot",
            IndexFormat.SlotCount.OffsetBytes,
            $"at most {geometry.SlotCountMax}",
            $"{IndexFormat.SlotCount.Read(block)}",
            profile.LabelSlotProductBits < 64 ? profile.Name : ""
        );

        if (broken != IndexRule.None)
            return;
        ulong slots = IndexFormat.SlotCount.Read(block);
        if (slots > geometry.SlotCountMax || slots > geometry.BitmapSlotCount)
        {
            findings.Add(
                new Finding(
                    "labels.index.nslot-beyond-end",
                    Severity.Error,
                    start + (ulong)IndexFormat.SlotCount.OffsetBytes,
                    $"at most {Math.Min(geometry.SlotCountMax, geometry.BitmapSlotCount)}",
                    $"{slots}: the kernel takes slots that area or bitmap do not have",
                    Reinitialise,
                    Source,
                    slots > geometry.SlotCountMax ? profile.Name : ""
                )
            );
        }
        else if (slots < geometry.SlotCount)
        {
            findings.Add(
                new Finding(
                    "labels.index.nslot-small",
                    Severity.Note,
                    start + (ulong)IndexFormat.SlotCount.OffsetBytes,
                    $"{geometry.SlotCount}",
                    $"{slots}: the slots behind are never used",
                    "none needed",
                    Source
                )
            );
        }
    }
}
