using Altmap.Core.Units;

namespace Altmap.Model.Kmsan;

/// <summary>What a machine file cannot know about a boot. The defaults are those of the KMSAN kernel that was recorded (6.12.107, small
/// configuration), and say so.</summary>
public sealed record BootAssumptions
{
    /// <summary>The kernel's image with its early page tables.</summary>
    public PhysicalRange KernelImage { get; init; } = PhysicalRange.FromInclusive(new(0x1000000), new(0x2607fff));

    /// <summary>Its .data, which gets metadata twice.</summary>
    public PhysicalRange KernelData { get; init; } = PhysicalRange.FromInclusive(new(0x2200000), new(0x22c9eff));

    /// <summary>The initial RAM disk, freed once it is unpacked; empty: none.</summary>
    public PhysicalRange Initrd { get; init; }

    /// <summary>Other allocations before metadata are made: hash tables, per-CPU memory, page tables. Null: a guess from the size of
    /// RAM.</summary>
    public ByteSize? EarlyAllocations { get; init; }

    /// <summary>Allocations between metadata and the page allocator: the table of the stack depot. Null: a guess from the size of
    /// RAM.</summary>
    public ByteSize? LateAllocations { get; init; }

    /// <summary>Dentry and inode tables take 1.5 KiB per MiB of RAM (mm/page_alloc.c alloc_large_system_hash()) up to 192 MiB; the rest is
    /// a MiB in the recordings.</summary>
    public ByteSize EarlyFor(ByteSize ram) =>
        EarlyAllocations ?? ByteSize.MiB(1) + new ByteSize(Math.Min(ram.Bytes / 1024 * 3 / 2, ByteSize.MiB(192).Bytes));

    /// <summary>1 KiB per MiB of RAM up to 16 MiB (lib/stackdepot.c, 2^20 buckets).</summary>
    public ByteSize LateFor(ByteSize ram) => LateAllocations ?? new ByteSize(Math.Min(ram.Bytes / 1024, ByteSize.MiB(16).Bytes));
}
