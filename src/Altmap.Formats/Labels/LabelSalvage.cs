using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;

namespace Altmap.Formats.Labels;

/// <summary>What becomes of a label in a repaired area.</summary>
public enum SalvageState
{
    /// <summary>It counts.</summary>
    Kept,

    /// <summary>An index says that its slot is free: an older version, or a namespace that was destroyed.</summary>
    Stale,

    /// <summary>It cannot stand beside another one, and nothing says which is right.</summary>
    Contradictory,

    /// <summary>Its checksum is wrong, or it stands in another slot than it says.</summary>
    Broken,
}

/// <summary>A label that was found.</summary>
/// <param name="Slot">Where it stands.</param>
/// <param name="Label">What it says.</param>
/// <param name="State">What becomes of it.</param>
/// <param name="Why">In words.</param>
public sealed record SalvagedLabel(uint Slot, NamespaceLabel Label, SalvageState State, string Why);

/// <summary>What a person decides where the bytes do not.</summary>
/// <param name="Keep">Slots whose labels are right, whatever else claims the same.</param>
/// <param name="Drop">Slots whose labels are not.</param>
/// <param name="Undelete">Labels in free slots count too, where nothing stands against them: after init-labels -f.</param>
public sealed record SalvageWish(ImmutableHashSet<uint> Keep, ImmutableHashSet<uint> Drop, bool Undelete)
{
    /// <summary>No wish.</summary>
    public static readonly SalvageWish None = new([], [], false);
}

