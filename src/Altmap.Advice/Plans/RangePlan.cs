using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory;
using Altmap.Model.Planning;

namespace Altmap.Advice.Plans;

/// <summary>What another size of a memory block would make of the same request.</summary>
/// <param name="Block">Size of a memory block.</param>
/// <param name="Size">Of the namespaces together; null: none can be made.</param>
/// <param name="Usable">Of all of them.</param>
public readonly record struct BlockCase(ByteSize Block, ByteSize? Size, ByteSize Usable);

/// <summary>Namespaces on a range of no machine: nothing is known to be near it, and nothing is tried.</summary>
/// <param name="Plans">One behind the other.</param>
/// <param name="Shortfall">Why the last one is missing; null: none is.</param>
/// <param name="Cases">
/// The answer for each size that memory blocks have on some machine, where it is not the same for all: the request does not say enough, and
/// <paramref name="Plans"/> are those of the first. Empty: the answer holds.
/// </param>
public sealed record RangePlan(ImmutableArray<NamespacePlan> Plans, string? Shortfall, ImmutableArray<BlockCase> Cases)
{
    /// <summary>Plans.</summary>
    /// <param name="request">Has a start, and a size or what shall be usable.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">Of that kernel.</param>
    public static RangePlan Of(PlanRequest request, KernelProfile kernel, ArchitectureRules architecture)
    {
        RangePlan plan = OfBlocks(request, kernel, architecture);
        if (request.BlockSize is not null || !request.WishOn(architecture).AddsBlocks)
            return plan;
        IReadOnlyList<ByteSize> possible = MemoryBlockSize.Possible(kernel, architecture);
        if (possible.Count < 2)
            return plan;
        ImmutableArray<BlockCase> cases =
        [
            .. possible.Select(block => CaseOf(block, OfBlocks(request with { BlockSize = block }, kernel, architecture))),
        ];
        bool isSame = cases.All(c => (c.Size, c.Usable) == (cases[0].Size, cases[0].Usable));
        return isSame ? plan : plan with { Cases = cases };
    }

    private static BlockCase CaseOf(ByteSize block, RangePlan plan) =>
        new(
            block,
            plan.Plans.IsEmpty || plan.Shortfall is not null || plan.Plans.Any(p => !p.IsAccepted)
                ? null
                : Sum(plan.Plans.Select(p => p.Range.Size)),
            Sum(plan.Plans.Select(p => p.Usable))
        );

    private static ByteSize Sum(IEnumerable<ByteSize> sizes) => sizes.Aggregate(ByteSize.Zero, (a, b) => a + b);

    private static RangePlan OfBlocks(PlanRequest request, KernelProfile kernel, ArchitectureRules architecture)
    {
        PhysicalAddress start = request.Start!.Value;
        if (request.Size is { } size)
            return new([NamespacePlan.Of(new PhysicalRange(start, size), request.WishOn(architecture), kernel, architecture)], null, []);
        var plans = ImmutableArray.CreateBuilder<NamespacePlan>();
        for (int left = request.Count ?? 1; left > 0; left--)
        {
            (NamespacePlan? plan, string? shortfall) = Smallest(request, start, kernel, architecture);
            if (plan is null)
                return new(plans.ToImmutable(), shortfall, []);
            plans.Add(plan);
            if (!plan.IsAccepted || plan.Range.End.Bytes > PhysicalAddress.InputMax)
                break;
            // A kernel that maps whole sections has no room for two namespaces in one.
            start = kernel.Get(Rules.DeviceMapsAreSections)
                ? plan.Range.End.AlignUp(kernel.SectionSize(architecture.Architecture, architecture.PageSize))
                : plan.Range.End;
        }
        return new(plans.ToImmutable(), null, []);
    }

    /// <summary>Sizes are multiples of what the kernel maps: what comes behind the range starts aligned.</summary>
    private static (NamespacePlan? Plan, string? Shortfall) Smallest(
        PlanRequest request,
        PhysicalAddress start,
        KernelProfile kernel,
        ArchitectureRules architecture
    )
    {
        ByteSize usable = request.Usable!.Value,
            step = architecture.CompatAlign;
        NamespaceWish wished = request.WishOn(architecture);
        NamespacePlan? best = null;
        foreach (
            (PageMapMode map, ByteSize align) in from m in request.MapsOrDefault
            from a in request.AlignsOn(architecture)
            select (m, a)
        )
        {
            NamespaceWish wish = wished with { Map = map, Align = align };
            if (!architecture.SupportedAligns.Contains(align))
                return (NamespacePlan.Of(new PhysicalRange(start, usable), wish, kernel, architecture), null);
            var sizes = new SizeRange(
                start,
                step,
                new ByteSize(PhysicalAddress.InputMax + 1),
                step,
                start.IsAligned(step) ? step : new ByteSize(1)
            );
            if (SizeSearch.Smallest(sizes, usable, wish, kernel, architecture) is { } plan && (best is null || plan.IsBetterThan(best)))
                best = plan;
        }
        if (best is not null)
            return (best, null);
        var refused = NamespacePlan.Of(new PhysicalRange(start, usable), wished, kernel, architecture);
        string why = refused is { IsAccepted: false, Message: { } message } ? $": {message}" : "";
        return (
            null,
            $"no size from {start} on gives {usable} on kernel {kernel.Name}{why}; "
                + (refused.Hint ?? $"a start that is a multiple of {step} may")
        );
    }
}
