using Altmap.Core.Units;

namespace Altmap.Formats.Images;

/// <summary>How a partition table is written down.</summary>
public enum PartitionTableKind
{
    /// <summary>Master boot record, four entries.</summary>
    Mbr,

    /// <summary>GUID partition table.</summary>
    Gpt,
}

/// <summary>A partition, from the start of the disk that its table describes.</summary>
/// <param name="Number">From 1 on, as in <c>pmem0p1</c>.</param>
/// <param name="Start">First byte.</param>
/// <param name="Size">May reach beyond the disk: the table alone says so.</param>
/// <param name="Type">The type: two hex digits, or a GUID.</param>
/// <param name="Name">Of a GPT; else empty.</param>
public sealed record Partition(int Number, MediaOffset Start, ByteSize Size, string Type, string Name)
{
    /// <summary>One past the last byte; the largest offset where that is beyond 64 bits.</summary>
    public MediaOffset End => new(Size.Bytes > ulong.MaxValue - Start.Bytes ? ulong.MaxValue : Start.Bytes + Size.Bytes);
}
