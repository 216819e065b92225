using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Conformance.Fuzz;

/// <summary>What a guest said to the commands of a session, and what was to be seen at its end.</summary>
internal sealed record RecordedEnd(
    ImmutableArray<RecordedCommand> Commands,
    IReadOnlyList<string> EndLines,
    IReadOnlyDictionary<string, byte[]> Labels
);

/// <summary>A booted guest that runs session after session; between them the buses are let go and their bytes made zero.</summary>
internal sealed class SessionRig : IDisposable
{
    private readonly LiveGuest _guest;
    private readonly string _folder;
    private readonly string _allRegions;
    private readonly string _first;

    private string ObserveAll => $"for r in {_allRegions}; do observe ${{r#region}}; done";

    private SessionRig(LiveGuest guest, ModelMachine model, string folder)
    {
        (_guest, Model, _folder) = (guest, model, folder);
        _allRegions = string.Join(' ', model.Regions.Select(r => r.Name));
        _first = guest.Run($"{Observation.GuestScript}\n{ObserveAll}\ntrue");
    }

    /// <summary>The model of the machine.</summary>
    public ModelMachine Model { get; }

    public static SessionRig Boot(Laboratory laboratory, string series, GuestMachine machine)
    {
        string folder = Directory
            .CreateDirectory(Path.Combine(FuzzRig.FastFolder(), "altmap-sess-" + Guid.NewGuid().ToString("N")[..8]))
            .FullName;
        LiveGuest? guest = null;
        try
        {
            guest = LiveGuest.Boot(laboratory, series, machine, folder, timeoutSeconds: 600);
            return new SessionRig(guest, ModelMachine.Of(guest), folder);
        }
        catch
        {
            guest?.Dispose();
            Directory.Delete(folder, true);
            throw;
        }
    }

