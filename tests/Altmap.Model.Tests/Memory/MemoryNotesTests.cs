using Altmap.Core.Kernels;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;

namespace Altmap.Model.Tests.Memory;

public class MemoryNotesTests
{
    [Theory]
    [InlineData("kernelcore=2G", Architecture.X86_64, "kernelcore=2G of the command line: not modelled: zone Movable")]
    [InlineData("quiet movablecore=50%", Architecture.Arm64, "movablecore=50% of the command line: not modelled: zone Movable")]
    [InlineData("mem=4G", Architecture.Arm64, "mem=4G of the command line: not modelled on this architecture")]
    [InlineData("mem=4G", Architecture.Ppc64LittleEndian, "mem=4G of the command line: not modelled on this architecture")]
    [InlineData("memmap=1G!4G", Architecture.Arm64, "memmap=1G!4G of the command line: only x86 knows it")]
    [InlineData(
        "memmap=1G$1G,4G!5",
        Architecture.X86_64,
        "memmap=4G!5 of the command line: its range begins at byte 5; did you mean 4G!5G?"
    )]
    [InlineData("numa=off", Architecture.X86_64, "numa=off of the command line: not modelled")]
    [InlineData("efi_fake_mem=1G@4G:0x40000", Architecture.X86_64, "efi_fake_mem=1G@4G:0x40000 of the command line: not modelled")]
    public void What_is_left_out_is_told(string line, Architecture architecture, string note) =>
        Assert.StartsWith(note, Assert.Single(MemoryNotes.Of(Machine(line, architecture))), StringComparison.Ordinal);

    [Theory]
    [InlineData("quiet mem=4G memmap=1G!4G", Architecture.X86_64)]
    [InlineData("memmap=4G!0 memmap=1G!0x5 memmap=4096!1024", Architecture.X86_64)]
    [InlineData("movable_node kernelcore=2G", Architecture.X86_64)]
    [InlineData("quiet -- kernelcore=2G", Architecture.X86_64)]
    public void What_is_modelled_or_ignored_is_not(string line, Architecture architecture) =>
        Assert.Empty(MemoryNotes.Of(Machine(line, architecture)));

    private static MachineDescription Machine(string line, Architecture architecture) =>
        new()
        {
            Name = "m",
            Kernel = "6.1",
            Architecture = architecture,
            CommandLine = line,
        };
}
