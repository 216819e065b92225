using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Conformance.Packages;
using Altmap.Model.Hardware;

namespace Altmap.Conformance.Fuzz;

/// <summary>What is fuzzed: machines, and cases for their regions.</summary>
/// <param name="Name">As the documentation calls the inputs.</param>
/// <param name="Layout">A computer for a seed.</param>
/// <param name="Make">Case N of a seed for a region.</param>
internal sealed record FuzzKind(
    string Name,
    Func<ulong, GuestMachine> Layout,
    Func<ulong, ulong, ModelMachine, RegionDescription, FuzzCase> Make
)
{
    /// <summary>Info-blocks of pfn and dax devices.</summary>
    public static readonly FuzzKind InfoBlocks = new(
        "info-blocks",
        Layouts.MemmapRanges,
        (seed, number, _, region) => InfoBlockCases.Make(seed, number, FuzzRig.NumberOf(region.Name), region.Range)
    );

    /// <summary>BTTs: info-blocks, their copies, logs and maps.</summary>
    public static readonly FuzzKind Btts = new(
        "BTT info-blocks",
        Layouts.BttRanges,
        (seed, number, _, region) => BttCases.Make(seed, number, FuzzRig.NumberOf(region.Name), region.Range)
    );

    /// <summary>Label areas.</summary>
    public static readonly FuzzKind Labels = new(
        "label areas",
        Layouts.Nvdimms,
        (seed, number, model, region) =>
            LabelCases.Make(
                seed,
                number,
                FuzzRig.NumberOf(region.Name),
                region.Range,
                model.Description.Dimms.First(d => d.Name == region.Mappings[0].Dimm).LabelAreaSize,
                model.CookiesOf(FuzzRig.NumberOf(region.Name))
            )
    );
}

/// <summary>What came out of a series.</summary>
internal sealed class FuzzTally
{
    /// <summary>Cases that guest and model were compared on.</summary>
    public int Compared { get; set; }

    /// <summary>Of those, how many agree in every line.</summary>
    public int Agree { get; set; }

    /// <summary>Cases that the model refuses to answer, by its reason.</summary>
    public SortedDictionary<string, int> NotModelled { get; } = new(StringComparer.Ordinal);

    /// <summary>How the guests' verdicts fall out.</summary>
    public SortedDictionary<string, int> Outcomes { get; } = new(StringComparer.Ordinal);

    /// <summary>Disagreements that a freshly booted guest confirmed, shrunk.</summary>
    public List<FuzzResult> Disagreements { get; } = [];

    /// <summary>Cases that came out as the model says in one fresh boot and not in another: a race of the kernel's drivers.</summary>
    public int Races { get; set; }

    /// <summary>Boots.</summary>
    public int Boots { get; set; }

    /// <summary>Why it ended before all was compared, or null.</summary>
    public string? Over { get; set; }
}

/// <summary>Runs a kind of input against one kernel until enough cases were compared.</summary>
internal sealed class FuzzSeries(Laboratory laboratory, string kernel, FuzzKind kind, ulong seed, int count, TextWriter log)
{
    private const int RoundsOfBoot = 40;
    private const int DisagreementsMax = 25;
    private const int BootsToConfirm = 3;

    /// <summary>Runs it.</summary>
    public FuzzTally Run()
    {
        var tally = new FuzzTally();
        for (
            ulong layout = seed;
            tally.Compared + tally.NotModelled.Values.Sum() < count && tally.Disagreements.Count < DisagreementsMax;
            layout++
        )
        {
            try
            {
                RunLayout(layout, tally);
            }
            catch (LaboratoryGap gap)
            {
                tally.Over = gap.Message;
                break;
            }
        }
        return tally;
    }

    private void RunLayout(ulong layout, FuzzTally tally)
    {
        var suspects = new List<FuzzResult>();
        var removed = new HashSet<int>();
        ulong number = 0;
        int round = 0;
        while (round < RoundsOfBoot && Left(tally) > 0)
        {
            FuzzCase[] cases = [];
            try
            {
                using FuzzRig rig = Boot(layout, tally);
                for (; round < RoundsOfBoot && Left(tally) > 0; round++)
                {
                    cases =
                    [
                        .. rig
                            .Regions.Where(r => !removed.Contains(r.Key))
                            .Take(Left(tally))
                            .Select(r => kind.Make(layout, number++, rig.Model, r.Value)),
                    ];
                    if (cases.Length == 0)
                        break;
                    foreach (FuzzResult result in rig.Round(cases))
                    {
                        if (Settled(tally, result))
                            continue;
                        // Either a disagreement, or what an earlier round left in this region: a freshly booted guest tells.
                        suspects.Add(result);
                        removed.Add(result.Case.Region);
                    }
                }
                Say(
                    $"{kind.Name} on {kernel}, layout {layout}: {rig.Regions.Count} regions, booted in {rig.BootTime.TotalSeconds:f1} s; "
                        + $"{tally.Compared} compared, {suspects.Count} to be confirmed"
                );
                break;
            }
            catch (GuestDied died)
            {
                Say($"{kind.Name} on {kernel}, layout {layout}: the guest died in round {round}: {died.Message}");
                round++;
                foreach (FuzzCase one in cases.Chunk(Math.Max(1, (cases.Length + 1) / 2)).SelectMany(part => Killers(layout, tally, part)))
                    Crashed(layout, tally, one, died);
            }
        }
        for (int tries = 0; suspects.Count > 0; tries++)
            suspects = Confirm(layout, tally, suspects, last: tries >= 3);
    }

