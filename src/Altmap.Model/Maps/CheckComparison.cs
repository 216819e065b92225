using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Maps;

/// <summary>Pages of which two lists of checks say the same.</summary>
/// <param name="Pages">Half-open.</param>
/// <param name="Owner">Who owns them, or null.</param>
/// <param name="Before">The story by the kernel's own checks, told of the first page.</param>
/// <param name="After">The story by the others.</param>
public sealed record ComparedPages(PfnRange Pages, Owner? Owner, PfnStory Before, PfnStory After)
{
    /// <summary>The verdicts differ.</summary>
    public bool IsAltered => Before.IsOnline != After.IsOnline;

    /// <summary>One of the two gives a page that it must not, or misses one of online RAM.</summary>
    public bool IsNotable => IsAltered || Before.IsWrong || After.IsWrong || Before.IsMissed || After.IsMissed;
}

/// <summary>What a kernel that judged by other checks would say of the pages of a machine, beside what it says.</summary>
public static class CheckComparison
{
    /// <summary>The checks of the machine's own kernel.</summary>
    public static ImmutableArray<OnlineCheck> OwnChecks(Machine machine) =>
        OnlineChecks.Of(machine.Kernel.Get(Rules.PfnToOnlinePage), PageWalk.OwnsPfnValid(machine.Kernel, machine.Architecture));

    /// <summary>Every page of the machine's sections and of whatever has an owner.</summary>
    public static PfnRange AllPages(Machine machine) => new(default, MemoryMap.OfAllOwned(machine).End);

    /// <summary>All pages of a part, in order, in runs that are alike: as many as the machine has differences there.</summary>
    /// <param name="machine">As it is: its sections and struct pages are those that its own kernel made.</param>
    /// <param name="checks">The other checks.</param>
    /// <param name="part">Half-open.</param>
    public static IEnumerable<ComparedPages> Of(Machine machine, ImmutableArray<OnlineCheck> checks, PfnRange part)
    {
        ImmutableArray<OnlineCheck> own = OwnChecks(machine);
        ComparedPages? last = null;
        foreach (MemoryRange range in MemoryMap.Facts(machine, part))
        {
            foreach (PfnRange pages in BySubSection(range.Pages, machine.Mm.Geometry))
            {
                var next = new ComparedPages(
                    pages,
                    range.Owner,
                    PfnStory.Of(machine, pages.Start, own),
                    PfnStory.Of(machine, pages.Start, checks)
                );
                if (last is not null && IsAlike(last, next))
                {
                    last = last with { Pages = new PfnRange(last.Pages.Start, pages.End) };
                    continue;
                }
                if (last is not null)
                    yield return last;
                last = next;
            }
        }
        if (last is not null)
            yield return last;
    }

    private static bool IsAlike(ComparedPages a, ComparedPages b) =>
        a.Owner == b.Owner && a.Before.Memmap == b.Before.Memmap && a.Before.Reason == b.Before.Reason && a.After.Reason == b.After.Reason;

    /// <summary>The part in the first sub-section, in whole ones, in the last: a check may ask what else the page's own has.</summary>
    private static IEnumerable<PfnRange> BySubSection(PfnRange pages, Geometry geometry)
    {
        ulong unit = geometry.PagesPerSubSection.Pages,
            start = pages.Start.Number,
            end = pages.End.Number,
            last = Math.Max(start, Alignment.Down(end, unit)), // the last boundary in it, or its start
            toBoundary = (unit - (start % unit)) % unit,
            first = last - start < toBoundary ? start : start + toBoundary;
        ulong[] cuts = [start, first, last, end];
        for (int i = 0; i + 1 < cuts.Length; i++)
        {
            if (cuts[i] < cuts[i + 1])
                yield return new PfnRange(new Pfn(cuts[i]), new Pfn(cuts[i + 1]));
        }
    }
}
