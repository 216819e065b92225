using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Model.MachineFiles;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Modules;
using Altmap.Shell.Proc;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>
/// A recorded boot with its snapshots in place: <c>+ command</c>, output, <c># rc=N</c>, and <c>## STEP</c> with <c>[sections]</c> up to
/// <c>[end]</c>. The machine is the JSON file beside it.
/// </summary>
internal sealed partial class PluggedRecording
{
    private readonly List<(int After, string Step, Dictionary<string, List<string>> Sections)> _steps = [];
    private readonly RecordedSession _session;
    private int _told;

    public PluggedRecording(string group, string kernel, string name)
    {
        string path = Golden.Path(group, kernel, name);
        var text = new StringBuilder();
        Dictionary<string, List<string>>? sections = null;
        List<string>? section = null;
        string step = "";
        int commands = 0;
        foreach (string line in Encoding.UTF8.GetString(Golden.Gunzip(path + ".txt.gz")).TrimEnd('\n').Split('\n'))
        {
            if (sections is null && line.StartsWith("## ", StringComparison.Ordinal))
            {
                (step, sections, section) = (line[3..], [], null);
            }
            else if (sections is null)
            {
                commands += line.StartsWith("+ ", StringComparison.Ordinal) ? 1 : 0;
                text.Append(line).Append('\n');
            }
            else if (line == "[end]")
            {
                _steps.Add((commands, step, sections));
                sections = null;
            }
            else if (SectionName().IsMatch(line))
            {
                sections[line[1..^1]] = section = [];
            }
            else
            {
                section!.Add(line);
            }
        }
        _session = RecordedSession.Parse(text.ToString());
        Machine = RecordedMachine.Load(path + ".json", kernel, d => MachineDefaults.Fill(d).Machine);
    }

    public Machine Machine { get; private set; }

    /// <summary>Runs the commands and compares what each says and every snapshot; what differs.</summary>
    public List<string> Differences()
    {
        var found = new List<string>();
        Machine = ModuleCommands.Prepare(Machine, _session.Commands.Select(c => c.Words));
        ReplayResult whole = Replay.Run(Machine, _session.Commands);
        Dictionary<Uuid, Uuid> known = Known(whole);
        if (known.Count > 0)
            whole = Replay.Run(Machine, _session.Commands, known);
        found.AddRange(
            whole
                .Commands.Where(c => c.Verdict != ReplayVerdict.Same)
                .Select(c =>
                    $"{c.Command.LineNumber}: {c.Command.Text}: {c.Verdict}: {c.Result.Merged.Trim()} | kernel: {c.Command.Output.Trim()}"
                )
        );
        foreach ((int after, string step, Dictionary<string, List<string>> sections) in _steps)
        {
            ShellState state = after == 0 ? new ShellState(Machine, UuidSource.FromSeed(1)) : whole.Commands[after - 1].Result.State;
            Machine = state.Machine;
            found.AddRange(Compare(state, sections).Select(d => $"{step}: {d}"));
        }
        return found;
    }

    /// <summary>UUIDs that no command printed, but a snapshot shows: in its listing, or in a label.</summary>
    private Dictionary<Uuid, Uuid> Known(ReplayResult whole)
    {
        var known = new Dictionary<Uuid, Uuid>();
        foreach ((int after, _, Dictionary<string, List<string>> sections) in _steps.Where(s => s.After > 0))
        {
            ShellState state = whole.Commands[after - 1].Result.State;
            if (sections.TryGetValue("list", out List<string>? list))
            {
                string[] ours = Uuids(Output(state, "ndctl", "list", "-BRNDFHXvvvi")),
                    theirs = Uuids(list);
                if (ours.Length == theirs.Length)
                    Learn(ours.Zip(theirs, (a, b) => (Uuid.Parse(a), Uuid.Parse(b))));
            }
            if (sections.TryGetValue("labels", out List<string>? labels))
                Learn(labels.SelectMany(row => LabelUuids(state.Machine, row)));
        }
        return known;

        void Learn(IEnumerable<(Uuid Ours, Uuid Theirs)> pairs)
        {
            foreach ((Uuid ours, Uuid theirs) in pairs.Where(p => p.Ours != p.Theirs))
                known.TryAdd(ours, theirs);
        }
    }

    private static string[] Uuids(IEnumerable<string> lines) => [.. lines.SelectMany(l => UuidPattern().Matches(l)).Select(m => m.Value)];

    /// <summary>The first bytes of labels of 128 bytes, behind two index blocks of 256.</summary>
    private static IEnumerable<(Uuid Ours, Uuid Theirs)> LabelUuids(Machine machine, string row)
    {
        (byte[] mine, byte[] theirs) = LabelAreas(machine, row);
        for (int at = 512; at + 128 <= mine.Length; at += 128)
            yield return (Uuid.Read(mine.AsSpan(at, 16)), Uuid.Read(theirs.AsSpan(at, 16)));
    }

