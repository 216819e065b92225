using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>What can be made of a namespace today: every way is run on the model of the machine before it is shown.</summary>
public sealed class Ways
{
    /// <summary>The question where struct pages lie.</summary>
    public const string PageMap = "page-map";

    /// <summary>The question what is given back as System RAM.</summary>
    public const string SystemRam = "system-ram";

    private static readonly PageMapMode[] Maps = [PageMapMode.Pmem, PageMapMode.Ram];

    private readonly MachineSource _source;
    private readonly ShellState _state;
    private readonly NamespaceState _ndns;

    private Ways(MachineSource source, ShellState state, NamespaceState ndns) => (_source, _state, _ndns) = (source, state, ndns);

    private Machine Machine => _state.Machine;

    private RegionState Region => Machine.Regions[_ndns.Device.Number];

    /// <summary>
    /// The ways for a namespace: of each question the one that the machine goes first, then what gives most; refused ones last.
    /// </summary>
    /// <param name="source">The machine as it boots.</param>
    /// <param name="state">After boot and steps.</param>
    /// <param name="ndns">The namespace.</param>
    /// <param name="wish">As which it is compared: fsdax or devdax, with an alignment.</param>
    public static ImmutableArray<Way> Of(MachineSource source, ShellState state, NamespaceState ndns, NamespaceWish wish)
    {
        var ways = new Ways(source, state, ndns);
        return [.. Sorted(ways.PageMaps(wish)), .. Sorted(ways.SystemRams(wish))];
    }

    /// <summary>
    /// The ways for free space of a region: what ndctl can put just there, the one that is asked for first. Empty where no command of the
    /// machine makes a namespace there.
    /// </summary>
    /// <param name="state">The machine.</param>
    /// <param name="range">In free space of a region, with both ends.</param>
    /// <param name="wish">As which it is compared.</param>
    public static ImmutableArray<Way> OfRange(ShellState state, PhysicalRange range, NamespaceWish wish)
    {
        var ways = new List<Way>();
        foreach (PageMapMode map in Maps)
        {
            ways.AddRange(Placed(PageMap, map.Word(), $"{wish.ModeWord}, map={map.Word()}", wish with { Map = map }));
            var given = new NamespaceWish(CapacityMode.SystemRam, map, wish.Align);
            ways.AddRange(Placed(SystemRam, map.Word(), $"map={map.Word()}, align {wish.Align.ToHuman()}", given));
        }
        return [.. Sorted(ways.Where(w => w.Group == PageMap)), .. Sorted(ways.Where(w => w.Group == SystemRam))];

        IEnumerable<Way> Placed(string group, string id, string what, NamespaceWish asked)
        {
            PlaceTrial trial = PlaceTrial.Of(state, range, asked);
            if (trial.Plan is not { } plan)
                yield break;
            if (!plan.IsAccepted)
                yield return new(group, id, what, null, []) { Refused = plan.Message ?? plan.Errno.ToString() };
            else if (!trial.Commands.IsEmpty)
                yield return new(group, id, what, plan, trial.Commands);
        }
    }

    private static IEnumerable<Way> Sorted(IEnumerable<Way> ways) =>
        ways.OrderByDescending(w => w.IsPresent)
            .ThenBy(w => w.Plan is null)
            .ThenBy(w => w.Boot is not null)
            .ThenByDescending(w => w.Usable.Bytes)
            .ThenBy(w => w.RamCost.Bytes);

    private IEnumerable<Way> PageMaps(NamespaceWish wish)
    {
        NamespacePlan? present = NamespacePlan.Of(Machine, _ndns) is { IsAccepted: true } plan ? plan : null;
        if (present is not null && present.Mode != "system-ram")
            yield return new(PageMap, "present", "as it is", present, []) { IsPresent = true };
        foreach (PageMapMode map in Maps)
        {
            if (present is { } now && now.Mode == wish.ModeWord && now.Map == map && now.Align == wish.Align)
                continue;
            yield return Tried(PageMap, map.Word(), $"{wish.ModeWord}, map={map.Word()}", wish with { Map = map });
        }
    }

    private IEnumerable<Way> SystemRams(NamespaceWish wish)
    {
        if (NamespacePlan.Of(Machine, _ndns) is { IsAccepted: true, Mode: "system-ram" } present)
            yield return new(SystemRam, "present", "as it is", present, []) { IsPresent = true };
        var tried = new List<Way>();
        foreach (PageMapMode map in Maps)
        {
            foreach (ByteSize align in Machine.Architecture.SupportedAligns)
            {
                string id = $"{map.Word()}-{align.ToOption()}",
                    what = $"map={map.Word()}, align {align.ToHuman()}";
                tried.Add(Tried(SystemRam, id, what, new NamespaceWish(CapacityMode.SystemRam, map, align)));
            }
        }
        // Of what gives most, one: as asked, else with the usual alignment and no page map that kmem never uses. Refusals: one for a cause.
        ByteSize most = tried.Max(w => w.Usable);
        if (tried.Where(w => w.Plan is not null && w.Usable == most).OrderBy(Preference).FirstOrDefault() is { } best)
            yield return best;
        foreach (Way refused in tried.Where(w => w.Plan is null).DistinctBy(ReasonOf))
            yield return refused;
        Way[] early = [.. Maps.Select(Early).OfType<Way>()];
        if (early.Where(w => w.Plan is not null && w.Usable > most).OrderBy(w => (w.Lost.Bytes, w.Id)).FirstOrDefault() is { } earliest)
            yield return earliest;
        foreach (Way refused in early.Where(w => w.Plan is null).DistinctBy(w => w.Refused))
            yield return refused;

        int Preference(Way way) =>
            way.Plan!.Map == wish.Map && way.Plan.Align == wish.Align ? 0
            : way.Plan.Align == Machine.Architecture.PmdSize ? 1
            : way.Plan.Map == PageMapMode.Ram ? 2
            : 3;
    }

