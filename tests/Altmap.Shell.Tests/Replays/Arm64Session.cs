using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>
/// A session of the arm64 guest: every write through the shell, its refusal by errno; what the guest then read (sizes, addresses, drivers,
/// blocks that kmem
/// added, iomem, kernel messages) compared with what the model's files say.
/// </summary>
internal sealed class Arm64Session(Machine machine, string folder)
{
    private ShellState _state = new(machine, UuidSource.FromSeed(1));
    private string _device = "";
    private int _told;

    /// <summary>Facts that were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>Writes that the model refuses to judge: boot memory that goes offline.</summary>
    public int Unsupported { get; private set; }

    /// <summary>What differs.</summary>
    public List<string> Differences { get; } = [];

    private Machine Machine => _state.Machine;

    public void Run()
    {
        foreach (string line in Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path(folder, "session.log.gz"))).Split('\n'))
        {
            Line(line, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private void Line(string line, string[] words)
    {
        switch (words)
        {
            case ["+", "echo", ..]:
                Write(line[2..]);
                break;
            case ["##", "mk", ..]:
                _state = _state with { Machine = MemoryRecording.Teardown(Machine) };
                (_device, _told) = (words[^1], Machine.Log.Count);
                break;
            case ["iomem", ..]:
                Compare(line, Iomem.Text(Machine).Split('\n').Any(l => l.Trim() == line[8..]) ? line : "no such line");
                break;
            case ["dmesg:", ..]:
                Message(line[9..]);
                break;
            case [['d', 'r', 'i', 'v', 'e', 'r', '=', ..], ..]:
                Kmem(line, words);
                break;
            case ["pmem0", ..]:
                Compare(words[1], $"sectors={Number(Read($"/sys/bus/nd/devices/{_device}/size")) / 512}");
                break;
            case ["dax0.0", ['d', 'r', 'i', ..], ..]:
                Dax(words);
                break;
            case ["dax0.0" or "pfn0.0", ['[', ..], ..]:
                Alignments(line, words[0]);
                break;
            case [var word, ..]
                when line.StartsWith("  ", StringComparison.Ordinal) && word.Split('=')[0] is "size" or "resource" or "align" or "mode":
                Attribute(line.Trim());
                break;
        }
    }

    private void Write(string text)
    {
        string[] parts = text.Split(" : ", 2);
        if (parts is [_, "nonexistent directory"])
            return; // the guest's mistake
        ScriptLine line = ScriptParser.Parse(parts[0]).Lines.Single();
        CommandResult result = CommandShell.Run(_state, line.Words, line.RedirectTo);
        if (
            result.IsUnsupported
            && parts[0].Contains("/memory/memory", StringComparison.Ordinal)
            && parts is [_, "Operation not permitted" or "Device or resource busy"]
        )
        {
            Unsupported++;
            return;
        }
        string refused = parts.Length == 2 ? $"sh: write error: {parts[1]}\n" : "";
        Compare($"{parts[0]}: {refused}", $"{parts[0]}: {result.Merged}");
        _state = result.State;
    }

    private void Message(string text)
    {
        if (text.StartsWith("memmap_init_zone_device initialised", StringComparison.Ordinal))
            return; // tells a time
        int at = Machine.Log.FindIndex(_told, l => l.TrimEnd() == text.TrimEnd());
        Compare(text, at >= 0 ? text : $"only {string.Join(" | ", Machine.Log.Skip(_told))}");
        if (at >= 0)
            _told = at + 1;
    }

    private void Kmem(string line, string[] words)
    {
        string driver = Machine.Regions.Values.SelectMany(r => r.DaxDevices.Values).SingleOrDefault(d => d.Name == "dax0.0")?.Driver ?? "";
        string size = words[1] == "size=" ? "" : Read("/sys/bus/dax/devices/dax0.0/size");
        string blocks = string.Concat(
            MemoryBlocks
                .All(Machine)
                .Where(b => !b.Block.IsEarly)
                .Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Number.Number} "))
        );
        Compare(line.TrimEnd(), $"  driver={driver} size={size} kmem blocks: {blocks}".TrimEnd());
    }

    private void Dax(string[] words)
    {
        string driver = Machine.Regions.Values.SelectMany(r => r.DaxDevices.Values).SingleOrDefault(d => d.Name == "dax0.0")?.Driver ?? "";
        Compare(
            string.Join(' ', words),
            $"dax0.0 driver={driver} "
                + $"{string.Join(' ', ((string[])["size", "align", "target_node"]).Select(a => $"{a}={Read($"/sys/bus/dax/devices/dax0.0/{a}")}"))}"
        );
    }

    private void Attribute(string line)
    {
        string name = line.Split('=')[0];
        Compare($"{_device} {line}", $"{_device} {name}={Read($"/sys/bus/nd/devices/{_device}/{name}")}");
    }

    private void Alignments(string line, string seed) =>
        Compare(
            line.Trim(),
            $"{seed} [{Read($"/sys/bus/nd/devices/{seed}/supported_alignments")}] default {Read($"/sys/bus/nd/devices/{seed}/align")};"
        );

    private string Read(string path)
    {
        SysfsValue value = SysfsTree.Read(Machine, path) ?? Errno.ENOENT;
        return value.Errno == Errno.None ? value.Text : value.Errno.Describe();
    }

    private static ulong Number(string text) => ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private void Compare(string recorded, string model)
    {
        Compared++;
        if (recorded != model)
            Differences.Add($"after {_device}: recorded {recorded.TrimEnd()} | model {model.TrimEnd()}");
    }
}
