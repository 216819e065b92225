using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Memory;

/// <summary>A device-dax device that kmem has, or that left memory behind.</summary>
/// <param name="Name">As <c>dax0.0</c>.</param>
/// <param name="Range">The whole memory blocks of it that are System RAM; null: it holds none (kernels that bind all the same).</param>
/// <param name="IsBound">False: unbound while memory was online; resource and blocks stay until reboot.</param>
public sealed record KmemDevice(string Name, PhysicalRange? Range, bool IsBound);

/// <summary>The kmem driver: a device-dax device given back as System RAM (drivers/dax/kmem.c; 5.10, 6.1, 6.12, 7.2).</summary>
public static class Kmem
{
    /// <summary>True when kmem drives the device.</summary>
    public static bool IsBound(Machine machine, string dax) => machine.Mm.Kmem.TryGetValue(dax, out KmemDevice? device) && device.IsBound;

    /// <summary>The whole memory blocks in the range, or null.</summary>
    public static PhysicalRange? Trim(Machine machine, PhysicalRange range) => Trim(range, machine.Mm.BlockSize);

    /// <summary>The whole memory blocks of that size in the range, or null (the trimming rule of dax_kmem_range()).</summary>
    public static PhysicalRange? Trim(PhysicalRange range, ByteSize block)
    {
        if (range.IsEmpty) return null;
        // Counted in blocks and by the last byte: the end may be that of the address space.
        ulong first = range.Start.Bytes / block.Bytes, past = range.Last.Bytes / block.Bytes;
        if (range.Start.Bytes % block.Bytes != 0) first++;
        if (range.Last.Bytes % block.Bytes == block.Bytes - 1) past++;
        return first < past ? new PhysicalRange(new PhysicalAddress(first * block.Bytes), new ByteSize((past - first) * block.Bytes)) : null;
    }

    /// <summary>
    /// Binds kmem to a device that has no driver. EINVAL: no node, or (by profile) no whole memory block; EBUSY: memory of it is still there from before; others as add_memory()'s.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="dax">The device.</param>
    /// <param name="memmapOnMemory">Its memmap_on_memory attribute.</param>
    public static StepResult Bind(Machine machine, DaxDeviceState dax, bool memmapOnMemory = false)
    {
        string prefix = $"kmem {dax.Name}: ";
        string mapping = string.Create(CultureInfo.InvariantCulture, $"mapping0: 0x{dax.Range.Start.Bytes:x}-0x{dax.Range.Last.Bytes:x}");
        if (dax.TargetNode < 0)
            return Fail(machine.WithMessage(string.Create(CultureInfo.InvariantCulture, $"{prefix}rejecting DAX region with invalid node: {dax.TargetNode}")), dax, Errno.EINVAL);
        if (Trim(machine, dax.Range) is not { } range)
        {
            machine = machine.WithMessage($"{prefix}{mapping} too small after alignment");
            return machine.Kernel.KmemRefusesEmptyDevice
                ? Fail(machine.WithMessage($"{prefix}rejecting DAX region without any memory after alignment"), dax, Errno.EINVAL)
                : With(machine, new KmemDevice(dax.Name, null, IsBound: true)).Done();
        }
        if (machine.Kernel.KmemSaysTruncated && range.Size < dax.Range.Size)
            machine = machine.WithMessage($"{prefix}DAX region truncated by {SizeText(dax.Range.Size - range.Size)} due to alignment");
        if (machine.Mm.Kmem.Values.Any(k => k.Range is { } taken && taken.Overlaps(range)))
            return Fail(machine.WithMessage($"{prefix}{mapping} could not reserve region"), dax, Errno.EBUSY);
        StepResult added = MemoryBlocks.Add(machine, range, dax.TargetNode, memmapOnMemory && machine.Kernel.DaxHasMemmapOnMemory);
        return added.Succeeded
            ? With(added.Machine, new KmemDevice(dax.Name, range, IsBound: true)).Done()
            : Fail(added.Machine.WithMessage($"{prefix}{mapping} memory add failed"), dax, added.Errno);
    }

    /// <summary>Unbinds kmem. Always succeeds; memory of which a block is online stays until the next reboot.</summary>
    public static Machine Unbind(Machine machine, string dax)
    {
        if (!machine.Mm.Kmem.TryGetValue(dax, out KmemDevice? device)) return machine;
        if (device.Range is { } range)
        {
            StepResult removed = MemoryBlocks.Remove(machine, range);
            machine = removed.Machine;
            if (!removed.Succeeded)
            {
                machine = machine.WithMessage(string.Create(CultureInfo.InvariantCulture,
                    $"kmem {dax}: mapping0: 0x{range.Start.Bytes:x}-0x{range.Last.Bytes:x} cannot be hotremoved until the next reboot"));
                return With(machine, device with { IsBound = false });
            }
        }
        return machine with { Mm = machine.Mm with { Kmem = machine.Mm.Kmem.Remove(dax) } };
    }

    private static Machine With(Machine machine, KmemDevice device) => machine with { Mm = machine.Mm with { Kmem = machine.Mm.Kmem.SetItem(device.Name, device) } };

    private static StepResult Fail(Machine machine, DaxDeviceState dax, Errno errno) => DriverCore.WithProbeFailure(machine, "kmem", dax.Name, errno).Fail(errno);

    /// <summary>Three significant digits in binary units (lib/string_helpers.c string_get_size()).</summary>
    private static string SizeText(ByteSize size)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = size.Bytes;
        int unit = 0;
        for (; value >= 1024; unit++) value /= 1024;
        string format = unit == 0 || value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
