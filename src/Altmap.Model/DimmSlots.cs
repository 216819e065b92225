using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;

namespace Altmap.Model;

/// <summary>A DIMM in a slot, which ACPI shows as the device PNP0C80:NN.</summary>
/// <param name="Slot">Number of the slot, and NN.</param>
/// <param name="Range">Its memory.</param>
/// <param name="Node">NUMA node.</param>
public sealed record DimmSlot(int Slot, PhysicalRange Range, int Node)
{
    /// <summary>True where the kernel has not taken it.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Where its struct pages did not fit into RAM: what was free then is lost until the next boot.</summary>
    public bool HasEatenMemory { get; init; }

    /// <summary>The hypervisor's name of it, and of the memory behind it; null: none was given.</summary>
    public (string Id, string Backend)? Names { get; init; }

    /// <summary>As in messages.</summary>
    public string AcpiName => string.Create(CultureInfo.InvariantCulture, $"PNP0C80:{Slot:x2}");
}

/// <summary>
/// DIMMs that are plugged while the machine runs (drivers/acpi/acpi_memhotplug.c acpi_memory_enable_device(), acpi_memory_device_add();
/// 6.1, seen on 6.1, 6.12 and 7.2).
/// </summary>
public static class DimmSlots
{
    /// <summary>The slot that the next DIMM gets: the lowest that is empty; NVDIMMs are in slots too.</summary>
    public static int Next(Machine machine)
    {
        int nvdimms = machine.Dimms.Values.Count(d => machine.Buses.Values.Any(b => b.Name == d.Bus && b.Provider == "ACPI.NFIT"));
        return Nvdimm.RegionState.LowestFree(machine.DimmSlots.Keys.Concat(Enumerable.Range(0, nvdimms)));
    }

    /// <summary>
    /// A DIMM is put in, and the kernel told. Where the kernel scans the whole bus then, those that it refused before are tried again, all
    /// in the order of slots. Throws <see cref="NotModelledException"/> where one of those has eaten memory.
    /// </summary>
    /// <returns>The machine, and what the kernel says of the new one.</returns>
    public static StepResult Insert(Machine machine, DimmSlot dimm)
    {
        int[] again = machine.Kernel.Get(Rules.RetriesRefusedDimms)
            ? [.. machine.DimmSlots.Values.Where(d => d.IsRefused).Select(d => d.Slot)]
            : [];
        if (again.Select(s => machine.DimmSlots[s]).FirstOrDefault(d => d.HasEatenMemory) is { } eater)
            throw new NotModelledException(
                $"another DIMM after that at {eater.Range}, whose struct pages did not fit: the kernel tries that one again, and what it "
                    + "then finds was not recorded"
            );
        machine = machine with { DimmSlots = machine.DimmSlots.Add(dimm.Slot, dimm) };
        Errno errno = Errno.None;
        foreach (int slot in again.Append(dimm.Slot).Order())
        {
            StepResult enabled = Enable(machine, slot);
            machine = enabled.Machine;
            if (slot == dimm.Slot)
                errno = enabled.Errno;
        }
        return new StepResult(machine, errno);
    }

    /// <summary>After a boot: ACPI finds each DIMM while it scans.</summary>
    internal static Machine Boot(Machine machine)
    {
        foreach (int slot in machine.DimmSlots.Keys)
        {
            machine = machine with { DimmSlots = machine.DimmSlots.SetItem(slot, machine.DimmSlots[slot] with { HasEatenMemory = false }) };
            machine = Enable(machine, slot).Machine;
        }
        return machine;
    }

    /// <summary>
    /// The DIMM that starts there is pulled out. ENOENT: none does; EBUSY: a block of it cannot go offline. One that the kernel refused
    /// goes without a word.
    /// </summary>
    public static StepResult Remove(Machine machine, PhysicalAddress start)
    {
        if (machine.DimmSlots.Values.FirstOrDefault(d => d.Range.Start == start) is not { } dimm)
            return machine.Fail(Errno.ENOENT);
        StepResult removed = dimm.IsRefused ? machine.Done() : MemoryBlocks.Unplug(machine, start);
        return removed.Succeeded ? (removed.Machine with { DimmSlots = removed.Machine.DimmSlots.Remove(dimm.Slot) }).Done() : removed;
    }

    private static StepResult Enable(Machine machine, int slot)
    {
        DimmSlot dimm = machine.DimmSlots[slot];
        StepResult plugged = MemoryBlocks.Plug(machine, dimm.Range, dimm.Node);
        machine = plugged.Machine;
        // Memory that is there already counts as taken.
        bool isRefused = plugged.Errno is not Errno.None and not Errno.EEXIST;
        if (isRefused)
            machine = machine
                .WithMessage($"acpi {dimm.AcpiName}: add_memory failed")
                .WithMessage($"acpi {dimm.AcpiName}: acpi_memory_enable_device() error");
        dimm = dimm with { IsRefused = isRefused, HasEatenMemory = plugged.Errno == Errno.ENOMEM };
        return new StepResult(machine with { DimmSlots = machine.DimmSlots.SetItem(slot, dimm) }, plugged.Errno);
    }
}
