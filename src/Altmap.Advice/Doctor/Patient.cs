using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Compatibility;
using Altmap.Model.Maps;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Advice.Doctor;

/// <summary>What a machine is examined with. Parts that cost are made when the first rule asks for them.</summary>
public sealed class Patient
{
    private readonly Lazy<MemoryMap> _map;
    private readonly Lazy<Machine> _rebooted;
    private readonly Lazy<ImmutableArray<NamespaceReading>> _readings;
    private readonly Lazy<ImmutableArray<string>> _lines;
    private readonly Dictionary<string, ImmutableArray<NamespaceReading>> _readingsUnder = new(StringComparer.Ordinal);

    /// <summary>A machine as it is.</summary>
    /// <param name="state">After boot and steps.</param>
    /// <param name="gaps">What was not given.</param>
    /// <param name="log">The kernel log of the real machine, where a capture has it; without time stamps.</param>
    /// <param name="upgrade">The kernel that it shall boot with next, or null.</param>
    public Patient(
        ShellState state,
        ImmutableArray<Gap> gaps = default,
        ImmutableArray<string> log = default,
        (KernelProfile Kernel, ArchitectureRules Architecture)? upgrade = null
    )
    {
        State = state;
        Gaps = gaps.IsDefault ? [] : gaps;
        Log = log.IsDefault ? [] : log;
        Upgrade = upgrade;
        _map = new(() => MemoryMap.Of(Machine));
        _rebooted = new(() => Boot.Again(Machine));
        _readings = new(() => NamespaceReading.All(Rebooted));
        _lines = new(() => StateLines.Of(Machine));
    }

    /// <summary>The machine in lines, to be compared with what a remedy makes of it.</summary>
    public ImmutableArray<string> Lines => _lines.Value;

    /// <summary>The machine and where new UUIDs come from.</summary>
    public ShellState State { get; }

    /// <summary>What was not given.</summary>
    public ImmutableArray<Gap> Gaps { get; }

    /// <summary>The kernel log of the real machine.</summary>
    public ImmutableArray<string> Log { get; }

    /// <summary>The kernel that it shall boot with next.</summary>
    public (KernelProfile Kernel, ArchitectureRules Architecture)? Upgrade { get; }

    /// <summary>The machine.</summary>
    public Machine Machine => State.Machine;

    /// <summary>Its memory map.</summary>
    public MemoryMap Map => _map.Value;

    /// <summary>The machine after a reboot under its own kernel.</summary>
    public Machine Rebooted => _rebooted.Value;

    /// <summary>What the kernel makes of each namespace at the next boot.</summary>
    public ImmutableArray<NamespaceReading> Readings => _readings.Value;

    /// <summary>What another kernel makes of each namespace, were it booted next; none where that is not modelled.</summary>
    /// <param name="kernel">One of those known here: its name tells it from others.</param>
    /// <param name="architecture">Of that kernel.</param>
    public ImmutableArray<NamespaceReading> ReadingsUnder(KernelProfile kernel, ArchitectureRules architecture)
    {
        if (!_readingsUnder.TryGetValue(kernel.Name, out ImmutableArray<NamespaceReading> readings))
        {
            try
            {
                readings = NamespaceReading.All(Boot.Again(Machine, kernel, architecture));
            }
            catch (NotModelledException)
            {
                readings = [];
            }
            _readingsUnder[kernel.Name] = readings;
        }
        return readings;
    }

    /// <summary>The same examination of another state: after a remedy was tried.</summary>
    public Patient After(ShellState state) => new(state, Gaps, Log, Upgrade);

    /// <summary>True where nobody gave the bytes of the region.</summary>
    public bool LacksMedia(RegionState region) => Lacks(SubjectKind.Region, region.Device.Name);

    /// <summary>True where nobody gave the DIMM's label area.</summary>
    public bool LacksLabels(DimmState dimm) => Lacks(SubjectKind.Dimm, dimm.Device.Name);

    /// <summary>True where nothing at all tells what is in the DIMM's label area.</summary>
    public bool GuessesLabels(DimmState dimm) =>
        Gaps.Any(g => g.Subject.Kind == SubjectKind.Dimm && g.Subject.Name == dimm.Device.Name && !g.IsDerived);

    /// <summary>True where the namespaces of the region rest on bytes that nobody gave.</summary>
    public bool IsAssumed(RegionState region) => LacksMedia(region) || RegionDriver.DimmsOf(Machine, region).Any(LacksLabels);

    /// <summary>The first bytes of a namespace, at most <paramref name="bytes"/>.</summary>
    public byte[] HeadOf(NamespaceState ndns, int bytes)
    {
        RegionState region = Machine.Regions[ndns.Device.Number];
        return region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes, (int)Math.Min(ndns.Size.Bytes, (ulong)bytes));
    }

    /// <summary>Every namespace that has bytes, with its region.</summary>
    public IEnumerable<(RegionState Region, NamespaceState Namespace)> Namespaces =>
        from region in Machine.Regions.Values
        from ndns in region.Namespaces.Values
        where !ndns.Size.IsZero
        select (region, ndns);

    private bool Lacks(SubjectKind kind, string name) => Gaps.Any(g => g.Subject.Kind == kind && g.Subject.Name == name);
}
