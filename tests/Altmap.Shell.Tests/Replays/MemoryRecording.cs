using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>
/// A recording of what the kernel makes of memory: commands and, after "## STEP", the sections that were recorded then. Runs the commands
/// through the shell; what no command of the guest did, by the model's own steps.
/// </summary>
internal sealed class MemoryRecording(Machine machine, string file)
{
    private ShellState _state = new(machine, UuidSource.FromSeed(1));

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
                // The hypervisor plugs a DIMM.
                if (step == "01a-dimm") _state = _state with { Machine = MemoryBlocks.Plug(Machine, new PhysicalRange(new PhysicalAddress(0x110000000), ByteSize.MiB(128)), 0).Machine };
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
        Assert.False(result.IsUnsupported, $"{line}: {result.Merged}");
        _state = result.State;
    }

    /// <summary>What the arm64 guest does between two devices, unrecorded: unbinds all, lets go of the namespace, wipes its info-block.</summary>
    private static Machine Teardown(Machine machine)
    {
        foreach (RegionState region in machine.Regions.Values)
        {
            foreach (PfnDeviceState device in region.Pfns.Values.Concat(region.Daxes.Values).Where(d => d.NamespaceId is not null))
            {
                if (device.IsBound) machine = DriverCore.Unbind(machine, NdDrivers.Of(device.Device.Kind), device.Device).Machine;
                machine = PfnAttributes.SetNamespace(machine, device.Device, "").Machine;
            }
            foreach (NamespaceState ndns in region.Namespaces.Values.Where(n => n.IsBound)) machine = DriverCore.Unbind(machine, NdDrivers.Pmem, ndns.Device).Machine;
            machine = machine.With(machine.Regions[region.Device.Number] with { Media = region.Media.Write(0, new byte[64 << 10]) });
        }
        return machine;
    }

    /// <summary>Compares the machine with a recorded step; what differs.</summary>
    public IEnumerable<string> Differences(Dictionary<string, List<string>> sections)
    {
        IEnumerable<string> all = Online(sections["online"]);
        if (sections.TryGetValue("zones", out List<string>? zones)) all = all.Concat(Zones(zones));
        if (sections.TryGetValue("blocks", out List<string>? blocks)) all = all.Concat(Blocks(blocks));
        if (sections.TryGetValue("iomem", out List<string>? iomem)) all = all.Concat(IomemLines(iomem));
        return all;
    }

    /// <summary>Every pfn. "?": the kernel's dump holds 0, which only RAM that is online can (7.2).</summary>
    private List<string> Online(List<string> rows)
    {
        var found = new List<string>();
        MemoryMap map = MemoryMap.Of(Machine);
        Pfn past = Machine.Mm.Geometry.WholeSections(new PfnRange(default, Machine.Mm.MaxPfn)).End;
        if (rows[^1].Split(' ')[1] != past.ToString()[2..]) found.Add($"/proc/kpageflags ends at {rows[^1].Split(' ')[1]}, in the model at {past}");
        foreach (string row in rows)
        {
            string[] f = row.Split(' ');
            ulong start = Hex(f[0]), end = Hex(f[1]);
            for (ulong at = start; at < end;)
            {
                MemoryRange range = at < map.End.Number ? map[new Pfn(at)] : new MemoryRange(new PfnRange(map.End, new Pfn(ulong.MaxValue)), false, Memmap.None, default, null);
                ulong next = Math.Min(end, range.Pages.End.Number);
                bool want = f[2] == "+" || (f[2] == "?" && range.Memmap.Content == MemmapContent.Ram && range.IsOnline);
                if (range.IsOnline != want) found.Add($"pfn {at:x}-{next:x}: {(want ? "online" : "NULL")} in the kernel, {range} in the model");
                at = next;
            }
        }
        return found;
    }

    private List<string> Zones(List<string> rows)
    {
        var found = new List<string>();
        foreach (string row in rows)
        {
            string[] f = row.Split(' ');
            if (row.StartsWith("device zone:", StringComparison.Ordinal))
            {
                ulong spanned = ulong.Parse(f[2].Split('=')[1], CultureInfo.InvariantCulture);
                if (Machine.Mm.ZoneOf(0, ZoneKind.Device).Spanned.Pages != spanned) found.Add($"{row}: {Machine.Mm.ZoneOf(0, ZoneKind.Device)}");
                continue;
            }
            if (f[1] == "Device") continue;
            ZoneSpan zone = Machine.Mm.Zones.FirstOrDefault(z => z.Node == int.Parse(f[0], CultureInfo.InvariantCulture) && z.Kind.Name() == f[1])
                ?? new ZoneSpan(0, ZoneKind.None, default, default, default);
            string mine = $"{(f[2] == "-" ? "-" : zone.Start.Number)} {zone.Spanned} {zone.Present}";
            if (mine != $"{f[2]} {f[3]} {f[4]}") found.Add($"zone {row}: {mine}");
        }
        return found;
    }

    private IEnumerable<string> Blocks(List<string> rows)
    {
        IEnumerable<string> mine = MemoryBlocks.All(Machine).Select(b =>
            $"{b.Number} {(b.Block.State == BlockState.Online ? "online" : "offline")} 1 {MemoryBlocks.ValidZones(Machine, b.Number).Replace(' ', ',')}");
        return Compare("block", rows, mine);
    }

    private IEnumerable<string> IomemLines(List<string> rows)
    {
        string[] mine = [.. Iomem.Text(Machine).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        return Compare("iomem", rows, mine);
    }

    private static IEnumerable<string> Compare(string what, IEnumerable<string> recorded, IEnumerable<string> mine)
    {
        ImmutableArray<string> a = [.. recorded], b = [.. mine];
        return a.Except(b).Select(l => $"{what}: kernel only: {l}").Concat(b.Except(a).Select(l => $"{what}: model only: {l}"));
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
