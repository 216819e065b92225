using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;

namespace Altmap.Model.Kmsan;

/// <summary>A part of RAM before the page allocator has it.</summary>
/// <param name="What">For people.</param>
/// <param name="Size">How much.</param>
public sealed record BootUse(string What, ByteSize Size);

/// <summary>RAM of a machine up to the moment when memblock hands it over.</summary>
/// <param name="Uses">Where RAM went; with the free ranges they add up to all RAM.</param>
/// <param name="Metadata">Metadata of the memory in use.</param>
/// <param name="FreeRanges">What is handed over.</param>
/// <param name="Failure">Why this boot fails, or null.</param>
public sealed record BootMemory(ImmutableArray<BootUse> Uses, BootMetadata Metadata, ImmutableArray<PfnRange> FreeRanges, string? Failure)
{
    private static readonly PhysicalAddress LowestForMemmap = new(ByteSize.MiB(16).Bytes); // MAX_DMA_ADDRESS

    /// <summary>Boots a machine's RAM (x86-64) with the assumptions.</summary>
    public static BootMemory Of(Machine machine, BootAssumptions assumptions)
    {
        ByteSize page = machine.Mm.PageSize;
        bool bottomUp = machine.Mm.Options.HasMovableNode;
        var memblock = new Memblock([.. machine.Mm.BootRam.Select(r => new PhysicalRange(r.Start.ToAddress(page), r.Count.ToBytes(page)))]);
        ByteSize ram = Sum(memblock.Memory),
            before = ram;
        var uses = ImmutableArray.CreateBuilder<BootUse>();

        // arch/x86/realmode/init.c reserve_real_mode(): all of the first MiB.
        Use("the first MiB", () => memblock.Reserve(new(default, ByteSize.MiB(1))));
        Use("kernel image (assumed)", () => memblock.Reserve(assumptions.KernelImage));
        if (!assumptions.Initrd.IsEmpty)
            Use("initrd", () => memblock.Reserve(assumptions.Initrd));
        string? failure = null;
        Use("struct pages", () => failure = Memmap(machine, memblock, bottomUp));
        Use("early allocations (assumed)", () => failure ??= Allocate(memblock, assumptions.EarlyFor(ram), page, bottomUp));
        var metadata = new BootMetadata([], null);
        if (failure is null)
            Use(
                "shadow and origins of all this",
                () => metadata = BootMetadata.Allocate(memblock, assumptions.KernelData, [], page, bottomUp)
            );
        failure ??= metadata.Failure;
        Use("late allocations (assumed)", () => failure ??= Allocate(memblock, assumptions.LateFor(ram), page, bottomUp));
        ImmutableArray<PfnRange> free = memblock.FreePages(page);
        ByteSize whole = page * free.Aggregate(0UL, (sum, r) => sum + r.Count.Pages);
        if (before != whole)
            uses.Add(new("parts of pages", before - whole));
        return new(uses.ToImmutable(), metadata, free, failure ?? (free.IsEmpty ? "nothing is left for the page allocator" : null));

        void Use(string what, Action step)
        {
            step();
            ByteSize after = Sum(memblock.Free());
            uses.Add(new(what, before - after));
            before = after;
        }
    }

    /// <summary>sizeof(struct page) of this kernel built with KMSAN; what the machine file says of it goes before.</summary>
    public static ByteSize StructPageSize(Machine machine) =>
        KernelProfiles
            .BuiltWithKmsan(machine.Kernel)
            .With(machine.Description.Config, machine.Architecture.Architecture, machine.Architecture.PageSize)
            .Get(Rules.StructPageSize);

    /// <summary>Struct pages of every section with RAM, in pieces of 2 MiB, in one piece for all that follow each other in a node
    /// (mm/sparse.c sparse_init_nid()).</summary>
    private static string? Memmap(Machine machine, Memblock memblock, bool bottomUp)
    {
        ByteSize two = ByteSize.MiB(2),
            perSection = StructPageSize(machine) * machine.Mm.Geometry.PagesPerSection.Pages;
        ulong section = machine.Mm.Geometry.PagesPerSection.Pages;
        ulong past = 0;
        foreach (PfnRange range in Sections(machine.Mm, section))
        {
            // Two runs of sections can share a piece of the map.
            ulong first = Math.Max(past, range.Start.Number * perSection.Bytes / two.Bytes);
            past = Alignment.Up(range.End.Number * perSection.Bytes, two.Bytes) / two.Bytes;
            ByteSize used = two * (past - first),
                buffer = perSection.AlignUp(two) * range.Count.Pages;
            if (
                memblock.Allocate(
                    buffer > used ? buffer : used,
                    perSection.AlignUp(two).IsPowerOfTwo ? perSection.AlignUp(two) : two,
                    LowestForMemmap,
                    bottomUp
                )
                is not { } map
            )
                return $"no memory for the struct pages of sections {range.Start.Number} to {range.End.Number - 1}";
            memblock.Release(new(map.Start + used, map.Size - used));
        }
        return null;
    }

    /// <summary>Runs of section numbers with RAM.</summary>
    private static IEnumerable<PfnRange> Sections(MemoryState memory, ulong pagesPerSection)
    {
        PfnRange run = default;
        foreach (PfnRange ram in memory.BootRam)
        {
            ulong first = ram.Start.Number / pagesPerSection,
                past = ((ram.End.Number - 1) / pagesPerSection) + 1;
            if (!run.IsEmpty && first <= run.End.Number)
            {
                run = run with { End = new(Math.Max(run.End.Number, past)) };
                continue;
            }
            if (!run.IsEmpty)
                yield return run;
            run = new(new(first), new(past));
        }
        if (!run.IsEmpty)
            yield return run;
    }

    private static string? Allocate(Memblock memblock, ByteSize size, ByteSize page, bool bottomUp) =>
        size.IsZero || memblock.Allocate(size.AlignUp(page), page, new(page.Bytes), bottomUp) is not null
            ? null
            : $"no memory for {size.ToHuman()} of other allocations";

    private static ByteSize Sum(IEnumerable<PhysicalRange> ranges) => ranges.Aggregate(ByteSize.Zero, (sum, r) => sum + r.Size);
}
