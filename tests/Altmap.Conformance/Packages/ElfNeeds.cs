using System.Buffers.Binary;
using System.Text;

namespace Altmap.Conformance.Packages;

/// <summary>The shared libraries that a 64-bit little-endian ELF file names (DT_NEEDED).</summary>
internal static class ElfNeeds
{
    private const uint SectionDynamic = 6;
    private const ulong TagNeeded = 1;

    /// <summary>Their names; none for what is no such file.</summary>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> elf)
    {
        if (!elf.StartsWith("\u007fELF\u0002\u0001"u8))
            return [];
        int sections = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]));
        int entry = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]),
            count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        var needs = new List<string>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = elf.Slice(sections + (i * entry), entry);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionDynamic)
                continue;
            int link = (int)BinaryPrimitives.ReadUInt32LittleEndian(section[0x28..]);
            int strings = Offset(elf.Slice(sections + (link * entry), entry));
            ReadOnlySpan<byte> dynamic = elf.Slice(Offset(section), checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x20..])));
            for (; dynamic.Length >= 16; dynamic = dynamic[16..])
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(dynamic) != TagNeeded)
                    continue;
                ReadOnlySpan<byte> name = elf[(strings + (int)BinaryPrimitives.ReadUInt64LittleEndian(dynamic[8..]))..];
                needs.Add(Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]));
            }
        }
        return needs;
    }

    private static int Offset(ReadOnlySpan<byte> section) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..]));
}
