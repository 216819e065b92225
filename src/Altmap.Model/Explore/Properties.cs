using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>What must hold in every world, as data.</summary>
internal static class Properties
{
    /// <summary>The properties of a scenario.</summary>
    /// <param name="scenario">Laid out.</param>
    /// <param name="program">Its program.</param>
    public static ImmutableArray<Property> Of(Scenario scenario, PackedProgram program) =>
        [
            new("online-at-rest", "at rest, a page is given only for online System RAM, or for a hole", AtRest(scenario)),
            new("zone-at-rest", "at rest, a page that is given has the zone of the memory around it", Zones(scenario)),
            new(
                "online-answer",
                "whenever a page is given, it is one of online System RAM, or of a hole",
                AtStep(program, PfnWalk.Wrong, _ => [])
            ),
            new(
                "online-while-unmapping",
                "while a device is being unmapped, none of its pages is given",
                [
                    .. from one in AtStep(program, PfnWalk.Wrong, _ => [])
                    from place in StepsOfUnmap(scenario, program, one)
                    select one with
                    {
                        At = [one.At[0], place],
                    },
                ]
            ),
            new(
                "stays-while-used",
                "a page that was given stays initialised for System RAM, or a hole, while it is used",
                [
                    .. AtStep(program, PfnWalk.Given, p => [!Guard.MemmapIs(p, PfnWalk.Good)]),
                    .. AtStep(program, PfnWalk.Used, p => [!Guard.MemmapIs(p, PfnWalk.Good)]),
                ]
            ),
            new("not-initialised-under-reader", "no struct page is initialised while a reader uses it", UnderReader(program)),
            new("never-missed", "no online page of System RAM is missed", AtStep(program, PfnWalk.Missed, _ => [])),
            new(
                "pagemap-lives",
                "a device map is not looked into after it was freed",
                AtStep(program, PfnWalk.Reference, p => [Guard.PgmapIs(p, Pgmap.None)])
            ),
            new(
                "unmap-restores",
                "after a device is unmapped, each page has a memmap as before, and whoever gets it finds what was there before",
                Restored(scenario)
            ),
            new(
                "no-leaked-section",
                "after a device is unmapped, or could not be mapped, none of its sub-sections is valid",
                Leaks(scenario)
            ),
            new(
                "no-deadlock",
                "whoever is under way can go on, sooner or later",
                [new PropertyCase("all who are under way wait for each other") { IsStuck = true }]
            ),
        ];

    private static ImmutableArray<PropertyCase> AtRest(Scenario scenario) =>
        [
            .. scenario.Pages.Select(p => new PropertyCase($"pfn {p}: the page is given, and is none of online System RAM")
            {
                AtRest = true,
                Choices = IsGiven(scenario, p),
                Guards = [!Guard.MemmapIs(p, PfnWalk.Good)],
                Walk = p,
            }),
        ];

    private static ImmutableArray<PropertyCase> Zones(Scenario scenario) =>
        [
            .. scenario.Pages.Select(p => new PropertyCase($"pfn {p}: the page is given, and its zone is not that of the memory around it")
            {
                AtRest = true,
                Choices = IsGiven(scenario, p),
                Guards = [Guard.MemmapIs(p, PfnWalk.Good), !Guard.ZoneIs(p, ZoneKind.Normal)],
                Walk = p,
            }),
        ];

    /// <summary>No check denies the page.</summary>
    private static ImmutableArray<ImmutableArray<Guard>> IsGiven(Scenario scenario, Pfn pfn) =>
        [
            .. from check in scenario.Policy.Checks
            from denial in check.Denials(Scenario.Geometry, pfn)
            let unless = denial.Select(g => !g)
            select check.IfTainted ? [.. unless, !OnlineCheck.IsTainted(pfn)] : unless.ToImmutableArray(),
        ];

