using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Memory;

/// <summary>Device maps of whole machines: where the memmap lies, what a failure leaves, what each rule says (numbers seen on real
/// kernels).</summary>
public class DeviceMapsTests
{
    private static readonly ByteSize TwoMebibytes = ByteSize.MiB(2);

    /// <summary>The altmap page by page: 1 GiB on section boundaries, and 64 MiB beside them.</summary>
    [Theory]
    [Trait("problem", "A2")]
    [InlineData(1024, 512 * 8, 510, 0, 0)]
    [InlineData(1088, 512 * 7, 510, 0, 32768)] // both ends share a section with RAM: their memmap is there
    public void The_memmap_is_taken_from_the_altmap(ulong startMebibytes, ulong alloc, ulong padding, ulong ram, ulong reused)
    {
        StepResult bound = MemoryMachines.Create(
            MemoryMachines.X86("6.1", $"memmap=1G!{startMebibytes}M", 4096),
            NdDeviceKind.Pfn,
            PageMapMode.Pmem,
            TwoMebibytes
        );
        Assert.True(bound.Succeeded);
        DeviceMap map = Assert.Single(bound.Machine.Mm.Maps.Values);
        Assert.Equal(new MemmapUse(new(alloc), new(padding), new(ram), new(reused)), map.Use);
        Assert.Equal(2UL, map.Altmap!.Value.Reserve.Pages);
    }

    /// <summary>Pieces of sections without RAM take their memmap from RAM, although there is an altmap.</summary>
    [Fact]
    [Trait("problem", "A2")]
    public void Pieces_of_a_section_cost_RAM()
    {
        StepResult bound = MemoryMachines.Create(
            MemoryMachines.X86("6.1", "memmap=1G!8256M", 9 * 1024 + 320),
            NdDeviceKind.Pfn,
            PageMapMode.Pmem,
            TwoMebibytes
        );
        // RAM below 8256 MiB shares the first section; nothing lies behind the last.
        Assert.Equal(
            (512UL * 7, 510UL),
            (
                Assert.Single(bound.Machine.Mm.Maps.Values).Use.AltmapPages.Pages,
                bound.Machine.Mm.Maps.Values.First().Use.AltmapPadding.Pages
            )
        );
    }

    [Theory]
    [Trait("problem", "A2")]
    [InlineData(PageMapMode.Ram, 2, 1024)]
    [InlineData(PageMapMode.Ram, 0, 4096)] // align 4K: nothing is shared
    public void Compound_pages_share_their_tails(PageMapMode mode, ulong alignMebibytes, ulong ramPages)
    {
        ByteSize align = alignMebibytes == 0 ? ByteSize.KiB(4) : ByteSize.MiB(alignMebibytes);
        StepResult bound = MemoryMachines.Create(MemoryMachines.X86("6.1", "memmap=1G!4G", 6 * 1024), NdDeviceKind.Dax, mode, align);
        Assert.Equal(ramPages, bound.Machine.Mm.Maps["dax0.0"].Use.RamPages.Pages);
    }

    /// <summary>
    /// Seen on 6.1, 6.12 and 7.2: a block whose dataoff was lowered from 8 to 2 MiB has no room for the memmap of its first whole section.
    /// The piece before stays:
    /// pages of 1088 to 1152 MiB are then given, and a second try fails with EEXIST; a reboot only repeats it.
    /// </summary>
    [Theory]
    [Trait("problem", "E2")]
    [InlineData("6.1")]
    [InlineData("6.12")]
    [InlineData("7.2")]
    public void A_map_that_fails_half_way_stays_half_way(string kernel)
    {
        Machine machine = WithLoweredDataOffset(kernel);
        var hole = new Pfn(0x44800);
        Assert.False(PfnStory.Of(machine, hole).IsOnline);
        StepResult first = MemoryMachines.Create(machine, NdDeviceKind.Pfn, PageMapMode.Pmem, TwoMebibytes);
        Assert.Equal(Errno.ENOMEM, first.Errno);
        PfnStory story = PfnStory.Of(first.Machine, hole);
        Assert.True(story.IsWrong); // the stale page of the raw namespace, which was mapped before
        Assert.False(PfnStory.Of(first.Machine, new Pfn(0x48000)).IsSubSectionValid); // the section that failed is undone
        NdDevice pfn = first.Machine.FindNamespace(MemoryMachines.Namespace)!.Claim!.Value;
        Assert.Equal(Errno.EEXIST, DriverCore.Bind(first.Machine, NdDrivers.Pmem, pfn).Errno);
        // The probe at boot fails the same way, and nothing was mapped before.
        PfnStory rebooted = PfnStory.Of(Boot.Again(first.Machine), hole);
        Assert.Equal((true, MemmapContent.Hole), (rebooted.IsOnline, rebooted.Memmap.Content));
    }

