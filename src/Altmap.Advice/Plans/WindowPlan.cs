using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Plans;

/// <summary>Memory that is no System RAM at boot and can become it, whole memory blocks of it.</summary>
/// <param name="Name">As <c>CXL Window 0</c>, <c>Soft Reserved</c>, <c>region0</c>.</param>
/// <param name="Range">Where.</param>
/// <param name="IsPlaced">True where the firmware's setup gives it its place (a window, soft-reserved memory): another one is
/// proposed.</param>
public sealed record LatentMemory(string Name, PhysicalRange Range, bool IsPlaced);

/// <summary>What of a range becomes System RAM.</summary>
/// <param name="Memory">The range.</param>
/// <param name="SystemRam">Whole memory blocks.</param>
/// <param name="Front">Lost before the first block; all of it where no block fits.</param>
/// <param name="Back">Lost after the last one.</param>
public readonly record struct WindowLoss(LatentMemory Memory, ByteSize SystemRam, ByteSize Front, ByteSize Back)
{
    /// <summary>Both.</summary>
    public ByteSize Lost => Front + Back;
}

/// <summary>One kernel, on bare metal or as a guest.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="IsVirtual">True under a hypervisor.</param>
/// <param name="Sizing">The size of a memory block, and what decided; null: see <paramref name="Unknown"/>.</param>
/// <param name="Losses">In the order of addresses.</param>
/// <param name="Unknown">Why the model does not know, or null.</param>
public sealed record WindowCase(
    KernelProfile Kernel,
    bool IsVirtual,
    MemoryBlockSizing? Sizing,
    ImmutableArray<WindowLoss> Losses,
    string? Unknown
);

/// <summary>How a proposed place differs from the one that it is for.</summary>
public enum WindowChange
{
    /// <summary>The same size, a lower base.</summary>
    Lower,

    /// <summary>The same size, a higher base.</summary>
    Higher,

    /// <summary>The same base, larger.</summary>
    Longer,

    /// <summary>The same base, smaller.</summary>
    Shorter,

    /// <summary>A part of it.</summary>
    Within,

    /// <summary>Larger on both sides.</summary>
    Around,
}

/// <summary>Another place of which nothing is lost, in no case that was asked for: the machine was booted so.</summary>
/// <param name="Memory">What it is for.</param>
/// <param name="Change">How it differs.</param>
/// <param name="Range">The place.</param>
public sealed record WindowProposal(LatentMemory Memory, WindowChange Change, PhysicalRange Range);

/// <summary>
/// What CXL windows, soft-reserved ranges and regions of persistent memory lose when they become System RAM, by kernel and hypervisor; and
/// where they would lose nothing. The sizes of memory blocks are those of the booted model (<see cref="MemoryBlockSize"/>), what is lost is
/// kmem's trimming (<see cref="Kmem.Trim(PhysicalRange, ByteSize)"/>).
/// </summary>
/// <param name="Cases">Kernels in the order asked for, bare metal first.</param>
/// <param name="Proposals">In the order of what they are for.</param>
public sealed record WindowPlan(ImmutableArray<WindowCase> Cases, ImmutableArray<WindowProposal> Proposals)
{
    private static readonly ImmutableArray<ByteSize> s_alignments =
    [
        ByteSize.MiB(128),
        ByteSize.MiB(256),
        ByteSize.MiB(512),
        ByteSize.GiB(1),
        ByteSize.GiB(2),
    ];

