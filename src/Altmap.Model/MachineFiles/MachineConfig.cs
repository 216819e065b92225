using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;

namespace Altmap.Model.MachineFiles;

/// <summary>A key of <c>config</c>: something that a kernel's configuration or the machine decides, and no profile can know.</summary>
/// <param name="Name">The key.</param>
/// <param name="Meaning">One sentence for people.</param>
/// <param name="Min">Smallest value.</param>
/// <param name="Max">Largest value.</param>
/// <param name="PowerOfTwo">Only 1, 2, 4, ….</param>
public sealed record ConfigKey(string Name, string Meaning, ulong Min, ulong Max, bool PowerOfTwo = false)
{
    /// <summary>What it may be, for messages.</summary>
    public string Allowed =>
        Max == 1
            ? "0 or 1"
            : string.Create(CultureInfo.InvariantCulture, $"{(PowerOfTwo ? "a power of two" : "an integer")} from {Min} to {Max}");

    /// <summary>True when the value is one it may have.</summary>
    public bool Allows(ulong value) => value >= Min && value <= Max && (!PowerOfTwo || BitOperations.IsPow2(value));
}

/// <summary>Every key of <c>config</c>.</summary>
public static class MachineConfig
{
    /// <summary>In the order in which messages and help list them.</summary>
    public static readonly ImmutableArray<ConfigKey> Keys =
    [
        new("struct_page_size", "sizeof(struct page) in bytes", 32, 1024),
        new("max_struct_page_size", "bytes reserved on a device for each page's struct page (MAX_STRUCT_PAGE_SIZE)", 32, 1024),
        new("nvdimm_kmsan", "CONFIG_NVDIMM_KMSAN", 0, 1),
        new("section_bits", "log2 of the memory section size (SECTION_SIZE_BITS)", 21, 40),
        new("memory_block_bytes", "size of a memory block (block_size_bytes)", 1UL << 21, 1UL << 40, PowerOfTwo: true),
        new("physmem_bits", "width of physical addresses (MAX_PHYSMEM_BITS)", 32, 56),
        new("hypervisor", "the processor says that it is virtual (decides the memory block size)", 0, 1),
        new("debug_vm", "CONFIG_DEBUG_VM: struct pages are poisoned unless vm_debug= says otherwise", 0, 1),
        new("auto_online_blocks", "hotplugged memory goes online at once", 0, 1),
        new("zone_dma", "CONFIG_ZONE_DMA on arm64: memory below 4 GiB is a zone of its own", 0, 1),
        new("vmemmap_optimize", "struct pages of large compound device pages are shared (ARCH_WANT_OPTIMIZE_DAX_VMEMMAP)", 0, 1),
    ];

    /// <summary>The key of that name, or null.</summary>
    public static ConfigKey? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}
