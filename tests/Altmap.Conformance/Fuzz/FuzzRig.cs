using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Conformance.Fuzz;

/// <summary>What guest and model make of a case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Real">The guest's lines.</param>
/// <param name="Model">The model's lines; empty when it is not modelled.</param>
/// <param name="NotModelled">What the model says it does not know, or null.</param>
internal sealed partial record FuzzResult(FuzzCase Case, IReadOnlyList<string> Real, IReadOnlyList<string> Model, string? NotModelled)
{
    /// <summary>True when every line is the same.</summary>
    public bool Agrees => Real.SequenceEqual(Model);

    /// <summary>What differs: <c>- </c> the real one, <c>+ </c> the model.</summary>
    public IEnumerable<string> Differences =>
        Real.Except(Model).Select(l => "  real  " + l).Concat(Model.Except(Real).Select(l => "  model " + l)) is var lines && lines.Any()
            ? lines
            : ["  the same lines in another order"];

    /// <summary>What became of the region, in two or three words, for the tally.</summary>
    public string Outcome
    {
        get
        {
            string? holder = Real.Select(l => HolderLine().Match(l)).FirstOrDefault(m => m.Success)?.Groups[1].Value;
            string? bound = Real.FirstOrDefault(l => l.Contains($".{holder}.driver=", StringComparison.Ordinal));
            if (holder is not null)
                return bound is null ? $"{holder}, not bound" : $"{holder}, bound";
            int namespaces = Real.Count(l =>
                l.StartsWith("namespace", StringComparison.Ordinal) && l.Contains(".driver=", StringComparison.Ordinal)
            );
            return namespaces switch
            {
                0 => "no namespace bound",
                1 => "raw",
                _ => "several namespaces",
            };
        }
    }

    [GeneratedRegex(@"^namespace\d+\.\d+\.holder=([a-z]+)")]
    private static partial Regex HolderLine();
}

/// <summary>A booted guest whose regions are filled by the host, enabled, looked at and disabled again, round by round.</summary>
internal sealed class FuzzRig : IDisposable
{
    private readonly LiveGuest _guest;
    private readonly Dictionary<string, SharedBytes> _files = new(StringComparer.Ordinal);
    private readonly HashSet<int> _dirty = [];
    private readonly bool _hasLabels;

    private FuzzRig(LiveGuest guest, ModelMachine model)
    {
        (_guest, Model) = (guest, model);
        _hasLabels = guest.Machine.Nvdimms.Any(n => n.LabelBytes > 0);
        guest.Run(Observation.GuestScript + "\n" + Disable(model.Regions.Select(r => NumberOf(r.Name))) + "\ndmesg -c > /dev/null\n");
    }

    /// <summary>The model of the machine.</summary>
    public ModelMachine Model { get; }

    /// <summary>Its regions by number.</summary>
    public IReadOnlyDictionary<int, RegionDescription> Regions => Model.Regions.ToDictionary(r => NumberOf(r.Name));

    /// <summary>What the model alone makes of a case.</summary>
    public FuzzResult JudgeAlone(FuzzCase one)
    {
        (ImmutableSortedDictionary<string, SparseBytes> media, ImmutableSortedDictionary<string, SparseBytes> labels) = Bytes([one]);
        (FuzzCase _, IReadOnlyList<string> lines, string? unknown) = Judge([one], media, labels).Single();
        return new FuzzResult(one, [], lines, unknown);
    }

    /// <summary>How long the guest took to start.</summary>
    public TimeSpan BootTime => _guest.BootTime;

    /// <summary>Boots a machine for rounds.</summary>
    public static FuzzRig Boot(Laboratory laboratory, string series, GuestMachine machine)
    {
        string folder = Directory.CreateDirectory(Path.Combine(FastFolder(), "altmap-fuzz-" + Guid.NewGuid().ToString("N")[..8])).FullName;
        LiveGuest? guest = null;
        try
        {
            guest = LiveGuest.Boot(laboratory, series, machine, folder, timeoutSeconds: 600);
            return new FuzzRig(guest, ModelMachine.Of(guest));
        }
        catch
        {
            guest?.Dispose();
            Directory.Delete(folder, true);
            throw;
        }
    }

