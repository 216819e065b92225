using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.MachineFiles;

/// <summary>What a machine file may leave out although a real machine has it. Each thing that is filled in is told in a note.</summary>
public static class MachineDefaults
{
    /// <summary>The machine with the e820 bus that its memory map implies, and with cookies where its DIMMs give none.</summary>
    public static (MachineDescription Machine, ImmutableArray<string> Notes) Fill(MachineDescription machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var notes = ImmutableArray.CreateBuilder<string>();
        machine = WithLegacyBus(machine, notes);
        machine = machine with { Regions = [.. machine.Regions.Select(r => WithCookie(machine, r, notes))] };
        return (machine, notes.ToImmutable());
    }

    /// <summary>
    /// x86 makes the device of an e820 bus as soon as there is a range of type 12, whether or not there is an NFIT (arch/x86/kernel/pmem.c
    /// register_e820_pmem(), 6.1.192).
    /// </summary>
    private static MachineDescription WithLegacyBus(MachineDescription machine, ImmutableArray<string>.Builder notes)
    {
        if (
            machine.Architecture != Architecture.X86_64
            || machine.Buses.Any(b => b.Provider is E820Regions.Provider or LegacyMemory.Ramdax)
        )
            return machine;
        PhysicalRange[] ranges =
        [
            .. FirmwareMap
                .Apply(machine.Memory, machine.CommandLine, machine.Architecture)
                .Entries.Where(e => e.Type == E820Type.PersistentLegacy)
                .Select(e => e.Range),
        ];
        if (ranges.Length == 0)
            return machine;
        if (machine.Regions.FirstOrDefault(r => ranges.Any(r.Range.Overlaps)) is { } taken)
        {
            // Two drivers would want the same bytes: which of them wins is not modelled.
            notes.Add(
                $"\"Persistent Memory (legacy)\" (memmap=, or \"memory\") overlaps {taken.Name} of {taken.Bus}: no region of an e820 "
                    + $"bus is made of it"
            );
            return machine;
        }
        string name = FreeName("ndbus", machine.Buses.Select(b => b.Name));
        notes.Add(
            $"{name} (provider e820) is added for \"Persistent Memory (legacy)\" of memmap= or \"memory\", as the kernel does; a "
                + $"kernel that also has an NFIT was seen to number the e820 bus first: list all in \"buses\" for its numbers"
        );
        return machine with { Buses = machine.Buses.Add(new BusDescription(name, E820Regions.Provider)) };
    }

    /// <summary>
    /// Cookies follow from the serial numbers of the DIMMs. Without those the sum is zero, and libnvdimm finds no label in a set whose
    /// cookie is zero
    /// (drivers/nvdimm/namespace_devs.c create_namespace_pmem(), 6.1.192): a stand-in is better, since no real machine is like that.
    /// </summary>
    private static RegionDescription WithCookie(MachineDescription machine, RegionDescription region, ImmutableArray<string>.Builder notes)
    {
        if (region.SetCookie is not null)
            return region;
        DimmDescription[] dimms = [.. region.Mappings.Select(m => machine.Dimms.First(d => d.Name == m.Dimm))];
        if (dimms.All(d => d.LabelAreaSize.IsZero))
            return region; // no labels that a cookie could tie to it
        uint[] serials = [.. dimms.Select(d => d.Serial)];
        if (Cookie1(serials) != 0)
        {
            if (serials.Length > 1)
                notes.Add(
                    $"{region.Name} has no \"set_cookie\": one is computed from the serials of its DIMMs, which is not the one in "
                        + $"labels of the real machine; copy it from /sys/bus/nd/devices/{region.Name}/set_cookie"
                );
            return region;
        }
        ulong cookie = Cookie1([.. region.Mappings.OrderBy(m => m.Position).Select(m => NumberOf(m.Dimm))]);
        notes.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{region.Name} has no \"set_cookie\" and its DIMMs no \"serial\": 0x{cookie:x} stands in for the cookie that a real "
                    + $"machine has"
            )
        );
        return region with { SetCookie = cookie };
    }

    /// <summary>The cookie of labels 1.1; the serials are as sysfs shows them.</summary>
    private static ulong Cookie1(uint[] serials) =>
        InterleaveSetCookie.Compute([.. serials.Select(s => new InterleaveMember(0, BinaryPrimitives.ReverseEndianness(s), 0))]).Cookie1;

    /// <summary>A serial for a DIMM without one: never zero, and different for each. Shown byte-swapped, as real ones are.</summary>
    private static uint NumberOf(string dimm) =>
        BinaryPrimitives.ReverseEndianness(uint.Parse(dimm.AsSpan("nmem".Length), NumberStyles.None, CultureInfo.InvariantCulture) + 1);

    private static string FreeName(string kind, IEnumerable<string> taken)
    {
        HashSet<string> names = [.. taken];
        int number = 0;
        string name;
        do name = string.Create(CultureInfo.InvariantCulture, $"{kind}{number++}");
        while (names.Contains(name));
        return name;
    }
}
