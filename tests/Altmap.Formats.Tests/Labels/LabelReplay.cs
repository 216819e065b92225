using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Tests.Labels;

/// <summary>
/// Carries out the label side of a recorded session: ndctl's order of sysfs writes, each a namespace update of the kernel. One DIMM a
/// region.
/// </summary>
internal sealed partial class LabelReplay
{
    private readonly Dictionary<string, (RecordedDimm Dimm, string Region)> _regions;
    private readonly Dictionary<string, ImmutableArray<ReservedRange>> _reserved = [];
    private readonly Dictionary<string, (string Region, NamespaceLabel Label)> _namespaces = [];

    public LabelReplay(string snapshot)
    {
        _regions = LabelGolden.Dimms.Where(d => d.Snapshot == snapshot).ToDictionary(d => d.Region, d => (d, d.Region));
        foreach ((string region, (RecordedDimm dimm, _)) in _regions)
        {
            Areas[dimm.Dimm] = LabelArea.Parse(SparseBytes.Zero(131072), LabelGolden.Kernel);
            _reserved[region] = [];
        }
    }

    public Dictionary<string, LabelArea> Areas { get; } = [];

    /// <summary>Every update in order: the area before, and the writes.</summary>
    public List<(LabelArea Before, LabelWriteResult Result)> Updates { get; } = [];

    /// <summary>Initialises every DIMM with the label version that the recorded area has.</summary>
    public void InitialiseAsRecorded(string snapshot)
    {
        foreach (string dimm in Areas.Keys.ToArray())
        {
            LabelVersion version = LabelGolden.Parse(LabelGolden.Area($"{snapshot}/{dimm}")).Version;
            Areas[dimm] = LabelArea.Parse(LabelInitialisation.InitLabels(Areas[dimm].Bytes, version).Bytes, LabelGolden.Kernel);
        }
    }

    /// <summary>One command with its output and exit status.</summary>
    public void Command(string[] words, string output, int status)
    {
        if (words is not ["ndctl", ..])
            return;
        if (words[1] == "init-labels" && status == 0)
            InitLabels(words);
        if (words[1] == "create-namespace")
            Create(words, output, status);
        if (words[1] == "destroy-namespace" && status == 0)
            Destroy(words[^1]);
    }

    /// <summary>The commands of a session in order.</summary>
    public static IEnumerable<(string[] Words, string Output, int Status)> Commands(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("+ ", StringComparison.Ordinal))
                continue;
            int end = Array.FindIndex(lines, i, l => l.StartsWith("# rc=", StringComparison.Ordinal));
            yield return (
                lines[i][2..].Split(' '),
                string.Join('\n', lines[(i + 1)..end]),
                int.Parse(lines[end][5..], CultureInfo.InvariantCulture)
            );
        }
    }

    private void InitLabels(string[] words)
    {
        LabelVersion version = Option(words, "-V") == "1.2" ? LabelVersion.V1_2 : LabelVersion.V1_1;
        foreach (string dimm in Areas.Keys.ToArray())
        {
            if (words[^1] != "all" && words[^1] != dimm)
                continue;
            Areas[dimm] = LabelArea.Parse(LabelInitialisation.InitLabels(Areas[dimm].Bytes, version).Bytes, LabelGolden.Kernel);
        }
    }

    private void Create(string[] words, string output, int status)
    {
        string region = Option(words, "-r")!;
        RecordedDimm dimm = _regions[region].Dimm;
        Uuid uuid = Uuid.Parse(Option(words, "-u")!);
        ByteSize size = DpaAllocation.MaxAvailableExtent([DpaAllocation.LargestFreeExtent(dimm.Mapping, _reserved[region])]);
        if (Option(words, "-s") is { } text)
        {
            Assert.True(ByteSize.TryParse(text, out ByteSize asked));
            bool refused = asked > size || !asked.IsMultipleOf(dimm.Mapping.Granularity);
            Assert.Equal(refused, status != 0);
            size = asked;
        }
        if (status != 0 && !output.Contains("failed to enable", StringComparison.Ordinal))
            return;
        DpaResult grown = DpaAllocation.Grow(dimm.Mapping, _reserved[region], uuid, size);
        Assert.Equal(Errno.None, grown.Errno);
        _reserved[region] = grown.Reserved;

        LabelArea area = Areas[dimm.Dimm];
        string mode = Option(words, "-m")!;
        ulong sector = ulong.Parse(Option(words, "-l") ?? (mode == "sector" ? "4096" : "512"), CultureInfo.InvariantCulture);
        var label = new NamespaceLabel
        {
            Uuid = uuid,
            Name = LabelBytes.FromName(Option(words, "-n")!),
            InterleaveSetCookie = InterleaveSetCookie.Compute([dimm.Member]).For(area),
            Dpa = grown.Reserved.Single(r => r.Owner == uuid).Start,
            RawSize = size,
            TypeGuid = LabelFormat.PersistentMemoryType,
        };
        Delete(dimm, uuid); // uuid
        Delete(dimm, uuid); // alt_name
        Put(dimm, label); // size
        if (sector is 512 or 4096)
            Put(dimm, label = label with { LbaSize = new ByteSize(sector) });
        ClaimClass claim = mode switch
        {
            "fsdax" => ClaimClass.Pfn,
            "devdax" => ClaimClass.Dax,
            "sector" => ClaimClass.Btt2,
            _ => ClaimClass.None,
        };
        Put(dimm, label = label with { AbstractionGuid = claim.ToGuid() }); // holder_class
        string name = status == 0 ? DeviceName().Match(output).Groups[1].Value : "rolled back";
        _namespaces[name] = (region, label);
        if (status != 0)
            Destroy(name);
    }

    private void Destroy(string name)
    {
        _namespaces.Remove(name, out (string Region, NamespaceLabel Label) gone);
        RecordedDimm dimm = _regions[gone.Region].Dimm;
        Put(dimm, gone.Label with { AbstractionGuid = Uuid.Zero }); // holder_class
        _reserved[gone.Region] = DpaAllocation.Shrink(_reserved[gone.Region], gone.Label.Uuid, gone.Label.RawSize).Reserved;
        Delete(dimm, gone.Label.Uuid); // size 0
    }

    private void Put(RecordedDimm dimm, NamespaceLabel label)
    {
        Do(dimm, Areas[dimm.Dimm].PutLabel(label, LabelFlags.Updating));
        Do(dimm, Areas[dimm.Dimm].PutLabel(label, 0));
    }

    private void Delete(RecordedDimm dimm, Uuid uuid) => Do(dimm, Areas[dimm.Dimm].DeleteLabels(uuid));

    private void Do(RecordedDimm dimm, LabelWriteResult result)
    {
        Assert.Equal(Errno.None, result.Errno);
        Updates.Add((Areas[dimm.Dimm], result));
        Areas[dimm.Dimm] = result.Area;
    }

    private static string? Option(string[] words, string name) => Array.IndexOf(words, name) is >= 0 and int at ? words[at + 1] : null;

    [GeneratedRegex("\"dev\":\"([^\"]+)\"")]
    private static partial Regex DeviceName();
}
