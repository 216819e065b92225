using System.Collections.Immutable;

namespace Altmap.Core.Kernels;

/// <summary>By which rule a kernel's name was mapped to a profile; tried in this order.</summary>
public enum KernelMatchRule
{
    /// <summary>It is the name of a profile.</summary>
    Name,

    /// <summary>A row of <see cref="KernelDistributions"/>.</summary>
    Distribution,

    /// <summary>A profile stands for these stable releases or candidates.</summary>
    StableRelease,

    /// <summary>The profile of the same series.</summary>
    Series,

    /// <summary>Of the profiles before and behind it the one from which fewer known changes part it; of equals the verified one, then the
    /// nearer, then the newer.</summary>
    Nearest,

    /// <summary>Older than all: the oldest.</summary>
    Older,

    /// <summary>Newer than all: the newest.</summary>
    Newer,
}

/// <summary>In what a kernel and the profile that stands for it may differ.</summary>
/// <param name="Rule">Name of a rule, or a few words.</param>
/// <param name="IsKnown">True: they differ; false: it is not known whether they do.</param>
/// <param name="Why">One sentence.</param>
public sealed record KernelDifference(string Rule, bool IsKnown, string Why);

/// <summary>The profile that stands for a kernel.</summary>
/// <param name="Asked">The name as given.</param>
/// <param name="Profile">Its rules; those in <paramref name="Differences"/> are marked <see cref="Confirmation.Inferred"/>.</param>
/// <param name="Rule">Why this one.</param>
/// <param name="Why">The same in a sentence, with the numbers.</param>
/// <param name="Differences">Known ones first.</param>
public sealed record KernelMatch(
    string Asked,
    KernelProfile Profile,
    KernelMatchRule Rule,
    string Why,
    ImmutableArray<KernelDifference> Differences
)
{
    /// <summary>The row of the distribution's kernel, or null.</summary>
    public KernelDistribution? Distribution { get; init; }

    /// <summary>True when the name is the profile's own.</summary>
    public bool IsExact => Rule == KernelMatchRule.Name;

    /// <summary>For a note: what stands for what, why, and how much is not known.</summary>
    public override string ToString()
    {
        if (Rule == KernelMatchRule.Series)
            return $"kernel {Asked} is taken as {Profile.Name}: {Why}";
        int known = Differences.Count(d => d.IsKnown);
        return FormattableString.Invariant($"kernel {Asked} is taken as {Profile.Name}: {Why}; {known} known to differ, ")
            + FormattableString.Invariant(
                $"{Differences.Length - known} not known; not verified on this kernel (altmap kernels --for {Asked})"
            );
    }
}

/// <summary>Maps any kernel's name to a profile, by listed rules. Never a guess in silence: what differs comes with it.</summary>
public static class KernelNames
{
    /// <summary>libnvdimm came with 4.2; what is older has no namespaces at all.</summary>
    private static readonly KernelRelease s_oldest = KernelRelease.Parse("4.2")!;

    private static readonly Dictionary<KernelProfile, KernelRelease> s_releases = KernelProfiles.All.ToDictionary(
        p => p,
        p => KernelRelease.Parse(p.Name) ?? throw new InvalidOperationException($"{p.Name} is no version")
    );

    /// <summary>The last release of 6.1 that reserves 128 bytes a page.</summary>
    private const int LargeReservePatch = 11;

    /// <summary>One line for each rule, for help and docs.</summary>
    public static readonly ImmutableArray<(KernelMatchRule Rule, string Text)> Rules =
    [
        (KernelMatchRule.Name, "the name of a profile is that profile"),
        (KernelMatchRule.Distribution, "a kernel of the table of distributions is the profile that stands there"),
        (KernelMatchRule.StableRelease, "6.1.0 to 6.1.11, and candidates of 6.1 and 6.2, are 6.1.0: they reserve 128 bytes a page"),
        (
            KernelMatchRule.Series,
            "another release of a series that has a profile is that profile (x.y.0-N-name of a package: any release of x.y)"
        ),
        (
            KernelMatchRule.Nearest,
            "between two profiles: the one from which fewer known changes part it; of equals the verified one, then the nearer, then "
                + "the newer"
        ),
        (KernelMatchRule.Older, "older than all profiles, and not before 4.2, which has no libnvdimm: the oldest"),
        (KernelMatchRule.Newer, "newer than all profiles: the newest"),
    ];

    /// <summary>Word of a rule in JSON and text.</summary>
    public static string Word(KernelMatchRule rule) =>
        rule switch
        {
            KernelMatchRule.Name => "name",
            KernelMatchRule.Distribution => "distribution",
            KernelMatchRule.StableRelease => "stable-release",
            KernelMatchRule.Series => "series",
            KernelMatchRule.Nearest => "nearest",
            KernelMatchRule.Older => "older",
            _ => "newer",
        };

