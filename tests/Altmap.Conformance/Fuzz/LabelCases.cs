using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.Labels;
using Altmap.Formats.Layout;
using Altmap.Model.Nvdimm;

namespace Altmap.Conformance.Fuzz;

/// <summary>Label areas: good ones with some namespaces, with fields of an index block or a label, or bits of the free map,
/// changed.</summary>
internal static class LabelCases
{
    private const ulong Mib = 1 << 20;

    private static readonly ulong[] Words =
    [
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        0x10,
        0x3f,
        0x40,
        0x48,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x101,
        0x1ff,
        0x200,
        0x3ff,
        0x400,
        0xfff,
        0x1000,
        0x1001,
        0x2000,
        0xffff,
        0x1_0000,
        0x2_0000,
        0x20_0000,
        0x100_0000,
        0x400_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_f000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0xffff_ffff_ffff_f000,
        0xffff_ffff_ffff_ffff,
    ];

    /// <summary>GUIDs of label 1.2's abstraction: BTT, BTT2, PFN, DAX, none, unknown (ACPI 6.x, drivers/nvdimm/label.h).</summary>
    private static readonly Uuid[] Abstractions =
    [
        Uuid.Zero,
        Uuid.Parse("8aed63a2-29a2-4c66-8b12-f05d15d3922a"),
        Uuid.Parse("18633bfc-1735-4217-8ac9-17239282d3f8"),
        Uuid.Parse("266400ba-fb9f-4677-bcb0-968f11d0d225"),
        Uuid.Parse("97a86d9c-3cdd-4eda-986f-5068b4f80088"),
        Uuid.Parse("11111111-2222-4333-8444-555555555555"),
    ];

    /// <summary>Case <paramref name="number"/> for a region on one DIMM with a label area.</summary>
    public static FuzzCase Make(ulong seed, ulong number, int region, PhysicalRange range, ByteSize areaSize, RegionCookies cookies)
    {
        Dice dice = Dice.For(seed, number);
        LabelVersion version = dice.OneIn(2) ? LabelVersion.V1_1 : LabelVersion.V1_2;
        int count = dice.Below(6);
        LabelArea area = LabelArea.Parse(
            LabelInitialisation.InitLabels(SparseBytes.Zero(areaSize.Bytes), version).Bytes,
            KernelProfiles.Default
        );
        ulong at = 0;
        for (int i = 0; i < count; i++)
        {
            ulong size = dice.Of<ulong>([2 * Mib, 4 * Mib, 16 * Mib, 16 * Mib, 32 * Mib]);
            if (at + size > range.Size.Bytes)
                break;
            area = area.PutLabel(
                new NamespaceLabel
                {
                    Uuid = new Uuid(dice.Word(), dice.Word() | 1),
                    Name = dice.OneIn(3) ? LabelBytes.FromName($"name{i}") : default,
                    InterleaveSetCookie = version == LabelVersion.V1_1 ? cookies.Cookie1 : cookies.Cookie2,
                    LbaSize = new ByteSize(dice.Of<ulong>([512, 512, 0, 4096])),
                    Dpa = new DimmAddress(at),
                    RawSize = new ByteSize(size),
                    TypeGuid = LabelFormat.PersistentMemoryType,
                    AbstractionGuid = dice.Of(Abstractions),
                },
                0
            ).Area;
            at += size + dice.Of<ulong>([0, 0, 0, 2 * Mib]);
        }
        byte[] bytes = area.Bytes.Read(0, (int)areaSize.Bytes);
        LabelGeometry geometry = area.Geometry ?? throw new InvalidOperationException("a good label area has a geometry");
        var edits = ImmutableArray.CreateBuilder<Edit>();
        for (
            int left = dice.Below(8) switch
            {
                0 => 0,
                < 5 => 1,
                < 7 => 2,
                _ => 4,
            };
            left > 0;
            left--
        )
            edits.Add(Change(dice, bytes, geometry, count, range));
        return new FuzzCase
        {
            Number = number,
            Region = region,
            Base = string.Create(CultureInfo.InvariantCulture, $"labels {version}, {area.ActiveLabels.Length} of them"),
            Edits = edits.ToImmutable(),
            Media = _ => [],
            Labels = chosen => Apply(bytes, geometry, chosen),
        };
    }

