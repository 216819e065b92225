using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using FsCheck;
using FsCheck.Fluent;
using CpuArchitecture = Altmap.Core.Kernels.Architecture;

namespace Altmap.Model.Tests.Nvdimm;

public class DaxDeviceMemoryTests
{
    private const ulong MiB = 1UL << 20;

    /// <summary>The devices that a 6.1 kernel gave to kmem, and the blocks it made of them; the last three were refused.</summary>
    [Theory]
    [InlineData(0x100200000, 0x140000000, 7)]
    [InlineData(0x301200000, 0x340000000, 7)]
    [InlineData(0x540000000, 0x600000000, 24)]
    [InlineData(0x704200000, 0x744000000, 7)]
    [InlineData(0x900200000, 0x910000000, 1)]
    [InlineData(0xb08000000, 0xb1fe00000, 2)]
    [InlineData(0x44200000, 0x50000000, 1)]
    [InlineData(0x14200000, 0x18000000, 0)]
    [InlineData(0x24200000, 0x28000000, 0)]
    [InlineData(0x28200000, 0x2c000000, 0)]
    [Trait("problem", "D1")]
    public void Whole_blocks_are_what_a_real_kernel_found(ulong start, ulong end, ulong blocks) =>
        Assert.Equal(blocks, WholeBlocks(Machine(4), Device(start, end - start)));

