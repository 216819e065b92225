using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Maps;

/// <summary>A check of pfn_to_online_page() as it went for a page.</summary>
/// <param name="Name">As <c>pfn_section_valid()</c>.</param>
/// <param name="Passes">True: it goes on.</param>
/// <param name="Reason">Why it stops here, in words; null when it passes.</param>
public sealed record PfnCheck(string Name, bool Passes, string? Reason);

/// <summary>What a kernel says about one page, and why.</summary>
public sealed record PfnStory
{
    /// <summary>The page.</summary>
    public required Pfn Pfn { get; init; }

    /// <summary>True when it gives the page.</summary>
    public required bool IsOnline { get; init; }

    /// <summary>pfn_valid().</summary>
    public required bool IsValid { get; init; }

    /// <summary>pfn_section_valid(): the bit of its sub-section.</summary>
    public required bool IsSubSectionValid { get; init; }

    /// <summary>Its section's flags.</summary>
    public required SectionBits Section { get; init; }

    /// <summary>Its section.</summary>
    public required SectionNumber SectionNumber { get; init; }

    /// <summary>What its struct page holds.</summary>
    public required Memmap Memmap { get; init; }

    /// <summary>The device map over it.</summary>
    public required Pgmap Pgmap { get; init; }

    /// <summary>The checks in order, up to the one that decides.</summary>
    public required ImmutableArray<PfnCheck> Checks { get; init; }

    /// <summary>The verdict in words.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// True when the page that is given is not one of System RAM: a device page, poison, or one nobody initialised. Holes are accepted, as
    /// the kernel does.
    /// </summary>
    public bool IsWrong => IsOnline && Memmap.Content is not (MemmapContent.Ram or MemmapContent.Hole);

    /// <summary>True when NULL is said of a page of online System RAM.</summary>
    public bool IsMissed => !IsOnline && Memmap.Content == MemmapContent.Ram && Section.HasFlag(SectionBits.Online);

    /// <summary>True for a page of System RAM whose struct page a device map has overwritten (<see cref="MemmapDamage"/>).</summary>
    public bool IsDamaged { get; init; }

    /// <summary>The story on the machine's own kernel.</summary>
    public static PfnStory Of(Machine machine, Pfn pfn) => Of(machine, pfn, machine.Kernel.Get(Rules.PfnToOnlinePage));

    /// <summary>The story under another rule, the machine being what it is: what that kernel's function would say of the same sections and
    /// pages.</summary>
    public static PfnStory Of(Machine machine, Pfn pfn, PfnOnlineRule rule) =>
        Of(machine, pfn, OnlineChecks.Of(rule, PageWalk.OwnsPfnValid(machine.Kernel, machine.Architecture)));

    /// <summary>The story by any checks, the machine being what it is.</summary>
    public static PfnStory Of(Machine machine, Pfn pfn, ImmutableArray<OnlineCheck> list)
    {
        RunLengthState state = machine.Mm.Pages;
        ulong section = pfn.Number / state.Geometry.PagesPerSection.Pages;
        // Beyond what any address reaches the sub-section's own pfns could not be counted; nothing is there.
        PageFacts facts = pfn.Number == ulong.MaxValue ? default : PageFacts.Of(state, pfn);
        bool ownsPfnValid = PageWalk.OwnsPfnValid(machine.Kernel, machine.Architecture);
        var checks = ImmutableArray.CreateBuilder<PfnCheck>();
        foreach (OnlineCheck check in list)
        {
            bool passes = check.Passes(facts);
            checks.Add(new PfnCheck(check.Function, passes, passes ? null : Explain(check, facts)));
            if (!passes)
                break;
        }
        bool isOnline = checks.All(c => c.Passes);
        Memmap memmap = state.MemmapOf(pfn);
        bool isDamaged = pfn.Number != ulong.MaxValue && MemmapDamage.IsAt(machine, pfn, memmap);
        return new PfnStory
        {
            Pfn = pfn,
            IsOnline = isOnline,
            IsValid = OnlineChecks.PfnValid(facts, ownsPfnValid),
            IsSubSectionValid = facts.IsSubSectionValid,
            Section = facts.Section,
            SectionNumber = new SectionNumber(section),
            Memmap = memmap,
            Pgmap = facts.Pgmap,
            Checks = checks.ToImmutable(),
            IsDamaged = isDamaged,
            Reason =
                !isOnline ? $"NULL: {checks[^1].Reason}"
                : isDamaged ? Damaged
                : Given(memmap, facts.Pgmap, list),
        };
    }

    private const string Damaged =
        "a page of System RAM whose struct page a device map has overwritten: a kernel defect (the last compound device page reaches "
        + "behind the device); memory is corrupt until reboot";

    private static string Explain(OnlineCheck check, in PageFacts facts) =>
        !facts.Section.HasFlag(SectionBits.Present)
            ? "its section is not there: no RAM in it at boot, and nothing mapped or added it since"
            : check.Reason;

    private static string Given(in Memmap memmap, Pgmap pgmap, ImmutableArray<OnlineCheck> checks) =>
        memmap.Content switch
        {
            MemmapContent.Ram => string.Create(
                CultureInfo.InvariantCulture,
                $"the page: System RAM in zone {memmap.Zone.Name()} of node {memmap.Node}"
            ),
            MemmapContent.Hole => string.Create(
                CultureInfo.InvariantCulture,
                $"the page of a hole in memory, initialised at boot for zone {memmap.Zone.Name()} of node {memmap.Node}; "
                    + $"reserved, never used"
            ),
            MemmapContent.ZoneDevice => checks is [{ Test: OnlineTest.SectionOnline }]
                ? "the struct page of a device, wrongly: only the section's flag is asked, and RAM in the same section has set it"
            : pgmap == Pgmap.Live ? "the struct page of a device that is mapped, wrongly: no check asks for the device map here"
            : "the struct page of a device, wrongly: nothing maps it any more, or only in part",
            MemmapContent.Poison => "a poisoned struct page, wrongly: looking into it may crash the kernel",
            _ => "a struct page that nobody initialised, wrongly",
        };
}
