using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.TestSupport;

namespace Altmap.Conformance.Cases;

/// <summary>
/// The maps of p_online on live guests: after each step pfn_to_online_page() of every pfn (through /proc/kpageflags), zones, memory blocks
/// and /proc/iomem, in the recordings' own form, against the model.
/// </summary>
internal static partial class PageOnline
{
    private const int NoPage = 20; // KPF_NOPAGE
    private const ulong ZeroRunMin = 512;

    public static IEnumerable<ConformanceCase> Cases()
    {
        foreach (IGrouping<string, string> one in Recordings().GroupBy(r => r.Split('/')[1]).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string name = one.Key;
            yield return new(
                $"online/{name}",
                [.. one.Select(r => r.Split('/')[0])],
                name.StartsWith("nfit-hot", StringComparison.Ordinal)
                    ? "DIMMs plugged into a running guest: the suite has no monitor"
                    : null,
                (laboratory, kernel) => Run(laboratory, kernel, name)
            )
            {
                IsSmoke = name == "startmid",
            };
        }
    }

    private static IEnumerable<string> Recordings() =>
        Directory
            .EnumerateFiles(Golden.Path("p_online"), "steps.txt", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Golden.Path("p_online"), Path.GetDirectoryName(f)!));

    private static List<string> Run(Laboratory laboratory, string kernel, string name)
    {
        MachineSource source = GoldenMachines.Load("p_online", kernel, name);
        using LiveGuest guest = LiveGuest.Boot(laboratory, kernel, GoldenMachines.Computer(source.Description, "guest.kmem"));
        MachineDescription machine = source.Description with { Kernel = kernel, Memory = ModelMachine.FirmwareOf(guest) };
        var text = new StringBuilder();
        foreach ((string step, IReadOnlyList<string> commands) in Steps(Golden.Path("p_online", kernel, name, "steps.txt")))
        {
            if (step.StartsWith("00", StringComparison.Ordinal))
                continue; // before the drivers are loaded
            if (commands.Count > 0)
                guest.Run(string.Concat(commands.Select(c => $"sh -c {Quoted(Seeded(c))}; settle\n")));
            foreach (string command in commands)
                text.Append(command).Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"## {step}\n{State(guest, kernel)}[end]\n");
        }
        string file = Path.Combine(guest.Folder, "steps.txt");
        File.WriteAllText(file, text.ToString());
        if (laboratory.RecordTo is { } folder)
        {
            folder = Directory.CreateDirectory(Path.Combine(folder, "p_online", kernel, name)).FullName;
            File.Copy(file, Path.Combine(folder, "steps.txt"), overwrite: true);
            File.WriteAllText(Path.Combine(folder, "machine.json"), MachineFile.Write(machine));
        }
        var recording = new MemoryRecording(ModelMachine.Of(machine).Boot().Machine, file);
        var differences = new List<string>();
        foreach ((string step, Dictionary<string, List<string>> sections) in recording.Steps())
            differences.AddRange(recording.Differences(sections).Select(d => $"{step}: {d}"));
        return differences;
    }

    /// <summary>Steps of a recording: the commands before each.</summary>
    private static IEnumerable<(string Step, IReadOnlyList<string> Commands)> Steps(string file)
    {
        var commands = new List<string>();
        bool inside = false;
        foreach (string line in File.ReadLines(file))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                yield return (line[3..], commands);
                commands = [];
            }
            else if (line.StartsWith('['))
            {
                inside = line != "[end]";
            }
            else if (!inside)
            {
                commands.Add(line);
            }
        }
    }

    /// <summary>Numbers of pfn and dax devices race: the guest takes the region's seed.</summary>
    private static string Seeded(string command) =>
        command.Contains("/sys/bus/nd/", StringComparison.Ordinal)
            ? SeedName().Replace(command, "$(cat /sys/bus/nd/devices/region$2/$1_seed)")
            : command;

    private static string State(LiveGuest guest, string kernel)
    {
        string[] parts = guest
            .Run(
                """
                dd if=/proc/kpageflags of=/host/kpf bs=1M 2>/dev/null
                cat /proc/zoneinfo; echo @==
                cd /sys/devices/system/memory; for m in memory[0-9]*; do read -r s < $m/state; read -r r < $m/removable; read -r z < $m/valid_zones; echo $m $s $r $z; done; echo @==
                cat /proc/iomem
                """,
                timeoutSeconds: 600
            )
            .Split("@==\n");
        string pages = Path.Combine(guest.Shared, "kpf");
        string text =
            $"[online]\n{Online(File.ReadAllBytes(pages), kernel)}[zones]\n{Zones(parts[0])}[blocks]\n{Blocks(parts[1])}[iomem]\n{Iomem(parts[2])}";
        File.Delete(pages);
        return text;
    }

    /// <summary>Run lengths. On 7.2 no NOPAGE is reported: 0 is either that or a page without flags, which RAM has in short runs
    /// too.</summary>
    private static string Online(byte[] flags, string kernel)
    {
        var rows = new List<(ulong Start, ulong End, char Class)>();
        for (int at = 0; at + 8 <= flags.Length; at += 8)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(flags.AsSpan(at));
            char kind =
                (word >> NoPage & 1) != 0 ? '-'
                : word == 0 && kernel == "7.2" ? '?'
                : '+';
            ulong pfn = (ulong)at / 8;
            if (rows.Count > 0 && rows[^1].Class == kind)
                rows[^1] = (rows[^1].Start, pfn + 1, kind);
            else
                rows.Add((pfn, pfn + 1, kind));
        }
        var merged = new List<(ulong Start, ulong End, char Class)>();
        foreach ((ulong start, ulong end, char kind) in rows)
        {
            char known = kind == '?' && end - start < ZeroRunMin ? '+' : kind;
            if (merged.Count > 0 && merged[^1].Class == known)
                merged[^1] = (merged[^1].Start, end, known);
            else
                merged.Add((start, end, known));
        }
        return string.Concat(merged.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Start:x} {r.End:x} {r.Class}\n")));
    }

    private static string Zones(string zoneinfo)
    {
        var text = new StringBuilder();
        foreach (string zone in zoneinfo.Split("Node ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = zone.Split('\n', StringSplitOptions.TrimEntries);
            string[] name = lines[0].Split(", zone");
            string Value(string key) =>
                lines.FirstOrDefault(l => l.StartsWith(key + " ", StringComparison.Ordinal))?[key.Length..].Trim() ?? "-";
            string spanned = Value("spanned");
            string start =
                spanned == "0"
                    ? "-"
                    : lines.FirstOrDefault(l => l.StartsWith("start_pfn:", StringComparison.Ordinal))?["start_pfn:".Length..].Trim() ?? "-";
            if (name[1].Trim() == "Device")
                text.Append(CultureInfo.InvariantCulture, $"device zone: spanned={spanned} present={Value("present")}\n");
            else
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{name[0]} {name[1].Trim()} {start} {spanned} {Value("present")} {Value("managed")}\n"
                );
        }
        return text.ToString();
    }

    private static string Blocks(string text) =>
        string.Concat(
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => l.Split(' ', 4))
                .OrderBy(f => int.Parse(f[0]["memory".Length..], CultureInfo.InvariantCulture))
                .Select(f => $"{f[0]} {f[1]} {f[2]} {f[3].Replace(' ', ',')}\n")
        );

    private static string Iomem(string text) => string.Concat(text.Split('\n').Where(l => MemoryLine().IsMatch(l)).Select(l => l + "\n"));

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@"\b(pfn|dax)(\d+)\.\d+")]
    private static partial Regex SeedName();

    [GeneratedRegex(
        @"^\S.* : (System RAM|Reserved|Persistent|Soft Reserved)|^ .*: (namespace|dax|btt|System RAM|Persistent|Soft Reserved)"
    )]
    private static partial Regex MemoryLine();
}
