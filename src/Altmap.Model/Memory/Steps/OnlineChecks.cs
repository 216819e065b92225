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
/// <param name="SubSection">What the struct pages of its sub-section hold; asked by proposed checks only.</param>
public readonly record struct PageFacts(
    SectionBits Section,
    bool IsSubSectionValid,
    MemmapContent Content,
    Pgmap Pgmap,
    MemmapContents SubSection = MemmapContents.Nothing
)
{
    /// <summary>The facts of a page in a state.</summary>
    public static PageFacts Of(RunLengthState state, Pfn pfn)
    {
        MemmapContents around = MemmapContents.Nothing;
        foreach ((_, _, Memmap memmap) in Within(state, pfn))
            around |= (MemmapContents)(1 << (int)memmap.Content);
        return new(state.SectionOf(pfn), state.AnyValid(Guard.One(pfn)), state.MemmapOf(pfn).Content, state.PgmapOf(pfn), around);
    }

    /// <summary>True when a guard about one page, or about its sub-section, holds.</summary>
    internal bool Satisfy(in Guard guard)
    {
        bool answer = guard.Kind switch
        {
            GuardKind.SectionHas => (Section & (SectionBits)guard.Operand) == (SectionBits)guard.Operand,
            GuardKind.AnyValid => IsSubSectionValid,
            GuardKind.AnyMemmap when guard.Range != OnlineCheck.Page => (SubSection & (MemmapContents)guard.Operand) != 0,
            GuardKind.AnyMemmap => ((1 << (int)Content) & guard.Operand) != 0,
            GuardKind.PgmapIs => Pgmap == (Pgmap)guard.Operand,
            _ => throw new InvalidOperationException($"{guard.Kind} is no question about a page"),
        };
        return answer != guard.IsNegated;
    }

    private static IEnumerable<(ulong Start, ulong End, Memmap Value)> Within(RunLengthState state, Pfn pfn)
    {
        ulong unit = state.Geometry.PagesPerSubSection.Pages,
            start = Alignment.Down(pfn.Number, unit);
        return state.Memmap.Within(start, Math.Max(start, unchecked(start + unit)));
    }
}

/// <summary>What a check of pfn_to_online_page() asks.</summary>
public enum OnlineTest
{
    /// <summary>online_section().</summary>
    SectionOnline,

    /// <summary>pfn_valid() of an architecture that asks memblock.</summary>
    PfnValid,

    /// <summary>pfn_section_valid().</summary>
    SectionValid,

    /// <summary>get_dev_pagemap() finds no live map.</summary>
    DevPagemap,

    /// <summary>Proposed: no map, not even one being taken down.</summary>
    AnyPagemap,

    /// <summary>Proposed: a map of online sub-sections.</summary>
    SubSectionOnline,
}

/// <summary>A check of pfn_to_online_page(): data, told as a story, walked by the explorer, asked of a machine.</summary>
/// <param name="Test">What it asks.</param>
/// <param name="IfTainted">True: only in a section with SECTION_TAINT_ZONE_DEVICE (the slow path); elsewhere it passes.</param>
public sealed record OnlineCheck(OnlineTest Test, bool IfTainted = false)
{
    internal static readonly PfnRange Page = new(new Pfn(0), new Pfn(1));
    private static readonly PfnRange Around = new(new Pfn(0), new Pfn(2));
    private const SectionBits Tainted = SectionBits.Online | SectionBits.TaintZoneDevice;

    // By test, for a page that stands for any.
    private static readonly ImmutableArray<ImmutableArray<Guard>>[] s_denials =
    [
        .. Enum.GetValues<OnlineTest>().Select(t => DenialsOf(t, Page, Around)),
    ];

    /// <summary>The flag that leads to the slow path.</summary>
    internal static Guard IsTainted(Pfn pfn) => Guard.SectionHas(pfn, Tainted);

    /// <summary>The function that is asked, as <c>online_section()</c>.</summary>
    public string Function =>
        Test switch
        {
            OnlineTest.SectionOnline => "online_section()",
            OnlineTest.PfnValid => "pfn_valid()",
            OnlineTest.SectionValid => "pfn_section_valid()",
            OnlineTest.DevPagemap => "get_dev_pagemap()",
            OnlineTest.AnyPagemap => "any device map",
            _ => "sub-section online map",
        };

    /// <summary>As policies write it: <c>section-valid</c>, <c>tainted:dev-pagemap</c>.</summary>
    public string Word => IfTainted ? TaintedPrefix + WordOf(Test) : WordOf(Test);

    /// <summary>Before the word of a check that is asked in tainted sections only.</summary>
    public const string TaintedPrefix = "tainted:";

    /// <summary>The word of a test.</summary>
    public static string WordOf(OnlineTest test) =>
        test switch
        {
            OnlineTest.SectionOnline => "section-online",
            OnlineTest.PfnValid => "pfn-valid",
            OnlineTest.SectionValid => "section-valid",
            OnlineTest.DevPagemap => "dev-pagemap",
            OnlineTest.AnyPagemap => "any-pagemap",
            _ => "sub-section-online",
        };

