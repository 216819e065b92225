using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Btt;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>Sector mode: recorded sessions, snapshots, media and reboots are the same on the model.</summary>
public partial class BttReplayTests
{
    [Theory]
    [InlineData("c_sector", "create")]
    [InlineData("c_btt_large", "create")]
    [InlineData("d_multi", "steps")]
    [InlineData("e_legacy", "create")]
    [InlineData("f_memmap", "sector")]
    [InlineData("h_btt", "write")]
    [InlineData("q_kernels/5.10/h_btt", "write")]
    [InlineData("q_kernels/6.12/h_btt", "write")]
    [InlineData("q_kernels/7.2/h_btt", "write")]
    public void Every_command_of_the_session_is_the_same(string group, string boot)
    {
        ReplayResult result = Run(group, boot);
        Assert.True(result.IsSame, RecordedMachine.Differences(result));
    }

    [Theory]
    [InlineData("c_sector", "create", "create", null)]
    [InlineData("c_btt_large", "create", "create", null)]
    [InlineData("d_multi", "steps", "1-four", 12)]
    [InlineData("d_multi", "steps", "2-beta-destroyed", 14)]
    [InlineData("d_multi", "steps", "3-refill", 18)]
    [InlineData("d_multi", "steps", "4-full", null)]
    [InlineData("e_legacy", "create", "0-before", 0)]
    [InlineData("e_legacy", "create", "create", null)]
    [InlineData("f_memmap", "sector", "sector", null)]
    [InlineData("h_btt", "write", "write", null)]
    [InlineData("q_kernels/5.10/h_btt", "write", "write", null)]
    [InlineData("q_kernels/6.12/h_btt", "write", "write", null)]
    [InlineData("q_kernels/7.2/h_btt", "write", "write", null)]
    public void The_state_equals_the_snapshot(string group, string boot, string snapshot, int? commands) =>
        SnapshotTests.AssertSame(new Snapshot(group, snapshot), RunLearning(group, boot, snapshot, commands).State);

    [Theory]
    [InlineData("d_multi", "steps", "4-full", "5-reboot")]
    [InlineData("e_legacy", "create", "create", "reboot")]
    public void A_reboot_finds_them_again(string group, string boot, string snapshot, string afterReboot)
    {
        ShellState before = RunLearning(group, boot, snapshot, null).State;
        SnapshotTests.AssertSame(new Snapshot(group, afterReboot), before with { Machine = Model.Boot.Again(before.Machine) });
    }

    [Theory]
    [InlineData("c_sector", "create", "create", 20)]
    [InlineData("c_btt_large", "create", "create", 1)]
    [InlineData("e_legacy", "create", "create", 2)]
    public void The_media_hold_the_recorded_bytes(string group, string boot, string snapshot, int images)
    {
        Machine machine = RunLearning(group, boot, snapshot, null).State.Machine;
        Dictionary<string, ulong> addresses = File.ReadLines(Golden.Path(group, "cases.tsv"))
            .Where(l => l[0] != '#')
            .Select(l => l.Split('\t'))
            .ToDictionary(f => f[1], f => ulong.Parse(f[4], CultureInfo.InvariantCulture));
        int compared = 0;
        foreach (string file in Directory.EnumerateFiles(Golden.Path(group, "images"), "*.sparse.gz"))
        {
            string name = Path.GetFileName(file).Split('.' + (file.Contains(".head.", StringComparison.Ordinal) ? "head" : "sparse"))[0];
            RegionState region = machine.Regions.Values.First(r => r.Range.Start.Bytes == addresses[name]);
            if (group == "e_legacy" && region.Btts.Values.All(b => !b.IsBound))
                continue; // other modes
            SparseBytes recorded = MachineLoader.ReadImage(file).Value!.Resize(region.Media.LengthBytes),
                own = region.Media;
            if (file.Contains(".head.", StringComparison.Ordinal))
                (recorded, own) = (recorded.Resize(65536), own.Resize(65536));
            Assert.True(recorded.ContentEquals(own), $"{name}: {region.Device}");
            compared++;
        }
        Assert.Equal(images, compared);
    }

