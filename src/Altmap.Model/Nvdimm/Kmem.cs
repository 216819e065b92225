using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;

namespace Altmap.Model.Nvdimm;

/// <summary>The kmem driver: a device-dax device given back as System RAM (drivers/dax/kmem.c; 5.10, 6.1, 6.12, 7.2).</summary>
public static class Kmem
{
    /// <summary>The whole memory blocks in the range, or null.</summary>
    public static PhysicalRange? Trim(Machine machine, PhysicalRange range) => Trim(range, machine.Mm.BlockSize);

    /// <summary>The whole memory blocks of that size in the range, or null (the trimming rule of dax_kmem_range()).</summary>
    public static PhysicalRange? Trim(PhysicalRange range, ByteSize block)
    {
        if (range.IsEmpty)
            return null;
        // Counted in blocks and by the last byte: the end may be that of the address space.
        ulong first = range.Start.Bytes / block.Bytes,
            past = range.Last.Bytes / block.Bytes;
        if (range.Start.Bytes % block.Bytes != 0)
            first++;
        if (range.Last.Bytes % block.Bytes == block.Bytes - 1)
            past++;
        return first < past
            ? new PhysicalRange(new PhysicalAddress(first * block.Bytes), new ByteSize((past - first) * block.Bytes))
            : null;
    }

    /// <summary>
    /// Binds kmem to a device that has no driver. EINVAL: no node, or (by profile) no whole memory block; EBUSY: another driver
    /// holds part of it, or memory of it is still there from before; others as add_memory()'s.
    /// </summary>
    public static StepResult Bind(Machine machine, DaxDeviceState dax)
    {
        string prefix = $"kmem {dax.Name}: ";
        if (dax.TargetNode < 0)
            return Fail(
                machine.WithMessage(
                    string.Create(CultureInfo.InvariantCulture, $"{prefix}rejecting DAX region with invalid node: {dax.TargetNode}")
                ),
                dax,
                Errno.EINVAL
            );
        PhysicalRange?[] trimmed = [.. dax.Ranges.Select(r => Trim(machine, r))];
        for (int i = 0; i < trimmed.Length; i++)
        {
            if (trimmed[i] is null)
                machine = machine.WithMessage($"{prefix}{Mapping(i, dax.Ranges[i])} too small after alignment");
        }
        ByteSize total = trimmed.Aggregate(ByteSize.Zero, (sum, r) => sum + (r?.Size ?? ByteSize.Zero));
        if (total.IsZero)
        {
            return machine.Kernel.Get(Rules.KmemRefusesEmptyDevice)
                ? Fail(machine.WithMessage($"{prefix}rejecting DAX region without any memory after alignment"), dax, Errno.EINVAL)
                : Bound(machine, dax).Done();
        }
        if (machine.Kernel.Get(Rules.KmemSaysTruncated) && total < dax.Size)
            machine = machine.WithMessage($"{prefix}DAX region truncated by {SizeText(dax.Size - total)} due to alignment");
        bool isAdded = false;
        var group = new MemoryGroup(dax.TargetNode, [.. trimmed.OfType<PhysicalRange>().Select(machine.Mm.PagesOf)], null);
        machine = machine with { Mm = machine.Mm with { Groups = machine.Mm.Groups.Add(group) } };
        for (int i = 0; i < trimmed.Length; i++)
        {
            if (trimmed[i] is not { } range)
                continue;
            StepResult added = AddRange(machine, dax, i, range);
            machine = added.Machine;
            // Once some memory is there the rest may fail: the device stays bound.
            if (!added.Succeeded && !isAdded)
                return Fail(WithoutGroup(machine, range), dax, added.Errno);
            isAdded |= added.Succeeded;
        }
        return Bound(machine, dax).Done();
    }

    private static StepResult AddRange(Machine machine, DaxDeviceState dax, int index, PhysicalRange range)
    {
        string place = $"kmem {dax.Name}: {Mapping(index, range)}";
        if (HeldResources.Conflict(machine, range))
            return machine.WithMessage($"{place} could not reserve region").Fail(Errno.EBUSY);
        StepResult added = MemoryBlocks.Add(machine, range, dax.TargetNode, dax.MemmapOnMemory);
        if (!added.Succeeded)
            return added.Machine.WithMessage($"{place} memory add failed").Fail(added.Errno);
        MemoryState memory = added.Machine.Mm;
        return (added.Machine with { Mm = memory with { Kmem = memory.Kmem.Add(new KmemMemory(dax.Name, range)) } }).Done();
    }

    /// <summary>Unbinds kmem. Always succeeds; memory of which a block is online stays until the next reboot.</summary>
    public static Machine Unbind(Machine machine, DaxDeviceState dax)
    {
        machine = machine.With(dax with { Driver = null });
        for (int i = 0; i < dax.Ranges.Length; i++)
        {
            if (machine.Mm.Kmem.Find(k => k.Device == dax.Name && dax.Ranges[i].Contains(k.Range)) is not { } taken)
                continue;
            StepResult removed = MemoryBlocks.Remove(machine, taken.Range);
            machine = removed.Succeeded
                ? WithoutGroup(removed.Machine, taken.Range) with
                {
                    Mm = WithoutGroup(removed.Machine, taken.Range).Mm with { Kmem = removed.Machine.Mm.Kmem.Remove(taken) },
                }
                : removed.Machine.WithMessage($"kmem {dax.Name}: {Mapping(i, taken.Range)} cannot be hotremoved until the next reboot");
        }
        return machine;
    }

    private static Machine WithoutGroup(Machine machine, PhysicalRange range) =>
        machine.Mm.GroupOf(machine.Mm.PagesOf(range)) is { } group
            ? machine with
            {
                Mm = machine.Mm with { Groups = machine.Mm.Groups.Remove(group) },
            }
            : machine;

    private static string Mapping(int index, PhysicalRange range) =>
        string.Create(CultureInfo.InvariantCulture, $"mapping{index}: 0x{range.Start.Bytes:x}-0x{range.Last.Bytes:x}");

    private static Machine Bound(Machine machine, DaxDeviceState dax) => machine.With(dax with { Driver = DaxDeviceDrivers.Kmem });

    private static StepResult Fail(Machine machine, DaxDeviceState dax, Errno errno) =>
        DriverCore.WithProbeFailure(machine, "kmem", dax.Name, errno).Fail(errno);

    /// <summary>Three significant digits in binary units (lib/string_helpers.c string_get_size()).</summary>
    private static string SizeText(ByteSize size)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = size.Bytes;
        int unit = 0;
        for (; value >= 1024; unit++)
            value /= 1024;
        string format =
            unit == 0 || value >= 100 ? "0"
            : value >= 10 ? "0.0"
            : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
