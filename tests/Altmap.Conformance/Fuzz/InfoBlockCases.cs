using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;

namespace Altmap.Conformance.Fuzz;

/// <summary>Info-blocks of pfn and dax devices: good ones for a region, with a few fields changed; mostly with a right checksum.</summary>
internal static class InfoBlockCases
{
    private const ulong Page = 4096,
        Kib64 = 64 << 10,
        Mib2 = 2 << 20,
        Gib = 1 << 30;

    private static readonly ulong[] Words =
    [
        0,
        1,
        2,
        3,
        0x7f,
        0xff,
        0x100,
        0x1ff,
        0x200,
        0xfff,
        0x1000,
        0x1001,
        0x2000,
        0x3000,
        0xffff,
        0x10000,
        0x1f_f000,
        0x20_0000,
        0x20_1000,
        0x40_0000,
        0x100_0000,
        0x800_0000,
        0x4000_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_f000,
        0xffff_ffff,
        0x1_0000_0000,
        0x10_0000_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        0xffff_ffff_ffff_f000,
        0xffff_ffff_ffff_ffff,
    ];

    private static readonly Field[] Changed =
    [
        PfnInfoBlockLayout.Flags,
        PfnInfoBlockLayout.VersionMajor,
        PfnInfoBlockLayout.VersionMinor,
        PfnInfoBlockLayout.DataOffset,
        PfnInfoBlockLayout.DataOffset,
        PfnInfoBlockLayout.DataOffset,
        PfnInfoBlockLayout.PageCount,
        PfnInfoBlockLayout.PageCount,
        PfnInfoBlockLayout.Mode,
        PfnInfoBlockLayout.StartPad,
        PfnInfoBlockLayout.StartPad,
        PfnInfoBlockLayout.EndTrunc,
        PfnInfoBlockLayout.EndTrunc,
        PfnInfoBlockLayout.Align,
        PfnInfoBlockLayout.Align,
        PfnInfoBlockLayout.PageSize,
        PfnInfoBlockLayout.PageStructSize,
    ];

    /// <summary>Case <paramref name="number"/> for a region.</summary>
    public static FuzzCase Make(ulong seed, ulong number, int region, PhysicalRange range)
    {
        Dice dice = Dice.For(seed, number);
        InfoBlock good = Good(dice, range);
        var edits = ImmutableArray.CreateBuilder<Edit>();
        int count = dice.Below(8) switch
        {
            0 => 0,
            < 4 => 1,
            < 6 => 2,
            _ => 3,
        };
        for (int i = 0; i < count; i++)
            edits.Add(Change(dice, good, range));
        bool badSum = dice.OneIn(40);
        if (badSum)
            edits.Add(new Edit("checksum wrong", (ulong)PfnInfoBlockLayout.Checksum.OffsetBytes, [1]));
        byte[] block = good.ToBytes();
        return new FuzzCase
        {
            Number = number,
            Region = region,
            Base = string.Create(
                CultureInfo.InvariantCulture,
                $"{good.Kind} mode {good.Mode} dataoff 0x{good.DataOffset:x} npfns {good.PageCount} pad 0x{good.StartPad:x} "
                    + $"trunc 0x{good.EndTrunc:x} align 0x{good.Align:x} minor {good.VersionMinor}"
            ),
            Edits = edits.ToImmutable(),
            Media = chosen => [(InfoBlock.StartBytes, Apply(block, chosen))],
        };
    }

