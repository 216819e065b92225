using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>What a namespace is or would become, and where its bytes go.</summary>
/// <param name="Kernel">Whose rules.</param>
/// <param name="Architecture">Of that kernel.</param>
/// <param name="Mode">In the words of ndctl and daxctl: <c>fsdax</c>, <c>devdax</c>, <c>system-ram</c>, <c>sector</c>, <c>raw</c>;
/// <c>hotplug</c> for a range without info-block that kmem is given, <c>dimm</c> for one that is plugged.</param>
/// <param name="Map">Where struct pages lie; null without a page map of its own.</param>
/// <param name="Align">Null where there is none.</param>
/// <param name="Range">The namespace.</param>
/// <param name="Errno">None: there is a device.</param>
/// <param name="Message">The kernel's words, or null.</param>
/// <param name="Settings">Null without a device, and for raw namespaces.</param>
/// <param name="Ledger">Adds up to the size of <paramref name="Range"/>.</param>
public sealed record NamespacePlan(
    KernelProfile Kernel,
    ArchitectureRules Architecture,
    string Mode,
    PageMapMode? Map,
    ByteSize? Align,
    PhysicalRange Range,
    Errno Errno,
    string? Message,
    PfnDeviceSettings? Settings,
    ImmutableArray<LedgerEntry> Ledger
)
{
    /// <summary>Smallest namespace that a pfn or dax device takes through sysfs (drivers/nvdimm/claim.c nd_namespace_store(), 5.10, 6.1,
    /// 6.12, 7.2).</summary>
    public static readonly ByteSize SizeMin = ByteSize.MiB(16);

    /// <summary>True when there is a device.</summary>
    public bool IsAccepted => Errno == Errno.None;

    /// <summary>Bytes that the device offers.</summary>
    public ByteSize Usable => Bytes(LedgerItem.Data) + Bytes(LedgerItem.SystemRam);

    /// <summary>Struct pages in RAM instead of on the device: a cost that is no part of the namespace.</summary>
    public ByteSize StructPagesInRam { get; init; }

    /// <summary>What the info-block's writer set aside for struct pages, used or not; zero with the map in RAM.</summary>
    public ByteSize PageMapReserve { get; init; }

    /// <summary>
    /// Bytes behind the range whose struct pages the kernel overwrites when device_dax is bound, or oopses where there are none: a defect
    /// of kernels with compound
    /// device pages (<see cref="DeviceMaps.Overrun"/>).
    /// </summary>
    public ByteSize Overrun { get; init; }

    /// <summary>Size of a memory block, where the plan is of System RAM; else null.</summary>
    public ByteSize? BlockSize { get; init; }

    /// <summary>Of a refused plan: what would be accepted, for a person; null: nothing is known.</summary>
    public string? Hint { get; init; }

    /// <summary>True where it is the better answer to how much must be asked for: it takes less, or gives more of as much.</summary>
    public bool IsBetterThan(NamespacePlan other) =>
        Range.Size < other.Range.Size || (Range.Size == other.Range.Size && Usable > other.Usable);

    /// <summary>The bytes of a ledger entry; zero where there is none.</summary>
    public ByteSize Bytes(LedgerItem what)
    {
        foreach (LedgerEntry entry in Ledger)
        {
            if (entry.What == what)
                return entry.Bytes;
        }
        return ByteSize.Zero;
    }

    /// <summary>
    /// A namespace that does not exist yet: the attributes of its device are written and the device is bound, in that order. What else lies
    /// in its sections counts
    /// for the layouts that ask (<paramref name="neighbours"/>); by default nothing does.
    /// </summary>
    public static NamespacePlan Of(
        PhysicalRange range,
        InfoBlockKind kind,
        PageMapMode map,
        ByteSize align,
        KernelProfile kernel,
        ArchitectureRules architecture,
        SectionNeighbours neighbours = default
    ) =>
        Of(
            range,
            new NamespaceWish(kind == InfoBlockKind.Pfn ? CapacityMode.FsDax : CapacityMode.DevDax, map, align),
            kernel,
            architecture,
            neighbours
        );

    /// <summary>A range that shall become something, in sections that hold nothing else but <paramref name="neighbours"/>.</summary>
    public static NamespacePlan Of(
        PhysicalRange range,
        NamespaceWish wish,
        KernelProfile kernel,
        ArchitectureRules architecture,
        SectionNeighbours neighbours = default
    )
    {
        switch (wish.Mode)
        {
            case CapacityMode.Raw:
                return Plain(range, wish, Planning.Ledger.OfRaw(range.Size), kernel, architecture);
            case CapacityMode.Hotplug:
                return OfHotplug(range, wish, kernel, architecture);
            case CapacityMode.Dimm:
                return OfDimm(range, wish, kernel, architecture);
            case CapacityMode.Sector:
                return OfNewBtt(range, wish, kernel, architecture);
        }
        if (wish.Mode == CapacityMode.SystemRam && !kernel.Get(Rules.HasKmem))
            return Refused(range, wish, Errno.EOPNOTSUPP, NoKmem(kernel), kernel, architecture);
        if (!architecture.SupportedAligns.Contains(wish.Align))
            return Refused(range, wish, Errno.EINVAL, null, kernel, architecture); // align_store()
        if (range.Size < SizeMin)
            return Refused(range, wish, Errno.ENXIO, null, kernel, architecture);
        const string name = "namespace0.0";
        var request = new PageMapRequest(range, wish.Kind, wish.Map, wish.Align, Uuid.Zero, Uuid.Zero, neighbours);
        PfnLayoutResult written = PfnLayout.Plan(request, name, kernel, architecture);
        if (written.Block is not { } block)
            return Refused(range, wish, written.Errno, written.Message, kernel, architecture);
        PfnDeviceSettings settings = PfnDeviceSettings.OfBlock(block.ToBytes(), architecture.PageSize);
        PageMapVerdict mapped = PageMapping.Judge(settings, new NamespaceExtent(range, Uuid.Zero), kernel, architecture);
        if (mapped.Errno != Errno.None)
            return Refused(range, wish, mapped.Errno, mapped.Message, kernel, architecture);
        bool shares = MemoryParameters.SharesCompoundMemmap(kernel, architecture);
        var device = new DeviceFacts(
            kernel,
            architecture,
            kernel.Get(Rules.StructPageSize),
            settings,
            Reserved(block),
            range,
            null,
            shares
        );
        if (wish.Mode != CapacityMode.SystemRam)
            return device.Plan(wish.ModeWord, written.Message);
        ByteSize size = wish.BlockSizeOn(kernel, architecture);
        NamespacePlan plan = device.SystemRamPlan(size, ByteSize.Zero);
        return plan.Usable.IsZero && kernel.Get(Rules.KmemRefusesEmptyDevice)
            ? Refused(range, wish, Errno.EINVAL, "rejecting DAX region without any memory after alignment", kernel, architecture) with
            {
                BlockSize = size,
                Overrun = plan.Overrun,
            }
            : plan;
    }

    /// <summary>A namespace of a machine. Null for a seed, which has no bytes. Throws <see cref="NotModelledException"/> for what is not
    /// modelled.</summary>
    public static NamespacePlan? Of(Machine machine, NamespaceState ndns)
    {
        if (ndns.Size.IsZero)
            return null;
        KernelProfile kernel = machine.Kernel;
        ArchitectureRules architecture = machine.Architecture;
        if (ndns.Claim is not { } claim)
        {
            // ndctl calls a namespace that is mapped with pages as it is fsdax with its map in RAM.
            bool hasPages = ndns.IsBound && PmemDriver.MapsPages(machine, ndns);
            Errno errno = ndns.IsBound ? Errno.None : Errno.ENODEV;
            LedgerTable raw = ndns.IsBound ? Planning.Ledger.OfRaw(ndns.Size) : Planning.Ledger.OfUnusable(ndns.Size);
            return new(
                kernel,
                architecture,
                hasPages ? "fsdax" : "raw",
                hasPages ? PageMapMode.Ram : null,
                null,
                ndns.Range,
                errno,
                null,
                null,
                raw.ToArray()
            )
            {
                StructPagesInRam = RamOf(machine, ndns.Device.Name),
            };
        }
        if (claim.Kind == NdDeviceKind.Btt)
            return OfBtt(machine, ndns, machine.FindBtt(claim)!);
        PfnDeviceState device = machine.FindPfnDevice(claim)!;
        string mode = device.BlockKind == InfoBlockKind.Pfn ? "fsdax" : "devdax";
        if (device.Layout is not { } settings)
            return new(
                kernel,
                architecture,
                mode,
                device.Mode,
                device.Align,
                ndns.Range,
                Errno.ENODEV,
                null,
                null,
                Planning.Ledger.OfUnusable(ndns.Size).ToArray()
            );
        InfoBlock block = InfoBlock.Parse(PfnDriver.ReadBlock(machine, ndns))!; // bound: it has one
        DaxDeviceState? dax =
            device.BlockKind == InfoBlockKind.Dax ? machine.Regions[ndns.Device.Number].DaxDevices.GetValueOrDefault(ndns.Device.Id) : null;
        string owner = dax?.Name ?? device.Device.Name;
        var facts = new DeviceFacts(
            kernel,
            architecture,
            machine.Kernel.Get(Rules.StructPageSize),
            settings,
            Reserved(block),
            ndns.Range,
            machine.Mm.Maps.GetValueOrDefault(owner)?.Use,
            machine.Mm.Options.SharesCompoundMemmap
        );
        if (dax is not { Driver: DaxDeviceDrivers.Kmem })
            return facts.Plan(mode, null);
        ByteSize memmap = Kmem.Trim(machine, dax.Range) is { } whole
            ? MemoryBlocks.Find(machine, new(whole.Start.Bytes / machine.Mm.BlockSize.Bytes)).MemmapPages.ToBytes(architecture.PageSize)
            : ByteSize.Zero;
        return facts.SystemRamPlan(machine.Mm.BlockSize, memmap);
    }

    private static NamespacePlan OfBtt(Machine machine, NamespaceState ndns, BttDeviceState btt)
    {
        NamespacePlan Plan(LedgerTable table, Errno errno) =>
            new(machine.Kernel, machine.Architecture, "sector", null, null, ndns.Range, errno, null, null, table.ToArray());
        if (btt is not { IsBound: true, Uuid: { } uuid })
            return Plan(Planning.Ledger.OfUnusable(ndns.Size), Errno.ENODEV);
        RegionState region = machine.Regions[ndns.Device.Number];
        BttLoadResult load = BttLoad.Run(
            new BttLoadRequest(
                MediaSlice.Of(region.Media, (ndns.Range.Start - region.Range.Start).Bytes, ndns.Size.Bytes),
                ndns.ParentUuid,
                ndns.ClaimClass,
                uuid,
                btt.LbaSizeBytes,
                null
            ),
            machine.Kernel
        );
        LedgerTable? ledger =
            load.IsUnpredictable || load.IsNew || load.Errno != Errno.None
                ? null
                : Planning.Ledger.OfBtt(ndns.Size, load.Arenas, new ByteSize(BttConstants.DiskSectorSize(btt.LbaSizeBytes)));
        return Plan(ledger ?? throw new NotModelledException($"the capacity of {btt.Device}: its arenas do not fit together"), Errno.None);
    }

    private static NamespacePlan OfNewBtt(PhysicalRange range, NamespaceWish wish, KernelProfile kernel, ArchitectureRules architecture)
    {
        if (range.Size < wish.Btt.Start - new MediaOffset(0) + BttConstants.ArenaSizeMin)
            return Refused(range, wish, Errno.ENXIO, null, kernel, architecture);
        ImmutableArray<BttArena> arenas = BttGeometry.Plan(range.Size, wish.Btt, wish.SectorSizeBytes, Uuid.Zero, Uuid.Zero);
        return Plain(
            range,
            wish,
            Planning.Ledger.OfBtt(range.Size, arenas, new ByteSize(BttConstants.DiskSectorSize(wish.SectorSizeBytes)))!.Value,
            kernel,
            architecture
        );
    }

    private static NamespacePlan OfHotplug(PhysicalRange range, NamespaceWish wish, KernelProfile kernel, ArchitectureRules architecture)
    {
        ByteSize block = wish.BlockSizeOn(kernel, architecture);
        if (!kernel.Get(Rules.HasKmem))
            return Refused(range, wish, Errno.EOPNOTSUPP, NoKmem(kernel), kernel, architecture) with
            {
                BlockSize = block,
                Hint = "memory that is plugged is taken without it: mode dimm",
            };
        NamespacePlan plan = Plain(range, wish, Planning.Ledger.OfHotplug(range, block, ByteSize.Zero), kernel, architecture);
        if (plan.Usable.IsZero && kernel.Get(Rules.KmemRefusesEmptyDevice))
            plan = Refused(range, wish, Errno.EINVAL, "rejecting DAX region without any memory after alignment", kernel, architecture);
        return plan with { BlockSize = block, StructPagesInRam = kernel.Get(Rules.StructPageSize) * (plan.Usable / architecture.PageSize) };
    }

    /// <summary>
    /// All of it or nothing (drivers/acpi/acpi_memhotplug.c acpi_memory_enable_device(), mm/memory_hotplug.c check_hotplug_memory_range();
    /// 5.10, 6.1, 6.12, 7.2). Where RAM is already, or beyond the addresses that the kernel has, a machine says.
    /// </summary>
    private static NamespacePlan OfDimm(PhysicalRange range, NamespaceWish wish, KernelProfile kernel, ArchitectureRules architecture)
    {
        ByteSize block = wish.BlockSizeOn(kernel, architecture);
        NamespacePlan plan;
        if (range.Start.IsAligned(block) && range.Size.IsMultipleOf(block))
        {
            plan = Plain(range, wish, Planning.Ledger.OfHotplug(range, block, ByteSize.Zero), kernel, architecture);
        }
        else
        {
            string message = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"Block size [0x{block.Bytes:x}] unaligned hotplug range: start 0x{range.Start.Bytes:x}, size 0x{range.Size.Bytes:x}"
            );
            plan = Refused(range, wish, Errno.EINVAL, message, kernel, architecture) with { Hint = NextDimm(range, block) };
        }
        return plan with { BlockSize = block, StructPagesInRam = kernel.Get(Rules.StructPageSize) * (plan.Usable / architecture.PageSize) };
    }

    private static string NextDimm(PhysicalRange range, ByteSize block)
    {
        string start =
            range.Start.IsAligned(block) || range.Start.Bytes > PhysicalAddress.InputMax - block.Bytes
                ? ""
                : $"the next address that a DIMM can have is {range.Start.AlignUp(block)}";
        string size = range.Size.IsMultipleOf(block) ? "" : $"its size must be a multiple of {block.ToHuman()}";
        return string.Join("; ", new[] { start, size }.Where(t => t.Length > 0));
    }

    private static string NoKmem(KernelProfile kernel) => $"kernel {kernel.Name} has no kmem driver ({Rules.HasKmem.Name})";

    private static NamespacePlan Plain(
        PhysicalRange range,
        NamespaceWish wish,
        in LedgerTable table,
        KernelProfile kernel,
        ArchitectureRules architecture
    ) => new(kernel, architecture, wish.ModeWord, null, null, range, Errno.None, null, null, table.ToArray());

    private static NamespacePlan Refused(
        PhysicalRange range,
        NamespaceWish wish,
        Errno errno,
        string? message,
        KernelProfile kernel,
        ArchitectureRules architecture
    ) =>
        new(
            kernel,
            architecture,
            wish.ModeWord,
            wish.HasInfoBlock ? wish.Map : null,
            wish.HasInfoBlock ? wish.Align : null,
            range,
            errno,
            message,
            null,
            Planning.Ledger.OfUnusable(range.Size).ToArray()
        );

    private static ByteSize RamOf(Machine machine, string owner) =>
        machine.Mm.Maps.TryGetValue(owner, out DeviceMap? map) ? map.Use.RamPages.ToBytes(machine.Architecture.PageSize) : ByteSize.Zero;

    /// <summary>What the block's writer set aside for each page: blocks before version 1.4 do not say, and all had 64.</summary>
    private static ByteSize Reserved(InfoBlock block) =>
        new(block.VersionMinor >= PfnInfoBlockLayout.PageStructSize.SinceMinor ? block.PageStructSize : 64UL);

    /// <summary>A pfn or dax device that is bound, or would be. <c>Use</c>: where its memmap was taken from; null: it has sections of its
    /// own.</summary>
    private sealed record DeviceFacts(
        KernelProfile Kernel,
        ArchitectureRules Architecture,
        ByteSize StructPage,
        PfnDeviceSettings Settings,
        ByteSize ReservedStructPage,
        PhysicalRange Range,
        MemmapUse? Use,
        bool Shares
    )
    {
        private ulong Compound =>
            Settings.Kind == InfoBlockKind.Dax && Kernel.Get(Rules.CompoundMemmap) != CompoundMemmap.None
                ? Math.Max(1, Settings.MediaAlign / Architecture.PageSize)
                : 1;

        private PfnRange Mapped => Planning.Ledger.MappedPages(Settings, Range, Kernel, Architecture);

        public NamespacePlan Plan(string mode, string? message)
        {
            MemmapUse use = Use ?? UseAlone();
            LedgerTable table = Planning.Ledger.OfDevice(Settings, ReservedStructPage, Range, use.AltmapPages, Architecture);
            return Of(mode, message, table) with { StructPagesInRam = use.RamPages.ToBytes(Architecture.PageSize) };
        }

        /// <summary>kmem takes the memmap of what it adds from System RAM, unless the blocks hold their own.</summary>
        public NamespacePlan SystemRamPlan(ByteSize block, ByteSize memmapPerBlock)
        {
            LedgerTable table = Planning.Ledger.OfSystemRam(Settings, ReservedStructPage, Range, block, memmapPerBlock, Architecture);
            NamespacePlan plan = Of("system-ram", null, table) with { BlockSize = block };
            return plan with
            {
                StructPagesInRam = memmapPerBlock.IsZero ? StructPage * (plan.Usable / Architecture.PageSize) : ByteSize.Zero,
            };
        }

        private NamespacePlan Of(string mode, string? message, in LedgerTable table) =>
            new(Kernel, Architecture, mode, Settings.Mode, Settings.Align, Range, Errno.None, message, Settings, table.ToArray())
            {
                PageMapReserve = Planning.Ledger.PageMapReserve(Settings, ReservedStructPage, Range.Size, Architecture),
                Overrun = DeviceMaps
                    .Overrun(Mapped, Settings.Altmap(Architecture), Compound, Shares, StructPage, Architecture.PageSize)
                    .ToBytes(Architecture.PageSize),
            };

        private MemmapUse UseAlone()
        {
            MemmapAccount account = Planning.Ledger.PageMapOf(Settings, Range, Kernel, Architecture, StructPage, Shares ? Compound : 0);
            return new MemmapUse(account.AltmapPages, account.AltmapPadding, account.RamPages, account.ReusedPages);
        }
    }
}
