using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;

namespace Altmap.Formats.Labels;

/// <summary>The part of <see cref="LabelChecks"/> that looks at slots, given a current index.</summary>
internal static class LabelSlotChecks
{
    private const string ReadSource = "drivers/nvdimm/label.c slot_valid() (5.10, 6.1, 6.12, 7.2)";
    private const string RegionSource = "drivers/nvdimm/namespace_devs.c create_namespace_pmem(), scan_labels() (6.1)";
    private const string DpaSource = "drivers/nvdimm/label.c nd_label_reserve_dpa() (5.10, 6.1, 6.12, 7.2)";
    private const string FreeIt =
        "restore the area from a copy (ndctl write-labels), or drop all labels of the DIMM (ndctl init-labels -f)";

    public static void Check(List<Finding> findings, SparseBytes area, IndexPair pair, KernelProfile profile)
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
                Find(
                    "more",
                    Severity.Note,
                    geometry.SlotsOffsetBytes,
                    "few findings",
                    $"more than {LabelChecks.SlotFindingsMax}; the rest is not listed",
                    "",
                    ""
                )
            );
        }
        if (used > stored)
        {
            // Used slots in parts of the area that are all zero: they name slot 0, so none counts.
            findings.Add(
                Find(
                    "slot.empty",
                    Severity.Warning,
                    geometry.SlotsOffsetBytes,
                    "a label in each slot marked used",
                    $"{used - stored} slots marked used hold zeroes",
                    FreeIt,
                    ReadSource
                )
            );
        }
        if (stale > 0)
        {
            findings.Add(
                Find(
                    "slots.stale",
                    Severity.Note,
                    geometry.SlotsOffsetBytes,
                    "free slots",
                    $"{stale} free slots hold old labels, which ndctl read-labels lists",
                    "none needed: they do not count",
                    ReadSource
                )
            );
        }
        if (used >= slots)
        {
            findings.Add(
                Find(
                    "slots.full",
                    Severity.Warning,
                    geometry.SlotsOffsetBytes,
                    "a free slot for the next update",
                    "none: every update fails with ENXIO",
                    "ndctl init-labels -f, which drops all namespaces of the DIMM",
                    "drivers/nvdimm/label.c __pmem_label_update() (6.1)"
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
                Find(
                    "slot.number",
                    Severity.Error,
                    offset + (ulong)LabelFormat.Slot.OffsetBytes,
                    $"{slot}",
                    $"{says}: the label does not count, and its slot stays taken",
                    FreeIt,
                    ReadSource
                )
            );
        }
        bool rightSum = NamespaceLabel.ChecksumIsRight(raw, geometry.LabelSizeBytes);
        if (!rightSum)
        {
            findings.Add(
                Find(
                    "slot.checksum",
                    Severity.Error,
                    offset + (ulong)LabelFormat.Checksum.OffsetBytes,
                    $"0x{Checksums.Fletcher64.ComputeWithZeroedField(raw, LabelFormat.Checksum.OffsetBytes):x}",
                    $"0x{LabelFormat.Checksum.Read(raw):x}: the label does not count, and its slot stays taken",
                    FreeIt,
                    ReadSource
                )
            );
        }
        return rightSlot && rightSum ? NamespaceLabel.Parse(raw, geometry.LabelSizeBytes) : null;
    }

    private static void CheckFields(List<Finding> findings, NamespaceLabel label, LabelGeometry geometry, KernelProfile profile)
    {
        ulong offset = geometry.SlotOffsetBytes(label.Slot);

        void Add(
            string code,
            Severity severity,
            Layout.Field field,
            string expected,
            string actual,
            string remedy,
            string source,
            string kernels = ""
        ) => findings.Add(Find("label." + code, severity, offset + (ulong)field.OffsetBytes, expected, actual, remedy, source, kernels));

        const string rewrite = "none needed; the next update of the namespace writes it anew";
        if (label.Uuid.IsZero)
        {
            findings.Add(Find("label.uuid-zero", Severity.Warning, offset, "a UUID", "zeroes", FreeIt, RegionSource));
        }
        if (label.Name.Span.Length == LabelFormat.NameSizeBytes && label.Name.Span[^1] != 0)
        {
            findings.Add(
                Find(
                    "label.name-unterminated",
                    Severity.Warning,
                    offset + LabelFormat.NameOffsetBytes,
                    "a NUL in 64 bytes",
                    "none",
                    rewrite,
                    RegionSource
                )
            );
        }
        if (label.IsUpdating)
        {
            Add(
                "updating",
                Severity.Warning,
                LabelFormat.Flags,
                "UPDATING cleared",
                "an update was interrupted",
                "check the labels of the other DIMMs of the set; " + rewrite,
                "drivers/nvdimm/label.c nd_pmem_namespace_label_update() (6.1): never looked at when reading"
            );
        }
        if (label.IsLocal)
        {
            Add(
                "local",
                profile.LocalLabelsAreBlockMode ? Severity.Warning : Severity.Note,
                LabelFormat.Flags,
                "LOCAL clear",
                profile.LocalLabelsAreBlockMode ? "block mode: not a pmem namespace" : "set; ignored",
                "none needed",
                "drivers/nvdimm/namespace_devs.c scan_labels() (5.10, 6.1)",
                profile.Name
            );
        }
        if ((label.Flags & ~LabelFlags.Known) != 0)
        {
            Add("flags-unknown", Severity.Note, LabelFormat.Flags, "known flags", $"0x{label.Flags:x}", rewrite, RegionSource);
        }
        if (label.LabelCount == 0 || label.Position >= label.LabelCount)
        {
            Add(
                "position",
                Severity.Error,
                LabelFormat.Position,
                "position below nlabel",
                $"position {label.Position}, nlabel {label.LabelCount}: the region fails",
                FreeIt,
                RegionSource
            );
        }
        if (label.LbaSize.Bytes is not (0 or 512 or 4096))
        {
            Add(
                "lbasize",
                Severity.Warning,
                LabelFormat.LbaSize,
                "0, 512 or 4096",
                $"{label.LbaSize.Bytes}: taken as 512",
                rewrite,
                "drivers/nvdimm/namespace_devs.c pmem_sector_size() (6.1)"
            );
        }
        if (label.ClaimClass == ClaimClass.Unknown)
        {
            findings.Add(
                Find(
                    "label.abstraction-unknown",
                    Severity.Warning,
                    offset + LabelFormat.AbstractionGuidOffsetBytes,
                    "a known GUID",
                    $"{label.AbstractionGuid}: the namespace stays raw, and the next update writes zeroes",
                    "set the mode anew with ndctl create-namespace -e",
                    "drivers/nvdimm/label.c guid_to_nvdimm_cclass() (6.1)"
                )
            );
        }
        if (!label.Reserved.IsZero || !label.Reserved2.IsZero)
        {
            findings.Add(
                Find(
                    "label.reserved",
                    Severity.Note,
                    offset + LabelFormat.AlignOffsetBytes,
                    "zeroes in reserved bytes",
                    "other bytes; the next update drops them",
                    "none needed",
                    RegionSource
                )
            );
        }
        if (label.RawSize.IsZero)
        {
            Add(
                "dpa-empty",
                Severity.Error,
                LabelFormat.RawSize,
                "more than 0 bytes",
                "0: the DIMM does not come up (EBUSY)",
                FreeIt,
                DpaSource
            );
        }
        else if (label.Dpa.Bytes > ulong.MaxValue - (label.RawSize.Bytes - 1))
        {
            Add(
                "dpa-wraps",
                Severity.Error,
                LabelFormat.Dpa,
                "an end within 64 bits",
                $"{label.Dpa} and {label.RawSize}: the DIMM does not come up (EBUSY)",
                FreeIt,
                DpaSource
            );
        }
    }

    private static void CheckSets(List<Finding> findings, List<NamespaceLabel> labels, LabelGeometry geometry)
    {
        foreach (IGrouping<Core.Identity.Uuid, NamespaceLabel> same in labels.GroupBy(l => l.Uuid).Where(g => g.Skip(1).Any()))
        {
            string slots = string.Join(", ", same.Take(8).Select(l => l.Slot.ToString(CultureInfo.InvariantCulture)));
            findings.Add(
                Find(
                    "label.duplicate-uuid",
                    Severity.Error,
                    geometry.SlotOffsetBytes(same.ElementAt(1).Slot),
                    $"one label with {same.Key}",
                    $"{same.Count()} (slots {slots}): the region fails, no namespace comes up",
                    "free all but the right one",
                    RegionSource
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
                    Find(
                        "label.dpa-overlap",
                        Severity.Error,
                        geometry.SlotOffsetBytes(label.Slot) + (ulong)LabelFormat.Dpa.OffsetBytes,
                        "ranges apart",
                        $"slot {label.Slot} at {label.Dpa} and slot {widest.Slot} up to 0x{Last(widest):x}: the DIMM does not "
                            + $"come up (EBUSY)",
                        "free the label that is wrong",
                        DpaSource
                    )
                );
            }
            if (widest is null || Last(label) > Last(widest))
                widest = label;
        }
        if (labels.Select(l => l.InterleaveSetCookie).Distinct().Skip(1).Any())
        {
            findings.Add(
                Find(
                    "label.cookies-differ",
                    Severity.Note,
                    geometry.SlotsOffsetBytes,
                    "one interleave-set cookie",
                    string.Join(", ", labels.Select(l => $"0x{l.InterleaveSetCookie:x}").Distinct().Take(8)),
                    "a label of another set is skipped and its space stays blocked: free it if the DIMM will not go back there",
                    RegionSource
                )
            );
        }

        static ulong Last(NamespaceLabel l) => l.Dpa.Bytes + (l.RawSize.Bytes - 1);
    }

    private static Finding Find(
        string code,
        Severity severity,
        ulong offset,
        string expected,
        string actual,
        string remedy,
        string source,
        string kernels = ""
    ) => new("labels." + code, severity, offset, expected, actual, remedy, source, kernels);
}
