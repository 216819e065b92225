using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.Memory;

/// <summary>Whether hot-added blocks hold their own memmap (mm/memory_hotplug.c mhp_supports_memmap_on_memory(); 6.1.192 and
/// 6.12.107).</summary>
public static class MemmapOnMemory
{
    /// <summary>True when a block can hold its memmap on this machine with this command line; what a device's <c>memmap_on_memory</c> needs
    /// to be set.</summary>
    public static bool IsAvailable(Machine machine) => PagesOf(machine) is not null;

    /// <summary>
    /// How many pages at the start of each block; 0: the memmap comes from elsewhere. (The older rule answers EINVAL where it is asked for
    /// and impossible;
    /// its only caller, ACPI, asks first.)
    /// </summary>
    internal static PfnCount PagesFor(Machine machine, PhysicalRange range, bool isAsked)
    {
        bool fits = machine.Kernel.Get(Rules.MemmapOnMemory) == MemmapOnMemoryRule.Blocks || range.Size == machine.Mm.BlockSize;
        return isAsked && fits ? PagesOf(machine) ?? default : default;
    }

    private static PfnCount? PagesOf(Machine machine)
    {
        MemmapOnMemoryParameter parameter = machine.Mm.Options.MemmapOnMemory;
        ArchitectureRules architecture = machine.Architecture;
        if (parameter == MemmapOnMemoryParameter.Off || machine.Kernel.Get(Rules.MemmapOnMemory) == MemmapOnMemoryRule.None)
            return null;
        ulong page = architecture.PageSize.Bytes,
            blockPages = machine.Mm.PagesPerBlock.Pages,
            pageblock = architecture.PmdSize.Bytes / page;
        ulong memmap = checked(blockPages * machine.Kernel.Get(Rules.StructPageSize).Bytes);
        bool fitsArchitecture = architecture.Architecture == Architecture.Ppc64LittleEndian || memmap % architecture.PmdSize.Bytes == 0;
        if (!fitsArchitecture || memmap % page != 0)
            return null;
        ulong pages = memmap / page;
        if (parameter == MemmapOnMemoryParameter.Force)
            pages = Alignment.Up(pages, pageblock);
        return pages % pageblock == 0 && pages < blockPages ? new PfnCount(pages) : null;
    }
}
