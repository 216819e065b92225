using System.Globalization;
using Altmap.Conformance.Guests;
using Altmap.Core.Units;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.TestSupport;

namespace Altmap.Conformance.Cases;

/// <summary>The machines of the recordings, as computers that QEMU makes.</summary>
internal static class GoldenMachines
{
    private const ulong Mib = 1 << 20,
        Gib4 = 4UL << 30;

    /// <summary>Kernel parameters that change memory; the others of a recording are how it was booted.</summary>
    private static readonly string[] Parameters =
    [
        "memmap=",
        "memory_hotplug.",
        "memhp_default_state=",
        "vm_debug",
        "page_poison",
        "movable_node",
        "mem=",
    ];

    /// <summary>Reads a machine file below tests/golden.</summary>
    public static MachineSource Load(params string[] folder)
    {
        LoadResult loaded = MachineLoader.Load(Golden.Path([.. folder, "machine.json"]));
        return loaded.Source ?? throw new InvalidOperationException(string.Join("; ", loaded.Errors));
    }

    /// <summary>The computer with this firmware map, these NVDIMMs and parameters. Node numbers and firmware holes are QEMU's
    /// own.</summary>
    public static GuestMachine Computer(MachineDescription machine, string more = "")
    {
        // QEMU's RAM below 4 GiB ends with the firmware's own reserved pages; what is above starts at 4 GiB.
        FirmwareRange low = machine.Memory.Last(m => m.Type == FirmwareRangeType.SystemRam && m.Range.Last.Bytes < Gib4);
        ulong ram =
            Alignment.Up(low.Range.Last.Bytes + 1, Mib)
            + (ulong)
                machine
                    .Memory.Where(m => m.Type == FirmwareRangeType.SystemRam && m.Range.Start.Bytes >= Gib4)
                    .Sum(m => (decimal)m.Range.Size.Bytes);
        IEnumerable<GuestNvdimm> nvdimms = machine
            .Dimms.OrderBy(d => d.Handle)
            .Select(d =>
            {
                RegionDescription region = machine.Regions.First(r => r.Mappings.Any(m => m.Dimm == d.Name));
                return new GuestNvdimm(region.Range.Size.Bytes, d.LabelAreaSize.Bytes, region.Range.Start.Bytes);
            });
        string parameters = string.Join(
            ' ',
            machine.CommandLine.Split(' ').Where(w => Parameters.Any(p => w.StartsWith(p, StringComparison.Ordinal))).Append(more)
        );
        return new GuestMachine
        {
            RamMib = (int)(ram / Mib),
            RamInFile = ram <= 3UL << 30,
            Nvdimms = [.. nvdimms],
            CommandLine = parameters.Trim(),
        };
    }

    /// <summary>A number as a shell takes it.</summary>
    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
