namespace Altmap.Formats.Checksums;

/// <summary>CRC-32 as GPT has it (UEFI 2.10 ch. 5.3.2; the polynomial of IEEE 802.3, reflected).</summary>
public static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>The sum of bytes.</summary>
    /// <param name="bytes">Any number of them.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte b in bytes)
            sum = Table[(sum ^ b) & 0xff] ^ (sum >> 8);
        return ~sum;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint entry = i;
            for (int bit = 0; bit < 8; bit++)
                entry = (entry & 1) != 0 ? 0xedb88320 ^ (entry >> 1) : entry >> 1;
            table[i] = entry;
        }
        return table;
    }
}