    /// <summary>Refusals of one cause are one, whatever the command was.</summary>
    private static string? ReasonOf(Way way) => way.Refused?[(way.Refused.IndexOf(": ", StringComparison.Ordinal) + 1)..];

    private Way Tried(string group, string id, string what, NamespaceWish wish) => Tried(group, id, what, wish, _state, _ndns);

    private static Way Tried(string group, string id, string what, NamespaceWish wish, ShellState state, NamespaceState ndns)
    {
        (TriedNamespace? made, Refusal? refusal) = NamespaceTrial.Try(state, ndns, wish);
        return made is null
            ? new(group, id, what, null, []) { Refused = $"{(refusal!.IsNotModelled ? "not known: " : "")}{refusal}" }
            : new(group, id, what, made.Result, made.Commands)
            {
                Loses = made.Loses,
                Danger = made.Result.Overrun.IsZero
                    ? null
                    : $"this kernel writes the struct pages of {made.Result.Overrun.ToHuman()} behind the range, or oopses",
            };
    }

    /// <summary>
    /// A carve-out of the command line that starts so much earlier that the data starts with a memory block. The smallest step that
    /// the tools and the kernel take: 2 MiB, or the 16 MiB that ndctl and the region's align ask for.
    /// </summary>
    private Way? Early(PageMapMode map)
    {
        ByteSize block = Machine.Mm.BlockSize;
        PhysicalRange range = Region.Range;
        if (!range.Start.IsAligned(block) || _ndns.Range != range)
            return null;
        Way? refused = null;
        foreach (ByteSize step in (ByteSize[])[Machine.Architecture.CompatAlign, ByteSize.MiB(16)])
        {
            foreach (ByteSize align in Machine.Architecture.SupportedAligns.Where(a => a <= Machine.Architecture.PmdSize).Reverse())
            {
                var wish = new NamespaceWish(CapacityMode.SystemRam, map, align);
                if (EarlyRange(range, wish, step) is not { } early)
                    continue;
                Way way = Rebooted(range, early, wish);
                if (way is { Plan: not null, Danger: null })
                    return way;
                refused = way.Plan is null ? refused ?? way : way;
            }
        }
        return refused;
    }

    /// <summary>The range with the metadata in front of its first block; the page map grows with what is added.</summary>
    private PhysicalRange? EarlyRange(PhysicalRange range, NamespaceWish wish, ByteSize step)
    {
        const int RoundsMax = 8;
        ByteSize early = step;
        for (int i = 0; i < RoundsMax && range.Start.Bytes > early.Bytes; i++)
        {
            var start = new PhysicalAddress(range.Start.Bytes - early.Bytes);
            var longer = new PhysicalRange(start, range.End - start);
            NamespaceWish devdax = wish with { Mode = CapacityMode.DevDax };
            if (NamespacePlan.Of(longer, devdax, Machine.Kernel, Machine.Architecture).Settings is not { } settings)
                return longer; // the trial says why
            ByteSize needed = (settings.StartPad + settings.DataOffset).AlignUp(step);
            if (needed <= early)
                return longer;
            early = needed;
        }
        return null;
    }

    private Way Rebooted(PhysicalRange range, PhysicalRange early, NamespaceWish wish)
    {
        string id = $"early-{wish.Map.Word()}",
            what = $"start {(range.Start - early.Start).ToHuman()} early, map={wish.Map.Word()}, align {wish.Align.ToHuman()}";
        MachineDescription description = _source.Description;
        if (
            CommandLine.WithCarveOut(description.CommandLine, range, early) is not ({ } line, { } word)
            || CommandLine.WithCarveOut(line, early, range) is not (_, { } instead)
        )
            return new(SystemRam, id, what, null, [])
            {
                Refused = $"{Region.Device} starts where the firmware puts it: no word memmap=nn!ss of the command line moves it",
            };
        Way Not(string why) => new(SystemRam, id, what, null, []) { Boot = (word, instead), Refused = why };
        if (
            Machine.Memory.FirstOrDefault(m => m.Type != E820Type.Ram && m.Range.Overlaps(new(early.Start, range.Start - early.Start))) is
            { } other
        )
            return Not($"the bytes before {range.Start} are no RAM but {other.IomemName}");
        MachineSource moved = _source with
        {
            Description = description with
            {
                CommandLine = line,
                Regions = [.. description.Regions.Select(r => r.Range == range ? r with { Range = early } : r)],
                Steps = [],
            },
            Media = _source.Media.Remove(Region.Device.Name),
        };
        var opening = SessionOpening.Of(moved, Machine.Kernel, Machine.Architecture, _state.Uuids);
        if (opening.State is not { } booted)
            return Not($"with {word}: {opening.Error!.Message}");
        NamespaceState? ndns = booted
            .Machine.Regions.Values.Where(r => r.Range == early)
            .SelectMany(r => r.Namespaces.Values)
            .FirstOrDefault(n => n.Range == early);
        if (ndns is null)
            return Not($"with {word} no region starts at {early.Start}");
        return Tried(SystemRam, id, what, wish, booted, ndns) with
        {
            Boot = (word, instead),
            Loses = $"what {_ndns.Device} holds is lost, and the RAM before it is its own then",
        };
    }
}