    /// <summary>A machine whose namespace, without driver, holds a block with dataoff 2 MiB.</summary>
    private static Machine WithLoweredDataOffset(string kernel)
    {
        Machine made = MemoryMachines
            .Create(MemoryMachines.X86(kernel, "memmap=448M!1088M"), NdDeviceKind.Pfn, PageMapMode.Pmem, TwoMebibytes)
            .Machine;
        byte[] bytes = made.Regions[0].Media.Read(4096, 4096);
        InfoBlock block = InfoBlock.Parse(bytes)! with { DataOffset = 2 << 20 };
        Machine blank = MemoryMachines.X86(kernel, "memmap=448M!1088M");
        blank = DriverCore.Unbind(blank, NdDrivers.Pmem, MemoryMachines.Namespace).Machine;
        return blank.With(blank.Regions[0] with { Media = blank.Regions[0].Media.Write(4096, block.ToBytes()) });
    }

    /// <summary>The worked example: what 5.10 and later kernels say of info-block, page map, data and the sections behind, mapped and
    /// unmapped.</summary>
    [Theory]
    [Trait("problem", "E1")]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    public void The_worked_example(string kernel, bool isDeviceOnline)
    {
        Machine mapped = MemoryMachines
            .Create(MemoryMachines.X86(kernel, "memmap=448M!1088M"), NdDeviceKind.Pfn, PageMapMode.Pmem, TwoMebibytes)
            .Machine;
        NdDevice pfn = mapped.FindNamespace(MemoryMachines.Namespace)!.Claim!.Value;
        Machine unmapped = DriverCore.Unbind(mapped, NdDrivers.Pmem, pfn).Machine;
        foreach (Machine machine in (Machine[])[mapped, unmapped])
        {
            Assert.True(PfnStory.Of(machine, new Pfn(0x43fff)).IsOnline);
            (ulong, MemmapContent)[] pages =
            [
                (0x44000, MemmapContent.ZoneDevice),
                (0x44002, MemmapContent.ZoneDevice),
                (0x44800, MemmapContent.ZoneDevice),
                (0x47fff, MemmapContent.ZoneDevice),
            ];
            foreach ((ulong number, MemmapContent content) in pages)
            {
                PfnStory story = PfnStory.Of(machine, new Pfn(number));
                Assert.Equal(isDeviceOnline, story.IsOnline);
                Assert.True(story.IsValid);
                Assert.Equal(content, story.Memmap.Content);
            }
            PfnStory behind = PfnStory.Of(machine, new Pfn(0x48000));
            Assert.False(behind.IsOnline);
            Assert.Equal(machine == mapped, behind.IsValid);
            Assert.Equal(machine == mapped ? MemmapContent.ZoneDevice : MemmapContent.None, behind.Memmap.Content);
        }
    }

    [Fact]
    [Trait("problem", "C4")]
    public void In_the_section_regime_a_section_is_not_shared()
    {
        // 64 MiB in a section with RAM: nothing is left of it once start_pad and end_trunc have kept clear of the section.
        Machine machine = MemoryMachines.X86("4.19", "memmap=192M!1088M");
        Assert.Empty(machine.Mm.Maps);
        Assert.Contains("attempted on mixed region 0x40000000-0x4fffffff", machine.Log);
    }

