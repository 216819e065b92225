using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;

namespace Altmap.Model.StructPages;

/// <summary>A region as one namespace with a page map.</summary>
/// <param name="Region">As <c>region0</c>.</param>
/// <param name="OnDevice">map=dev.</param>
/// <param name="InRam">map=mem.</param>
public sealed record RegionPageMap(string Region, NamespacePlan OnDevice, NamespacePlan InRam);

/// <summary>A namespace that has an info-block, as a kernel with this struct page finds it.</summary>
/// <param name="Namespace">As <c>namespace0.0</c>.</param>
/// <param name="Range">Where.</param>
/// <param name="Map">Where the block says struct pages lie.</param>
/// <param name="Recorded">Bytes that the block sets aside for a struct page; blocks before version 1.4 do not say, and all had 64.</param>
/// <param name="Outcome">What the kernel makes of it.</param>
/// <param name="Stranded">Reserve that this kernel never uses, because its struct page is smaller than the recorded one.</param>
public sealed record ExistingPageMap(
    string Namespace,
    PhysicalRange Range,
    PageMapMode Map,
    ByteSize Recorded,
    BindingOutcome Outcome,
    ByteSize Stranded
);

/// <summary>What a size of struct page costs a machine.</summary>
/// <param name="Kernel">With that size.</param>
/// <param name="Ram">System RAM at boot.</param>
/// <param name="Memmap">struct pages of the sections that are present at boot: a section has them all, holes included.</param>
/// <param name="Regions">Each region as if it were one fsdax namespace.</param>
/// <param name="Blocks">Namespaces with an info-block.</param>
public sealed record MachineStructPages(
    KernelProfile Kernel,
    ByteSize Ram,
    ByteSize Memmap,
    ImmutableArray<RegionPageMap> Regions,
    ImmutableArray<ExistingPageMap> Blocks
)
{
    /// <summary>Judges a booted machine under a kernel whose struct page has another size; the machine stays as it is.</summary>
    /// <param name="machine">Whose memory, regions and media.</param>
    /// <param name="kernel">Whose rules and size of struct page.</param>
    public static MachineStructPages Of(Machine machine, KernelProfile kernel)
    {
        return new(
            kernel,
            machine.Mm.BootRamSize,
            machine.Mm.BootSectionPages.ToBytes(kernel.Get(Rules.StructPageSize)),
            [.. machine.Regions.Values.Where(r => !r.Range.IsEmpty).Select(r => RegionOf(r, kernel, machine.Architecture))],
            [
                .. machine
                    .Regions.Values.SelectMany(r => r.Namespaces.Values.Select(n => BlockOf(machine, r, n, kernel)))
                    .OfType<ExistingPageMap>(),
            ]
        );
    }

    private static RegionPageMap RegionOf(RegionState region, KernelProfile kernel, ArchitectureRules architecture)
    {
        NamespacePlan Plan(PageMapMode map) =>
            NamespacePlan.Of(region.Range, InfoBlockKind.Pfn, map, architecture.PmdSize, kernel, architecture);
        return new($"{region.Device}", Plan(PageMapMode.Pmem), Plan(PageMapMode.Ram));
    }

    private static ExistingPageMap? BlockOf(Machine machine, RegionState region, NamespaceState ndns, KernelProfile kernel)
    {
        if (ndns.Size.Bytes < NamespaceBinding.HeadBytes)
            return null;
        byte[] head = region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes, NamespaceBinding.HeadBytes);
        BindingOutcome outcome = NamespaceBinding.Evaluate(
            head,
            PfnDriver.ExtentOf(ndns),
            ndns.Device.Name,
            ndns.ClaimClass,
            PmemDriver.MapsPages(machine, ndns),
            kernel,
            machine.Architecture
        );
        if (outcome.Mode == "sector" || InfoBlock.Parse(head.AsSpan((int)InfoBlock.StartBytes)) is not { } block)
            return null;
        var recorded = new ByteSize(block.VersionMinor >= PfnInfoBlockLayout.PageStructSize.SinceMinor ? block.PageStructSize : 64UL);
        var map = (PageMapMode)block.Mode;
        bool isStranded =
            outcome.Verdict == BindingVerdict.Bound
            && map == PageMapMode.Pmem
            && recorded > kernel.Get(Rules.StructPageSize)
            && outcome.Settings is not null;
        return new(
            ndns.Device.Name,
            ndns.Range,
            map,
            recorded,
            outcome,
            isStranded
                ? new ByteSize(
                    (recorded - kernel.Get(Rules.StructPageSize)).Bytes
                        * Math.Min(outcome.Settings!.Value.PageCount.Pages, ndns.Size.Bytes / machine.Architecture.PageSize.Bytes)
                )
                : ByteSize.Zero
        );
    }
}
