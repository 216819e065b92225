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

    /// <summary>The findings, in order of offset within each part: index blocks, then slots, then sets of labels.</summary>
    public static IReadOnlyList<Finding> Validate(IMediaReader area, KernelProfile profile)
    {
        List<Finding> findings = [];
        var checker = IndexChecker.Of(profile);
        LabelGeometry? chosen =
            IndexPair.FindCurrent(area, checker)?.Geometry
            ?? LabelGeometry.For(new ByteSize(area.LengthBytes), LabelGeometry.GuessLabelSize(area));
        if (LabelGeometry.For(new ByteSize(area.LengthBytes), 128) is not { } || chosen is not { } geometry)
        {
            findings.Add(Find(LabelFindings.AreaTooSmall, 0, "two index blocks and two labels", $"{area.LengthBytes} bytes"));
            return findings;
        }
        IndexPair pair = IndexPair.Read(area, geometry, checker, firstOnly: false);
        if (pair.Current < 0 && !area.Pages().Any(p => p.Bytes.Span.ContainsAnyExcept((byte)0)))
        {
            findings.Add(Find(LabelFindings.AreaBlank, 0, "index blocks", "zeroes"));
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
            findings.Add(Find(LabelFindings.IndexNoneValid, 0, "a valid index block", "none: the kernel takes the DIMM as without labels"));
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
        findings.Add(Find(LabelFindings.IndexCurrent, offset, "one index rules", $"index {current}: {why}"));
        if (both && (a & 3) == (b & 3))
        {
            findings.Add(Find(LabelFindings.IndexEqualSequence, 0, "sequence numbers one apart", $"{a} and {b}: index 1 is taken"));
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
        string? advice = pair.Current >= 0 ? null : LabelFindings.IndexNoneValid.Advice;

        void Add(IndexRule rule, FindingCode code, int fieldOffset, string expected, string actual, string kernels = "")
        {
            if ((broken & rule) == 0)
                return;
            findings.Add(
                Find(code, start + (ulong)fieldOffset, expected, actual, severity, advice) with
                {
                    Kernels = kernels.Length > 0 ? [kernels] : [],
                }
            );
        }

        string Hex(Layout.Field field) => $"0x{field.Read(block):x}";

        Add(
            IndexRule.Signature,
            LabelFindings.IndexSignature,
            0,
            "NAMESPACE_INDEX",
            block.AsSpan(0, 16).ContainsAnyExcept((byte)0) ? Convert.ToHexStringLower(block, 0, 16) : "zeroes"
        );
        Add(
            IndexRule.LabelSize,
            LabelFindings.IndexLabelSize,
            IndexFormat.LabelSizeOffsetBytes,
            $"labels of {geometry.LabelSizeBytes} bytes",
            $"version {IndexFormat.Major.Read(block)}.{IndexFormat.Minor.Read(block)}, labelsize {block[IndexFormat.LabelSizeOffsetBytes]}",
            block[IndexFormat.LabelSizeOffsetBytes] > 1 ? profile.Name : ""
        );
        Add(
            IndexRule.Checksum,
            LabelFindings.IndexChecksum,
            IndexFormat.Checksum.OffsetBytes,
            $"0x{Checksums.Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes):x}",
            Hex(IndexFormat.Checksum)
        );
        Add(
            IndexRule.Sequence,
            LabelFindings.IndexSequence,
            IndexFormat.Sequence.OffsetBytes,
            "1, 2 or 3 in the low two bits",
            Hex(IndexFormat.Sequence)
        );
        Add(IndexRule.MyOffset, LabelFindings.IndexMyOffset, IndexFormat.MyOffset.OffsetBytes, $"0x{start:x}", Hex(IndexFormat.MyOffset));
        Add(
            IndexRule.OtherOffset,
            LabelFindings.IndexOtherOffset,
            IndexFormat.OtherOffset.OffsetBytes,
            $"0x{(ulong)(1 - number) * index:x}",
            Hex(IndexFormat.OtherOffset)
        );
        Add(
            IndexRule.LabelOffset,
            LabelFindings.IndexLabelOffset,
            IndexFormat.LabelOffset.OffsetBytes,
            $"0x{2 * index:x}",
            Hex(IndexFormat.LabelOffset)
        );
        Add(
            IndexRule.Size,
            LabelFindings.IndexMySize,
            IndexFormat.MySize.OffsetBytes,
            $"0x{IndexFormat.HeaderSizeBytes:x} to 0x{index:x}",
            Hex(IndexFormat.MySize)
        );
        Add(
            IndexRule.SlotCount,
            LabelFindings.IndexSlotCount,
            IndexFormat.SlotCount.OffsetBytes,
            $"at most {geometry.SlotCountMax}",
            $"{IndexFormat.SlotCount.Read(block)}",
            profile.Get(Rules.LabelSlotProductBits) < 64 ? profile.Name : ""
        );

        if (broken != IndexRule.None)
            return;
        ulong slots = IndexFormat.SlotCount.Read(block);
        if (slots > geometry.SlotCountMax || slots > geometry.BitmapSlotCount)
        {
            findings.Add(
                Find(
                    LabelFindings.IndexSlotCountBeyondEnd,
                    start + (ulong)IndexFormat.SlotCount.OffsetBytes,
                    $"at most {Math.Min(geometry.SlotCountMax, geometry.BitmapSlotCount)}",
                    $"{slots}: the kernel takes slots that area or bitmap do not have"
                ) with
                {
                    Kernels = slots > geometry.SlotCountMax ? [profile.Name] : [],
                }
            );
        }
        else if (slots < geometry.SlotCount)
        {
            findings.Add(
                Find(
                    LabelFindings.IndexSlotCountSmall,
                    start + (ulong)IndexFormat.SlotCount.OffsetBytes,
                    $"{geometry.SlotCount}",
                    $"{slots}: the slots behind are never used"
                )
            );
        }
    }

    internal static Finding Find(
        FindingCode code,
        ulong offset,
        string expected,
        string actual,
        Severity? severity = null,
        string? advice = null
    )
    {
        var place = new MediaPlace(MediaOrigin.LabelArea, new MediaOffset(offset));
        Finding finding = Finding.Of(code, Subject.SomeLabelArea, place, new Evidence(code.Title, expected, actual)) with
        {
            Severity = severity ?? code.Severity,
        };
        return advice is null ? finding : finding.Advise(advice);
    }
}
