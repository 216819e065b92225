using System.Buffers.Binary;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Model.Tests.MachineFiles.Captures;

public class AcpiTablesTests
{
    [Fact]
    public void Memory_affinity_gives_nodes()
    {
        byte[] table = Table(
            "SRAT",
            12,
            Affinity(7, 0x100000000, 0x40000000, 1),
            Affinity(3, 0x140000000, 0x40000000, 1),
            Affinity(9, 0, 4096, 0)
        );
        Assert.Equal([(0x100000000UL, 0), (0x140000000UL, 1)], new AcpiTables([table]).Nodes);
    }

    [Fact]
    public void Cxl_windows_and_ranges_of_the_nfit()
    {
        byte[] window = new byte[36];
        window[0] = 1;
        window[2] = 36;
        Write(window, 8, 0x290000000, 0x40000000);
        byte[] range = new byte[56];
        range[2] = 56;
        new Guid("66F0D379-B4F3-4074-AC43-0D3318B78CDC").ToByteArray().CopyTo(range, 16);
        Write(range, 32, 0x187c000000, 0x3f00000000);
        byte[] control = new byte[56];
        control[2] = 56;
        var tables = new AcpiTables([Table("CEDT", 0, window), Table("NFIT", 4, control, range)]);
        Assert.Equal("0x290000000-0x2cfffffff", Assert.Single(tables.Windows).ToString());
        Assert.Equal("0x187c000000-0x577bffffff", Assert.Single(tables.Persistent).Range.ToString());
    }

    [Fact]
    public void Damaged_tables_give_what_is_whole()
    {
        byte[] table = Table("SRAT", 12, Affinity(0, 4096, 4096, 1), Affinity(1, 8192, 4096, 1));
        for (int length = 0; length < table.Length; length++)
            Assert.InRange(new AcpiTables([table.AsMemory(0, length)]).Nodes.Count(), 0, 1);
        table[48 + 1] = 0; // a structure of no bytes
        Assert.Empty(new AcpiTables([table]).Nodes);
        byte[] wraps = Table("SRAT", 12, Affinity(0, ulong.MaxValue - 4095, 8192, 1));
        Assert.Empty(new AcpiTables([wraps]).Nodes);
    }

    private static byte[] Table(string signature, int reserved, params byte[][] structures)
    {
        byte[] table = [.. System.Text.Encoding.ASCII.GetBytes(signature), .. new byte[32 + reserved], .. structures.SelectMany(s => s)];
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        return table;
    }

    private static byte[] Affinity(uint domain, ulong start, ulong size, uint flags)
    {
        byte[] bytes = new byte[40];
        bytes[0] = 1;
        bytes[1] = 40;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(2), domain);
        Write(bytes, 8, start, size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(28), flags);
        return bytes;
    }

    private static void Write(byte[] bytes, int at, ulong start, ulong size)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), start);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 8), size);
    }
}