    /// <summary>What a test asks, in words.</summary>
    public static string MeaningOf(OnlineTest test) =>
        test switch
        {
            OnlineTest.SectionOnline => "the section is online (online_section())",
            OnlineTest.PfnValid => "the architecture's own pfn_valid(): memblock has the page, or its sub-section is valid",
            OnlineTest.SectionValid => "the sub-section is valid (pfn_section_valid())",
            OnlineTest.DevPagemap => "no live device map covers the page (get_dev_pagemap())",
            OnlineTest.AnyPagemap => "no device map covers the page, not even one being taken down (proposed)",
            _ => "the sub-section holds online RAM: a map of online sub-sections (proposed)",
        };

    /// <summary>The check of a word, or null.</summary>
    public static OnlineCheck? Find(string word)
    {
        bool isTainted = word.StartsWith(TaintedPrefix, StringComparison.Ordinal);
        string name = isTainted ? word[TaintedPrefix.Length..] : word;
        return Enum.GetValues<OnlineTest>().Where(t => WordOf(t) == name).Select(t => new OnlineCheck(t, isTainted)).FirstOrDefault();
    }

    /// <summary>Why it gives NULL, in words.</summary>
    public string Reason =>
        Test switch
        {
            OnlineTest.SectionOnline => "its section is not online",
            OnlineTest.PfnValid => "pfn_valid() denies it: memblock has no such memory",
            OnlineTest.SectionValid => "its sub-section is not valid: no RAM in it, and nothing mapped it",
            OnlineTest.DevPagemap => "its section is shared with a device, and a device map covers it",
            OnlineTest.AnyPagemap => "a device map covers it, or did until it was taken down",
            _ => "its sub-section holds no online RAM",
        };

    /// <summary>True: go on. False: NULL.</summary>
    public bool Passes(in PageFacts facts)
    {
        if (IfTainted && (facts.Section & Tainted) != Tainted)
            return true;
        foreach (ImmutableArray<Guard> denial in s_denials[(int)Test])
        {
            bool denies = true;
            foreach (ref readonly Guard guard in denial.AsSpan())
                denies &= facts.Satisfy(guard);
            if (denies)
                return false;
        }
        return true;
    }

    /// <summary>The cases in which it gives NULL; the taint apart.</summary>
    public ImmutableArray<ImmutableArray<Guard>> Denials(Geometry geometry, Pfn pfn) =>
        DenialsOf(Test, Guard.One(pfn), Geometry.Widen(Guard.One(pfn), geometry.PagesPerSubSection));

    private static ImmutableArray<ImmutableArray<Guard>> DenialsOf(OnlineTest test, PfnRange page, PfnRange subSection)
    {
        Pfn pfn = page.Start;
        Guard early = Guard.SectionHas(pfn, SectionBits.Early);
        return test switch
        {
            OnlineTest.SectionOnline =>
            [
                [!Guard.SectionHas(pfn, SectionBits.Online)],
            ],
            // Boot memory is what memblock has: the RAM pages of early sections.
            OnlineTest.PfnValid =>
            [
                [!Guard.SectionHas(pfn, SectionBits.HasMemmap)],
                [early, !Guard.AnyMemmap(page, MemmapContents.Ram)],
                [!early, !Guard.AnyValid(page)],
            ],
            OnlineTest.SectionValid =>
            [
                [!Guard.AnyValid(page)],
            ],
            OnlineTest.DevPagemap =>
            [
                [Guard.PgmapIs(pfn, Pgmap.Live)],
            ],
            OnlineTest.AnyPagemap =>
            [
                [!Guard.PgmapIs(pfn, Pgmap.None)],
            ],
            _ =>
            [
                [!Guard.AnyMemmap(subSection, MemmapContents.Ram)],
            ],
        };
    }
}

/// <summary>
/// The rules of pfn_to_online_page() and pfn_valid() through history (mm/memory_hotplug.c, include/linux/mmzone.h, arch/arm64/mm/init.c;
/// 5.10.262, 6.1.192, 6.12.107, 7.2.13; the unreleased ones from the thread of January 2021). That the section number is in range is always
/// so here.
/// </summary>
public static class OnlineChecks
{
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
        if (asksMemblock)
            return Own.Passes(facts);
        return facts.Section.HasFlag(SectionBits.HasMemmap) && (facts.Section.HasFlag(SectionBits.Early) || facts.IsSubSectionValid);
    }

    private static readonly OnlineCheck Own = new(OnlineTest.PfnValid);

    private static ImmutableArray<OnlineCheck> Make(PfnOnlineRule rule, bool ownsPfnValid)
    {
        var checks = ImmutableArray.CreateBuilder<OnlineCheck>();
        checks.Add(new(OnlineTest.SectionOnline));
        if (ownsPfnValid && rule != PfnOnlineRule.SubSection)
            checks.Add(new(OnlineTest.PfnValid));
        if (rule is PfnOnlineRule.SubSection or PfnOnlineRule.Current)
            checks.Add(new(OnlineTest.SectionValid));
        if (rule is PfnOnlineRule.TaintPagemap or PfnOnlineRule.Current)
            checks.Add(new(OnlineTest.DevPagemap, IfTainted: true));
        return checks.ToImmutable();
    }
}