/// <summary>
/// Labels behind index blocks that are broken, zeroed or freshly initialised, and an area with new index blocks over them. Nothing but the
/// index blocks differs: labels stay where they are. The rules of what a kernel takes are those of <see cref="LabelArea"/>; which labels
/// are
/// plausible at 128 bytes, where there is no checksum, is our own judgement.
/// </summary>
/// <param name="Geometry">How the area is divided; null: it is not known, and nothing was found.</param>
/// <param name="Labels">In order of slot.</param>
/// <param name="Findings">About the length of the dump.</param>
/// <param name="Repaired">The area with new index blocks; null where something is undecided or there is nothing to save.</param>
public sealed record LabelSalvage(
    LabelGeometry? Geometry,
    ImmutableArray<SalvagedLabel> Labels,
    ImmutableArray<Finding> Findings,
    ImmutableArray<byte>? Repaired
)
{
    private const int LabelsMax = 1 << 16;

    /// <summary>Labels that cannot stand beside each other: a person must choose.</summary>
    public IEnumerable<SalvagedLabel> Undecided => Labels.Where(l => l.State == SalvageState.Contradictory);

    /// <summary>Looks at any bytes of any length.</summary>
    /// <param name="dump">The area, or what was dumped of it.</param>
    /// <param name="wish">What a person decides.</param>
    /// <param name="size">How large the area is; null: as an index block says, else as long as the dump.</param>
    public static LabelSalvage Of(ReadOnlyMemory<byte> dump, SalvageWish wish, ByteSize? size = null)
    {
        ReadOnlySpan<byte> bytes = dump.Span;
        if (GeometryOf(bytes, size) is not { } geometry)
            return new(null, [], [], null);
        ImmutableArray<Finding> findings = [.. LengthFindings(bytes, geometry, size)];
        byte[] area = new byte[checked((int)geometry.AreaSize.Bytes)];
        bytes[..Math.Min(bytes.Length, area.Length)].CopyTo(area);
        (byte[]? index, bool isValid) = HintOf(area, geometry);
        List<SalvagedLabel> found = Collect(area, geometry, index, isValid, wish);
        Settle(found, wish);
        ImmutableArray<SalvagedLabel> labels = [.. found];
        // Written back, a dump that was cut would erase what stands behind its end.
        bool isDone =
            findings.All(f => f.Code != LabelFindings.AreaCut)
            && labels.Any(l => l.State == SalvageState.Kept)
            && labels.All(l => l.State != SalvageState.Contradictory);
        return new(geometry, labels, findings, isDone ? [.. Rebuild(area, geometry, labels)] : null);
    }

    /// <summary>From an index block that still says how it divides the area, else from where the labels stand that name their
    /// slot.</summary>
    private static LabelGeometry? GeometryOf(ReadOnlySpan<byte> bytes, ByteSize? size)
    {
        ByteSize[] sizes = size is { } told ? [told] : [.. Sizes(new ByteSize((ulong)bytes.Length))];
        if (IndexGeometry(bytes, sizes) is { } named && Votes(bytes, named, inUse: true) > 0)
            return named;
        (LabelGeometry Geometry, int Votes)? best = null;
        foreach (int labelSize in (int[])[256, 128])
        {
            foreach (ByteSize each in sizes)
            {
                if (LabelGeometry.For(each, labelSize) is not { } geometry)
                    continue;
                int votes = Votes(bytes, geometry, inUse: false);
                if (votes > (best?.Votes ?? 0))
                    best = (geometry, votes);
            }
            if (best is not null)
                break; // a checksum of 256 bytes says more than the plausibility of 128
        }
        // An index that was just initialised in another version than the labels behind it has none in use.
        return best?.Geometry ?? IndexGeometry(bytes, sizes);
    }

    private static LabelGeometry? IndexGeometry(ReadOnlySpan<byte> bytes, ByteSize[] sizes)
    {
        foreach (int start in IndexStarts(bytes))
        {
            if (bytes.Length - start < IndexFormat.HeaderSizeBytes)
                continue;
            ReadOnlySpan<byte> block = bytes[start..];
            int labelSize = block[IndexFormat.LabelSizeOffsetBytes] == 0 ? 128 : 256;
            ulong index = IndexFormat.MySize.Read(block),
                slots = IndexFormat.SlotCount.Read(block);
            foreach (ByteSize size in sizes)
            {
                if (LabelGeometry.For(size, labelSize) is { } fits && (ulong)fits.IndexSizeBytes == index && fits.SlotCount == slots)
                    return fits;
            }
        }
        return null;
    }

    private static List<int> IndexStarts(ReadOnlySpan<byte> bytes)
    {
        var starts = new List<int>();
        for (int at = 0; at < Math.Min(bytes.Length, 1 << 20); at += IndexFormat.AlignBytes)
        {
            if (bytes[at..].StartsWith(IndexFormat.Signature))
                starts.Add(at);
        }
        return starts;
    }

    /// <summary>The length itself first; then what label areas usually have, for a dump that was cut or is too long.</summary>
    private static IEnumerable<ByteSize> Sizes(ByteSize length)
    {
        yield return length;
        for (int shift = 12; shift <= 20; shift++) // 4 KiB to 1 MiB; real ones have 128 or 256 KiB
        {
            if (1UL << shift != length.Bytes)
                yield return new ByteSize(1UL << shift);
        }
    }

    private static int Votes(ReadOnlySpan<byte> bytes, in LabelGeometry geometry, bool inUse)
    {
        int votes = 0;
        for (uint slot = 0; slot < geometry.SlotCount; slot++)
        {
            ulong at = geometry.SlotOffsetBytes(slot);
            if (at + (ulong)geometry.LabelSizeBytes > (ulong)bytes.Length)
                break;
            if (inUse && IsFreeInBoth(bytes, geometry, slot))
                continue;
            votes += IsLabel(bytes.Slice((int)at, geometry.LabelSizeBytes), slot) ? 1 : 0;
        }
        return votes;
    }

    private static bool IsFreeInBoth(ReadOnlySpan<byte> bytes, in LabelGeometry geometry, uint slot)
    {
        for (int number = 0; number < 2; number++)
        {
            int at = number * geometry.IndexSizeBytes;
            if (at + geometry.IndexSizeBytes <= bytes.Length && !LabelArea.IsFree(bytes.Slice(at, geometry.IndexSizeBytes), slot))
                return false;
        }
        return true;
    }

    private static bool IsLabel(ReadOnlySpan<byte> raw, uint slot) =>
        NamespaceLabel.Counts(raw, raw.Length, slot) && IsPlausible(NamespaceLabel.Parse(raw, raw.Length));

    /// <summary>What no label lacks that Linux wrote.</summary>
    private static bool IsPlausible(NamespaceLabel label) =>
        !label.Uuid.IsZero
        && label.LabelCount > 0
        && label.Position < label.LabelCount
        && !label.RawSize.IsZero
        && label.Dpa.Bytes <= ulong.MaxValue - (label.RawSize.Bytes - 1)
        && (label.Flags & ~LabelFlags.Known) == 0;

    private static IReadOnlyList<Finding> LengthFindings(ReadOnlySpan<byte> bytes, LabelGeometry geometry, ByteSize? size)
    {
        List<Finding> findings = [.. LengthFindings(bytes.Length, geometry)];
        // A dump that was cut at the length of some smaller area looks as that area does, where no index block says otherwise.
        if (findings.Count == 0 && size is null && IndexGeometry(bytes, [geometry.AreaSize]) is null)
            findings.Add(
                LabelChecks.Find(
                    LabelFindings.AreaSizeAssumed,
                    (ulong)bytes.Length,
                    "an index block that says how the area is divided",
                    string.Create(CultureInfo.InvariantCulture, $"none; {geometry.AreaSize.Bytes} bytes, as long as the dump")
                )
            );
        return findings;
    }

    private static IEnumerable<Finding> LengthFindings(int length, LabelGeometry geometry)
    {
        ulong needed = geometry.SlotOffsetBytes(geometry.SlotCount),
            area = geometry.AreaSize.Bytes;
        if ((ulong)length < needed)
            yield return LabelChecks.Find(
                LabelFindings.AreaCut,
                (ulong)length,
                string.Create(CultureInfo.InvariantCulture, $"{area} bytes, of which {needed} are used"),
                string.Create(CultureInfo.InvariantCulture, $"{length} bytes: labels behind are missing")
            );
        else if ((ulong)length > area)
            yield return LabelChecks.Find(
                LabelFindings.AreaOverlong,
                area,
                string.Create(CultureInfo.InvariantCulture, $"{area} bytes"),
                string.Create(CultureInfo.InvariantCulture, $"{length} bytes: what is behind is none of the area")
            );
    }

    /// <summary>The bitmap that says most: of a valid index, else of one that is damaged elsewhere.</summary>
    private static (byte[]? Index, bool IsValid) HintOf(ReadOnlySpan<byte> area, in LabelGeometry geometry)
    {
        byte[]? best = null;
        uint bestSequence = 0;
        bool bestValid = false;
        for (int number = 0; number < 2; number++)
        {
            ReadOnlySpan<byte> block = area.Slice(number * geometry.IndexSizeBytes, geometry.IndexSizeBytes);
            if (!block.StartsWith(IndexFormat.Signature) && IndexFormat.MySize.Read(block) != (ulong)geometry.IndexSizeBytes)
                continue;
            bool isValid =
                block.StartsWith(IndexFormat.Signature)
                && IndexFormat.Checksum.Read(block) == Checksums.Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes);
            uint sequence = (uint)IndexFormat.Sequence.Read(block);
            bool isBetter =
                best is null
                || (isValid && !bestValid)
                || (isValid == bestValid && IndexFormat.BestSequence(bestSequence, sequence) == (sequence & IndexFormat.SequenceMask));
            if (isBetter)
                (best, bestSequence, bestValid) = (block.ToArray(), sequence, isValid);
        }
        return (best, bestValid);
    }

    private static List<SalvagedLabel> Collect(
        ReadOnlySpan<byte> area,
        in LabelGeometry geometry,
        byte[]? index,
        bool isValid,
        SalvageWish wish
    )
    {
        var found = new List<SalvagedLabel>();
        string who = isValid ? "the index" : "an index block that is damaged elsewhere";
        for (uint slot = 0; slot < geometry.SlotCount && found.Count < LabelsMax; slot++)
        {
            ReadOnlySpan<byte> raw = area.Slice((int)geometry.SlotOffsetBytes(slot), geometry.LabelSizeBytes);
            if (!raw.ContainsAnyExcept((byte)0))
                continue;
            NamespaceLabel label = NamespaceLabel.Parse(raw, geometry.LabelSizeBytes);
            bool isFree = index is not null && LabelArea.IsFree(index, slot);
            (SalvageState state, string why) =
                wish.Drop.Contains(slot) ? (SalvageState.Stale, "dropped as you said")
                : label.Slot != slot ? (SalvageState.Broken, $"it says slot {label.Slot}")
                : !NamespaceLabel.ChecksumIsRight(raw, geometry.LabelSizeBytes) ? (SalvageState.Broken, "its checksum is wrong")
                : !IsPlausible(label) ? (SalvageState.Broken, "its fields make no sense")
                : wish.Keep.Contains(slot) ? (SalvageState.Kept, "kept as you said")
                : isFree && !wish.Undelete ? (SalvageState.Stale, $"{who} says that its slot is free")
                : index is null ? (SalvageState.Kept, "whole; no index says whether it was in use")
                : isFree ? (SalvageState.Kept, $"whole, though {who} says that its slot is free")
                : (SalvageState.Kept, $"whole, and {who} says that it is in use");
            found.Add(new SalvagedLabel(slot, label, state, why));
        }
        return found;
    }

    /// <summary>Two labels of one uuid and position, or over the same bytes, cannot both count: a kernel would take neither.</summary>
    private static void Settle(List<SalvagedLabel> found, SalvageWish wish)
    {
        foreach (
            IGrouping<(Uuid, ushort), SalvagedLabel> same in found
                .Where(l => l.State == SalvageState.Kept)
                .GroupBy(l => (l.Label.Uuid, l.Label.Position))
                .Where(g => g.Count() > 1)
                .ToArray()
        )
        {
            // A label is written to a free slot first, with UPDATING, and the old slot freed last: the one without is the older whole one.
            SalvagedLabel[] chosen = [.. same.Where(l => wish.Keep.Contains(l.Slot))];
            if (chosen.Length == 0)
                chosen = [.. same.Where(l => !l.Label.IsUpdating)];
            string slots = string.Join(", ", same.Select(l => l.Slot.ToString(CultureInfo.InvariantCulture)));
            foreach (SalvagedLabel label in same)
            {
                if (chosen.Length == 1 && label == chosen[0])
                    continue;
                Replace(
                    found,
                    label,
                    chosen.Length == 1
                        ? (SalvageState.Stale, $"slot {chosen[0].Slot} holds the same uuid, finished")
                        : (SalvageState.Contradictory, $"the same uuid stands in slots {slots}")
                );
            }
        }
        SalvagedLabel[] byPlace = [.. found.Where(l => l.State == SalvageState.Kept).OrderBy(l => l.Label.Dpa).ThenBy(l => l.Slot)];
        SalvagedLabel? widest = null;
        foreach (SalvagedLabel label in byPlace)
        {
            if (widest is not null && label.Label.Dpa.Bytes <= Last(widest))
            {
                foreach (SalvagedLabel each in (SalvagedLabel[])[widest, label])
                {
                    SalvagedLabel other = each == label ? widest : label;
                    if (!wish.Keep.Contains(each.Slot) || wish.Keep.Contains(other.Slot))
                        Replace(found, each, (SalvageState.Contradictory, $"it claims bytes of the label in slot {other.Slot}"));
                }
            }
            if (widest is null || Last(label) > Last(widest))
                widest = label;
        }

        static ulong Last(SalvagedLabel l) => l.Label.Dpa.Bytes + (l.Label.RawSize.Bytes - 1);
    }

    private static void Replace(List<SalvagedLabel> found, SalvagedLabel label, (SalvageState State, string Why) by)
    {
        int at = found.FindIndex(l => l.Slot == label.Slot);
        found[at] = found[at] with { State = by.State, Why = by.Why };
    }

    /// <summary>New index blocks as ndctl init-labels writes them, with the slots of the kept labels in use.</summary>
    private static byte[] Rebuild(byte[] area, LabelGeometry geometry, ImmutableArray<SalvagedLabel> labels)
    {
        int bitmap = (int)((geometry.SlotCount + 63) / 64 * 8);
        for (int number = 0; number < 2; number++)
        {
            Span<byte> block = area.AsSpan(number * geometry.IndexSizeBytes, geometry.IndexSizeBytes);
            block.Clear();
            block.Slice(IndexFormat.HeaderSizeBytes, Math.Min(bitmap, block.Length - IndexFormat.HeaderSizeBytes)).Fill(0xff);
            foreach (SalvagedLabel kept in labels.Where(l => l.State == SalvageState.Kept))
                block[IndexFormat.HeaderSizeBytes + (int)(kept.Slot / 8)] &= (byte)(0xff ^ (1 << (int)(kept.Slot % 8)));
            LabelArea.Seal(block, number, (uint)(3 - number), geometry.SlotCount, geometry);
        }
        return area;
    }
}
