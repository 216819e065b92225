using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>What a range of a machine would become, tried on its model.</summary>
/// <param name="Plan">What is there then; null: the range cannot be asked for, see <paramref name="Problem"/>.</param>
/// <param name="Commands">What makes it; each was run on the model. Empty: it was refused, or no command of this machine makes it
/// there.</param>
/// <param name="Notes">To be told with the answer.</param>
/// <param name="Problem">Why there is no such range.</param>
public sealed record PlaceTrial(NamespacePlan? Plan, ImmutableArray<string> Commands, ImmutableArray<string> Notes, string? Problem)
{
    private const int ListedMax = 20;

    /// <summary>Tries it. Throws <see cref="NotModelledException"/> where the model does not know.</summary>
    public static PlaceTrial Of(ShellState state, PhysicalRange range, NamespaceWish wish)
    {
        Machine machine = state.Machine;
        if (wish.AddsBlocks)
            wish = wish with { BlockSize = DaxDeviceMemory.BlockSize(machine) };
        return wish.Mode switch
        {
            CapacityMode.Dimm => OfDimm(state, range, wish),
            CapacityMode.Hotplug => OfHotplug(machine, range, wish),
            _ => OfRegion(state, range, wish),
        };
    }

    /// <summary>The region that holds all of a range, or why there is none.</summary>
    public static (RegionState? Region, string? Problem) RegionOf(Machine machine, PhysicalRange range) =>
        machine.Regions.Values.FirstOrDefault(r => r.Range.Contains(range)) is { } region
            ? (region, null)
            : (
                null,
                $"{range} lies in no region; expected a range in "
                    + Listed(machine.Regions.Values.Select(r => $"{r.Device} {r.Range}"), "one, but this machine has none")
            );

    /// <summary>With commas, the first twenty.</summary>
    public static string Listed(IEnumerable<string> items, string none)
    {
        string[] all = [.. items.Take(ListedMax + 1)];
        return all.Length == 0 ? none : string.Join(", ", all.Take(ListedMax)) + (all.Length > ListedMax ? ", …" : "");
    }

    private static PlaceTrial Problematic(string problem) => new(null, [], [], problem);

    private static PlaceTrial OfDimm(ShellState state, PhysicalRange range, NamespaceWish wish)
    {
        var planned = NamespacePlan.Of(range, wish, state.Machine.Kernel, state.Machine.Architecture);
        string command = $"hotplug add-dimm {range.Start} {range.Size.ToOption()}";
        Trial trial = Trial.Start(state).Then(command);
        if (trial.IsDone)
        {
            ByteSize block = wish.BlockSize!.Value;
            Machine machine = trial.State.Machine;
            ByteSize memmap = MemoryBlocks
                .Find(machine, new MemoryBlockNumber(range.Start.Bytes / block.Bytes))
                .MemmapPages.ToBytes(machine.Architecture.PageSize);
            return new(
                planned with
                {
                    Ledger = Ledger.OfHotplug(range, block, memmap).ToArray(),
                    StructPagesInRam = memmap.IsZero ? planned.StructPagesInRam : ByteSize.Zero,
                },
                trial.Commands,
                [],
                null
            );
        }
        if (trial.Failure!.IsUnsupported)
            throw new NotModelledException(NotModelled(trial.Failure));
        if (!planned.IsAccepted)
            return new(planned, [], [], null);
        NamespacePlan refused = planned with
        {
            Errno = Errno.EINVAL,
            Message = trial.Failure.Stderr.Trim(),
            Ledger = Ledger.OfUnusable(range.Size).ToArray(),
            StructPagesInRam = ByteSize.Zero,
        };
        return new(refused, [], [], null);
    }

    /// <summary>What unsupported commands say after <c>unsupported: </c>.</summary>
    private static string NotModelled(CommandResult failure)
    {
        const string mark = "unsupported: ";
        string text = failure.Stderr.Trim();
        return text.StartsWith(mark, StringComparison.Ordinal) ? text[mark.Length..] : text;
    }

    private static PlaceTrial OfHotplug(Machine machine, PhysicalRange range, NamespaceWish wish)
    {
        MemoryMapEntry[] there = [.. machine.Memory.Where(m => m.Range.Overlaps(range))];
        if (there.FirstOrDefault(m => m.Type != E820Type.SoftReserved) is { } used)
            return Problematic($"{range} is in use: {used.IomemName} is at {used.Range}");
        if (machine.Regions.Values.FirstOrDefault(r => r.Range.Overlaps(range)) is { } region)
            return Problematic(
                $"{range} overlaps {region.Device} {region.Range}: memory of a region is given back by mode system-ram, not hotplug"
            );
        ImmutableArray<string> notes = !there.Any(m => m.Range.Contains(range))
            ? ["nobody describes this range on this machine: whoever adds it (a hypervisor, CXL) decides; a DIMM: --mode dimm"]
            : [];
        return new(NamespacePlan.Of(range, wish, machine.Kernel, machine.Architecture), [], notes, null);
    }