    private static Edit Change(Dice dice, byte[] area, LabelGeometry geometry, int labels, PhysicalRange range)
    {
        int kind = dice.Below(12);
        ulong index = (ulong)(dice.Below(2) * geometry.IndexSizeBytes);
        if (kind == 0) // a bit of a free map
        {
            int bit = dice.OneIn(2) ? dice.Below(8) : dice.Below((int)geometry.SlotCount);
            ulong at = index + IndexFormat.HeaderSizeBytes + (ulong)(bit / 8);
            return new Edit(
                $"index {index / (ulong)geometry.IndexSizeBytes} free bit {bit} flipped",
                at,
                [(byte)(area[at] ^ (1 << (bit % 8)))]
            );
        }
        if (kind <= 3)
        {
            Field field = dice.Of(IndexFormat.Fields);
            return Number(field, index, $"index {index / (ulong)geometry.IndexSizeBytes} ");
        }
        if (kind == 4)
        {
            byte value = dice.Of<byte>([0, 1, 2, 3, 0xff]);
            return dice.OneIn(2)
                ? new Edit(
                    $"index {index / (ulong)geometry.IndexSizeBytes} labelsize={value}",
                    index + IndexFormat.LabelSizeOffsetBytes,
                    [value]
                )
                : new Edit($"index {index / (ulong)geometry.IndexSizeBytes} signature gone", index, [(byte)'X']);
        }
        int slot = dice.Below(Math.Max(1, Math.Min(labels + 1, (int)geometry.SlotCount)));
        ulong label = geometry.SlotOffsetBytes((uint)slot);
        if (kind == 5)
        {
            int other = dice.Below(Math.Max(1, labels));
            ulong from = geometry.SlotOffsetBytes((uint)other);
            return new Edit($"label {slot} uuid of label {other}", label, area[(int)from..(int)(from + 16)]);
        }
        if (kind == 6 && geometry.LabelSizeBytes >= 256)
        {
            byte[] guid = new byte[16];
            dice.Of(Abstractions).SwapGuidBytes().Write(guid);
            int where = dice.OneIn(2) ? LabelFormat.AbstractionGuidOffsetBytes : LabelFormat.TypeGuidOffsetBytes;
            return new Edit($"label {slot} guid at 0x{where:x}", label + (ulong)where, guid);
        }
        Field[] fields = [.. LabelFormat.Fields.Where(f => f.OffsetBytes + f.WidthBytes <= geometry.LabelSizeBytes)];
        return Number(dice.Of(fields), label, $"label {slot} ");

        Edit Number(Field field, ulong at, string where)
        {
            ulong now = field.Read(area.AsSpan((int)at));
            unchecked // hostile values wrap
            {
                ulong value = dice.Below(6) switch
                {
                    0 or 1 => dice.Of(Words),
                    2 => now + dice.Of<ulong>([1, 0x100, 0x1000, 2 * Mib]),
                    3 => now - dice.Of<ulong>([1, 0x100, 0x1000, 2 * Mib]),
                    4 => now ^ (1ul << dice.Below(field.WidthBytes * 8)),
                    _ => dice.Of<ulong>([range.Size.Bytes, range.Size.Bytes / 2, 2 * Mib, 16 * Mib, 32 * Mib, 4096]),
                };
                byte[] bytes = new byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
                ulong shown = field.WidthBytes == 8 ? value : value & ((1ul << (8 * field.WidthBytes)) - 1);
                return new Edit($"{where}{field.Name}=0x{shown:x}", at + (ulong)field.OffsetBytes, bytes[..field.WidthBytes]);
            }
        }
    }

    /// <summary>The edits, and right checksums where no edit is one.</summary>
    private static byte[] Apply(byte[] good, LabelGeometry geometry, IReadOnlyList<Edit> edits)
    {
        byte[] area = (byte[])good.Clone();
        foreach (Edit edit in edits)
            edit.Bytes.CopyTo(area, (int)edit.Offset);
        for (int number = 0; number < 2; number++)
            Seal(number * geometry.IndexSizeBytes, geometry.IndexSizeBytes, IndexFormat.Checksum.OffsetBytes);
        if (geometry.LabelSizeBytes >= 256)
        {
            foreach (int at in edits.Select(e => (int)e.Offset).Where(o => o >= 2 * geometry.IndexSizeBytes))
            {
                int slot = (at - (2 * geometry.IndexSizeBytes)) / geometry.LabelSizeBytes;
                Seal((int)geometry.SlotOffsetBytes((uint)slot), geometry.LabelSizeBytes, LabelFormat.Checksum.OffsetBytes);
            }
        }
        return area;

        void Seal(int start, int length, int checksum)
        {
            if (edits.Any(e => (int)e.Offset == start + checksum))
                return;
            Span<byte> block = area.AsSpan(start, length);
            BinaryPrimitives.WriteUInt64LittleEndian(block[checksum..], Fletcher64.ComputeWithZeroedField(block, checksum));
        }
    }
}