    /// <summary>Plans.</summary>
    /// <param name="machine">The machine, booted: its regions count.</param>
    /// <param name="source">What it was booted from; its files are not needed.</param>
    /// <param name="kernels">Those to boot.</param>
    public static WindowPlan Of(Machine machine, MachineSource source, ImmutableArray<KernelProfile> kernels)
    {
        ImmutableArray<LatentMemory> all = LatentOf(machine);
        // Devices have no say in the size of a block; without them a boot takes no time.
        MachineSource bare = source with
        {
            Description = source.Description with
            {
                Config = source.Description.Config.Remove("memory_block_bytes"),
                Buses = [],
                Dimms = [],
                Regions = [],
                Steps = [],
            },
            LabelAreas = ImmutableSortedDictionary<string, SparseBytes>.Empty,
            Media = ImmutableSortedDictionary<string, SparseBytes>.Empty,
        };
        ImmutableArray<WindowCase> cases = [.. CasesOf(bare, all, kernels)];
        ImmutableArray<WindowProposal> proposals = cases.Any(c => c.Unknown is not null)
            ? []
            : [.. all.Where(m => m.IsPlaced && LostOf(cases, m)).SelectMany(m => ProposalsFor(bare, all, cases, m, kernels))];
        return new(cases, proposals);
    }

    /// <summary>The windows, soft-reserved ranges that are not just a window, and regions of a machine, by address.</summary>
    public static ImmutableArray<LatentMemory> LatentOf(Machine machine)
    {
        ImmutableArray<PhysicalRange> windows = machine.Description.CxlWindows.IsDefault ? [] : machine.Description.CxlWindows;
        return
        [
            .. windows
                .Select((w, i) => new LatentMemory(FormattableString.Invariant($"CXL Window {i}"), w, true))
                .Concat(
                    machine
                        .Memory.Where(e => e.Type == E820Type.SoftReserved && !windows.Contains(e.Range))
                        .Select(e => new LatentMemory(e.IomemName, e.Range, IsOfFirmware(machine, e.Range)))
                )
                .Concat(machine.Regions.Values.Select(r => new LatentMemory(r.Device.Name, r.Range, false)))
                .OrderBy(m => m.Range.Start),
        ];
    }

    /// <summary>What is soft-reserved by the command line moves with the command line alone: nothing is proposed for it.</summary>
    private static bool IsOfFirmware(Machine machine, PhysicalRange range) =>
        machine.Description.Memory.Any(m => m.Type == FirmwareRangeType.SoftReserved && m.Range == range);

    /// <summary>Booted one by one, as they are asked for.</summary>
    private static IEnumerable<WindowCase> CasesOf(
        MachineSource source,
        ImmutableArray<LatentMemory> all,
        ImmutableArray<KernelProfile> kernels
    ) => from kernel in kernels from isVirtual in (bool[])[false, true] select CaseOf(source, all, kernel, isVirtual);

    private static WindowCase CaseOf(MachineSource source, ImmutableArray<LatentMemory> all, KernelProfile kernel, bool isVirtual)
    {
        MachineDescription description = source.Description with
        {
            Kernel = kernel.Name,
            Config = source.Description.Config.SetItem("hypervisor", isVirtual ? 1UL : 0UL),
        };
        if (ArchitectureRules.Find(kernel, description.Architecture, description.PageSize) is not { } architecture)
            return new(kernel, isVirtual, null, [], "this kernel has no pages of that size");
        try
        {
            (Machine? machine, string? panic) = Boot.Start(source with { Description = description }, kernel, architecture);
            if (machine is null)
                return new(kernel, isVirtual, null, [], $"this kernel does not boot with this memory map: {panic}");
            MemoryBlockSizing sizing = machine.Mm.BlockSizing;
            return sizing.Doubt is { } doubt
                ? new(kernel, isVirtual, null, [], doubt)
                : new(kernel, isVirtual, sizing, [.. all.Select(m => LossOf(m, sizing.Size))], null);
        }
        catch (NotModelledException e)
        {
            return new(kernel, isVirtual, null, [], e.Message);
        }
    }

    private static WindowLoss LossOf(LatentMemory memory, ByteSize block) =>
        Kmem.Trim(memory.Range, block) is { } whole
            ? new(memory, whole.Size, whole.Start - memory.Range.Start, memory.Range.End - whole.End)
            : new(memory, ByteSize.Zero, memory.Range.Size, ByteSize.Zero);