    /// <summary>Runs one case in each of some regions.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="all">Also what the model refuses to answer, which is otherwise kept from the guest: most of it ends in an
    /// oops.</param>
    public IReadOnlyList<FuzzResult> Round(IReadOnlyList<FuzzCase> cases, bool all = false)
    {
        foreach (int region in _dirty)
        {
            (SharedBytes file, ulong offset) = PlaceOf(region);
            file.Zero(offset, RegionOf(region).Range.Size.Bytes);
        }
        _dirty.Clear();
        (ImmutableSortedDictionary<string, SparseBytes> media, ImmutableSortedDictionary<string, SparseBytes> labels) = Bytes(cases);
        (FuzzCase Case, IReadOnlyList<string> Lines, string? NotModelled)[] model = [.. Judge(cases, media, labels)];
        FuzzCase[] sent = [.. model.Where(m => all || m.NotModelled is null).Select(m => m.Case)];
        foreach (FuzzCase one in sent)
        {
            RegionDescription region = RegionOf(one.Region);
            (SharedBytes file, ulong offset) = PlaceOf(one.Region);
            foreach ((ulong at, ReadOnlyMemory<byte> page) in media[region.Name].Pages())
                file.Write(offset + at, page.Span);
            _dirty.Add(one.Region);
            if (region.Mappings is [var mapping, ..] && labels.TryGetValue(mapping.Dimm, out SparseBytes? area))
                file.Write(offset + region.Range.Size.Bytes, area.Read(0, (int)area.LengthBytes));
        }
        Dictionary<int, List<string>> real = sent.Length == 0 ? [] : Parse(_guest.Run(Script(sent), timeoutSeconds: 900));
        return [.. model.Select(m => new FuzzResult(m.Case, real.GetValueOrDefault(m.Case.Region, []), m.Lines, m.NotModelled))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SharedBytes file in _files.Values)
            file.Dispose();
        string folder = _guest.Folder;
        _guest.Dispose();
        if (Directory.Exists(folder)) // an interrupted suite has removed it
            Directory.Delete(folder, true);
    }

    private (ImmutableSortedDictionary<string, SparseBytes> Media, ImmutableSortedDictionary<string, SparseBytes> Labels) Bytes(
        IReadOnlyList<FuzzCase> cases
    )
    {
        var media = ImmutableSortedDictionary.CreateBuilder<string, SparseBytes>(StringComparer.Ordinal);
        var labels = ImmutableSortedDictionary.CreateBuilder<string, SparseBytes>(StringComparer.Ordinal);
        foreach (FuzzCase one in cases)
        {
            RegionDescription region = RegionOf(one.Region);
            ulong size = region.Range.Size.Bytes;
            SparseBytes bytes = SparseBytes.Zero(size);
            foreach ((ulong at, byte[] piece) in one.Media(one.Edits))
                bytes = bytes.Write(Math.Min(at, size), piece.AsSpan(0, (int)Math.Min((ulong)piece.Length, size - Math.Min(at, size))));
            media[region.Name] = bytes;
            if (one.Labels?.Invoke(one.Edits) is { } area)
                labels[region.Mappings[0].Dimm] = SparseBytes.From(area);
        }
        return (media.ToImmutable(), labels.ToImmutable());
    }

    private IEnumerable<(FuzzCase Case, IReadOnlyList<string> Lines, string? NotModelled)> Judge(
        IReadOnlyList<FuzzCase> cases,
        ImmutableSortedDictionary<string, SparseBytes> media,
        ImmutableSortedDictionary<string, SparseBytes> labels
    )
    {
        ShellState? all = null;
        try
        {
            all = Model.Boot(media, labels);
        }
        catch (NotModelledException) when (cases.Count > 1)
        {
            // One of them; each is asked alone.
        }
        foreach (FuzzCase one in cases)
        {
            RegionDescription region = RegionOf(one.Region);
            string? unknown = null;
            IReadOnlyList<string> lines = [];
            try
            {
                ShellState state =
                    all ?? Model.Boot(Only(media, region.Name), region.Mappings is [var m, ..] ? Only(labels, m.Dimm) : labels.Clear());
                lines = LinesOf(state, one.Region);
            }
            catch (NotModelledException e)
            {
                unknown = e.Message;
            }
            yield return (one, lines, unknown);
        }
    }