    private static (byte[] Mine, byte[] Theirs) LabelAreas(Machine machine, string row)
    {
        string[] f = row.Split(' ');
        DimmState dimm = machine.Dimms.Values.First(d => d.Device.Name == f[0]);
        return (dimm.LabelBytes.Read(0, (int)dimm.LabelBytes.LengthBytes), Golden.Gunzip(Convert.FromBase64String(f[1])));
    }

    private IEnumerable<string> Compare(ShellState state, Dictionary<string, List<string>> sections)
    {
        foreach ((string name, List<string> rows) in sections)
        {
            IEnumerable<string> differences = name switch
            {
                "blocks" => Lines(rows, Blocks()),
                "iomem" => Lines(rows.Where(IsListed), Iomem.Text(Machine).Split('\n').Where(l => l.Length > 0 && IsListed(l))),
                "zones" => Zones(rows),
                "sysfs" => Sysfs(rows),
                "daxctl" => Lines(rows, Output(state, "daxctl", "list", "-RDMi")).Where(d => !HasRace() || d != "another order"),
                "list" => Lines(rows, Output(state, "ndctl", "list", "-BRNDFHXvvvi")),
                "human" => Lines(rows, Output(state, "ndctl", "list", "-RNDuXvi")),
                "labels" => Labels(rows),
                "dmesg" => Messages(rows),
                _ => throw new InvalidDataException($"section {name}"),
            };
            foreach (string difference in differences)
                yield return $"{name}: {difference}";
        }
    }

    /// <summary>True where a region found several namespaces with personalities when it bound.</summary>
    private bool HasRace() => Machine.Regions.Values.Any(r => r.NamespacesAtProbe > 1);

    private static string[] Output(ShellState state, params string[] words) =>
        CommandShell.Run(state, [.. words]).Stdout.TrimEnd('\n').Split('\n');

    private IEnumerable<string> Blocks()
    {
        yield return $"block_size_bytes={Machine.Mm.BlockSize.Bytes:x} auto_online_blocks="
            + SysfsTree.Read(Machine, "/sys/devices/system/memory/auto_online_blocks")!.Value.Text;
        (ulong First, ulong Last, string What)? run = null;
        foreach ((MemoryBlockNumber number, MemoryBlock block) in MemoryBlocks.All(Machine))
        {
            string state = block.State == BlockState.Online ? "online" : "offline";
            string what = $"{state} {MemoryBlocks.ValidZones(Machine, number).Replace(' ', ',')} node{block.Node}";
            if (run is { } open && open.What == what && open.Last + 1 == number.Number)
            {
                run = open with { Last = number.Number };
                continue;
            }
            if (run is { } past)
                yield return $"{past.First}-{past.Last} {past.What}";
            run = (number.Number, number.Number, what);
        }
        if (run is { } last)
            yield return $"{last.First}-{last.Last} {last.What}";
    }

    /// <summary>What a machine file knows of /proc/iomem: no devices of the platform, and reserved ranges only at the top.</summary>
    private static bool IsListed(string line)
    {
        string name = line[(line.IndexOf(" : ", StringComparison.Ordinal) + 3)..];
        return name != "Reserved" && ListedName().IsMatch(name);
    }

