using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>pfn_to_online_page() as steps, and what its caller does with the page, so that both can be interleaved with maps and
/// unmaps.</summary>
public static class PfnWalk
{
    /// <summary>Where a page is given that is one of online System RAM, or of a hole, which the kernel accepts.</summary>
    public const string Given = "page given";

    /// <summary>Where the caller has read zone and flags, and touches the page.</summary>
    public const string Used = "page used";

    /// <summary>Where a page is given that should not be.</summary>
    public const string Wrong = "wrong page given";

    /// <summary>Where NULL is given for an online page of System RAM.</summary>
    public const string Missed = "online page missed";

    /// <summary>Where get_dev_pagemap() has found an entry and looks at its reference.</summary>
    public const string Reference = "device map found";

    /// <summary>What a page holds that the kernel may give.</summary>
    public const MemmapContents Good = MemmapContents.Ram | MemmapContents.Hole;

    private const string Source = "mm/memory_hotplug.c pfn_to_online_page()";
    private const string Return = "return";
    private const string Put = "put_dev_pagemap()";

    /// <summary>Each question is a step; the verdict is left in the register: the fold's answer.</summary>
    /// <param name="geometry">The sizes.</param>
    /// <param name="pfn">The page.</param>
    /// <param name="checks">The rule.</param>
    public static Transition PfnToOnlinePage(Geometry geometry, Pfn pfn, ImmutableArray<OnlineCheck> checks)
    {
        List<MicroStep> steps = Checks(geometry, pfn, checks, pfn, Alternative.End);
        steps.Add(Step(Return, Does(null, Effect.SetRegister(Walk.Page))));
        return new($"pfn_to_online_page({pfn})", [.. steps]);
    }

    /// <summary>The same and the caller: reads the page's zone and flags, touches the page.</summary>
    /// <param name="geometry">The sizes.</param>
    /// <param name="pfn">The page.</param>
    /// <param name="checks">The rule.</param>
    /// <param name="device">First page of the device whose range holds the page; the page itself where none does.</param>
    public static Transition WalkAndUse(Geometry geometry, Pfn pfn, ImmutableArray<OnlineCheck> checks, Pfn device)
    {
        Effect page = Effect.SetRegister(Walk.Page),
            idle = Effect.SetRegister(Walk.Idle);
        List<MicroStep> steps = Checks(geometry, pfn, checks, device, Missed);
        steps.AddRange([
            Step(Return, Does(Given, page) with { Guards = [Guard.MemmapIs(pfn, Good)] }, Does(Wrong, page)),
            Step(Given, Does(Used)) with
            {
                Source = "the caller",
            },
            Step(Used, Does(Alternative.End, idle)) with
            {
                Source = "the caller",
            },
            Step(Wrong, Does(Alternative.End, idle)),
            Step(Missed, Does(Alternative.End, idle)),
        ]);
        return new($"walk of pfn {pfn}", [.. steps]);
    }

    /// <param name="geometry">The sizes.</param>
    /// <param name="pfn">The page.</param>
    /// <param name="checks">The rule.</param>
    /// <param name="device">Whose references are taken.</param>
    /// <param name="missed">Where NULL for an online page leads; other NULLs end the walk.</param>
    private static List<MicroStep> Checks(Geometry geometry, Pfn pfn, ImmutableArray<OnlineCheck> checks, Pfn device, string missed)
    {
        Guard[] isOnlineRam = [Guard.MemmapIs(pfn, MemmapContents.Ram), Guard.SectionHas(pfn, SectionBits.Online)];
        IEnumerable<Alternative> Null(ImmutableArray<Guard> guards, params ImmutableArray<LockUse> locks) =>
            [
                Does(missed, Effect.SetRegister(Walk.Null)) with
                {
                    Guards = [.. guards, .. isOnlineRam],
                    Locks = locks,
                },
                Does(Alternative.End, Effect.SetRegister(missed == Alternative.End ? Walk.Null : Walk.Idle)) with
                {
                    Guards = guards,
                    Locks = locks,
                },
            ];

        var steps = new List<MicroStep> { Step("begin", Does(null, Effect.SetRegister(Walk.Looking))) };
        for (int c = 0; c < checks.Length; c++)
        {
            OnlineCheck check = checks[c];
            if (check.IfTainted && (c == 0 || !checks[c - 1].IfTainted))
            {
                int past = c;
                while (past < checks.Length && checks[past].IfTainted)
                    past++;
                steps.Add(Step(TaintStep(c), Does(null) with { Guards = [OnlineCheck.IsTainted(pfn)] }, Does(Label(checks, past))));
            }
            string next = Label(checks, c + 1);
            if (check.Test != OnlineTest.DevPagemap)
            {
                steps.Add(Step(check.Function, [.. check.Denials(geometry, pfn).SelectMany(d => Null(d)), Does(next)]));
                continue;
            }
            LockUse rcu = new(LockName.Rcu, default, LockMode.Shared, Acquires: true, Releases: false),
                reference = new(LockName.PagemapReference, device, LockMode.Shared, Acquires: true, Releases: false),
                rcuGiven = rcu with { Acquires = false, Releases = true };
            steps.AddRange([
                Step(check.Function, Does(next) with { Guards = [Guard.PgmapIs(pfn, Pgmap.None)] }, Does(Reference) with { Locks = [rcu] }),
                Step(
                    Reference,
                    Does(Put) with
                    {
                        Guards = [Guard.PgmapIs(pfn, Pgmap.Live)],
                        Locks = [rcuGiven, reference],
                    },
                    Does(next) with
                    {
                        Locks = [rcuGiven],
                    }
                ),
                Step(Put, [.. Null([], reference with { Acquires = false, Releases = true })]),
            ]);
        }
        return steps;
    }

    private static string Label(ImmutableArray<OnlineCheck> checks, int index) =>
        index == checks.Length ? Return
        : checks[index].IfTainted && !checks[index - 1].IfTainted ? TaintStep(index)
        : checks[index].Function;

    private static string TaintStep(int check) =>
        string.Create(CultureInfo.InvariantCulture, $"online_device_section() before check {check + 1}");

    private static Alternative Does(string? then, params ImmutableArray<Effect> effects) => new([], effects) { Goto = then };

    private static MicroStep Step(string name, params ImmutableArray<Alternative> alternatives) => new(name, Source, alternatives);
}
