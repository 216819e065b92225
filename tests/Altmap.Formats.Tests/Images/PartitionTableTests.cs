using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;

namespace Altmap.Formats.Tests.Images;

public class PartitionTableTests
{
    [Fact]
    public void A_gpt_and_its_copy()
    {
        byte[] disk = DiskBytes.Gpt(4 << 20, 2048, 4095);
        PartitionTable table = PartitionTable.Read(SparseBytes.From(disk))!;
        Assert.Equal((PartitionTableKind.Gpt, true, true), (table.Kind, table.IsPrimaryRight, table.IsBackupRight));
        Partition only = Assert.Single(table.Partitions);
        Assert.Equal((1, new MediaOffset(1 << 20), ByteSize.MiB(1), "root"), (only.Number, only.Start, only.Size, only.Name));
        Assert.Equal("0fc63daf-8483-4772-8e79-3d69d8477de4", only.Type);
    }

    /// <summary>Either header alone is enough; a file that grew has its copy in the wrong place.</summary>
    [Theory]
    [InlineData(512 + 60, false, true, 1)]
    [InlineData((4 << 20) - 512 + 60, true, false, 1)]
    [InlineData(-1, true, false, 1)]
    public void A_damaged_gpt(int at, bool primary, bool backup, int partitions)
    {
        byte[] disk = DiskBytes.Gpt(4 << 20, 2048, 4095);
        if (at < 0)
            Array.Resize(ref disk, 8 << 20);
        else
            disk[at] ^= 1;
        PartitionTable table = PartitionTable.Read(SparseBytes.From(disk))!;
        Assert.Equal((primary, backup, partitions), (table.IsPrimaryRight, table.IsBackupRight, table.Partitions.Length));
    }

    [Fact]
    public void An_mbr_and_what_looks_like_one()
    {
        byte[] disk = new byte[1 << 20];
        DiskBytes.Mbr(disk, (2048u, 100u), (4096u, uint.MaxValue));
        PartitionTable table = PartitionTable.Read(SparseBytes.From(disk))!;
        Assert.Equal(PartitionTableKind.Mbr, table.Kind);
        Assert.Equal([new MediaOffset(1 << 20), new MediaOffset(2 << 20)], table.Partitions.Select(p => p.Start));
        Assert.Equal(uint.MaxValue * 512UL, table.Partitions[1].Size.Bytes);
        disk[446] = 0x7f; // the code of a file system's boot sector
        Assert.Null(PartitionTable.Read(SparseBytes.From(disk)));
        Assert.Null(PartitionTable.Read(SparseBytes.From(new byte[100])));
        Assert.Null(PartitionTable.Read(SparseBytes.From(new byte[1 << 20])));
    }

    /// <summary>Any byte flipped, any length: nothing is thrown.</summary>
    [Fact]
    public void Any_bytes()
    {
        byte[] disk = DiskBytes.Gpt(64 << 10, 40, 60);
        foreach (int size in (int[])[512, 513, 1024, 2048, 2560, 8192, 16384])
            _ = PartitionTable.Read(SparseBytes.From(disk.AsSpan(0, size)));
        for (int at = 512; at < 512 + 96; at++)
        {
            foreach (byte mask in (byte[])[1, 0x80, 0xff])
            {
                disk[at] ^= mask;
                PartitionTable table = PartitionTable.Read(SparseBytes.From(disk))!;
                Assert.True(table.IsBackupRight && table.Partitions.Length == 1, $"0x{at:x}");
                disk[at] ^= mask;
            }
        }
    }
}