    /// <summary>Runs a session on the machine as it is after boot.</summary>
    public RecordedEnd Run(IReadOnlyList<SessionCommand> commands)
    {
        File.WriteAllText(Path.Combine(_guest.Shared, "session"), string.Join('\n', commands.Select(c => c.Guest)) + "\n");
        var script = new StringBuilder(Observation.GuestScript).Append('\n');
        script.Append(
            "i=0; while read -r line; do i=$((i+1)); mark \"command $i\"; echo \"@+ $line\"; sh -c \"$line\" > /tmp/o 2>&1; rc=$?; cat /tmp/o; echo; echo \"@# $rc\"; settle; done < /host/session\n"
        );
        script.Append("echo @==\n");
        foreach (RegionDescription region in Model.Regions)
            script.Append(CultureInfo.InvariantCulture, $"observe {FuzzRig.NumberOf(region.Name)}\n");
        string[] parts = _guest.Run(script.ToString(), timeoutSeconds: 900).Split("@==\n");
        return new(
            Parse(parts[0], commands),
            [.. parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Observation.WithoutRacingNumbers)],
            Model.Description.Dimms.Where(d => d.LabelAreaSize.Bytes > 0).ToDictionary(d => d.Name, d => Read(d.Name))
        );
    }

    /// <summary>Keeps a session as the recordings in tests/golden are kept: machine, log, and a capture of the end with label
    /// areas.</summary>
    /// <param name="folder">The new case.</param>
    /// <param name="boot">What this boot is called.</param>
    /// <param name="end">The session.</param>
    public void Record(string folder, string boot, RecordedEnd end)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "machine.json"), MachineFile.Write(Model.Description));
        File.WriteAllText(
            Path.Combine(folder, $"session.{boot}.log"),
            string.Concat(
                end.Commands.Select(c => $"+ {c.Text}\n{c.Output}{(c.Output is "" or [.., '\n'] ? "" : "\n")}# rc={c.ExitCode}\n")
            )
        );
        _guest.Run("rm -rf /host/record; capture /host/record; labels /host/record");
        string snapshot = Path.Combine(folder, $"{boot}-end");
        Directory.CreateDirectory(snapshot);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_guest.Shared, "record")))
            File.Copy(file, Path.Combine(snapshot, Path.GetFileName(file)), overwrite: true);
    }

    /// <summary>Makes the machine as after boot, with zero bytes everywhere. What differs still is given (memory stayed with the system,
    /// …); empty: nothing.</summary>
    public IReadOnlyList<string> Reset()
    {
        _guest.Run(
            $$"""
            for d in /sys/bus/dax/devices/dax*; do [ -e $d/driver ] && { l=$(readlink $d/driver); echo ${d##*/} > $d/driver/unbind; [ ${l##*/} = kmem ] && echo ${d##*/} > /sys/bus/dax/drivers/kmem/remove_id; }; done 2>/dev/null
            for r in {{_allRegions}}; do echo $r > $ND/drivers/nd_region/unbind; done 2>/dev/null
            {{GuestBuses.Unbind}}
            """
        );
        for (int i = 0; i < _guest.Machine.Nvdimms.Count; i++)
        {
            using var file = new SharedBytes(GuestMachine.NvdimmFile(_folder, i));
            file.Zero(0, _guest.Machine.Nvdimms[i].SizeBytes + _guest.Machine.Nvdimms[i].LabelBytes);
        }
        foreach (RegionDescription region in Model.Regions.Where(r => SlotOf(r) < 0))
        {
            using var ram = new SharedBytes(GuestMachine.RamFile(_folder));
            ram.Zero(region.Range.Start.Bytes, region.Range.Size.Bytes);
        }
        string seen = _guest.Run(
            $$"""
            {{GuestBuses.Bind}}
            settle
            {{Observation.GuestScript}}
            {{ObserveAll}}
            grep -q kmem /proc/iomem && echo "left|memory"; dmesg -c > /dev/null; true
            """
        );
        string[] before = _first.Split('\n'),
            after = seen.Split('\n');
        return [.. before.Except(after).Select(l => "was " + l), .. after.Except(before).Select(l => "is " + l)];
    }

    /// <summary>A region's lines as the guest prints them.</summary>
    public static IEnumerable<string> Numbered(Machine machine, RegionDescription region)
    {
        int number = FuzzRig.NumberOf(region.Name);
        return Observation
            .Of(machine, number)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"{number}|{Observation.WithoutRacingNumbers(l)}"));
    }

    public void Dispose()
    {
        _guest.Dispose();
        Directory.Delete(_folder, true);
    }

    private static ImmutableArray<RecordedCommand> Parse(string text, IReadOnlyList<SessionCommand> commands)
    {
        var result = ImmutableArray.CreateBuilder<RecordedCommand>(commands.Count);
        string[] pieces = text.Split("@+ ");
        for (int i = 0; i < commands.Count; i++)
        {
            string piece = i + 1 < pieces.Length ? pieces[i + 1] : "\n@# 255\n";
            int first = piece.IndexOf('\n', StringComparison.Ordinal),
                last = piece.LastIndexOf("\n@# ", StringComparison.Ordinal);
            string output = last > first ? piece[(first + 1)..last] : "";
            int rc = int.Parse(piece[(last + 4)..].Trim(), CultureInfo.InvariantCulture);
            (ImmutableArray<string> words, string? redirect) = Words(commands[i].Model);
            result.Add(new RecordedCommand(commands[i].Model, words, redirect, output, rc));
        }
        return result.ToImmutable();
    }

    /// <summary>The words of a model's command line.</summary>
    public static (ImmutableArray<string> Words, string? RedirectTo) Words(string line)
    {
        ScriptLine parsed =
            ScriptParser.ParseLine(line)?.Line ?? throw new InvalidOperationException($"the generator made a line that is none: {line}");
        return (parsed.Words, parsed.RedirectTo);
    }

    private int SlotOf(RegionDescription region)
    {
        for (int i = 0; i < _guest.Machine.Nvdimms.Count; i++)
        {
            if (_guest.Machine.Nvdimms[i].Address == region.Range.Start.Bytes)
                return i;
        }
        return -1;
    }

    private byte[] Read(string dimm)
    {
        RegionDescription region = Model.Regions.First(r => r.Mappings.Any(m => m.Dimm == dimm));
        using var file = new SharedBytes(GuestMachine.NvdimmFile(_folder, SlotOf(region)));
        return file.Read(region.Range.Size.Bytes, (int)_guest.Machine.Nvdimms[SlotOf(region)].LabelBytes);
    }

    /// <summary>Some bytes of a region as they are now.</summary>
    public byte[] ReadMedia(string name, ulong offset, int count)
    {
        RegionDescription region = Model.Regions.First(r => r.Name == name);
        int slot = SlotOf(region);
        using var file = new SharedBytes(slot >= 0 ? GuestMachine.NvdimmFile(_folder, slot) : GuestMachine.RamFile(_folder));
        return file.Read((slot >= 0 ? 0 : region.Range.Start.Bytes) + offset, count);
    }
}
