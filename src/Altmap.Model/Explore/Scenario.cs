using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>How large the small machine is.</summary>
/// <param name="Sections">Sections that RAM and devices share: RAM in the first half of the first, and from two on in the second half of
/// the last.</param>
/// <param name="Devices">Devices side by side between the RAM.</param>
/// <param name="Walkers">Walkers.</param>
/// <param name="Pages">Pages that each walker may ask for, the most telling first.</param>
/// <param name="Hotplug">Memory blocks of a section each behind the rest, that are added, onlined, offlined and removed.</param>
public sealed record Bounds(int Sections = 3, int Devices = 2, int Walkers = 2, int Pages = 5, int Hotplug = 1)
{
    /// <summary>As <c>sections=3,devices=2,walkers=2,pages=5,hotplug=1</c>.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"sections={Sections},devices={Devices},walkers={Walkers},pages={Pages},hotplug={Hotplug}"
        );
}

/// <summary>A device of the small machine.</summary>
/// <param name="Name">As <c>dax0.0</c>.</param>
/// <param name="Range">Its pages.</param>
/// <param name="Altmap">Metadata on the device, or null.</param>
public sealed record ScenarioDevice(string Name, PfnRange Range, AltmapSpace? Altmap);

/// <summary>What is asked of the explorer: a policy, how walkers go, what may fail, how large.</summary>
public sealed record Scenario
{
    /// <summary>How pages are judged.</summary>
    public required Policy Policy { get; init; }

    /// <summary>Size.</summary>
    public Bounds Bounds { get; init; } = new();

    /// <summary>Struct pages are poisoned (CONFIG_DEBUG_VM).</summary>
    public bool Poisons { get; init; }

    /// <summary>Maps may fail half-way.</summary>
    public bool Faults { get; init; }

    /// <summary>Walkers hold the locks; the missing ones apart.</summary>
    public bool WalkersLocked { get; init; } = true;

    /// <summary>Locks that nobody takes.</summary>
    public ImmutableHashSet<LockName> Without { get; init; } = [];

    /// <summary>The smallest machine: 2 pages a sub-section, 4 sub-sections a section.</summary>
    public static Geometry Geometry { get; } = new(new PfnCount(2), new PfnCount(8));

    /// <summary>The devices, in order.</summary>
    public ImmutableArray<ScenarioDevice> Devices { get; private init; } = [];

    /// <summary>RAM at boot.</summary>
    public ImmutableArray<PfnRange> Ram { get; private init; } = [];

    /// <summary>Blocks that come and go.</summary>
    public ImmutableArray<PfnRange> Blocks { get; private init; } = [];

    /// <summary>Pages that walkers ask for.</summary>
    public ImmutableArray<Pfn> Walked { get; private init; } = [];

    /// <summary>All pages of one kind each: what properties at rest look at.</summary>
    public ImmutableArray<Pfn> Pages { get; private init; } = [];

    /// <summary>With the places of everything.</summary>
    public Scenario Laid()
    {
        ulong section = Geometry.PagesPerSection.Pages,
            half = section / 2,
            end = (ulong)Bounds.Sections * section,
            past = Bounds.Sections > 1 ? end - half : end;
        List<PfnRange> ram = [Range(0, half)];
        if (Bounds.Sections > 1)
            ram.Add(Range(past, end));
        var devices = new List<ScenarioDevice>();
        ulong subSections = (past - half) / Geometry.PagesPerSubSection.Pages,
            at = half;
        for (int d = 0; d < Bounds.Devices; d++)
        {
            ulong next = half + (subSections * (ulong)(d + 1) / (ulong)Bounds.Devices * Geometry.PagesPerSubSection.Pages);
            PfnRange range = Range(at, next);
            AltmapSpace? altmap = d == 0 && range.Count.Pages > 4 ? new AltmapSpace(new PfnCount(1), new PfnCount(1)) : null;
            devices.Add(new ScenarioDevice(string.Create(CultureInfo.InvariantCulture, $"dax{d}.0"), range, altmap));
            at = next;
        }
        if (Policy.Collisions == Collisions.DropRam)
            ram.RemoveAll(r => devices.Exists(d => Meets(Geometry.WholeSections(d.Range), r)));
        if (Policy.Collisions == Collisions.DropPmem)
            devices = [.. devices.Select(d => d with { Range = Outside(d.Range, ram) }).Where(d => !d.Range.IsEmpty)];
        ImmutableArray<PfnRange> blocks =
        [
            .. Enumerable.Range(0, Bounds.Hotplug).Select(b => Range(end + ((ulong)b * section), end + ((ulong)(b + 1) * section))),
        ];

        var pages = new List<Pfn>();
        void Add(Pfn pfn)
        {
            if (!pages.Contains(pfn))
                pages.Add(pfn);
        }
        foreach (ScenarioDevice device in devices.Take(1))
            Add(device.Range.Start + new PfnCount(device.Altmap is null ? 0UL : 2));
        foreach (PfnRange range in ram.Take(1))
            Add(range.Start);
        foreach (PfnRange block in blocks.Take(1))
            Add(block.Start);
        foreach (ScenarioDevice device in devices)
            Add(device.Range.End - new PfnCount(1));
        foreach (ScenarioDevice device in devices)
        {
            Add(device.Range.Start);
            if (device.Altmap is not null)
                Add(device.Range.Start + new PfnCount(1));
        }
        foreach (PfnRange range in (IEnumerable<PfnRange>)[.. ram, .. blocks])
            Add(range.Start);
        return this with
        {
            Devices = [.. devices],
            Ram = [.. ram],
            Blocks = blocks,
            Pages = [.. pages],
            Walked = [.. pages.Take(Bounds.Pages)],
        };
    }

