using Altmap.Core.Identity;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Tests.Replays;

namespace Altmap.Shell.Tests.Tools;

/// <summary>Sector mode through the tools, on the NVDIMMs of e_legacy and d_multi. What recorded sessions show is tested in
/// Replays.</summary>
public class SectorModeTests
{
    private ShellState _state = new(RecordedMachine.Boot("e_legacy"), UuidSource.FromSeed(1));

    private CommandResult Run(string command)
    {
        CommandResult result = CommandShell.Run(_state, [.. command.Split(' ')]);
        Assert.False(result.IsUnsupported, result.Stderr);
        _state = result.State;
        return result;
    }

    private string Do(string command)
    {
        CommandResult result = Run(command);
        Assert.True(result.ExitCode == 0, result.Merged);
        return result.Stdout;
    }

    private RegionState Region => _state.Machine.Regions[0];

    [Fact]
    public void A_namespace_goes_from_mode_to_mode()
    {
        Assert.Contains(
            "\"blockdev\":\"pmem0s\"",
            Do("ndctl create-namespace -f -e namespace0.0 -m sector -l 520"),
            StringComparison.Ordinal
        );
        // Still sector: the sector size stays, and the old blocks are zeroed, so that the uuid is new.
        Uuid first = Region.Btts.Values.Single(b => b.IsBound).Uuid!.Value;
        Assert.Contains("\"sector_size\":520", Do("ndctl create-namespace -f -e namespace0.0"), StringComparison.Ordinal);
        Assert.NotEqual(first, Region.Btts.Values.Single(b => b.IsBound).Uuid!.Value);
        Assert.Contains("\"sector_size\":4096", Do("ndctl create-namespace -f -e namespace0.0 -m sector"), StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"fsdax\"", Do("ndctl create-namespace -f -e namespace0.0 -m fsdax"), StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"sector\"", Do("ndctl create-namespace -f -e namespace0.0 -m sector"), StringComparison.Ordinal);
        Do("ndctl destroy-namespace -f namespace0.0");
        Assert.Contains("\"mode\":\"raw\"", Do("ndctl list -i -N -r region0"), StringComparison.Ordinal);
        Assert.DoesNotContain(Region.Btts.Values, b => b.IsBound);
    }

    [Fact]
    public void Disabled_it_is_raw_and_enabled_it_is_found_again()
    {
        string created = Do("ndctl create-namespace -f -e namespace0.0 -m sector");
        Do("ndctl disable-namespace namespace0.0");
        Assert.Contains("\"mode\":\"raw\"", Do("ndctl list -i -N -r region0"), StringComparison.Ordinal);
        Assert.Contains("\"signature\":\"BTT_ARENA_INFO\"", Do("ndctl read-infoblock -j namespace0.0"), StringComparison.Ordinal);
        Do("ndctl enable-namespace namespace0.0");
        Assert.Equal(Lines(created), Lines(Do("ndctl list -N -r region0")));
        Assert.Equal("4096\n", Run("cat /sys/bus/nd/devices/btt0.0/sector_size").Stdout.Split('[')[1].Split(']')[0] + "\n");
        Assert.Equal("safe\n", Run("cat /sys/bus/nd/devices/namespace0.0/mode").Stdout);
        Assert.NotEqual(0, Run("cat /sys/bus/nd/devices/btt0.1/size").ExitCode);

        static string[] Lines(string json) => [.. json.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith('"'))];
    }

    [Theory]
    [InlineData("-l 1024", "  Error: create namespace: region0: does not support btt sector_size 1024\n\n", 234)]
    [InlineData(
        "-a 2M",
        "  Error: sector mode does not support setting an alignment\n\nfailed to reconfigure namespace: No such device or address\n",
        250
    )]
    public void Options_that_are_refused(string options, string stderr, int exitCode)
    {
        CommandResult result = Run("ndctl create-namespace -f -e namespace0.0 -m sector " + options);
        Assert.Equal((stderr, exitCode), (result.Stderr, result.ExitCode));
    }

    /// <summary>16 MiB are enough for a BTT 2.0, and 4 KiB too few for one of version 1.1.</summary>
    [Theory]
    [InlineData("1.2", null)]
    [InlineData(
        "1.1",
        "libndctl: ndctl_btt_enable: btt0.0: failed to enable\n  Error: namespace0.0: failed to enable\n\nfailed to create namespace: "
            + "No such device or address\n"
    )]
    public void The_smallest_namespace(string labels, string? stderr)
    {
        _state = new(RecordedMachine.Boot("d_multi"), UuidSource.FromSeed(1));
        Do("ndctl disable-region all");
        Do($"ndctl init-labels -V {labels} -f all");
        Do("ndctl enable-region all");
        CommandResult result = Run("ndctl create-namespace -r region0 -m sector -s 16M");
        Assert.Equal((stderr ?? "", stderr is null ? 0 : 237), (result.Stderr, result.ExitCode));
        if (stderr is null)
            return;
        // The tool lets go of pfn and dax devices then, but not of a btt device, and so the namespace cannot be deleted either.
        Assert.Equal(new NdDevice(NdDeviceKind.Btt, 0, 0), Region.Namespaces[0].Claim);
        Assert.Contains("\"state\":\"disabled\"", Do("ndctl list -i -N -r region0"), StringComparison.Ordinal);
        Do("ndctl destroy-namespace namespace0.0");
    }

    /// <summary>Made on a blank label area without labels, it is a BTT 2.0 of which nothing tells after a reboot (the kernel looks for 1.1
    /// then).</summary>
    [Fact]
    public void Without_labels_on_a_blank_label_area_it_is_lost_at_the_next_boot()
    {
        NamespaceState blank = _state
            .Machine.Regions.Values.First(r =>
                RegionDriver.TypeOf(_state.Machine, r) == NamespaceType.Io
                && RegionDriver.DimmsOf(_state.Machine, r).Any(d => d.HasLabelArea)
            )
            .Namespaces[0];
        Do($"ndctl create-namespace -f --no-autolabel -e {blank.Device} -m sector");
        RegionState region = _state.Machine.Regions[blank.Device.Number];
        Assert.Equal("BTT_ARENA_INFO"u8.ToArray(), region.Media.Read(0, 14));
        Assert.Equal("sector", ModeOf(Do($"ndctl list -N -r {region.Device}")));
        Do("reboot");
        Assert.Equal("raw", ModeOf(Do($"ndctl list -N -r {region.Device}")));

        static string ModeOf(string json) => json.Split("\"mode\":\"")[1].Split('"')[0];
    }

    [Fact]
    public void The_uuid_of_a_btt_is_taken_for_namespaces()
    {
        _state = new(RecordedMachine.Boot("d_multi"), UuidSource.FromSeed(1));
        Do("ndctl disable-region all");
        Do("ndctl init-labels -f all");
        Do("ndctl enable-region all");
        Do("ndctl create-namespace -r region0 -m sector -s 64M");
        Uuid uuid = Region.Btts.Values.Single(b => b.IsBound).Uuid!.Value;
        CommandResult result = Run($"ndctl create-namespace -r region0 -m raw -s 64M -u {uuid}");
        Assert.Contains("set_uuid failed: Invalid argument", result.Stderr, StringComparison.Ordinal);
        Assert.Contains($"\"raw_uuid\":\"{Region.Namespaces[0].Uuid}\"", Do("ndctl list -N -v -r region0"), StringComparison.Ordinal);
    }
}
