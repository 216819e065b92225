using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>How memory is plugged.</summary>
public enum PlugKind
{
    /// <summary>A DIMM: all of it or nothing.</summary>
    Dimm,

    /// <summary>A virtio-mem device, which gives part of a memory block too.</summary>
    VirtioMem,
}

/// <summary>Memory blocks of a plugged range that are alike.</summary>
/// <param name="First">Number of the first.</param>
/// <param name="Last">Number of the last.</param>
/// <param name="State">Online or offline.</param>
/// <param name="Zone">Of online ones.</param>
/// <param name="HoldsMemmap">They hold their own struct pages (memmap_on_memory).</param>
public readonly record struct PluggedBlocks(ulong First, ulong Last, BlockState State, ZoneKind Zone, bool HoldsMemmap);

/// <summary>A way to plug memory, carried out on the model.</summary>
/// <param name="Kind">How.</param>
/// <param name="Range">Where; of a virtio-mem device all that it can have.</param>
/// <param name="Plugged">How much the machine has more; zero where it was refused.</param>
/// <param name="Commands">What was run, the one that failed too.</param>
/// <param name="Refused">Why not, in the words of who refused; null: accepted.</param>
/// <param name="Log">What the kernel logs of a refusal.</param>
/// <param name="Blocks">The blocks that it becomes.</param>
/// <param name="RamForMemmap">RAM that the struct pages take, all free when it happens; zero with memmap_on_memory.</param>
public sealed record PlugTrial(
    PlugKind Kind,
    PhysicalRange Range,
    ByteSize Plugged,
    ImmutableArray<string> Commands,
    string? Refused,
    ImmutableArray<string> Log,
    ImmutableArray<PluggedBlocks> Blocks,
    ByteSize RamForMemmap
)
{
    /// <summary>The machine has more memory after it.</summary>
    public bool IsAccepted => Refused is null;
}

