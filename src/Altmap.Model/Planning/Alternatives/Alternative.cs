using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Planning.Alternatives;

/// <summary>What can be done under an alternative: <c>yes</c>, <c>no</c>, a few words, or <c>-</c> where the question does not
/// arise.</summary>
/// <param name="Dax">Programs can map the data.</param>
/// <param name="BlockIo">There is a block device.</param>
/// <param name="HotRemove">Memory that was added can be taken away again.</param>
/// <param name="HugePages">The largest page that can be used.</param>
/// <param name="Kexec">What kexec and kdump make of it.</param>
public sealed record AlternativeUses(string Dax, string BlockIo, string HotRemove, string HugePages, string Kexec);

/// <summary>One way out, priced on one range.</summary>
/// <param name="Id">Stable, as <c>reserve-80</c>.</param>
/// <param name="What">A few words.</param>
/// <param name="Lost">Bytes of the range that nobody can use.</param>
/// <param name="Usable">Bytes that can be used.</param>
/// <param name="RamCost">Bytes of other memory that it costs: struct pages in RAM, RAM thrown away.</param>
/// <param name="Uses">What works.</param>
/// <param name="Kernels">Profiles that have it; empty: proposed only.</param>
/// <param name="Why">One or two sentences, with what is wrong with it.</param>
/// <param name="Source">Where the facts come from; the numbers come from the model.</param>
public sealed record Alternative(
    string Id,
    string What,
    ByteSize Lost,
    ByteSize Usable,
    ByteSize RamCost,
    AlternativeUses Uses,
    ImmutableArray<KernelProfile> Kernels,
    string Why,
    string Source
)
{
    /// <summary>What a kernel with a struct page of 80 bytes (KMSAN) makes of it; null where that is no question.</summary>
    public string? DebugKernel { get; init; }

    /// <summary>True for the one that the kernel at hand follows.</summary>
    public bool IsPresent { get; init; }

    /// <summary>True where the figures are those of a kernel that is built otherwise than the one at hand.</summary>
    public bool IsOfOtherBuild { get; init; }

    /// <summary>True for what kernels have and refuse at this place.</summary>
    public bool IsRefused { get; init; }

    /// <summary>True when no kernel has it.</summary>
    public bool IsProposedOnly => Kernels.IsEmpty && !IsRefused;
}

/// <summary>Alternatives that answer one question.</summary>
/// <param name="Id">Stable: <c>page-map</c>, <c>system-ram</c>, <c>shared-sections</c>.</param>
/// <param name="Question">In words.</param>
/// <param name="Rows">The present way first.</param>
public sealed record AlternativeGroup(string Id, string Question, ImmutableArray<Alternative> Rows)
{
    /// <summary>True when nothing is to be chosen: no alternative costs anything else than another.</summary>
    public bool IsOneAnswer =>
        Rows.All(r => (r.Lost, r.Usable, r.RamCost, r.Uses) == (Rows[0].Lost, Rows[0].Usable, Rows[0].RamCost, Rows[0].Uses));
}

/// <summary>What of a machine is around a range.</summary>
/// <param name="Region">The region that it is in.</param>
/// <param name="MovedBy">What moves the region's start, as <c>memmap=</c>; null: the firmware gives it.</param>
/// <param name="Others">Other regions, and the namespaces of its own region that are not the range.</param>
public sealed record RangePlace(PhysicalRange Region, string? MovedBy, ImmutableArray<(string Name, PhysicalRange Range)> Others);

/// <summary>What the alternatives are priced on.</summary>
/// <param name="Range">The namespace, or the carve-out.</param>
/// <param name="Kind">fsdax or devdax.</param>
/// <param name="Map">Where struct pages lie.</param>
/// <param name="Align">Of the namespace.</param>
/// <param name="Kernel">Whose rules hold where the alternative does not say otherwise.</param>
/// <param name="Architecture">Of that kernel.</param>
/// <param name="Neighbours">System RAM and other regions; default: nothing is known to be near.</param>
/// <param name="MemoryBlock">Size of a memory block.</param>
public sealed record AlternativesRequest(
    PhysicalRange Range,
    InfoBlockKind Kind,
    PageMapMode Map,
    ByteSize Align,
    KernelProfile Kernel,
    ArchitectureRules Architecture,
    SectionNeighbours Neighbours,
    ByteSize MemoryBlock
)
{
    /// <summary>Where on a machine the range is; null: nothing is known.</summary>
    public RangePlace? Place { get; init; }

    /// <summary>Why kmem takes no device of this place, whatever the kernel; null: nothing is known against it.</summary>
    public string? KmemRefusal { get; init; }

    /// <summary>Size of a section.</summary>
    public ByteSize Section => Kernel.SectionSize(Architecture.Architecture, Architecture.PageSize);

    /// <summary>All groups, in the order in which the questions are asked.</summary>
    public ImmutableArray<AlternativeGroup> Compare() =>
        [PageMapAlternatives.Of(this), SystemRamAlternatives.Of(this), SharedSectionAlternatives.Of(this)];

    internal NamespacePlan Plan(KernelProfile? kernel = null, PageMapMode? map = null, PhysicalRange? range = null) =>
        NamespacePlan.Of(range ?? Range, Kind, map ?? Map, Align, kernel ?? Kernel, Architecture, Neighbours);

    /// <summary>What of a range is lost to a plan: all that is no data.</summary>
    internal static ByteSize LostOf(NamespacePlan plan) => plan.Range.Size - plan.Usable;

    /// <summary>The largest page of a mapping: no larger than the alignment, and the data must start at a multiple of it.</summary>
    internal string HugePages(NamespacePlan plan)
    {
        if (plan.Settings is not { } settings)
            return "-";
        ulong start = plan.Range.Start.Bytes + settings.StartPad.Bytes + settings.DataOffset.Bytes;
        ByteSize[] fitting =
        [
            .. Architecture.SupportedAligns.Where(a => a > Architecture.PageSize && a <= settings.Align && start % a.Bytes == 0),
        ];
        return fitting.Length == 0 ? "no" : fitting[^1].ToHuman();
    }

    /// <summary>The shipped profiles for which something holds on this architecture.</summary>
    internal ImmutableArray<KernelProfile> Having(Func<KernelProfile, bool> rule) =>
        [
            .. KernelProfiles.All.Where(k =>
                ArchitectureRules.Find(k, Architecture.Architecture, Architecture.PageSize) is not null && rule(k)
            ),
        ];
}