    private static ImmutableArray<PropertyCase> Restored(Scenario scenario)
    {
        RunLengthState boot = scenario.World().Start;
        return
        [
            .. from page in scenario.Pages
            let device = scenario.DeviceOf(page)
            where device is not null
            let before = (MemmapContents)(1 << (int)boot.MemmapOf(page).Content)
            let unmapped = Guard.PgmapIs(page, Pgmap.None)
            from one in (PropertyCase[])
                [
                    new($"pfn {page}: whoever gets the page finds another struct page than before {device.Name} was mapped")
                    {
                        AtRest = true,
                        Choices = IsGiven(scenario, page),
                        Guards = [unmapped, !Guard.MemmapIs(page, before)],
                        Walk = page,
                    },
                    new($"pfn {page}: it has a memmap, or none, other than before {device.Name} was mapped")
                    {
                        AtRest = true,
                        Guards =
                        [
                            unmapped,
                            !Guard.IsValid(page), // what is left of a map that failed is another property's
                            before == MemmapContents.None
                                ? !Guard.MemmapIs(page, MemmapContents.None)
                                : Guard.MemmapIs(page, MemmapContents.None),
                        ],
                    },
                ]
            select one,
        ];
    }

    private static ImmutableArray<PropertyCase> Leaks(Scenario scenario) =>
        [
            .. from page in scenario.Pages
            let device = scenario.DeviceOf(page)
            where device is not null
            select new PropertyCase($"pfn {page}: its sub-section is valid, and {device.Name} is not mapped")
            {
                AtRest = true,
                Guards = [Guard.PgmapIs(page, Pgmap.None), Guard.IsValid(page)],
            },
        ];

    private static ImmutableArray<PropertyCase> AtStep(PackedProgram program, string step, Func<Pfn, ImmutableArray<Guard>> guards) =>
        [
            .. from at in StepsOf(program, step)
            select new PropertyCase($"{at.Name} at '{step}' of pfn {at.Page}")
            {
                At = [(at.Actor, at.Transition, at.Step)],
                Guards = guards(at.Page),
            },
        ];

    /// <summary>Where the driver of the page's device stands while it unmaps it: its second transition.</summary>
    private static IEnumerable<(int Actor, int Transition, int Step)> StepsOfUnmap(
        Scenario scenario,
        PackedProgram program,
        PropertyCase one
    )
    {
        (int walker, int walk, _) = one.At[0];
        if (scenario.DeviceOf(PageOf(program.World.Actors[walker].Transitions[walk])) is not { } device)
            yield break;
        int driver = scenario.Devices.IndexOf(device);
        for (int step = 1; step < program.World.Actors[driver].Transitions[1].Steps.Length; step++)
            yield return (driver, 1, step);
    }

    private static ImmutableArray<PropertyCase> UnderReader(PackedProgram program) =>
        [
            .. from step in (string[])[PfnWalk.Given, PfnWalk.Used]
            from at in StepsOf(program, step)
            from next in program.Alternatives
            where
                program.World.Actors[next.Actor].Kind == ActorKind.Operator
                && next.Source.Effects.Any(e =>
                    e.Kind == EffectKind.Memmap
                    && e.Range.Contains(at.Page)
                    && e.Memmap.Content is MemmapContent.ZoneDevice or MemmapContent.Ram
                )
            select new PropertyCase($"{program.World.Actors[next.Actor].Name} initialises pfn {at.Page} while {at.Name} uses it")
            {
                At = [(at.Actor, at.Transition, at.Step), (next.Actor, next.At.Transition, next.At.Step)],
                Next = next,
            },
        ];

    private static IEnumerable<(int Actor, string Name, int Transition, int Step, Pfn Page)> StepsOf(PackedProgram program, string name) =>
        from actor in program.World.Actors.Index()
        where actor.Item.Kind == ActorKind.Walker
        from walk in actor.Item.Transitions.Index()
        from step in walk.Item.Steps.Index()
        where step.Item.Name == name
        select (actor.Index, actor.Item.Name, walk.Index, step.Index, PageOf(walk.Item));

    /// <summary>The page that a walk is about: every question it asks is about it.</summary>
    private static Pfn PageOf(Transition walk) =>
        walk.Steps.SelectMany(s => s.Alternatives).SelectMany(a => a.Guards).First(g => g.Range.Count.Pages == 1).Range.Start;
}
