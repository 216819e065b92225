using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;
using Altmap.Shell;
using Altmap.Shell.Proc;
using Altmap.Shell.Scripts;

namespace Altmap.TestSupport;

/// <summary>
/// A recording of what the kernel makes of memory: commands and, after "## STEP", the sections that were recorded then. Runs the commands
/// through the shell; what no command of the guest did, by the model's own steps.
/// </summary>
public sealed class MemoryRecording(Machine machine, string file)
{
    private ShellState _state = new(machine, UuidSource.FromSeed(1));
    private int _told;

    /// <summary>The model's machine after the commands so far.</summary>
    public Machine Machine => _state.Machine;

    /// <summary>Every recorded step: its name, its sections by name.</summary>
    public IEnumerable<(string Step, Dictionary<string, List<string>> Sections)> Steps()
    {
        string step = "";
        Dictionary<string, List<string>>? sections = null;
        List<string>? section = null;
        foreach (string line in File.ReadLines(file))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                step = line[3..];
            }
            else if (line == "[end]")
            {
                yield return (step, sections!);
                (sections, section) = (null, null);
            }
            else if (line.StartsWith('[') && line.EndsWith(']'))
            {
                sections ??= [];
                sections[line[1..^1]] = section = [];
            }
            else if (section is not null)
            {
                section.Add(line);
            }
            else
            {
                Run(line);
            }
        }
    }

    private void Run(string line)
    {
        if (line == "teardown")
        {
            _state = _state with { Machine = Teardown(Machine) };
            return;
        }
        ScriptLine parsed = ScriptParser.Parse(line).Lines.Single();
        CommandResult result = CommandShell.Run(_state, parsed.Words, parsed.RedirectTo);
        if (result.IsUnsupported)
            throw new InvalidOperationException($"{line}: {result.Merged}");
        _state = result.State;
    }

    /// <summary>What the arm64 guest does between two devices, unrecorded: unbinds all, lets go of the namespace, wipes its
    /// info-block.</summary>
    public static Machine Teardown(Machine machine)
    {
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (PfnDeviceState device in region.Pfns.Values.Concat(region.Daxes.Values).Where(d => d.NamespaceId is not null))
            {
                if (device.IsBound)
                    machine = DriverCore.Unbind(machine, NdDrivers.Of(device.Device.Kind), device.Device).Machine;
                machine = PfnAttributes.SetNamespace(machine, device.Device, "").Machine;
            }
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => n.IsBound))
                machine = DriverCore.Unbind(machine, NdDrivers.Pmem, ndns.Device).Machine;
            machine = machine.With(machine.Regions[region.Device.Number] with { Media = region.Media.Write(0, new byte[64 << 10]) });
        }
        return machine;
    }

    /// <summary>Compares the machine with a recorded step; what differs.</summary>
    public IEnumerable<string> Differences(Dictionary<string, List<string>> sections)
    {
        IEnumerable<string> all = Online(sections["online"]);
        if (sections.TryGetValue("zones", out List<string>? zones))
            all = all.Concat(Zones(zones));
        if (sections.TryGetValue("blocks", out List<string>? blocks))
            all = all.Concat(Blocks(blocks));
        if (sections.TryGetValue("iomem", out List<string>? iomem))
            all = all.Concat(IomemLines(iomem));
        if (sections.TryGetValue("dmesg", out List<string>? log))
            all = all.Concat(NewMessages(log));
        return all;
    }

    /// <summary>Every pfn. "?": the kernel's dump holds 0, which only RAM that is online can (7.2).</summary>
    private List<string> Online(List<string> rows)
    {
        var found = new List<string>();
        MemoryMap map = MemoryMap.Of(Machine);
        Pfn past = Machine.Mm.Geometry.WholeSections(new PfnRange(default, Machine.Mm.MaxPfn)).End;
        if (rows[^1].Split(' ')[1] != past.ToString()[2..])
            found.Add($"/proc/kpageflags ends at {rows[^1].Split(' ')[1]}, in the model at {past}");
        foreach (string row in rows)
        {
            string[] f = row.Split(' ');
            ulong start = Hex(f[0]),
                end = Hex(f[1]);
            for (ulong at = start; at < end; )
            {
                MemoryRange range =
                    at < map.End.Number
                        ? map[new Pfn(at)]
                        : new MemoryRange(new PfnRange(map.End, new Pfn(ulong.MaxValue)), false, Memmap.None, default, null);
                ulong next = Math.Min(end, range.Pages.End.Number);
                bool want = f[2] == "+" || (f[2] == "?" && range.Memmap.Content == MemmapContent.Ram && range.IsOnline);
                if (range.IsOnline != want)
                    found.Add($"pfn {at:x}-{next:x}: {(want ? "online" : "NULL")} in the kernel, {range} in the model");
                at = next;
            }
        }
        return found;
    }

    /// <summary>/proc/zoneinfo, line by line; managed pages where it tells them.</summary>
    private List<string> Zones(List<string> rows)
    {
        var found = new List<string>();
        Dictionary<string, ZoneLines> zones = ZoneLines.Read(ProcFiles.Read(Machine, "/proc/zoneinfo")!);
        foreach (string row in rows)
        {
            string[] f = row.Split(' ');
            if (row.StartsWith("device zone:", StringComparison.Ordinal))
            {
                if (zones["0 Device"].Spanned != f[2].Split('=')[1])
                    found.Add($"{row}: {zones["0 Device"]}");
                continue;
            }
            if (f[1] == "Device")
                continue;
            ZoneLines? mine = zones.GetValueOrDefault($"{f[0]} {f[1]}");
            if (
                mine is null
                || mine.Start != f[2]
                || mine.Spanned != f[3]
                || mine.Present != f[4]
                || (mine.Managed is not null && mine.Managed != f[5])
            )
                found.Add($"zone {row}: {mine}");
        }
        return found;
    }

    /// <summary>What /proc/zoneinfo says of a zone.</summary>
    private sealed record ZoneLines(string Start, string Spanned, string Present, string? Managed)
    {
        /// <summary>By node and name, as <c>0 DMA32</c>.</summary>
        public static Dictionary<string, ZoneLines> Read(string text)
        {
            var zones = new Dictionary<string, ZoneLines>();
            foreach (string zone in text.Split("Node ", StringSplitOptions.RemoveEmptyEntries))
            {
                string[] lines = zone.Split('\n', StringSplitOptions.TrimEntries),
                    name = lines[0].Split(", zone");
                string? Value(string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim();
                zones[$"{name[0]} {name[1].Trim()}"] = new(
                    Value("start_pfn:") ?? "-",
                    Value("spanned")!,
                    Value("present")!,
                    Value("managed")
                );
            }
            return zones;
        }
    }

    /// <summary>Kernel messages since the last step, in order.</summary>
    private IEnumerable<string> NewMessages(List<string> rows)
    {
        bool isBoot = _told == 0; // drivers probe side by side then
        IEnumerable<string> mine = Machine.Log.Skip(_told).Select(l => l.TrimEnd());
        _told = Machine.Log.Count;
        return isBoot
            ? rows.Order().SequenceEqual(mine.Order())
                ? []
                : Differ()
            : rows.SequenceEqual(mine)
                ? []
                : Differ();

        IEnumerable<string> Differ() => [$"dmesg: kernel: {string.Join(" | ", rows)}; model: {string.Join(" | ", mine)}"];
    }

    private IEnumerable<string> Blocks(List<string> rows)
    {
        IEnumerable<string> mine = MemoryBlocks
            .All(Machine)
            .Select(b =>
                $"{b.Number} {(b.Block.State == BlockState.Online ? "online" : "offline")} 1 "
                + $"{MemoryBlocks.ValidZones(Machine, b.Number).Replace(' ', ',')}"
            );
        return Compare("block", rows, mine);
    }

    private IEnumerable<string> IomemLines(List<string> rows)
    {
        string[] mine = [.. Iomem.Text(Machine).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        return Compare("iomem", rows, mine);
    }

    private static IEnumerable<string> Compare(string what, IEnumerable<string> recorded, IEnumerable<string> mine)
    {
        ImmutableArray<string> a = [.. recorded],
            b = [.. mine];
        return a.Except(b).Select(l => $"{what}: kernel only: {l}").Concat(b.Except(a).Select(l => $"{what}: model only: {l}"));
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