    /// <summary>The world; only after <see cref="Laid"/>.</summary>
    public World World()
    {
        Memmap hole = Policy.Holes switch
        {
            HolePages.ZoneZero => new Memmap(MemmapContent.Hole, ZoneKind.Dma, 0),
            HolePages.Uninitialised => Memmap.Uninitialised,
            _ => new Memmap(MemmapContent.Hole, ZoneKind.Normal, 0),
        };
        var actors = ImmutableArray.CreateBuilder<Actor>();
        foreach (ScenarioDevice device in Devices)
            actors.Add(
                new Actor(
                    device.Name,
                    ActorKind.Operator,
                    [
                        DeviceMapSteps.Map(RequestOf(device)).Under(LockName.Device, LockMode.Exclusive, device.Range.Start),
                        DeviceMapSteps
                            .Unmap(Geometry, device.Range, Poisons)
                            .Under(LockName.Device, LockMode.Exclusive, device.Range.Start),
                    ]
                )
            );
        foreach ((int index, PfnRange block) in Blocks.Index())
            actors.Add(
                new Actor(
                    string.Create(CultureInfo.InvariantCulture, $"hotplug{index}"),
                    ActorKind.Operator,
                    [
                        BlockSteps.Add(block, Poisons),
                        BlockSteps.Online(block, ZoneKind.Normal, 0),
                        BlockSteps.Offline(block, Poisons),
                        BlockSteps.RemoveOffline(Geometry, block),
                    ]
                )
            );
        for (int a = 0; a < actors.Count; a++)
            actors[a] = actors[a] with { Transitions = [.. actors[a].Transitions.Select(t => t.WithoutLocks(Without))] };
        ImmutableArray<Transition> walks = [.. Walked.Select(p => Walk(p).WithoutLocks(Without))];
        for (int w = 0; w < Bounds.Walkers; w++)
            actors.Add(new Actor(string.Create(CultureInfo.InvariantCulture, $"walker{w}"), ActorKind.Walker, walks));
        return new World(Geometry, BlockSteps.Boot(Geometry, Ram, hole), actors.ToImmutable(), Faults)
        {
            Pages = Range(0, (ulong)(Bounds.Sections + Bounds.Hotplug) * Geometry.PagesPerSection.Pages),
        };
    }

    /// <summary>The device that holds a page, or null.</summary>
    public ScenarioDevice? DeviceOf(Pfn pfn) => Devices.FirstOrDefault(d => d.Range.Contains(pfn));

    private DeviceMapRequest RequestOf(ScenarioDevice device) =>
        new()
        {
            Geometry = Geometry,
            Range = device.Range,
            Altmap = device.Altmap,
            Poisons = Poisons,
        };

    private Transition Walk(Pfn pfn)
    {
        Pfn device = DeviceOf(pfn)?.Range.Start ?? pfn;
        Transition walk = PfnWalk.WalkAndUse(Geometry, pfn, Policy.Checks, device);
        if (!WalkersLocked)
            return walk;
        walk = walk.Under(LockName.Hotplug, LockMode.Shared);
        return DeviceOf(pfn) is null ? walk : walk.Under(LockName.Device, LockMode.Shared, device);
    }

    private static PfnRange Range(ulong start, ulong end) => new(new Pfn(start), new Pfn(end));

    private static bool Meets(PfnRange a, PfnRange b) => a.Start < b.End && b.Start < a.End;

    private static PfnRange Outside(PfnRange device, IEnumerable<PfnRange> ram)
    {
        foreach (PfnRange sections in ram.Select(Geometry.WholeSections))
        {
            if (sections.Contains(device.Start))
                device = device with { Start = sections.End < device.End ? sections.End : device.End };
            if (!device.IsEmpty && sections.Contains(device.End - new PfnCount(1)))
                device = device with { End = sections.Start };
        }
        return device;
    }
}
