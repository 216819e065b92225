using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;

namespace Altmap.Formats.Labels;

/// <summary>The part of <see cref="LabelChecks"/> that looks at slots, given a current index.</summary>
internal static class LabelSlotChecks
{
    public static void Check(List<Finding> findings, IMediaReader area, IndexPair pair, KernelProfile profile)
    {
        LabelGeometry geometry = pair.Geometry;
        byte[] index = pair[pair.Current];
        uint slots = LabelArea.UsableSlots(index, geometry);
        int start = findings.Count;
        uint stale = 0,
            used = 0;
        List<NamespaceLabel> labels = [];
        for (uint slot = 0; slot < slots; slot++)
            used += LabelArea.IsFree(index, slot) ? 0u : 1;
        uint stored = 0;
        foreach ((uint slot, ReadOnlyMemory<byte> memory) in LabelSlots.Stored(area, geometry))
        {
            ReadOnlySpan<byte> raw = memory.Span;
            if (slot >= slots)
                break;
            if (LabelArea.IsFree(index, slot))
            {
                if (raw.ContainsAnyExcept((byte)0))
                    stale++;
                continue;
            }
            stored++;
            if (findings.Count - start >= LabelChecks.SlotFindingsMax)
                continue;
            if (CheckRaw(findings, raw, slot, geometry) is not { } label)
                continue;
            CheckFields(findings, label, geometry, profile);
            labels.Add(label);
        }
        if (findings.Count - start >= LabelChecks.SlotFindingsMax)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.More,
                    geometry.SlotsOffsetBytes,
                    "few findings",
                    $"more than {LabelChecks.SlotFindingsMax}; the rest is not listed"
                )
            );
        }
        if (used > stored)
        {
            // Used slots in parts of the area that are all zero: they name slot 0, so none counts.
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.SlotEmpty,
                    geometry.SlotsOffsetBytes,
                    "a label in each slot marked used",
                    $"{used - stored} slots marked used hold zeroes"
                )
            );
        }
        if (stale > 0)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.SlotsStale,
                    geometry.SlotsOffsetBytes,
                    "free slots",
                    $"{stale} free slots hold old labels, which ndctl read-labels lists"
                )
            );
        }
        if (used >= slots)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.SlotsFull,
                    geometry.SlotsOffsetBytes,
                    "a free slot for the next update",
                    "none: every update fails with ENXIO"
                )
            );
        }
        CheckSets(findings, labels, geometry);
    }

    private static NamespaceLabel? CheckRaw(List<Finding> findings, ReadOnlySpan<byte> raw, uint slot, LabelGeometry geometry)
    {
        ulong offset = geometry.SlotOffsetBytes(slot);
        ulong says = LabelFormat.Slot.Read(raw);
        bool rightSlot = says == slot;
        if (!rightSlot)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.SlotNumber,
                    offset + (ulong)LabelFormat.Slot.OffsetBytes,
                    $"{slot}",
                    $"{says}: the label does not count, and its slot stays taken"
                )
            );
        }
        bool rightSum = NamespaceLabel.ChecksumIsRight(raw, geometry.LabelSizeBytes);
        if (!rightSum)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.SlotChecksum,
                    offset + (ulong)LabelFormat.Checksum.OffsetBytes,
                    $"0x{Checksums.Fletcher64.ComputeWithZeroedField(raw, LabelFormat.Checksum.OffsetBytes):x}",
                    $"0x{LabelFormat.Checksum.Read(raw):x}: the label does not count, and its slot stays taken"
                )
            );
        }
        return rightSlot && rightSum ? NamespaceLabel.Parse(raw, geometry.LabelSizeBytes) : null;
    }

    private static void CheckFields(List<Finding> findings, NamespaceLabel label, LabelGeometry geometry, KernelProfile profile)
    {
        ulong offset = geometry.SlotOffsetBytes(label.Slot);

        void Add(
            FindingCode code,
            Layout.Field field,
            string expected,
            string actual,
            Severity? severity = null,
            string[]? kernels = null
        ) =>
            findings.Add(
                LabelChecks.Find(code, offset + (ulong)field.OffsetBytes, expected, actual, severity) with
                {
                    Kernels = [.. kernels ?? []],
                }
            );

        if (label.Uuid.IsZero)
        {
            findings.Add(LabelChecks.Find(LabelFindings.UuidZero, offset, "a UUID", "zeroes"));
        }
        if (label.Name.Span.Length == LabelFormat.NameSizeBytes && label.Name.Span[^1] != 0)
        {
            findings.Add(
                LabelChecks.Find(LabelFindings.NameUnterminated, offset + LabelFormat.NameOffsetBytes, "a NUL in 64 bytes", "none")
            );
        }
        if (label.IsUpdating)
        {
            Add(LabelFindings.Updating, LabelFormat.Flags, "UPDATING cleared", "an update was interrupted");
        }
        if (label.IsLocal)
        {
            Add(
                LabelFindings.Local,
                LabelFormat.Flags,
                "LOCAL clear",
                profile.Get(Rules.LocalLabelsAreBlockMode) ? "block mode: not a pmem namespace" : "set; ignored",
                severity: profile.Get(Rules.LocalLabelsAreBlockMode) ? Severity.Warning : Severity.Note,
                kernels: [profile.Name]
            );
        }
        if ((label.Flags & ~LabelFlags.Known) != 0)
        {
            Add(LabelFindings.FlagsUnknown, LabelFormat.Flags, "known flags", $"0x{label.Flags:x}");
        }
        if (label.LabelCount == 0 || label.Position >= label.LabelCount)
        {
            Add(
                LabelFindings.Position,
                LabelFormat.Position,
                "position below nlabel",
                $"position {label.Position}, nlabel {label.LabelCount}: the region fails"
            );
        }
        if (label.LbaSize.Bytes is not (0 or 512 or 4096))
        {
            Add(LabelFindings.LbaSize, LabelFormat.LbaSize, "0, 512 or 4096", $"{label.LbaSize.Bytes}: taken as 512");
        }
        if (label.ClaimClass == ClaimClass.Unknown)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.AbstractionUnknown,
                    offset + LabelFormat.AbstractionGuidOffsetBytes,
                    "a known GUID",
                    $"{label.AbstractionGuid}: the namespace stays raw, and the next update writes zeroes"
                )
            );
        }
        if (!label.Reserved.IsZero || !label.Reserved2.IsZero)
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.Reserved,
                    offset + LabelFormat.AlignOffsetBytes,
                    "zeroes in reserved bytes",
                    "other bytes; the next update drops them"
                )
            );
        }
        if (label.RawSize.IsZero)
        {
            string what = label.Dpa.Bytes == 0 ? "takes all of the DIMM, and its region fails" : "the DIMM does not come up (EBUSY)";
            Add(LabelFindings.DpaEmpty, LabelFormat.RawSize, "more than 0 bytes", $"0: {what}");
        }
        else if (label.Dpa.Bytes > ulong.MaxValue - (label.RawSize.Bytes - 1))
        {
            Add(
                LabelFindings.DpaWraps,
                LabelFormat.Dpa,
                "an end within 64 bits",
                $"{label.Dpa} and {label.RawSize}: the DIMM does not come up (EBUSY)"
            );
        }
    }

    private static void CheckSets(List<Finding> findings, List<NamespaceLabel> labels, LabelGeometry geometry)
    {
        foreach (IGrouping<Core.Identity.Uuid, NamespaceLabel> same in labels.GroupBy(l => l.Uuid).Where(g => g.Skip(1).Any()))
        {
            string slots = string.Join(", ", same.Take(8).Select(l => l.Slot.ToString(CultureInfo.InvariantCulture)));
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.DuplicateUuid,
                    geometry.SlotOffsetBytes(same.ElementAt(1).Slot),
                    $"one label with {same.Key}",
                    $"{same.Count()} (slots {slots}): the region fails, no namespace comes up"
                )
            );
        }
        NamespaceLabel? widest = null;
        foreach (
            NamespaceLabel label in labels
                .Where(l => !l.RawSize.IsZero && l.Dpa.Bytes <= ulong.MaxValue - (l.RawSize.Bytes - 1))
                .OrderBy(l => l.Dpa)
                .ThenBy(l => l.Slot)
        )
        {
            if (widest is not null && label.Dpa.Bytes <= Last(widest))
            {
                findings.Add(
                    LabelChecks.Find(
                        LabelFindings.DpaOverlap,
                        geometry.SlotOffsetBytes(label.Slot) + (ulong)LabelFormat.Dpa.OffsetBytes,
                        "ranges apart",
                        $"slot {label.Slot} at {label.Dpa} and slot {widest.Slot} up to 0x{Last(widest):x}: the DIMM does not "
                            + $"come up (EBUSY)"
                    )
                );
            }
            if (widest is null || Last(label) > Last(widest))
                widest = label;
        }
        if (labels.Select(l => l.InterleaveSetCookie).Distinct().Skip(1).Any())
        {
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.CookiesDiffer,
                    geometry.SlotsOffsetBytes,
                    "one interleave-set cookie",
                    string.Join(", ", labels.Select(l => $"0x{l.InterleaveSetCookie:x}").Distinct().Take(8))
                )
            );
        }

        static ulong Last(NamespaceLabel l) => l.Dpa.Bytes + (l.RawSize.Bytes - 1);
    }
}
