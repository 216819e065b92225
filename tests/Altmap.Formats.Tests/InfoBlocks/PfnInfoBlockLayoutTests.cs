using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;

namespace Altmap.Formats.Tests.InfoBlocks;

public class PfnInfoBlockLayoutTests
{
    [Fact]
    public void Fields_and_reserved_bytes_fill_the_block_without_overlap()
    {
        int next = 0;
        foreach (Field field in PfnInfoBlockLayout.Fields)
        {
            Assert.Equal(next, field.OffsetBytes);
            next = field.EndBytes;
        }
        Assert.Equal(InfoBlock.SizeBytes, next);
    }

    [Fact]
    public void Names_are_the_kernels_and_unique() =>
        Assert.Equal(PfnInfoBlockLayout.Fields.Length, PfnInfoBlockLayout.Fields.Select(f => f.Name).Distinct().Count());

    [Fact]
    public void Every_byte_of_a_field_reaches_the_record()
    {
        byte[] block = RecordedBlocks.Good.Bytes!;
        InfoBlock original = InfoBlock.Parse(block)!;
        foreach (Field field in PfnInfoBlockLayout.Fields)
        {
            if (field == PfnInfoBlockLayout.Signature || field == PfnInfoBlockLayout.Checksum)
                continue;
            for (int at = field.OffsetBytes; at < field.EndBytes; at++)
            {
                byte[] changed = (byte[])block.Clone();
                changed[at] ^= 0x5a;
                Assert.NotEqual(original, InfoBlock.Parse(changed));
            }
        }
    }
}