    [Fact]
    public void Whole_blocks_are_those_that_fit()
    {
        Machine machine = Machine(4);
        Prop.ForAll<ushort, ushort>(
                (start, size) =>
                {
                    ulong first = start * MiB,
                        last = first + ((size + 1UL) * MiB) - 1;
                    ulong fitting = 0;
                    for (ulong block = 0; block <= last; block += 128 * MiB)
                        fitting += block >= first && block + (128 * MiB) - 1 <= last ? 1UL : 0;
                    return WholeBlocks(machine, Device(first, last - first + 1)) == fitting;
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_range_up_to_the_end_of_the_address_space_is_counted()
    {
        Machine machine = Machine(4);
        DaxDeviceState device = Device(ulong.MaxValue - (256 * MiB) + 1, 256 * MiB);
        Assert.Equal(2UL, WholeBlocks(machine, device));
        Assert.Empty(DaxDeviceMemory.Blocks(machine, device));
    }

    [Theory]
    [InlineData("6.1", 63 * 1024, null, 128)]
    [InlineData("6.1", 67 * 1024, 1UL, 1024)]
    [InlineData("6.1", (65 * 1024) + 512, 1UL, 512)]
    [InlineData("6.1", (65 * 1024) + 512, 0UL, 2048)]
    [InlineData("6.1", 128 * 1024, null, 2048)]
    [Trait("problem", "D1")]
    public void Block_size_on_x86_goes_by_the_end_of_RAM(string kernel, ulong ramMiB, ulong? hypervisor, ulong blockMiB)
    {
        Machine machine = Machine(0, kernel, ramMiB: ramMiB);
        if (hypervisor is { } value)
            machine = Configured(machine, "hypervisor", value);
        Assert.Equal(ByteSize.MiB(blockMiB), DaxDeviceMemory.BlockSize(machine));
    }

    [Fact]
    public void Block_size_is_not_guessed()
    {
        Machine machine = Machine(67);
        Assert.Throws<NotModelledException>(() => DaxDeviceMemory.BlockSize(machine));
        Assert.Equal(ByteSize.MiB(256), DaxDeviceMemory.BlockSize(Configured(machine, "memory_block_bytes", 256 * MiB)));
        Assert.Throws<NotModelledException>(() =>
            DaxDeviceMemory.BlockSize(Machine(4, architecture: CpuArchitecture.Ppc64LittleEndian, pageKiB: 64))
        );
    }

    [Theory]
    [InlineData("5.10", 4, 1024)]
    [InlineData("6.12", 4, 128)]
    [InlineData("6.12", 16, 128)]
    [InlineData("6.12", 64, 512)]
    [Trait("problem", "D1")]
    public void Block_size_on_arm64_is_a_section(string kernel, ulong pageKiB, ulong blockMiB) =>
        Assert.Equal(ByteSize.MiB(blockMiB), DaxDeviceMemory.BlockSize(Machine(80, kernel, CpuArchitecture.Arm64, pageKiB)));

    /// <summary>The first is a range of 5.10's recordings (mis-end): block 9 starts in it, and RAM follows at 0x4c100000.</summary>
    [Theory]
    [InlineData(0x44400000, 0x4bffffff, 0x4c100000, 9UL)]
    [InlineData(0x44400000, 0x47ffffff, 0x48000000, null)]
    [InlineData(0x44400000, 0x480fffff, 0x48100000, 9UL)]
    [InlineData(0x44400000, 0x480fffff, 0x50000000, null)]
    [InlineData(0x48200000, 0x480fffff + 0x200000, 0x48300000, null)]
    public void A_block_of_boot_memory_that_starts_in_the_device_is_borrowed(ulong start, ulong last, ulong ramAgain, ulong? block)
    {
        Machine machine = Machine(4);
        machine = Boot.Again(
            machine with
            {
                Memory =
                [
                    new(PhysicalRange.FromInclusive(new PhysicalAddress(0), new PhysicalAddress(start - 1)), E820Type.Ram),
                    new(
                        PhysicalRange.FromInclusive(new PhysicalAddress(start), new PhysicalAddress(ramAgain - 1)),
                        E820Type.PersistentLegacy
                    ),
                    new(PhysicalRange.FromInclusive(new PhysicalAddress(ramAgain), new PhysicalAddress(0xffffffff)), E820Type.Ram),
                ],
            }
        );
        DaxDeviceState device = Device(start, last - start + 1);
        Assert.Equal(0UL, WholeBlocks(machine, device));
        Assert.Equal(block is { } n ? [n] : [], DaxDeviceMemory.Blocks(machine, device).Select(b => b.Number.Number));
        Assert.True(DaxDeviceMemory.HasMemory(machine, 0));
        Assert.False(DaxDeviceMemory.HasMemory(machine, 1));
        Assert.Throws<NotModelledException>(() => DaxDeviceMemory.Blocks(machine, device with { TargetNode = 1 }));
    }

    [Theory]
    [InlineData("6.1", "", null, OnlinePolicy.Offline)]
    [InlineData("6.12", "", null, OnlinePolicy.Online)]
    [InlineData("7.2", "quiet memhp_default_state=offline", null, OnlinePolicy.Offline)]
    [InlineData("6.1", "memhp_default_state=online_movable", null, OnlinePolicy.OnlineMovable)]
    [InlineData("6.1", "memhp_default_state=online_kernel memhp_default_state=yes", null, OnlinePolicy.OnlineKernel)]
    [InlineData("6.12", "", 0UL, OnlinePolicy.Offline)]
    [InlineData("5.10", "", 1UL, OnlinePolicy.Online)]
    [InlineData("5.10", "memhp_default_state=offline", 1UL, OnlinePolicy.Offline)]
    public void The_policy_is_the_last_word_of_profile_file_command_line_and_sysfs(
        string kernel,
        string commandLine,
        ulong? config,
        OnlinePolicy policy
    )
    {
        Machine machine = Machine(4, kernel);
        machine = Boot.Again(machine with { Description = machine.Description with { CommandLine = commandLine } });
        if (config is { } value)
            machine = Configured(machine, "auto_online_blocks", value);
        Assert.Equal(policy, machine.Mm.AutoOnline);
        Machine written = MemoryBlocks.SetAutoOnline(machine, "online_kernel").Machine;
        Assert.Equal(OnlinePolicy.OnlineKernel, written.Mm.AutoOnline);
        Assert.Equal(policy, Boot.Again(written).Mm.AutoOnline);
    }

    private static DaxDeviceState Device(ulong start, ulong size) =>
        new(
            0,
            0,
            size == 0 ? [] : [new PhysicalRange(new PhysicalAddress(start), new ByteSize(size))],
            ByteSize.MiB(2),
            0,
            0,
            DaxDeviceDrivers.DeviceDax
        )
        {
            RegionStart = new PhysicalAddress(start),
        };

    private static Machine Configured(Machine machine, string key, ulong value) =>
        Boot.Again(machine with { Description = machine.Description with { Config = machine.Description.Config.SetItem(key, value) } });

    private static Machine Machine(
        ulong ramGiB,
        string kernel = "6.1",
        CpuArchitecture architecture = CpuArchitecture.X86_64,
        ulong pageKiB = 4,
        ulong ramMiB = 0
    )
    {
        var ram = new PhysicalRange(new PhysicalAddress(0), ByteSize.GiB(ramGiB) + ByteSize.MiB(ramMiB));
        var description = new MachineDescription
        {
            Name = "m",
            Kernel = kernel,
            Architecture = architecture,
            PageSize = ByteSize.KiB(pageKiB),
            Memory = [new FirmwareRange(ram, FirmwareRangeType.SystemRam, 0)],
        };
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, Core.Media.SparseBytes>.Empty,
            ImmutableSortedDictionary<string, Core.Media.SparseBytes>.Empty
        );
        return Boot.Start(source, profile, ArchitectureRules.Find(profile, architecture, description.PageSize)!).Machine!;
    }

    private static ulong WholeBlocks(Machine machine, DaxDeviceState device) =>
        Kmem.Trim(machine, device.Range) is { } blocks ? blocks.Size / machine.Mm.BlockSize : 0;
}
