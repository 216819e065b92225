using System.Buffers.Binary;
using System.Collections.Immutable;
using Altmap.Formats.Checksums;

namespace Altmap.Formats.Labels;

/// <summary>What an NFIT says about one DIMM of an interleave set. Numbers as in the table; sysfs shows serial and vendor
/// byte-swapped.</summary>
/// <param name="RegionOffset">Of the memory-device structure.</param>
/// <param name="Serial">serial_number of the control region.</param>
/// <param name="Vendor">vendor_id.</param>
/// <param name="ManufacturingDate">manufacturing_date.</param>
/// <param name="ManufacturingLocation">manufacturing_location.</param>
public readonly record struct InterleaveMember(
    ulong RegionOffset,
    uint Serial,
    ushort Vendor,
    ushort ManufacturingDate = 0,
    byte ManufacturingLocation = 0
);

/// <summary>The numbers that tie labels to an interleave set (drivers/acpi/nfit/core.c acpi_nfit_init_interleave_set(); same in 5.10, 6.1,
/// 6.12, 7.2).</summary>
/// <param name="Cookie1">For labels 1.1.</param>
/// <param name="Cookie2">For labels 1.2, and without labels.</param>
/// <param name="AltCookie">Cookie1 in the wrong order of old kernels; accepted when reading.</param>
/// <param name="Positions">Place of each member in the set, in the order of the members.</param>
public readonly record struct InterleaveSetCookie(ulong Cookie1, ulong Cookie2, ulong AltCookie, ImmutableArray<int> Positions)
{
    private const int Record1Bytes = 16;
    private const int Record2Bytes = 48;

    /// <summary>The cookie that labels of an area carry.</summary>
    public ulong For(LabelArea area) => area.UsesCookie1 ? Cookie1 : Cookie2;

    /// <summary>Computes all from the members of a set, in mapping order.</summary>
    public static InterleaveSetCookie Compute(IReadOnlyList<InterleaveMember> members)
    {
        InterleaveMember[] sorted = [.. members.OrderBy(m => m.RegionOffset)];
        // Old kernels compared the stored bytes, so the lowest byte came first.
        InterleaveMember[] byBytes =
        [
            .. members.OrderBy(m => m.RegionOffset).OrderBy(m => BinaryPrimitives.ReverseEndianness(m.RegionOffset)),
        ];
        int[] positions = new int[members.Count];
        for (int rank = 0; rank < sorted.Length; rank++)
        {
            for (int i = 0; i < members.Count; i++)
            {
                // Found by identity, not by offset: of two members with the same identity only the first gets a place.
                if (members[i] with { RegionOffset = 0 } != sorted[rank] with { RegionOffset = 0 })
                    continue;
                positions[i] = rank;
                break;
            }
        }
        return new InterleaveSetCookie(Sum1(sorted), Sum2(sorted), Sum1(byBytes), [.. positions]);
    }

    private static ulong Sum1(InterleaveMember[] members)
    {
        byte[] records = new byte[members.Length * Record1Bytes];
        for (int i = 0; i < members.Length; i++)
        {
            Span<byte> record = records.AsSpan(i * Record1Bytes, Record1Bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(record, members[i].RegionOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], members[i].Serial);
        }
        return Fletcher64.Compute(records);
    }

    private static ulong Sum2(InterleaveMember[] members)
    {
        byte[] records = new byte[members.Length * Record2Bytes];
        for (int i = 0; i < members.Length; i++)
        {
            Span<byte> record = records.AsSpan(i * Record2Bytes, Record2Bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(record, members[i].RegionOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], members[i].Serial);
            BinaryPrimitives.WriteUInt16LittleEndian(record[12..], members[i].Vendor);
            BinaryPrimitives.WriteUInt16LittleEndian(record[14..], members[i].ManufacturingDate);
            record[16] = members[i].ManufacturingLocation;
        }
        return Fletcher64.Compute(records);
    }
}