    /// <summary>Boots; a guest that does not come up (a busy computer) gets a second try.</summary>
    private FuzzRig Boot(ulong layout, FuzzTally tally)
    {
        tally.Boots++;
        try
        {
            return FuzzRig.Boot(laboratory, kernel, kind.Layout(layout));
        }
        catch (GuestDied died)
        {
            Say($"{kind.Name} on {kernel}, layout {layout}: booted once more: {died.Message}");
            return FuzzRig.Boot(laboratory, kernel, kind.Layout(layout));
        }
    }

    /// <summary>The cases among these that kill a freshly booted guest by themselves.</summary>
    private IEnumerable<FuzzCase> Killers(ulong layout, FuzzTally tally, FuzzCase[] cases)
    {
        try
        {
            using FuzzRig rig = Boot(layout, tally);
            foreach (FuzzResult result in rig.Round(cases))
            {
                if (!Settled(tally, result))
                    Keep(tally, result);
            }
            return [];
        }
        catch (GuestDied)
        {
            return cases.Length == 1 ? cases : [.. cases.Chunk((cases.Length + 1) / 2).SelectMany(part => Killers(layout, tally, part))];
        }
    }

    /// <summary>The model has no state after an oops: it agrees when it says that the kernel would, and stops there.</summary>
    private void Crashed(ulong layout, FuzzTally tally, FuzzCase one, GuestDied died)
    {
        string? said;
        using (FuzzRig rig = Boot(layout, tally))
            said = rig.JudgeAlone(one).NotModelled;
        var result = new FuzzResult(one, ["crash " + died.Fault], said is null ? ["no crash"] : ["crash " + died.Fault], null);
        Count(tally, result, result.Agrees);
        if (result.Agrees)
            Say($"CRASH, and the model says so ({said}): {one}");
        else
            Keep(tally, result);
    }

    /// <summary>True when nothing is left to ask: both say the same, or the model says that it does not know.</summary>
    private static bool Settled(FuzzTally tally, FuzzResult result)
    {
        if (result.NotModelled is { } unknown)
            tally.NotModelled[unknown] = tally.NotModelled.GetValueOrDefault(unknown) + 1;
        else if (result.Agrees)
            Count(tally, result, true);
        else
            return false;
        return true;
    }

    private void Say(string line)
    {
        log.WriteLine(line);
        log.Flush();
    }

    private int Left(FuzzTally tally) => count - tally.Compared - tally.NotModelled.Values.Sum();

    /// <summary>Asks freshly booted guests, one suspect a region. Drivers race: what comes out right once in three boots, or in the later
    /// ones alone on the machine, is no disagreement.</summary>
    private List<FuzzResult> Confirm(ulong layout, FuzzTally tally, List<FuzzResult> suspects, bool last)
    {
        FuzzResult[] now = [.. suspects.GroupBy(s => s.Case.Region).Select(g => g.First())];
        FuzzResult[] open = now;
        for (int boot = 0; boot < BootsToConfirm && open.Length > 0; boot++)
        {
            using FuzzRig rig = Boot(layout, tally);
            FuzzResult[] asked = [.. rig.Round([.. open.Select(s => s.Case)])];
            open = [.. asked.Where(r => !Settled(tally, r)).Where(r => boot == 0 || !Settled(tally, rig.Round([r.Case])[0]))];
            if (boot > 0)
                tally.Races += asked.Length - open.Length;
            else
                open.ToList().ForEach(r => Say($"to be asked again: {kind.Name} on {kernel}: {r.Case}\n{r.Differences.First()}"));
            if (boot == BootsToConfirm - 1)
                open = [.. open.Select(r => Shrunk(rig, r))];
        }
        foreach (FuzzResult result in open)
        {
            Count(tally, result, false);
            Keep(tally, result);
        }
        return last ? [] : [.. suspects.Except(now)];
    }

    /// <summary>The case with as few of its changes as still give a difference, in this guest.</summary>
    private static FuzzResult Shrunk(FuzzRig rig, FuzzResult result)
    {
        for (int i = result.Case.Edits.Length - 1; i >= 0 && result.Case.Edits.Length > 1; i--)
        {
            FuzzResult less = rig.Round([result.Case with { Edits = result.Case.Edits.RemoveAt(i) }])[0];
            if (less.NotModelled is null && !less.Agrees)
                result = less;
        }
        return result;
    }

    private void Keep(FuzzTally tally, FuzzResult result)
    {
        tally.Disagreements.Add(result);
        Say($"DISAGREE {kind.Name} on {kernel}: seed {seed}: {result.Case}");
        foreach (string line in result.Differences)
            Say(line);
    }

    private static void Count(FuzzTally tally, FuzzResult result, bool agrees)
    {
        tally.Compared++;
        if (agrees)
            tally.Agree++;
        tally.Outcomes[result.Outcome] = tally.Outcomes.GetValueOrDefault(result.Outcome) + 1;
    }
}