    /// <summary>The profile that stands for a kernel; null for what is no kernel's name, for one before 4.2, and for a KMSAN build of a
    /// kernel that has none.</summary>
    /// <param name="name">A profile's name, a version, or what <c>uname -r</c> prints; with <c>+kmsan</c> the same built with
    /// CONFIG_KMSAN.</param>
    public static KernelMatch? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (KernelProfiles.Find(name) is { } exact)
            return new(name, exact, KernelMatchRule.Name, "the name of a profile", []);
        bool isKmsan = name.EndsWith(KernelProfiles.KmsanSuffix, StringComparison.Ordinal);
        if (KernelRelease.Parse(isKmsan ? name[..^KernelProfiles.KmsanSuffix.Length] : name) is not { } release)
            return null;
        if (Match(name, release) is not { } match)
            return null;
        if (!isKmsan)
            return match with { Profile = Marked(match.Profile, match) };
        return KernelProfiles.Find(match.Profile.Name + KernelProfiles.KmsanSuffix) is { } kmsan
            ? match with
            {
                Profile = Marked(kmsan, match),
            }
            : null;
    }

    /// <summary>True where one profile stands for both names.</summary>
    public static bool AreOne(string name, string other) =>
        name == other || (Find(name) is { } first && Find(other) is { } second && first.Profile.Name == second.Profile.Name);

    /// <summary>Why <see cref="Find"/> gives nothing, and what would do.</summary>
    public static string Refusal(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string quoted = Json.Quote.Text(name),
            expected = "a version as 6.8, what uname -r prints, a profile (altmap kernels), or the path of a profile file";
        if (KernelRelease.Parse(name) is { } release && release.Age < s_oldest.Age)
            return $"kernel {quoted} has no libnvdimm, which came with {s_oldest.Text}; expected {expected}";
        if (name.EndsWith(KernelProfiles.KmsanSuffix, StringComparison.Ordinal))
            return $"kernel {quoted}: no profile built with CONFIG_KMSAN stands for it, which came with 6.1; expected {expected}";
        string hint = Hint(name);
        return $"there is no kernel {quoted}; expected {expected}{(hint.Length == 0 ? "" : $"; {hint}")}";
    }

    /// <summary><c>did you mean "6.12"?</c> for a name that no profile has: the one that stands for it, else the nearest in letters; or
    /// empty.</summary>
    public static string Hint(string name) =>
        Find(name) is { } match
            ? $"did you mean \"{match.Profile.Name}\"?"
            : Json.NearestWord.Hint(name, KernelProfiles.Named.Select(p => p.Name));

    private static KernelMatch? Match(string name, KernelRelease release)
    {
        if (KernelDistributions.Find(release) is { } distribution)
            return Of(name, release, distribution.Profile, KernelMatchRule.Distribution, $"{distribution.Name}: {distribution.Source}") with
            {
                Distribution = distribution,
            };
        if (release.Age < s_oldest.Age)
            return null;
        if (HasLargeReserve(release))
            return Of(
                name,
                release,
                "6.1.0",
                KernelMatchRule.StableRelease,
                "MAX_STRUCT_PAGE_SIZE is 128 from 6.1-rc1 to 6.1.11 and 6.2-rc"
            );
        KernelProfile[] series = [.. KernelProfiles.All.Where(p => !IsStableRange(p))];
        if (series.FirstOrDefault(p => ReleaseOf(p).Age == release.Age) is { } same)
            return Of(name, release, same.Name, KernelMatchRule.Series, $"the profile of its series ({same.Description})");
        KernelProfile? before = series.LastOrDefault(p => ReleaseOf(p).Age < release.Age),
            behind = series.FirstOrDefault(p => ReleaseOf(p).Age > release.Age);
        if (before is null)
            return Of(name, release, behind!.Name, KernelMatchRule.Older, $"older than the oldest profile, {behind.Name}");
        if (behind is null)
            return Of(name, release, before.Name, KernelMatchRule.Newer, $"newer than the newest profile, {before.Name}");
        (int toBefore, int toBehind) = (Distance(release, before), Distance(release, behind));
        KernelProfile near = Nearer(release, before, toBefore, behind, toBehind);
        return Of(
            name,
            release,
            near.Name,
            KernelMatchRule.Nearest,
            $"between {before.Name} ({Changes(toBefore)}) and {behind.Name} ({Changes(toBehind)})"
        );
    }

    private static string Changes(int count) =>
        FormattableString.Invariant($"{(count == 0 ? "no" : count.ToString(System.Globalization.CultureInfo.InvariantCulture))} known ")
        + (count == 1 ? "change away" : "changes away");

    private static KernelProfile Nearer(KernelRelease release, KernelProfile before, int toBefore, KernelProfile behind, int toBehind)
    {
        if (toBefore != toBehind)
            return toBefore < toBehind ? before : behind;
        if (before.IsVerified != behind.IsVerified)
            return before.IsVerified ? before : behind;
        return release.Age - ReleaseOf(before).Age < ReleaseOf(behind).Age - release.Age ? before : behind;
    }

    private static bool HasLargeReserve(KernelRelease release) =>
        (release.Major, release.Minor) switch
        {
            (6, 1) => release.Candidate > 0 || (release.Patch <= LargeReservePatch && !release.IsDistribution),
            (6, 2) => release.Candidate > 0,
            _ => false,
        };

    /// <summary>6.1.0 is a part of the series 6.1, and no neighbour of others.</summary>
    private static bool IsStableRange(KernelProfile profile) => ReleaseOf(profile).Patch is not null;

    private static KernelRelease ReleaseOf(KernelProfile profile) => s_releases[profile];

    private static int Distance(KernelRelease release, KernelProfile profile) =>
        KernelChanges.Known.Count(c => !c.IsAside && c.Age <= release.Age != c.Age <= ReleaseOf(profile).Age);

    private static KernelMatch Of(string name, KernelRelease release, string profileName, KernelMatchRule rule, string why)
    {
        KernelProfile profile = KernelProfiles.Find(profileName)!;
        return new(name, profile, rule, why, [.. Differences(release, profile, rule)]);
    }

    private static IEnumerable<KernelDifference> Differences(KernelRelease release, KernelProfile profile, KernelMatchRule rule)
    {
        double age = release.Age,
            own = ReleaseOf(profile).Age;
        if (rule == KernelMatchRule.Distribution)
        {
            foreach (KernelChange change in KernelChanges.Known.Where(c => c.Age > age && c.Age <= own))
                yield return new(change.Rule, false, $"came with {change.Version}: taken as taken over, not read; {change.Source}");
        }
        else
        {
            foreach (KernelChange change in KernelChanges.Known.Where(c => c.Age <= age != c.Age <= own))
                yield return new(
                    change.Rule,
                    true,
                    $"changed with {change.Version}: {profile.Name} is {(change.Age <= own ? "after" : "before")} that; {change.Source}"
                );
        }
        if (rule == KernelMatchRule.Older && release.Age < KernelRelease.AgeOf(5, 0))
            yield return new(
                "older kernels",
                false,
                "what changed between 4.2 and 4.19 is not in the profile; a devdax align other than the page size is said to be refused "
                    + "before 5.0 (pmem/ndctl issue 274), the profile takes it"
            );
        if (rule == KernelMatchRule.Newer)
            yield return new("newer kernels", false, $"what changed after {profile.Name} is not known here");
        foreach (string unknown in Unplaced(age, own))
            yield return new(unknown, false, "changed somewhere between two profiles, or by stable release: not known on which side it is");
    }

    /// <summary>Rules that differ between profiles around the kernel, without a version in the table.</summary>
    private static IEnumerable<string> Unplaced(double age, double own)
    {
        if (age == own)
            yield break;
        KernelProfile[] series = [.. KernelProfiles.All.Where(p => !IsStableRange(p))];
        for (int i = 1; i < series.Length; i++)
        {
            double from = ReleaseOf(series[i - 1]).Age,
                to = ReleaseOf(series[i]).Age;
            if (age <= from || age >= to)
                continue;
            foreach (Rule rule in Kernels.Rules.All)
            {
                bool isPlaced = KernelChanges.Known.Any(c => c.Rule == rule.Name && c.Age > from && c.Age <= to);
                if (!isPlaced && Value(series[i - 1], rule) != Value(series[i], rule))
                    yield return rule.Name;
            }
        }
    }

    private static string Value(KernelProfile profile, Rule rule) => profile.SettingOf(rule).Value;

    /// <summary>The profile with the marks that the match gives it.</summary>
    private static KernelProfile Marked(KernelProfile profile, KernelMatch match)
    {
        Dictionary<string, string> differences = [];
        foreach (KernelDifference difference in match.Differences)
            differences.TryAdd(difference.Rule, difference.Why);
        return profile.For(
            match,
            (rule, setting) =>
                setting.Confirmation < Confirmation.Inferred && differences.TryGetValue(rule.Name, out string? why)
                    ? setting with
                    {
                        Confirmation = Confirmation.Inferred,
                        Source = $"taken for {match.Asked}: {why}; {setting.Source}",
                    }
                    : setting
        );
    }
}
