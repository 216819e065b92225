using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Memory;

/// <summary>What a driver asks memremap_pages() for.</summary>
/// <param name="Owner">The device, as <c>pfn0.1</c>.</param>
/// <param name="Range">In bytes; may be misaligned.</param>
/// <param name="Altmap">Metadata on the device, or null.</param>
/// <param name="Node">Node of the region; -1: unknown.</param>
/// <param name="Compound">Size of the pages asked for: a page, or device-dax's align.</param>
internal sealed record DeviceMapOrder(string Owner, PhysicalRange Range, AltmapSpace? Altmap, int Node, ByteSize Compound);

/// <summary>Device maps of a machine: the drivers' side of memremap_pages() and memunmap_pages() (mm/memremap.c; 5.10, 6.1, 6.12,
/// 7.2).</summary>
internal static class DeviceMaps
{
    /// <summary>Maps a range. On failure the machine keeps what the kernel leaves behind.</summary>
    public static StepResult Map(Machine machine, DeviceMapOrder order)
    {
        (DeviceMapRequest request, MemmapUse use) = RequestOf(machine, order);
        FoldResult result = DeviceMapSteps.Map(request).Fold(machine.Mm.Pages);
        MemoryState memory = machine.Mm with { Pages = result.State };
        if (result.Errno != Errno.None)
        {
            machine = machine with { Mm = memory };
            return (result.Text is { } text ? machine.WithMessage(text) : machine).Fail(result.Errno);
        }
        memory = memory.WidenZone(Math.Max(0, order.Node), ZoneKind.Device, request.Range, default);
        memory = memory with
        {
            Maps = memory.Maps.SetItem(
                order.Owner,
                new DeviceMap(order.Owner, request.Range, order.Altmap, use)
                {
                    Overrun = new PfnRange(request.Range.End, request.Range.End + request.Overrun),
                }
            ),
            MaxPfn = MaxPfnAfter(machine, request.Range.End, isDeviceMap: true),
        };
        return (machine with { Mm = memory }).Done();
    }

    /// <summary>Takes a device's map down; nothing when it has none.</summary>
    public static Machine Unmap(Machine machine, string owner)
    {
        if (!machine.Mm.Maps.TryGetValue(owner, out DeviceMap? map))
            return machine;
        (RunLengthState pages, _) = DeviceMapSteps.Unmap(machine.Mm.Geometry, map.Pages, machine.Mm.Options.Poisons).Fold(machine.Mm.Pages);
        return machine with { Mm = machine.Mm with { Pages = pages, Maps = machine.Mm.Maps.Remove(owner) } };
    }

    /// <summary>What added memory does to max_pfn (arch_add_memory(), by architecture and version).</summary>
    public static Pfn MaxPfnAfter(Machine machine, Pfn end, bool isDeviceMap)
    {
        Pfn max = machine.Mm.MaxPfn;
        bool isArm = machine.Architecture.Architecture == Architecture.Arm64;
        if (isArm && machine.Kernel.Get(Rules.AddedMemorySetsMaxPfnOnArm64))
            return end;
        if (isDeviceMap && !isArm && !machine.Kernel.Get(Rules.DeviceMapsRaiseMaxPfnOnX86))
            return max;
        return end > max ? end : max;
    }

    private static (DeviceMapRequest Request, MemmapUse Use) RequestOf(Machine machine, DeviceMapOrder order)
    {
        MemoryState memory = machine.Mm;
        ByteSize page = memory.PageSize;
        PhysicalAddress last = order.Range.Last;
        var pages = new PfnRange(Pfn.Containing(order.Range.Start, page), Pfn.Containing(last, page) + new PfnCount(1));
        bool isMisaligned = PageMapping.IsMisaligned(order.Range.Start.Bytes, order.Range.Size.Bytes);
        AltmapSpace? altmap = order.Altmap;
        if (machine.Kernel.Get(Rules.DeviceMapsAreSections))
        {
            pages = memory.Geometry.WholeSections(pages);
            (last, isMisaligned) = (new PhysicalAddress(unchecked((pages.End.Number * page.Bytes) - 1)), false); // may end at 2^64
        }
        ulong compound = order.Compound / page;
        bool fails = isMisaligned || BadAltmap(pages, altmap) is not null;
        (ImmutableArray<MapPiece> pieces, MemmapUse use) = fails
            ? ([], MemmapUse.None)
            : new MemmapPlacement(memory, machine.Kernel, machine.Architecture, machine.Kernel.Get(Rules.StructPageSize)).Plan(
                pages,
                altmap,
                compound
            );
        return (
            new DeviceMapRequest
            {
                Geometry = memory.Geometry,
                Range = pages,
                Altmap = altmap,
                Node = (short)Math.Max(0, order.Node),
                Poisons = memory.Options.Poisons,
                MeetsRam = MeetsRam(machine, pages.Start.ToAddress(page), last),
                BeyondLimit = BeyondLimit(machine, order.Range.Start, last),
                BadAltmap = BadAltmap(pages, altmap),
                IsMisaligned = isMisaligned,
                Pieces = pieces,
                Overrun = OverrunOf(machine, pages, altmap, compound),
            },
            use
        );
    }

