using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;

namespace Altmap.Advice.Plans;

/// <summary>
/// Where RAM goes between the firmware's map and MemTotal. Exact down to what the kernel counts as present ("Memory: …/…K available" of its
/// log) and to the struct pages of boot memory; what it takes for itself after that is in no machine file, so that MemTotal has a bound.
/// </summary>
/// <param name="Firmware">System RAM of the firmware's map.</param>
/// <param name="SetApart">Of that, what the command line gives away or cuts off (memmap=, mem=), and what is no whole page.</param>
/// <param name="Present">What the kernel has.</param>
/// <param name="Sections">Sections that hold some of it: each has struct pages for all of its pages.</param>
/// <param name="Straddled">Sections of which it holds only a part.</param>
/// <param name="Memmap">Struct pages of those sections.</param>
/// <param name="MemmapOfHoles">Of that, for pages that are not there.</param>
/// <param name="Reservations">Words of the command line that set RAM aside.</param>
public sealed record RamPlan(
    ByteSize Firmware,
    ByteSize SetApart,
    ByteSize Present,
    ulong Sections,
    ulong Straddled,
    ByteSize Memmap,
    ByteSize MemmapOfHoles,
    ImmutableArray<BootReservation> Reservations
)
{
    /// <summary>MemTotal is less than this. What is larger than the RAM there is has no room, and the kernel goes on without.</summary>
    public ByteSize TotalBelow
    {
        get
        {
            ByteSize taken = Reservations.Where(r => !r.IsInTotal && r.Size < Present).Aggregate(Memmap, (sum, r) => sum + r.Size!.Value);
            return taken < Present ? Present - taken : ByteSize.Zero;
        }
    }

    /// <summary>Of a machine as it booted.</summary>
    public static RamPlan Of(Machine machine)
    {
        var firmware = machine
            .Description.Memory.Where(m => m.Type == FirmwareRangeType.SystemRam)
            .Aggregate(ByteSize.Zero, (sum, m) => sum + m.Range.Size);
        ulong perSection = machine.Mm.Geometry.PagesPerSection.Pages;
        // A section that is not whole has an end of RAM inside, so that only those of the ends are looked at.
        var ends = machine.Mm.BootRam.SelectMany(r => (ulong[])[r.Start.Number / perSection, (r.End.Number - 1) / perSection]).Distinct();
        ulong Present(ulong start, ulong end) =>
            machine.Mm.BootRam.Aggregate(
                0UL,
                (sum, r) => sum + Math.Clamp(r.End.Number, start, end) - Math.Clamp(r.Start.Number, start, end)
            );
        ByteSize has = machine.Mm.BootRamSize,
            size = machine.Kernel.Get(Rules.StructPageSize),
            memmap = machine.Mm.BootSectionPages.ToBytes(size);
        return new(
            firmware,
            has < firmware ? firmware - has : ByteSize.Zero,
            has,
            machine.Mm.BootSectionPages.Pages / perSection,
            (ulong)ends.LongCount(section => Present(section * perSection, (section + 1) * perSection) < perSection),
            memmap,
            memmap - (size * (has / machine.Mm.PageSize)),
            BootReservations.Of(machine.Description.CommandLine)
        );
    }
}
