using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>All that pfn_to_online_page() can ask about a page.</summary>
/// <param name="Section">Flags of its section.</param>
/// <param name="IsSubSectionValid">Its bit in subsection_map.</param>
/// <param name="Content">Its struct page.</param>
/// <param name="Pgmap">The device map over it.</param>
public readonly record struct PageFacts(SectionBits Section, bool IsSubSectionValid, MemmapContent Content, Pgmap Pgmap)
{
    /// <summary>The facts of a page in a state.</summary>
    public static PageFacts Of<TState>(TState state, Pfn pfn)
        where TState : struct, IMemoryState<TState> =>
        new(
            state.SectionOf(pfn),
            state.AnyValid(new PfnRange(pfn, pfn + new PfnCount(1))),
            state.MemmapOf(pfn).Content,
            state.PgmapOf(pfn)
        );
}

/// <summary>A check of pfn_to_online_page().</summary>
/// <param name="Step">As <c>w1 online_section()</c>.</param>
/// <param name="Passes">True: go on. False: NULL.</param>
/// <param name="Reason">Why it gives NULL, in words.</param>
public sealed record OnlineCheck(string Step, Func<PageFacts, bool> Passes, string Reason);

/// <summary>
/// The rules of pfn_to_online_page() and pfn_valid() through history (mm/memory_hotplug.c, include/linux/mmzone.h, arch/arm64/mm/init.c;
/// 5.10.262, 6.1.192, 6.12.107, 7.2.13; the unreleased ones from the thread of January 2021). That the section number is in range is always
/// so here.
/// </summary>
public static class OnlineChecks
{
    private static readonly OnlineCheck OnlineSection = new(
        "w1 online_section()",
        f => f.Section.HasFlag(SectionBits.Online),
        "its section is not online"
    );
    private static readonly OnlineCheck OwnPfnValid = new(
        "w2 pfn_valid()",
        f => PfnValid(f, asksMemblock: true),
        "pfn_valid() denies it: memblock has no such memory"
    );
    private static readonly OnlineCheck SubSection = new(
        "w2 pfn_section_valid()",
        f => f.IsSubSectionValid,
        "its sub-section is not valid: no RAM in it, and nothing mapped it"
    );
    private static readonly OnlineCheck PageMap = new(
        "w3 get_dev_pagemap()",
        f => (f.Section & Tainted) != Tainted || f.Pgmap != Pgmap.Live,
        "its section is shared with a device, and a device map covers it"
    );
    private const SectionBits Tainted = SectionBits.Online | SectionBits.TaintZoneDevice;

    private static readonly ImmutableArray<OnlineCheck>[] Lists =
    [
        .. Enum.GetValues<PfnOnlineRule>().SelectMany(rule => (ImmutableArray<OnlineCheck>[])[Make(rule, false), Make(rule, true)]),
    ];

    /// <summary>The checks of a rule in order.</summary>
    /// <param name="rule">Which.</param>
    /// <param name="ownsPfnValid">True for an architecture whose own pfn_valid() asks memblock (<c>memory.arm64-pfn-valid</c>).</param>
    public static ImmutableArray<OnlineCheck> Of(PfnOnlineRule rule, bool ownsPfnValid) => Lists[((int)rule * 2) + (ownsPfnValid ? 1 : 0)];

    /// <summary>The verdict: true when the page is given.</summary>
    public static bool IsOnline(in PageFacts facts, ImmutableArray<OnlineCheck> checks)
    {
        foreach (OnlineCheck check in checks)
        {
            if (!check.Passes(facts))
                return false;
        }
        return true;
    }

    /// <summary>pfn_valid(). arm64's own asks memblock for boot memory: the RAM pages of early sections are what it has.</summary>
    public static bool PfnValid(in PageFacts facts, bool asksMemblock)
    {
        if (!facts.Section.HasFlag(SectionBits.HasMemmap))
            return false;
        if (facts.Section.HasFlag(SectionBits.Early))
            return !asksMemblock || facts.Content == MemmapContent.Ram;
        return facts.IsSubSectionValid;
    }

    private static ImmutableArray<OnlineCheck> Make(PfnOnlineRule rule, bool ownsPfnValid)
    {
        var checks = ImmutableArray.CreateBuilder<OnlineCheck>();
        checks.Add(OnlineSection);
        if (ownsPfnValid && rule != PfnOnlineRule.SubSection)
            checks.Add(OwnPfnValid);
        if (rule is PfnOnlineRule.SubSection or PfnOnlineRule.Current)
            checks.Add(SubSection);
        if (rule is PfnOnlineRule.TaintPagemap or PfnOnlineRule.Current)
            checks.Add(PageMap);
        return checks.ToImmutable();
    }
}