    [Fact]
    [Trait("problem", "E2")]
    public void Poisoning_shows_in_the_map()
    {
        Machine machine = MemoryMachines.X86("6.1", "memmap=192M!1088M", config: ("debug_vm", 1));
        machine = DriverCore.Unbind(machine, NdDrivers.Pmem, MemoryMachines.Namespace).Machine;
        Assert.Equal("poisoned", MemoryMap.Of(machine)[new Pfn(0x44000)].MemmapWord);
        machine = MemoryMachines.X86("6.1", "memmap=192M!1088M vm_debug=-", config: ("debug_vm", 1));
        machine = DriverCore.Unbind(machine, NdDrivers.Pmem, MemoryMachines.Namespace).Machine;
        Assert.Equal("initialised", MemoryMap.Of(machine)[new Pfn(0x44000)].MemmapWord);
    }

    /// <summary>arm64 with 16K pages, devdax at the default align, 2 MiB before a GiB: 30 MiB of RAM behind the range lose their struct
    /// pages (seen on 6.12 and 7.2).</summary>
    [Fact]
    [Trait("problem", "D2")]
    public void Compounds_overrun_the_range_on_arm64()
    {
        var pmem = new PhysicalRange(new PhysicalAddress(0x13fe00000), ByteSize.MiB(2050));
        Machine machine = MemoryMachines
            .Create(MemoryMachines.Arm64("6.12", ByteSize.KiB(16), pmem), NdDeviceKind.Dax, PageMapMode.Ram, ByteSize.MiB(32))
            .Machine;
        var behind = new Pfn(pmem.End.Bytes >> 14);
        Assert.Equal(MemmapContent.ZoneDevice, machine.Mm.Pages.MemmapOf(behind + new PfnCount(1919)).Content);
        Assert.Equal(MemmapContent.Ram, machine.Mm.Pages.MemmapOf(behind + new PfnCount(1920)).Content);
        Assert.True(PfnStory.Of(machine, behind).IsWrong);
        Assert.Throws<NotModelledException>(() =>
            MemoryMachines.Create(
                MemoryMachines.Arm64("6.12", ByteSize.KiB(16), pmem, hasRamBehind: false),
                NdDeviceKind.Dax,
                PageMapMode.Ram,
                ByteSize.MiB(32)
            )
        );
    }

    [Fact]
    public void The_map_touches_is_sorted_and_agrees_with_the_story()
    {
        foreach (string kernel in (string[])["5.10", "6.1", "7.2"])
        {
            Machine machine = MemoryMachines
                .Create(MemoryMachines.X86(kernel, "memmap=448M!1088M memmap=30M!1600M"), NdDeviceKind.Dax, PageMapMode.Pmem, TwoMebibytes)
                .Machine;
            MemoryMap map = MemoryMap.Of(machine);
            Assert.Equal(default, map.Ranges[0].Pages.Start);
            Assert.Equal(0x80000UL, map.End.Number);
            foreach ((MemoryRange a, MemoryRange b) in map.Ranges.Zip(map.Ranges.Skip(1)))
            {
                Assert.Equal(a.Pages.End, b.Pages.Start);
                Assert.NotEqual((a.IsOnline, a.Memmap, a.Owner), (b.IsOnline, b.Memmap, b.Owner));
            }
            for (ulong pfn = 0; pfn < map.End.Number; pfn += 173)
            {
                PfnStory story = PfnStory.Of(machine, new Pfn(pfn));
                ref readonly MemoryRange range = ref map[new Pfn(pfn)];
                Assert.True(range.Pages.Contains(new Pfn(pfn)));
                Assert.Equal((story.IsOnline, story.Memmap), (range.IsOnline, range.Memmap));
            }
            Assert.Equal(Owner.Device("dax0.0", OwnerPart.InfoBlock), map[new Pfn(0x44000)].Owner);
            Assert.Equal(Owner.Device("dax0.0", OwnerPart.PageMap), map[new Pfn(0x44002)].Owner);
            Assert.Equal(Owner.Device("dax0.0"), map[new Pfn(0x5ffff)].Owner);
            Assert.Equal(new Owner(OwnerKind.SystemRam, "System RAM"), map[new Pfn(0x43fff)].Owner);
        }
    }
}
