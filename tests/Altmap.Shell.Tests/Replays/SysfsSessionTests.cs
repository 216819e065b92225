using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>pfn and dax devices made by hand: the sysfs writes of f_nfit's guest script, one shell line each (NVDIMMs of odd size and
/// start, without labels).</summary>
public partial class SysfsSessionTests
{
    [Fact]
    [Trait("problem", "D1")]
    public void The_writes_of_the_guest_script_lead_to_the_recorded_state()
    {
        ShellState state = Run();
        SnapshotTests.AssertSame(new Snapshot("f_nfit", "create"), state);
    }

    [Fact]
    public void The_media_are_the_recorded_ones()
    {
        (int compared, string[] differences) = RecordedMedia.Compare("f_nfit", Run().Machine);
        Assert.True(differences.Length == 0, string.Join('\n', differences));
        Assert.True(compared > 20, $"only {compared} images");
    }

    private static ShellState Run()
    {
        var state = new ShellState(RecordedMachine.Boot("f_nfit"), UuidSource.FromSeed(1));
        int devices = 0;
        foreach (string line in File.ReadLines(Golden.Path("f_nfit", "guest.create.sh")))
        {
            Match m = DevicePattern().Match(line);
            if (!m.Success)
                continue;
            devices++;
            RegionState region = state.Machine.Regions.Values.First(r =>
                r.Range.Start.Bytes == ulong.Parse(m.Groups["address"].Value, CultureInfo.InvariantCulture)
            );
            string kind = m.Groups["kind"].Value,
                ns = $"namespace{region.Device.Number}.0",
                bus = "/sys/bus/nd";
            string seed = new NdDevice(
                kind == "dax" ? NdDeviceKind.Dax : NdDeviceKind.Pfn,
                region.Device.Number,
                (kind == "dax" ? region.DaxSeed : region.PfnSeed)!.Value
            ).Name;
            string[] script =
            [
                $"echo {ns} > {bus}/drivers/nd_pmem/unbind",
                $"echo {m.Groups["align"].Value} > {bus}/devices/{seed}/align",
                $"echo {m.Groups["mode"].Value} > {bus}/devices/{seed}/mode",
                $"echo {m.Groups["uuid"].Value} > {bus}/devices/{seed}/uuid",
                $"echo {ns} > {bus}/devices/{seed}/namespace",
                $"echo {seed} > {bus}/drivers/{(kind == "dax" ? "dax_pmem" : "nd_pmem")}/bind",
            ];
            foreach (ScriptLine command in ScriptParser.Parse(string.Join('\n', script)).Lines)
            {
                CommandResult result = CommandShell.Run(state, command.Words, command.RedirectTo);
                Assert.False(result.IsUnsupported, result.Stderr);
                state = result.State;
            }
        }
        Assert.Equal(38, devices);
        return state;
    }

    [GeneratedRegex(@"mkpfn \$\(echo (?<kind>\w+) (?<mode>\w+) (?<align>\d+).*?region_at (?<address>\d+)\).*\) (?<uuid>[0-9a-f-]{36})$")]
    private static partial Regex DevicePattern();
}