    private static ImmutableSortedDictionary<string, SparseBytes> Only(ImmutableSortedDictionary<string, SparseBytes> all, string name) =>
        all.RemoveRange(all.Keys.Where(k => k != name));

    private ShellState? _listed;
    private IReadOnlyDictionary<int, string> _listing = new Dictionary<int, string>();
    private IReadOnlyDictionary<int, List<string>> _messages = new Dictionary<int, List<string>>();

    private List<string> LinesOf(ShellState state, int region)
    {
        if (!ReferenceEquals(_listed, state))
        {
            _listed = state;
            _listing = Observation.OfListing(Observation.Listing(state));
            _messages = Observation.OfMessages(state.Machine.Log);
        }
        return
        [
            .. Observation.Of(state.Machine, region).Select(Observation.WithoutRacingNumbers),
            "list " + _listing.GetValueOrDefault(region, ""),
            .. _messages.GetValueOrDefault(region, []).Select(l => "kmsg " + l),
        ];
    }

    private static Dictionary<int, List<string>> Parse(string text)
    {
        var found = new Dictionary<int, List<string>>();
        string[] parts = text.Split("\n==\n");
        foreach (string line in parts[0].Split('\n'))
        {
            int bar = line.IndexOf('|', StringComparison.Ordinal);
            if (bar > 0 && int.TryParse(line[..bar], out int region))
                Of(region).Add(Observation.WithoutRacingNumbers(line[(bar + 1)..]));
        }
        foreach ((int region, string json) in Observation.OfListing(parts[1]))
            Of(region).Add("list " + json);
        foreach ((int region, List<string> lines) in Observation.OfMessages(parts[2].Split('\n')))
            Of(region).AddRange(lines.Select(l => "kmsg " + l));
        return found;

        List<string> Of(int region)
        {
            if (!found.TryGetValue(region, out List<string>? list))
                found[region] = list = [];
            return list;
        }
    }

    private string Script(IReadOnlyList<FuzzCase> cases)
    {
        int[] regions = [.. cases.Select(c => c.Region)];
        string list = string.Join(' ', regions);
        return $$"""
            {{Observation.GuestScript}}
            {{(_hasLabels ? GuestBuses.Bind : $"for r in {list}; do echo region$r > $ND/drivers/nd_region/bind; done 2>/dev/null")}}
            settle
            for r in {{list}}; do observe $r; done; echo ==
            {{Observation.ListCommand}} 2>/dev/null; echo; echo ==
            {{Disable(regions)}}
            dmesg -c | sed 's/^\[[^]]*\] //'

            """;
    }

    /// <summary>With label areas the whole bus goes: a DIMM that once had labels is known as one for as long as it is there.</summary>
    private string Disable(IEnumerable<int> regions) =>
        _hasLabels
            ? GuestBuses.Unbind
            : $"for r in {string.Join(' ', regions)}; do echo region$r > $ND/drivers/nd_region/unbind; done 2>/dev/null";

    private RegionDescription RegionOf(int number) => Model.Regions.First(r => NumberOf(r.Name) == number);

    /// <summary>The number of a region.</summary>
    public static int NumberOf(string region) => int.Parse(region["region".Length..], CultureInfo.InvariantCulture);

    private (SharedBytes File, ulong Offset) PlaceOf(int region)
    {
        ulong start = RegionOf(region).Range.Start.Bytes;
        for (int i = 0; i < _guest.Machine.Nvdimms.Count; i++)
        {
            if (_guest.Machine.Nvdimms[i].Address == start)
                return (Open(GuestMachine.NvdimmFile(_guest.Folder, i)), 0);
        }
        return (Open(GuestMachine.RamFile(_guest.Folder)), start);
    }

    private SharedBytes Open(string path)
    {
        if (!_files.TryGetValue(path, out SharedBytes? file))
            _files[path] = file = new SharedBytes(path);
        return file;
    }

    /// <summary>Memory of guests lies in memory where there is room.</summary>
    public static string FastFolder() =>
        Directory.Exists("/dev/shm") && new DriveInfo("/dev/shm").AvailableFreeSpace > 6L << 30 ? "/dev/shm" : Path.GetTempPath();
}