    private static PlaceTrial OfRegion(ShellState state, PhysicalRange range, NamespaceWish wish)
    {
        Machine machine = state.Machine;
        if (RegionOf(machine, range) is not ({ } region, _))
            return Problematic(RegionOf(machine, range).Problem!);
        NamespaceState? taken = region.Namespaces.Values.FirstOrDefault(n =>
            n.Range.Overlaps(range) && (n.Type == NamespaceType.Pmem || n.Claim is not null)
        );
        RegionPlace? place = RegionPlace.Of(machine, region);
        if (taken is not null)
            return Problematic(
                $"{range} overlaps {taken.Device} {taken.Range}; free in {region.Device}: "
                    + Listed(place?.Free().Select(f => f.ToString()) ?? [], "nothing")
            );
        if (place is null)
            return Problematic($"nothing can be made in {region.Device}: it has no driver, is read-only, or a DIMM of it is disabled");
        if (place.Use == RegionUse.Whole && range != region.Range)
            return Problematic($"{region.Device} has no labels and holds one namespace, all of {region.Range}");
        var planned = NamespacePlan.Of(range, wish, machine.Kernel, machine.Architecture, PfnNeighbours.Of(machine, region));
        ImmutableArray<string> notes = NotesOf(machine, region, place, range, wish);
        var start = Trial.Start(state).Then(Making.Labels(machine, place));
        RegionPlace there = start.Commands.IsEmpty
            ? place
            : RegionPlace.Of(start.State.Machine, start.State.Machine.Regions[region.Device.Number]) ?? place;
        (Trial filled, bool isFirst) = Fill(start, there, range);
        if (!filled.IsDone)
            throw new NotModelledException(
                $"a namespace at {range.Start}: nothing that fills what lies before it can be made: {Refusal.Of(region.Device, filled)}"
            );
        if (there.Use == RegionUse.Labels)
            there = RegionPlace.Of(filled.State.Machine, filled.State.Machine.Regions[region.Device.Number]) ?? there;
        (TriedNamespace? made, _, Refusal? refusal) = Making.New(filled.State, new PlannedNamespace(there, wish, planned, true));
        if (refusal is { IsNotModelled: true })
            throw new NotModelledException(refusal.ToString());
        if (made is null)
            return new(Refused(planned, refusal!), [], notes, null);
        if (place.Use != RegionUse.Labels)
            notes = notes.Add($"{region.Device} has one namespace, without label: what it holds is lost");
        return isFirst
            ? new(made.Result, [.. start.Commands, .. made.Commands], notes, null)
            : new(
                made.Result,
                [],
                notes.Add(
                    $"ndctl puts a namespace into the first extent that holds it, and that is not {range.Start}: tried behind raw "
                        + "namespaces that fill what lies before"
                ),
                null
            );
    }

    /// <summary>The model's words where the plan has none of its own.</summary>
    private static NamespacePlan Refused(NamespacePlan planned, Refusal refusal) =>
        planned.IsAccepted
            ? planned with
            {
                Errno = Errno.EINVAL,
                Message = $"{refusal.Command}: {refusal.Says}",
                Settings = null,
                Ledger = Ledger.OfUnusable(planned.Range.Size).ToArray(),
                StructPagesInRam = ByteSize.Zero,
                PageMapReserve = ByteSize.Zero,
            }
            : planned;

    /// <summary>Raw namespaces in all free space that a new one would be put into before the range.</summary>
    private static (Trial Filled, bool IsFirst) Fill(Trial trial, RegionPlace place, PhysicalRange range)
    {
        if (place.Use != RegionUse.Labels)
            return (trial, true);
        bool isFirst = true;
        foreach (PhysicalRange free in place.Free())
        {
            bool isHere = free.Contains(range);
            ByteSize before = isHere ? range.Start - free.Start : free.Size;
            if (!before.IsZero && (isHere || free.Size >= range.Size))
            {
                isFirst = false;
                trial = trial.Then($"ndctl create-namespace -r {place.Region.Device} -m raw -s {before.ToOption()}");
            }
            if (isHere)
                break;
        }
        return (trial, isFirst);
    }

    private static ImmutableArray<string> NotesOf(
        Machine machine,
        RegionState region,
        RegionPlace place,
        PhysicalRange range,
        NamespaceWish wish
    )
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        if (UsablePlanner.SizeStep(place, wish, machine) is var step && !range.Size.IsMultipleOf(step))
            notes.Add($"ndctl refuses this size on {region.Device}: it is no multiple of {step.ToHuman()}");
        if (
            place.Use == RegionUse.Whole
            && wish is { Mode: CapacityMode.FsDax, Map: Formats.InfoBlocks.PageMapMode.Ram }
            && region.Ways == 0
        )
            notes.Add(
                $"ndctl create-namespace -m fsdax -M mem makes no info-block on {region.Device}, whose namespace has pages already: "
                    + $"all of it is data then (--mode raw)"
            );
        return notes.ToImmutable();
    }
}
