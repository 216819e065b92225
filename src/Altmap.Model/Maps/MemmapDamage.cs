using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Maps;

/// <summary>Struct pages of System RAM that a device map has overwritten.</summary>
/// <param name="Pages">Of RAM, half-open.</param>
/// <param name="By">The device that is still mapped, or null: it is gone, the damage stays until reboot.</param>
public sealed record MemmapDamage(PfnRange Pages, string? By)
{
    /// <summary>The kernels that have the defect, by name: those known to map devices in compound pages.</summary>
    public static readonly string Kernels = string.Join(
        ", ",
        KernelProfiles.All.Where(k => k.Get(Rules.CompoundMemmap) != CompoundMemmap.None && k.IsVerified).Select(k => k.Name)
    );

    /// <summary>
    /// A kernel defect: compound device pages are cut from the start of the range, so that the last one reaches behind its end where the
    /// start is no multiple of
    /// the alignment, and all its struct pages are written. Seen on arm64 with pages of 16 and 64 KiB (6.12, 7.2); mm/memremap.c,
    /// memmap_init_zone_device().
    /// </summary>
    public static ImmutableArray<MemmapDamage> Of(Machine machine, IEnumerable<MemoryRange> ranges) =>
        [
            .. ranges
                .Where(r => r is { Memmap.Content: MemmapContent.ZoneDevice, Owner.Kind: OwnerKind.SystemRam })
                .Select(r => new MemmapDamage(
                    r.Pages,
                    machine.Mm.Maps.Values.FirstOrDefault(m => m.Overrun.Contains(r.Pages.Start))?.Owner
                )),
        ];

    /// <summary>True for a page of RAM whose struct page says that it is a device's.</summary>
    internal static bool IsAt(Machine machine, Pfn pfn, in Memmap memmap) =>
        memmap.Content == MemmapContent.ZoneDevice
        && SystemRam.Ranges(machine, withKmem: true).Any(r => r.Contains(pfn.ToAddress(machine.Mm.PageSize)));
}
