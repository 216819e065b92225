using System.Text.RegularExpressions;
using Altmap.Core.Identity;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Sysfs;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>A recorded capture, compared with the model's state. Each method gives the differences; none when the two are the
/// same.</summary>
internal sealed partial class Snapshot(params string[] folder)
{
    /// <summary>Attributes that the recorder did not read.</summary>
    private static readonly string[] s_notRead = ["/deep_flush", "/wait_probe", "/nfit/revision"];

    private readonly string _folder = Golden.Path(folder);

    /// <summary>True when the recording has this file.</summary>
    public bool Has(string file) => File.Exists(Path.Combine(_folder, file));

    /// <summary>A listing as the recorder made it.</summary>
    public IEnumerable<string> Listing(ShellState state, string file, string command)
    {
        if (!Has(file))
            return []; // list.json was not kept of every group; SnapshotTests says what must be there
        string recorded = File.ReadAllText(Path.Combine(_folder, file)).TrimEnd('\n');
        CommandResult result = CommandShell.Run(state, [.. command.Split(' ')]);
        string model = result.Stdout.TrimEnd('\n');
        return recorded == model ? [] : [$"{file}: recorded\n{recorded}\nmodel\n{model}"];
    }

    /// <summary>
    /// Attributes of nd and dax devices; of device numbers those of DIMMs (minors of dax devices follow the order of a race). A kernel
    /// gives pfn, dax and btt devices that it finds at boot their
    /// numbers in the order
    /// of a race; they are compared under the name of what they hold.
    /// </summary>
    public IEnumerable<string> Sysfs(Machine machine)
    {
        string[] recorded = [.. Named(Recorded().Where(l => IsModelled(l.Path)))];
        string[] model = [.. Named(SysfsTree.All(machine).Where(l => IsModelled(l.Path)))];
        return recorded.Except(model).Select(l => $"recorded {l}").Concat(model.Except(recorded).Select(l => $"model    {l}"));
    }

    /// <summary>System RAM at the top, persistent memory, and what is below it. PCI, ROMs, the kernel image and so on are no part of a
    /// machine file.</summary>
    public IEnumerable<string> IomemLines(Machine machine)
    {
        string[] recorded = [.. File.ReadAllLines(Path.Combine(_folder, "iomem.txt")).Where(l => IomemPattern().IsMatch(l))];
        string[] model = [.. Iomem.Text(machine).TrimEnd('\n').Split('\n').Where(l => IomemPattern().IsMatch(l))];
        return recorded.SequenceEqual(model) ? [] : [$"iomem: recorded\n{string.Join('\n', recorded)}\nmodel\n{string.Join('\n', model)}"];
    }

    /// <summary>Every recorded label area, byte for byte.</summary>
    public IEnumerable<string> LabelAreas(Machine machine)
    {
        foreach (string file in Directory.EnumerateFiles(_folder, "labels.nmem*.bin.gz"))
        {
            string name = Path.GetFileName(file).Split('.')[1];
            byte[] recorded = Golden.Gunzip(file);
            byte[] model = machine.Dimms.Values.First(d => d.Device.Name == name).LabelBytes.Read(0, recorded.Length);
            int at = recorded.AsSpan().CommonPrefixLength(model);
            if (at < recorded.Length)
                yield return $"labels of {name}: first difference at 0x{at:x}";
        }
    }

    /// <summary>UUIDs that stand in the same slots of ours and of the recorded areas, freed slots included: some are random and no output
    /// shows them.</summary>
    public Dictionary<Uuid, Uuid> LabelUuids(Machine machine)
    {
        var known = new Dictionary<Uuid, Uuid>();
        foreach (string file in Directory.EnumerateFiles(_folder, "labels.nmem*.bin.gz"))
        {
            string name = Path.GetFileName(file).Split('.')[1];
            byte[] recorded = Golden.Gunzip(file);
            DimmState dimm = machine.Dimms.Values.First(d => d.Device.Name == name);
            if (dimm.Labels?.Geometry is not { } geometry)
                continue;
            for (uint slot = 0; slot < geometry.SlotCount; slot++)
            {
                int at = (2 * geometry.IndexSizeBytes) + ((int)slot * geometry.LabelSizeBytes);
                Uuid ours = Uuid.Read(dimm.LabelBytes.Read((ulong)at, Uuid.SizeBytes)),
                    theirs = Uuid.Read(recorded.AsSpan(at));
                if (ours != theirs && !ours.IsZero && !theirs.IsZero)
                    known[ours] = theirs;
            }
        }
        return known;
    }

    private IEnumerable<(string Path, string Value)> Recorded()
    {
        string text = System.Text.Encoding.UTF8.GetString(Golden.Gunzip(Path.Combine(_folder, "sysfs.txt.gz")));
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            yield return (line[..colon], line[(colon + 1)..]);
        }
    }

    private static bool IsModelled(string path) =>
        path.StartsWith("/sys/bus/", StringComparison.Ordinal)
        && !(path.Contains("/dax", StringComparison.Ordinal) && path.EndsWith("/dev", StringComparison.Ordinal))
        && !s_notRead.Any(n => path.EndsWith(n, StringComparison.Ordinal));

    private static IEnumerable<string> Named(IEnumerable<(string Path, string Value)> lines)
    {
        (string Path, string Value)[] all = [.. lines];
        var names = new Dictionary<string, string>();
        foreach ((string path, string value) in all)
        {
            Match match = HolderNamespacePattern().Match(path);
            if (match.Success)
                names[match.Groups[1].Value] = $"{match.Groups[2].Value}{match.Groups[3].Value}({(value.Length == 0 ? "free" : value)})";
        }
        string Rename(string text) => HolderPattern().Replace(text, m => names.GetValueOrDefault(m.Value, m.Value));
        foreach ((string path, string value) in all)
        {
            bool isDaxBus = path.StartsWith("/sys/bus/dax/", StringComparison.Ordinal);
            yield return isDaxBus ? $"{path}:{value}" : $"{Rename(path)}:{Rename(value)}";
        }
    }

    [GeneratedRegex(@"^/sys/bus/nd/devices/((pfn|dax|btt)(\d+)\.\d+)/namespace$")]
    private static partial Regex HolderNamespacePattern();

    [GeneratedRegex(@"\b(pfn|dax|btt)\d+\.\d+\b")]
    private static partial Regex HolderPattern();

    [GeneratedRegex(@"^\S+ : (System RAM|Persistent Memory)|namespace\d|dax\d")]
    private static partial Regex IomemPattern();
}