    private IEnumerable<string> Zones(List<string> rows)
    {
        var mine = new Dictionary<string, string>();
        var managed = new Dictionary<string, string>(); // where it is known
        foreach (string zone in ProcFiles.Read(Machine, "/proc/zoneinfo")!.Split("Node ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = zone.Split('\n', StringSplitOptions.TrimEntries);
            string Value(string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim() ?? "-";
            string[] name = lines[0].Split(", zone");
            mine[$"{name[0]}, {name[1].Trim()}"] = $"start_pfn {Value("start_pfn:")} spanned {Value("spanned")} present {Value("present")}";
            if (Value("managed") != "-")
                managed[$"{name[0]}, {name[1].Trim()}"] = Value("managed");
        }
        foreach (string row in rows.Where(r => r.StartsWith("node ", StringComparison.Ordinal) && !r.Contains(", Device ")))
        {
            Match m = ZoneRow().Match(row);
            if (mine.GetValueOrDefault(m.Groups[1].Value) != m.Groups[2].Value)
                yield return $"kernel: {row}; model: {mine.GetValueOrDefault(m.Groups[1].Value)}";
            if (managed.TryGetValue(m.Groups[1].Value, out string? pages) && pages != m.Groups[3].Value)
                yield return $"kernel: {row}; model: managed {pages}";
        }
    }

    /// <summary>
    /// A region's namespaces are probed all at once: which of them gets which pfn, dax or btt device is a race. Here the record's numbers
    /// become the model's by the namespace that each device holds.
    /// </summary>
    private IEnumerable<string> Renumbered(List<string> rows)
    {
        Dictionary<string, string> names = rows.Select(r => (Row: r, Match: HolderRow().Match(r)))
            .Where(r => r.Match.Success)
            .Select(r =>
                (
                    Theirs: r.Match.Groups[1].Value,
                    Ours: SysfsTree.Read(Machine, $"/sys/bus/nd/devices/{r.Match.Groups[2].Value}/holder")?.Text ?? ""
                )
            )
            .Where(n => n.Ours.Length > 0)
            .ToDictionary(n => n.Theirs, n => n.Ours);
        bool isPermutation = names.Values.Order(StringComparer.Ordinal).SequenceEqual(names.Keys.Order(StringComparer.Ordinal));
        return isPermutation ? rows.Select(r => NdRow().Replace(r, m => names.GetValueOrDefault(m.Value, m.Value))) : rows;
    }

    private IEnumerable<string> Sysfs(List<string> recorded)
    {
        List<string> rows = [.. Renumbered(recorded)];
        foreach (string row in rows)
        {
            string[] f = row.Split(':', 2);
            // What the device model says of any device, and numbers that depend on what else the machine has.
            if (
                f[0].StartsWith("/dev/", StringComparison.Ordinal)
                || f[0].EndsWith("/dev", StringComparison.Ordinal)
                || f[0].EndsWith("/uevent", StringComparison.Ordinal)
            )
                continue;
            SysfsValue? value = f[0].EndsWith("/driver", StringComparison.Ordinal)
                ? SysfsTree.All(Machine).Where(a => a.Path == f[0]).Select(a => (SysfsValue)a.Value).FirstOrDefault()
                : SysfsTree.Read(Machine, f[0]);
            if (value?.Text.Trim() != f[1].Trim())
                yield return $"kernel: {row}; model: {value}";
        }
        foreach (
            (string path, string value) in SysfsTree.All(Machine).Where(a => a.Path.StartsWith("/sys/bus/dax", StringComparison.Ordinal))
        )
        {
            if (!rows.Any(r => r.StartsWith(path + ":", StringComparison.Ordinal)))
                yield return $"model only: {path}:{value}";
        }
    }

    private IEnumerable<string> Labels(List<string> rows)
    {
        foreach (string row in rows)
        {
            (byte[] mine, byte[] theirs) = LabelAreas(Machine, row);
            if (!mine.AsSpan().SequenceEqual(theirs))
                yield return $"{row.Split(' ')[0]} differs from byte {mine.AsSpan().CommonPrefixLength(theirs)} on";
        }
    }

    private IEnumerable<string> Messages(List<string> rows)
    {
        if (Machine.Log.Count < _told)
            _told = 0; // a reboot
        string[] mine = [.. Machine.Log.Skip(_told).Select(l => l.TrimEnd()).Where(l => DriverMessage().IsMatch(l))];
        _told = Machine.Log.Count;
        string[] theirs = [.. rows.Select(r => r.TrimEnd()).Where(r => DriverMessage().IsMatch(r))];
        return mine.SequenceEqual(theirs) ? [] : [$"kernel: {string.Join(" | ", theirs)}; model: {string.Join(" | ", mine)}"];
    }

    private static IEnumerable<string> Lines(IEnumerable<string> recorded, IEnumerable<string> modelled)
    {
        string[] a = [.. recorded],
            b = [.. modelled];
        return a.SequenceEqual(b)
            ? []
            : a.Except(b)
                .Select(l => $"kernel only: {l}")
                .Concat(b.Except(a).Select(l => $"model only: {l}"))
                .DefaultIfEmpty("another order");
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex UuidPattern();

    [GeneratedRegex(@"^/sys/bus/nd/devices/((?:pfn|dax|btt)\d+\.\d+)/namespace:(\S+)$")]
    private static partial Regex HolderRow();

    [GeneratedRegex(@"(?<=^/sys/bus/nd/devices/|/holder:)(?:pfn|dax|btt)\d+\.\d+")]
    private static partial Regex NdRow();

    [GeneratedRegex(@"^\[[a-z]+\]$")]
    private static partial Regex SectionName();

    [GeneratedRegex(@"^node (\d+, \S+) (start_pfn \S+ spanned \S+ present \S+) managed (\S+)")]
    private static partial Regex ZoneRow();

    [GeneratedRegex(
        @"^(System RAM.*|Soft Reserved|hmem\.\d+|dax\d+\.\d+|RAM buffer|Persistent Memory.*|namespace\d+\.\d+|virtio\d+|region\d+)$"
    )]
    private static partial Regex ListedName();

    [GeneratedRegex(@"^(kmem |device_dax |hmem |nd_|memory memory|removing memory|Offlined|Block size|acpi PNP0C80|virtio_mem )")]
    private static partial Regex DriverMessage();
}