/// <summary>
/// Memory that a hypervisor is to plug: what was asked for, and the nearest sizes and addresses that are accepted. Each was run on the
/// model of the machine (<c>hotplug</c>); the rule is mm/memory_hotplug.c check_hotplug_memory_range().
/// </summary>
/// <param name="Block">Size of a memory block.</param>
/// <param name="Asked">What was asked; null: no address was given.</param>
/// <param name="Ways">Others, each accepted; the nearest first.</param>
/// <param name="Refused">Others that were tried and refused.</param>
/// <param name="Ram">System RAM of the machine: how much of it is free nobody knows here.</param>
public sealed record PlugPlan(
    ByteSize Block,
    PlugTrial? Asked,
    ImmutableArray<PlugTrial> Ways,
    ImmutableArray<PlugTrial> Refused,
    ByteSize Ram
)
{
    /// <summary>Plans. Throws <see cref="NotModelledException"/> for machines whose firmware cannot tell of new memory.</summary>
    public static PlugPlan Of(ShellState state, ByteSize size, PhysicalAddress? at)
    {
        Machine machine = state.Machine;
        ByteSize block = machine.Mm.BlockSize;
        PlugTrial? asked = at is { } start ? Try(state, PlugKind.Dimm, start, size) : null;
        var ways = new List<PlugTrial>();
        var refused = new List<PlugTrial>();
        if (asked is not { IsAccepted: true })
        {
            ByteSize down = size.AlignDown(block),
                up = size.AlignUp(block);
            foreach (PhysicalAddress place in PlacesNear(machine, at, up))
            {
                foreach (ByteSize each in (ByteSize[])[down, up])
                    Add(PlugKind.Dimm, place, each);
            }
            if (!size.IsMultipleOf(block) && machine.Kernel.Get(Rules.HasAutoMovable))
                foreach (PhysicalAddress place in PlacesNear(machine, at, up).Take(1))
                    Add(PlugKind.VirtioMem, place, size);
        }
        return new(block, asked, [.. ways], [.. refused], machine.Mm.BootRamSize);

        void Add(PlugKind kind, PhysicalAddress place, ByteSize bytes)
        {
            IEnumerable<PlugTrial> known = ways.Concat(refused).Concat(asked is null ? [] : [asked]);
            if (bytes.IsZero || known.Any(w => w.Kind == kind && w.Range.Start == place && w.Range.Size == bytes))
                return;
            PlugTrial trial = Try(state, kind, place, bytes);
            (trial.IsAccepted ? ways : refused).Add(trial);
        }
    }

    /// <summary>The nearest multiples of a block at which nothing is in the way: at or below the wish, and above it; without a wish the
    /// first behind everything that is there.</summary>
    private static IEnumerable<PhysicalAddress> PlacesNear(Machine machine, PhysicalAddress? wish, ByteSize size)
    {
        ByteSize block = machine.Mm.BlockSize;
        if (size.IsZero)
            return [];
        ulong end = machine
            .Memory.Select(m => m.Range)
            .Concat(machine.Regions.Values.Select(r => r.Range))
            .Concat(machine.DimmSlots.Values.Select(d => d.Range))
            .Concat(machine.Mm.VirtioMem.Select(d => d.Range))
            .Concat(machine.Description.CxlWindows.IsDefault ? [] : machine.Description.CxlWindows)
            .Select(r => r.End.Bytes)
            .DefaultIfEmpty(0UL)
            .Max();
        PhysicalAddress[] near = wish is { } at ? [.. ((PhysicalAddress[])[at.AlignDown(block), at.AlignUp(block)]).Distinct()] : [];
        PhysicalAddress[] free = [.. near.Where(p => IsFree(machine, p, size))];
        var behind = new PhysicalAddress(end).AlignUp(block);
        return free.Length > 0 ? free
            : IsFree(machine, behind, size) ? [behind]
            : [];
    }

    private static bool IsFree(Machine machine, PhysicalAddress start, ByteSize size) =>
        start.Bytes <= PhysicalAddress.InputMax
        && size.Bytes - 1 <= PhysicalAddress.InputMax - start.Bytes
        && Hotplug.Obstacle(machine, new PhysicalRange(start, size)) is null;

    private static PlugTrial Try(ShellState state, PlugKind kind, PhysicalAddress start, ByteSize size)
    {
        Machine before = state.Machine;
        ByteSize block = before.Mm.BlockSize;
        var range = new PhysicalRange(start, kind == PlugKind.Dimm ? size : size.AlignUp(block));
        string[] commands =
            kind == PlugKind.Dimm
                ? [$"hotplug add-dimm {start} {size.ToOption()}"]
                : [$"hotplug add-virtio-mem {start} {range.Size.ToOption()}", $"hotplug resize {start} {size.ToOption()}"];
        Trial trial = Trial.Start(state).Then(commands);
        Machine after = (trial.Failure?.State ?? trial.State).Machine;
        if (trial.Failure is { IsUnsupported: true } unsupported)
            throw new NotModelledException(unsupported.Stderr.Replace("unsupported: ", "", StringComparison.Ordinal).Trim());
        ImmutableArray<string> log = [.. after.Log.Skip(before.Log.Count)];
        if (!trial.IsDone)
            return new(
                kind,
                range,
                ByteSize.Zero,
                [.. commands],
                trial.Failure!.FirstLine.Replace("hotplug: ", "", StringComparison.Ordinal),
                log,
                [],
                ByteSize.Zero
            );
        ulong plugged = kind == PlugKind.Dimm ? size.Bytes : after.Mm.VirtioMem.First(d => d.Range.Start == start).PluggedSize.Bytes;
        string? rest =
            plugged == size.Bytes
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"of {size.Bytes} bytes the device gets {plugged}: its blocks do not fit");
        ImmutableArray<PluggedBlocks> blocks = BlocksOf(after, range);
        return new(kind, range, new ByteSize(plugged), [.. commands], rest, log, blocks, RamFor(after, blocks));
    }

    private static ImmutableArray<PluggedBlocks> BlocksOf(Machine machine, PhysicalRange range)
    {
        ulong block = machine.Mm.BlockSize.Bytes;
        return
        [
            .. machine
                .Mm.Blocks.Within(range.Start.Bytes / block, (range.Last.Bytes / block) + 1)
                .Where(r => r.Value.State != BlockState.Absent)
                .Select(r => new PluggedBlocks(r.Start, r.End - 1, r.Value.State, r.Value.Zone, r.Value.MemmapPages.Pages > 0)),
        ];
    }

    /// <summary>Struct pages of blocks that do not hold their own.</summary>
    private static ByteSize RamFor(Machine machine, ImmutableArray<PluggedBlocks> blocks)
    {
        ulong inRam = blocks.Where(b => !b.HoldsMemmap).Aggregate(0UL, (sum, b) => sum + b.Last - b.First + 1);
        return machine.Kernel.Get(Rules.StructPageSize) * (machine.Mm.PagesPerBlock.Pages * inRam);
    }
}
