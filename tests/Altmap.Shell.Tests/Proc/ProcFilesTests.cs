using Altmap.Core.Identity;
using Altmap.Shell.Proc;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Proc;

public class ProcFilesTests
{
    private readonly ShellState _state = new(RecordedMachine.Boot("p_online/6.1/none"), UuidSource.FromSeed(1));

    [Fact]
    public void Zones_say_what_is_exact_and_no_more() =>
        Assert.Equal(
            """
            Node 0, zone      DMA
                    spanned  4095
                    present  3998
              start_pfn:           1
            Node 0, zone    DMA32
                    spanned  520157
                    present  520157
              start_pfn:           4096
            Node 0, zone   Normal
                    spanned  0
                    present  0
                    managed  0
            Node 0, zone  Movable
                    spanned  0
                    present  0
                    managed  0
            Node 0, zone   Device
                    spanned  0
                    present  0
                    managed  0

            """,
            ProcFiles.Read(_state.Machine, "/proc/zoneinfo")
        );

    [Fact]
    public void Every_name_can_be_read() =>
        Assert.All(ProcFiles.Names, n => Assert.Equal(0, CommandShell.Run(_state, ["cat", n]).ExitCode));
}