    private static Refusal? MeetsRam(Machine machine, PhysicalAddress start, PhysicalAddress last)
    {
        RamOverlap overlap = SystemRam.Overlap(machine, start, last);
        if (overlap == RamOverlap.Disjoint)
            return null;
        return new Refusal(
            Errno.ENXIO,
            string.Create(
                CultureInfo.InvariantCulture,
                $"attempted on {(overlap == RamOverlap.Mixed ? "mixed" : "ram")} region 0x{start.Bytes:x}-0x{last.Bytes:x}"
            )
        );
    }

    private static Refusal? BeyondLimit(Machine machine, PhysicalAddress start, PhysicalAddress last)
    {
        int bits = machine.Mm.Options.PhysicalBits;
        if (last.Bytes >> bits == 0)
            return null;
        ulong max = (1UL << bits) - 1;
        return machine.Kernel.Get(Rules.RangeLimitIsE2big)
            ? new Refusal(
                Errno.E2BIG,
                $"Hotplugged memory exceeds maximum addressable address, range=0x{start.Bytes:x}-0x{last.Bytes:x}, maximum=0x{max:x}"
            )
            : new Refusal(
                Errno.EINVAL,
                $"Hotplug memory [0x{start.Bytes:x}-0x{unchecked(last.Bytes + 1):x}] exceeds maximum addressable range [0x0-0x{max:x}]"
            );
    }

    private static Refusal? BadAltmap(PfnRange pages, AltmapSpace? altmap) =>
        altmap is { } space && !space.Fits(pages.Count) ? new Refusal(Errno.EINVAL, AltmapSpace.DoesNotFit) : null;

    private static PfnCount OverrunOf(Machine machine, PfnRange pages, AltmapSpace? altmap, ulong compound)
    {
        PfnCount past = Overrun(
            pages,
            altmap,
            compound,
            machine.Mm.Options.SharesCompoundMemmap,
            machine.Kernel.Get(Rules.StructPageSize),
            machine.Architecture.PageSize
        );
        if (past != default && machine.Mm.Pages.AnyMemmap(new PfnRange(pages.End, pages.End + past), MemmapContents.None))
            throw new NotModelledException(
                $"{pages}: the last compound page reaches past the range, where there is no memmap: the kernel oopses in "
                    + $"memmap_init_zone_device()"
            );
        return past;
    }

    /// <summary>
    /// Pages behind the range whose struct pages are written too. Compounds are cut from the start of the range; where their struct pages
    /// are not shared, those of the
    /// last one are written past the end (seen on arm64 with 6.12 and 7.2). Without a memmap there the kernel oopses.
    /// </summary>
    /// <param name="pages">What is mapped.</param>
    /// <param name="altmap">Metadata on the device, or null.</param>
    /// <param name="compound">Pages of a compound.</param>
    /// <param name="shares">Struct pages of compounds are shared where their map is in RAM.</param>
    /// <param name="structPage">Size of struct page.</param>
    /// <param name="page">Page size.</param>
    public static PfnCount Overrun(PfnRange pages, AltmapSpace? altmap, ulong compound, bool shares, ByteSize structPage, ByteSize page)
    {
        if (compound <= 1)
            return default;
        if (altmap is null && shares && MemmapAccount.SharesTails(compound, structPage, page))
            return default;
        ulong data = altmap?.DataStart(pages.Start).Number ?? pages.Start.Number;
        return data >= pages.End.Number ? default : new PfnCount(data + Alignment.Up(pages.End.Number - data, compound) - pages.End.Number);
    }
}
