using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Compatibility;

/// <summary>What one kernel made of a namespace when it booted.</summary>
/// <param name="Device">As <c>namespace0.0</c>.</param>
/// <param name="Range">Of the namespace.</param>
/// <param name="Mode">In ndctl's words: <c>raw</c>, <c>fsdax</c>, <c>devdax</c>, <c>sector</c>.</param>
/// <param name="Errno">None: there is a block or dax device.</param>
/// <param name="Messages">What the kernel logs when it refuses.</param>
/// <param name="Size">Bytes that the device offers; null without device.</param>
/// <param name="DataStart">Physical address of the first data byte of block I/O (of the dax device for devdax); null without device, and
/// for a BTT, whose blocks are anywhere.</param>
/// <param name="HasDax">True when programs can map the data.</param>
public sealed record NamespaceReading(
    NdDevice Device,
    PhysicalRange Range,
    string Mode,
    Errno Errno,
    ImmutableArray<string> Messages,
    ByteSize? Size,
    PhysicalAddress? DataStart,
    bool HasDax
)
{
    /// <summary>The values of the info-block that was accepted, or null.</summary>
    public PfnDeviceSettings? Settings { get; init; }

    /// <summary>What kmem would make System RAM of a devdax device: its whole memory blocks. Null for other modes and where the size of a
    /// memory block is not known.</summary>
    public ByteSize? SystemRam { get; init; }

    /// <summary>True when there is a block or dax device.</summary>
    public bool IsOpen => Errno == Errno.None;

    /// <summary>What becomes of DAX where the block has a start_pad; null: it has none.</summary>
    public PaddedDax? Padded { get; init; }

    /// <summary>Where the pfns start that DAX gives out: the namespace's start plus dataoff, without start_pad
    /// (<see cref="PaddedDax"/>). fsdax only.</summary>
    public PhysicalAddress? DaxStart => Mode == "fsdax" && IsOpen && Settings is { } settings ? Range.Start + settings.DataOffset : null;

    /// <summary>Every namespace with bytes of a machine that has just booted, by region and id. Throws <see cref="NotModelledException"/>
    /// for what is not modelled.</summary>
    public static ImmutableArray<NamespaceReading> All(Machine machine) =>
        [.. machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => !n.Size.IsZero).Select(n => Of(machine, n))];

    private static NamespaceReading Of(Machine machine, NamespaceState ndns)
    {
        if (ndns.IsBound)
            return new(ndns.Device, ndns.Range, "raw", Errno.None, [], ndns.Size, ndns.Range.Start, PmemDriver.MapsPages(machine, ndns));
        if (ndns.Claim is not { } claim)
            return Refused(machine, ndns, NdDrivers.Pmem, ndns.Device.Name, "raw", m => DriverCore.Probe(m, ndns.Device));
        if (claim.Kind == NdDeviceKind.Btt)
        {
            return machine.FindBtt(claim) is { IsBound: true } btt
                ? new(ndns.Device, ndns.Range, "sector", Errno.None, [], btt.DiskSize, null, false)
                : Refused(machine, ndns, NdDrivers.Pmem, claim.Name, "sector", m => DriverCore.Probe(m, claim));
        }
        string mode = claim.Kind == NdDeviceKind.Dax ? "devdax" : "fsdax";
        if (machine.FindPfnDevice(claim)?.Layout is not { } settings)
            return Refused(machine, ndns, NdDrivers.Of(claim.Kind), claim.Name, mode, m => DriverCore.Probe(m, claim));
        DaxDeviceState? dax =
            claim.Kind == NdDeviceKind.Dax ? machine.Regions[ndns.Device.Number].DaxDevices.GetValueOrDefault(ndns.Device.Id) : null;
        if (dax is { IsEnabled: false, Range.IsEmpty: false })
            return Refused(machine, ndns, DaxDeviceDrivers.DeviceDax, dax.Name, mode, m => DeviceDax.Bind(m, dax)) with
            {
                Settings = settings,
            };
        return new(
            ndns.Device,
            ndns.Range,
            mode,
            Errno.None,
            [],
            settings.UsableSize(ndns.Size),
            ndns.Range.Start + new ByteSize(settings.DataStart!.Value.Bytes),
            dax is not null || settings.StartPad.IsZero
        )
        {
            Settings = settings,
            Padded = PaddedDax.Of(machine, ndns),
            SystemRam = dax is null ? null : SystemRamOf(machine, dax.Range),
        };
    }

    /// <summary>
    /// Why there is no driver. What the boot logged comes first: a map that fails half-way leaves things behind, and trying again then
    /// fails otherwise.
    /// An error that the kernel does not log (ENODEV, ENXIO) leaves nothing, so trying again tells it.
    /// </summary>
    private static NamespaceReading Refused(
        Machine machine,
        NamespaceState ndns,
        string driver,
        string device,
        string mode,
        Func<Machine, StepResult> probe
    )
    {
        foreach (Errno errno in Enum.GetValues<Errno>())
        {
            if (errno == Errno.None || NamespaceBinding.ProbeFailureMessage(driver, device, errno, machine.Kernel) is not { } line)
                continue;
            int last = machine.Log.LastIndexOf(line);
            if (last >= 0)
                return new(
                    ndns.Device,
                    ndns.Range,
                    mode,
                    errno,
                    LinesBefore(machine.Log, last, device, ndns.Device.Name),
                    null,
                    null,
                    false
                );
        }
        StepResult again = probe(machine with { Log = [] });
        return again.Succeeded
            ? throw new NotModelledException($"{device} had no driver after the boot and takes one now")
            : new(ndns.Device, ndns.Range, mode, again.Errno, [.. again.Machine.Log.Where(l => !IsWarning(l))], null, null, false);
    }

    /// <summary>The failure and the lines right before it that belong to it: those of the device, and those of the memory code, which name
    /// none.</summary>
    private static ImmutableArray<string> LinesBefore(ImmutableList<string> log, int last, string device, string ndns)
    {
        int first = last;
        while (first > 0 && IsPartOf(log[first - 1], device, ndns))
            first--;
        return [.. log.GetRange(first, last - first + 1)];
    }

    private static bool IsPartOf(string line, string device, string ndns) =>
        !IsWarning(line)
        && (
            line.Contains(device, StringComparison.Ordinal)
            || line.Contains(ndns, StringComparison.Ordinal)
            || line.StartsWith(' ')
            || !NdDrivers.All.Any(d => line.StartsWith(d, StringComparison.Ordinal))
        );

    /// <summary>Said of every region without DIMMs, refused or not.</summary>
    private static bool IsWarning(string line) => line.EndsWith("unable to guarantee persistence of writes", StringComparison.Ordinal);

    private static ByteSize? SystemRamOf(Machine machine, PhysicalRange range)
    {
        try
        {
            return Kmem.Trim(range, DaxDeviceMemory.BlockSize(machine))?.Size ?? ByteSize.Zero;
        }
        catch (NotModelledException)
        {
            return null;
        }
    }
}
