using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>What the kernel makes of pages without RAM in the sections of boot memory.</summary>
public enum HolePages
{
    /// <summary>Initialised for the zone of the RAM beside them (5.12, later 5.10.y).</summary>
    Neighbour,

    /// <summary>Initialised for zone 0 of node 0 (5.10.0 to 5.11).</summary>
    ZoneZero,

    /// <summary>Left as they are: nobody initialises them.</summary>
    Uninitialised,
}

/// <summary>What is done where a device and System RAM meet in a section.</summary>
public enum Collisions
{
    /// <summary>They share it.</summary>
    Share,

    /// <summary>The RAM of that section is thrown away.</summary>
    DropRam,

    /// <summary>The device's part in that section is thrown away.</summary>
    DropPmem,
}

/// <summary>A way to answer pfn_to_online_page(), of a kernel or proposed.</summary>
/// <param name="Name">One word.</param>
/// <param name="Title">Where it comes from.</param>
/// <param name="Checks">In order.</param>
public sealed record Policy(string Name, string Title, ImmutableArray<OnlineCheck> Checks)
{
    /// <summary>Pages without RAM at boot.</summary>
    public HolePages Holes { get; init; }

    /// <summary>Sections with both.</summary>
    public Collisions Collisions { get; init; }

    /// <summary>The policies that have a name, oldest first.</summary>
    public static ImmutableArray<Policy> All { get; } =
    [
        new("section-flag", "Linux 4.13 to 5.11: the section's flag alone", OnlineChecks.Of(PfnOnlineRule.SectionFlag, false)),
        new("section-flag-arm64", "arm64 up to 5.11: and its own pfn_valid()", OnlineChecks.Of(PfnOnlineRule.SectionFlag, true)),
        new(
            "section-flag-zone0",
            "5.10.0 and 5.11: the same, and holes are initialised for zone 0 of node 0",
            OnlineChecks.Of(PfnOnlineRule.SectionFlag, false)
        )
        {
            Holes = HolePages.ZoneZero,
        },
        new(
            "taint-pagemap",
            "January 2021, first posting: in tainted sections get_dev_pagemap() is asked",
            OnlineChecks.Of(PfnOnlineRule.TaintPagemap, false)
        ),
        new("sub-section", "January 2021: the sub-section must be valid", OnlineChecks.Of(PfnOnlineRule.SubSection, false)),
        new(
            "slow-path-valid",
            "January 2021, in the thread: the sub-section is asked in tainted sections only",
            [new(OnlineTest.SectionOnline), new(OnlineTest.SectionValid, IfTainted: true), new(OnlineTest.DevPagemap, IfTainted: true)]
        ),
        new("current", "Linux 5.12 to 7.2", OnlineChecks.Of(PfnOnlineRule.Current, false)),
        new(
            "drop-ram",
            "January 2021, in the thread: RAM that shares a section with a device is thrown away",
            OnlineChecks.Of(PfnOnlineRule.SectionFlag, false)
        )
        {
            Collisions = Collisions.DropRam,
        },
        new(
            "drop-pmem",
            "January 2021, in the thread: what of a device shares a section with RAM is thrown away",
            OnlineChecks.Of(PfnOnlineRule.SectionFlag, false)
        )
        {
            Collisions = Collisions.DropPmem,
        },
        new(
            "sub-section-online",
            "in the thread: online is kept for each sub-section",
            [new(OnlineTest.SectionOnline), new(OnlineTest.SubSectionOnline)]
        ),
        new(
            "any-pagemap",
            "proposed here: a map that is being taken down still counts, in every section",
            [new(OnlineTest.SectionOnline), new(OnlineTest.SectionValid), new(OnlineTest.AnyPagemap)]
        ),
    ];

    /// <summary>Today's rule with each of its checks left out in turn: the explorer must find what each is for.</summary>
    public static ImmutableArray<Policy> Mutants { get; } =
    [
        .. OnlineChecks
            .Of(PfnOnlineRule.Current, false)
            .Select(c => new Policy(
                $"current-without-{OnlineCheck.WordOf(c.Test)}",
                $"today's rule without {c.Function}",
                OnlineChecks.Of(PfnOnlineRule.Current, false).Remove(c)
            )),
    ];

    /// <summary>The policy of a name, or null.</summary>
    public static Policy? Find(string name) => All.Concat(Mutants).FirstOrDefault(p => p.Name == name);
}