    private static bool LostOf(ImmutableArray<WindowCase> cases, LatentMemory memory) =>
        cases.Any(c => c.Losses.Any(l => l.Memory == memory && !l.Lost.IsZero));

    /// <summary>Of each change the one that asks for the least alignment.</summary>
    private static IEnumerable<WindowProposal> ProposalsFor(
        MachineSource source,
        ImmutableArray<LatentMemory> all,
        ImmutableArray<WindowCase> before,
        LatentMemory memory,
        ImmutableArray<KernelProfile> kernels
    )
    {
        var found = new HashSet<PhysicalRange>();
        foreach (WindowChange change in Enum.GetValues<WindowChange>())
        {
            foreach (ByteSize align in s_alignments)
            {
                if (
                    Place(memory.Range, change, align) is not { } place
                    || Moved(source, all, memory, place) is not { } moved
                    || !IsBetter(before, moved, kernels, memory, place)
                )
                    continue;
                if (found.Add(place))
                    yield return new(memory, change, place);
                break;
            }
        }
    }

    private static PhysicalRange? Place(PhysicalRange range, WindowChange change, ByteSize align)
    {
        PhysicalAddress low = range.Start.AlignDown(align),
            high = range.Start.AlignUp(align);
        (PhysicalAddress start, PhysicalAddress end) = change switch
        {
            WindowChange.Lower => (low, low + range.Size),
            WindowChange.Higher => (high, high + range.Size),
            WindowChange.Longer => (range.Start, range.Start + range.Size.AlignUp(align)),
            WindowChange.Shorter => (range.Start, range.Start + range.Size.AlignDown(align)),
            WindowChange.Around => (low, range.End.AlignUp(align)),
            _ => (high, range.End.AlignDown(align)),
        };
        if (start >= end || !start.IsAligned(align) || !end.IsAligned(align))
            return null;
        var place = new PhysicalRange(start, end - start);
        return place == range || place.Last.Bytes > PhysicalAddress.InputMax ? null : place;
    }

    /// <summary>The machine with a window, and the soft-reserved memory that fills it, elsewhere; null where something else is
    /// there.</summary>
    private static MachineSource? Moved(MachineSource source, ImmutableArray<LatentMemory> all, LatentMemory memory, PhysicalRange place)
    {
        MachineDescription description = source.Description;
        if (
            description.Memory.Any(m => m.Range != memory.Range && m.Range.Overlaps(place))
            || all.Any(m => m.Range != memory.Range && m.Range.Overlaps(place) && !m.Range.Contains(memory.Range))
        )
            return null;
        return source with
        {
            Description = description with
            {
                CxlWindows = description.CxlWindows.IsDefault
                    ? default
                    : [.. description.CxlWindows.Select(w => w == memory.Range ? place : w)],
                Memory =
                [
                    .. description
                        .Memory.Select(m =>
                            m.Range == memory.Range && m.Type == FirmwareRangeType.SoftReserved ? m with { Range = place } : m
                        )
                        .OrderBy(m => m.Range.Start),
                ],
            },
        };
    }

    /// <summary>It loses nothing in any case, and nothing else loses more than it did.</summary>
    private static bool IsBetter(
        ImmutableArray<WindowCase> before,
        MachineSource moved,
        ImmutableArray<KernelProfile> kernels,
        LatentMemory memory,
        PhysicalRange place
    )
    {
        var then = memory with { Range = place };
        ImmutableArray<LatentMemory> all = [.. before[0].Losses.Select(l => l.Memory == memory ? then : l.Memory)];
        return CasesOf(moved, all, kernels)
            .Zip(before)
            .All(c =>
                c.First.Sizing is not null
                && c.First.Losses.Zip(c.Second.Losses)
                    .All(l => l.First.Memory == then ? l.First.Lost.IsZero : l.First.Lost <= l.Second.Lost)
            );
    }
}