    private static byte[] Apply(byte[] block, IReadOnlyList<Edit> edits)
    {
        byte[] bytes = (byte[])block.Clone();
        foreach (Edit edit in edits)
            edit.Bytes.CopyTo(bytes, (int)edit.Offset);
        int at = PfnInfoBlockLayout.Checksum.OffsetBytes;
        ulong sum = Fletcher64.ComputeWithZeroedField(bytes, at);
        bool wrong = edits.Any(e => e.Offset == (ulong)at);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), wrong ? sum ^ 1 : sum);
        return bytes;
    }

    /// <summary>What a kernel of some age might have written there (drivers/nvdimm/pfn_devs.c nd_pfn_init(), 6.1), not always with its own
    /// choices.</summary>
    private static InfoBlock Good(Dice dice, PhysicalRange range)
    {
        ulong start = range.Start.Bytes,
            size = range.Size.Bytes;
        ulong align = dice.Of<ulong>([Page, Page, Mib2, Mib2, Mib2, Gib]);
        uint pad = (uint)(dice.OneIn(2) ? Alignment.Up(start, dice.OneIn(4) ? 128 << 20 : Mib2) - start : 0);
        if (pad >= size)
            pad = 0;
        ulong end = Alignment.Down(start + size, dice.OneIn(3) ? Math.Max(align, Mib2) : align);
        uint trunc = (uint)(end > start + pad ? start + size - end : 0);
        ulong pages = (size - pad - trunc) / Page;
        uint mode = dice.Of<uint>([1, 1, 2, 2, 2]);
        ulong structs = mode == 2 ? 64 * pages : 0;
        ulong offset =
            Alignment.Up(start + pad + (2 * Page) + structs, Math.Max(align, mode == 1 && dice.OneIn(2) ? Page : align)) - (start + pad);
        ulong available = size - pad - trunc;
        return new InfoBlock
        {
            Kind = dice.OneIn(2) ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
            Uuid = new Uuid(dice.Word(), dice.Word() | 1),
            ParentUuid = dice.OneIn(12) ? new Uuid(dice.Word(), dice.Word()) : default,
            VersionMinor = dice.Of<ushort>([0, 1, 2, 3, 4, 4, 4, 4]),
            DataOffset = offset,
            PageCount = available > offset ? (available - offset) / Page : pages,
            Mode = mode,
            StartPad = pad,
            EndTrunc = trunc,
            Align = (uint)align,
            PageSize = (uint)Page,
            PageStructSize = 64,
        };
    }

    private static Edit Change(Dice dice, InfoBlock good, PhysicalRange range)
    {
        if (dice.OneIn(24))
        {
            int at = dice.Below(InfoBlock.SizeBytes - 8);
            byte[] some = new byte[1 + dice.Below(8)];
            for (int i = 0; i < some.Length; i++)
                some[i] = (byte)dice.Below(256);
            return new Edit(
                string.Create(CultureInfo.InvariantCulture, $"bytes at 0x{at:x} = {Convert.ToHexStringLower(some)}"),
                (ulong)at,
                some
            );
        }
        Field field = dice.Of(Changed);
        ulong now = field.Read(good.ToBytes());
        ulong size = range.Size.Bytes;
        unchecked // hostile values wrap
        {
            ulong value = dice.Below(12) switch
            {
                0 or 1 or 2 => dice.Of(Words),
                3 => now + dice.Of<ulong>([1, Page, Kib64, Mib2]),
                4 => now - dice.Of<ulong>([1, Page, Kib64, Mib2]),
                5 => size - dice.Of<ulong>([0, 1, Page, 2 * Page, Mib2]),
                6 => size + dice.Of<ulong>([0, 1, Page, Mib2]),
                7 => (size / Page) + dice.Of<ulong>([0, 1, ulong.MaxValue]),
                8 => Alignment.Up(size / 2, Page),
                9 => dice.Of<ulong>([2 * Page, Kib64, Mib2, Gib, size - Page]) - dice.Of<ulong>([0, 0, good.StartPad]),
                10 => now ^ (1ul << dice.Below(field.WidthBytes * 8)),
                _ => (ulong)dice.Below(9),
            };
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            bytes = bytes[..field.WidthBytes];
            string shown = Convert.ToHexStringLower([.. bytes.Reverse()]).TrimStart('0');
            return new Edit($"{field.Name}=0x{(shown.Length == 0 ? "0" : shown)}", (ulong)field.OffsetBytes, bytes);
        }
    }
}