    [Fact]
    public void Ranges_of_the_command_line_start_with_the_recorded_bytes()
    {
        Machine machine = Run("f_memmap", "sector").State.Machine;
        foreach (string[] fields in File.ReadLines(Golden.Path("f_memmap", "cases.tsv")).Where(l => l[0] != '#').Select(l => l.Split('\t')))
        {
            byte[] recorded = Golden.Gunzip(Golden.Path("f_memmap", "images", $"sector-{fields[1]}.head.gz"));
            ulong start = ulong.Parse(fields[4].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            RegionState region = machine.Regions.Values.Single(r => r.Range.Start.Bytes == start);
            Assert.True(region.Media.Read(0, recorded.Length).AsSpan().SequenceEqual(recorded), fields[1]);
        }
    }

    [Theory]
    [InlineData("multi-v1.1", 4294967296)]
    [InlineData("multi-v1.2", 12884901888)]
    public void Among_other_namespaces_it_has_the_recorded_bytes(string image, ulong start)
    {
        RegionState region = RunLearning("d_multi", "steps", "4-full", null)
            .State.Machine.Regions.Values.Single(r => r.Range.Start.Bytes == start);
        NamespaceState sector = region.Namespaces.Values.Single(n => n.Claim is { Kind: NdDeviceKind.Btt });
        SparseBytes recorded = MachineLoader.ReadImage(Golden.Path("d_multi", "images", image + ".sparse.gz")).Value!;
        ulong from = (sector.Range.Start - region.Range.Start).Bytes;
        Assert.True(Cut(recorded).ContentEquals(Cut(region.Media)));
        Assert.NotEqual(0UL, Cut(recorded).StoredBytes);

        SparseBytes Cut(SparseBytes media) => media.Clear(0, from).Resize(from + sector.Size.Bytes);
    }

    [Fact]
    public void A_rebooted_machine_has_the_same_disks()
    {
        Machine machine = RunLearning("c_sector", "create", "create", null).State.Machine,
            again = Model.Boot.Again(machine);
        (ulong, Uuid, uint)[] Disks(Machine m) =>
            [
                .. m
                    .Regions.Values.SelectMany(r => r.Btts.Values.Where(b => b.IsBound))
                    .Select(b => (b.DiskSize!.Value.Bytes, b.Uuid!.Value, b.LbaSizeBytes)),
            ];
        Assert.Equal(16, Disks(machine).Length);
        Assert.Equal(Disks(machine), Disks(again));
    }

    /// <summary>Eighteen copies of a BTT, sixteen of them damaged: raw, bound or refused, and what the kernel says of them. Only some
    /// kernels refuse the one with 128 lanes.</summary>
    [Theory]
    [InlineData("6.1", "h_btt", 11, 12)]
    [InlineData("7.2", "q_kernels/7.2/h_btt", 11, 12)]
    [InlineData("5.10", "q_kernels/5.10/h_btt", 12, 9)]
    [InlineData("6.12", "q_kernels/6.12/h_btt", 12, 9)]
    public void Damaged_copies_end_where_the_kernel_put_them(string kernel, string group, int bound, int lines)
    {
        string list = File.ReadAllText(Golden.Path(group, "check-0-boot", "list.human.json"));
        Machine machine = BootDamaged(kernel, Uuid.Parse(UuidOfList().Match(list).Groups[1].Value));
        SnapshotTests.AssertSame(new Snapshot(group, "check-0-boot"), new ShellState(machine, UuidSource.FromSeed(1)));
        Assert.Equal(bound, machine.Regions.Values.Sum(r => r.Btts.Values.Count(b => b.IsBound)));

        // The recording goes on with check-namespace, which loads each BTT again.
        string[] recorded =
        [
            .. File.ReadLines(Golden.Path(group, "check-dmesg.txt"))
                .Select(l => LogLine().Match(l).Groups[1].Value)
                .Where(l => l.Contains(" btt", StringComparison.Ordinal))
                .Take(lines)
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(recorded, machine.Log.Where(l => l.Contains(" btt", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>The copies that the other kernels got differ from those of 6.1 in the uuid.</summary>
    private static Machine BootDamaged(string kernel, Uuid uuid)
    {
        LoadResult loaded = MachineLoader.Load(Golden.Path("h_btt", "machine.check.json"));
        Assert.True(loaded.Source is not null, string.Join('\n', loaded.Errors));
        KernelProfile profile = KernelProfiles.Find(kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(
            profile,
            loaded.Source.Description.Architecture,
            loaded.Source.Description.PageSize
        )!;
        ImmutableSortedDictionary<string, SparseBytes> media = loaded.Source.Media;
        foreach ((string region, SparseBytes bytes) in media)
        {
            byte[] block = bytes.Read(4096, BttInfoBlock.SizeBytes);
            if (BttInfoBlock.IsValid(block, Uuid.Zero))
                media = media.SetItem(region, bytes.Write(4096, (BttInfoBlock.Parse(block)! with { Uuid = uuid }).ToBytes()));
        }
        return Model.Boot.Start(loaded.Source with { Media = media }, profile, architecture).Machine!;
    }

    private static ReplayResult RunLearning(string group, string boot, string snapshot, int? commands) =>
        Run(group, boot, commands, new Snapshot(group, snapshot).LabelUuids(Run(group, boot, commands).State.Machine));

    private static ReplayResult Run(string group, string boot, int? count = null, IReadOnlyDictionary<Uuid, Uuid>? known = null)
    {
        Machine machine = RecordedMachine.Boot(group);
        ImmutableArray<RecordedCommand> commands = WithLabels(
            group,
            machine,
            RecordedMachine.Session(group, $"session.{boot}.log").Commands
        );
        return Replay.Run(machine, [.. commands.Take(count ?? commands.Length)], known);
    }

    /// <summary>Where the guest's script initialised labels without recording it, between the first two commands: versions by address, as
    /// the script says.</summary>
    private static ImmutableArray<RecordedCommand> WithLabels(string group, Machine machine, ImmutableArray<RecordedCommand> commands)
    {
        string? Version(ulong address) =>
            (group.Split('/')[^1], address) switch
            {
                ("c_sector", < 25769803776) => "1.1",
                ("c_sector", _) or ("h_btt", 21474836480) => "1.2",
                ("h_btt", < 25769803776) => "1.1",
                _ => null,
            };
        IEnumerable<RecordedCommand> labels =
            from region in machine.Regions.Values
            let version = Version(region.Range.Start.Bytes)
            where version is not null
            let words = (string[])["ndctl", "init-labels", "-V", version, "-f", region.Description.Mappings[0].Dimm]
            select new RecordedCommand(string.Join(' ', words), [.. words], null, "initialized 1 nmem\n", 0);
        return commands.InsertRange(1, labels);
    }

    [GeneratedRegex("\"uuid\":\"([0-9a-f-]{36})\"")]
    private static partial Regex UuidOfList();

    [GeneratedRegex(@"^\[ *[0-9.]+\] (.*)$")]
    private static partial Regex LogLine();
}
