using System.Text.RegularExpressions;

namespace Altmap.Conformance.Packages;

/// <summary>
/// A release of the distribution, asked with the machine's own apt and a configuration of our own: lists, archives and status lie in the
/// laboratory's cache, nothing is installed, and no rights are needed.
/// </summary>
internal sealed partial class AptSuite
{
    private readonly string _root;
    private readonly string _configuration;
    private readonly Lazy<bool> _lists;
    private readonly TimeBudget _time;

    /// <param name="cache">The laboratory's cache folder.</param>
    /// <param name="codename">As <c>bookworm</c>, <c>sid</c>.</param>
    /// <param name="time">How long fetching may take.</param>
    public AptSuite(string cache, string codename, TimeBudget time)
    {
        (Codename, _time) = (codename, time);
        _root = Path.Combine(cache, "apt", codename);
        _configuration = Path.Combine(_root, "apt.conf");
        _lists = new(Update);
    }

    /// <summary>The release.</summary>
    public string Codename { get; }

    /// <summary>This machine's own release, from os-release(5).</summary>
    public static string OfMachine()
    {
        string release = File.Exists("/etc/os-release") ? File.ReadAllText("/etc/os-release") : "";
        return CodenameLine().Match(release) is { Success: true } match
            ? match.Groups[1].Value
            : throw new LaboratoryGap("/etc/os-release names no release: packages can be had on Debian only");
    }

    /// <summary>Names of packages that match, in no order.</summary>
    public IReadOnlyList<string> Names(Regex pattern)
    {
        _ = _lists.Value;
        return [.. Apt("apt-cache", "pkgnames").Text.Split('\n').Where(n => pattern.IsMatch(n))];
    }

    /// <summary>The version that would be fetched, or null.</summary>
    public string? VersionOf(string package)
    {
        _ = _lists.Value;
        return VersionLine().Match(Apt("apt-cache", "show", "--no-all-versions", package).Text) is { Success: true } match
            ? match.Groups[1].Value
            : null;
    }

    /// <summary>Fetches packages by name and unpacks them into <paramref name="target"/>, which appears only when all is there.</summary>
    /// <param name="packages">Names.</param>
    /// <param name="target">A folder that does not exist yet.</param>
    /// <param name="withDependencies">Also all that they need (without recommendations).</param>
    /// <param name="besideInstalled">What is installed on this machine is not fetched again.</param>
    public void Unpack(IReadOnlyList<string> packages, string target, bool withDependencies, bool besideInstalled = false)
    {
        _ = _lists.Value;
        string folder = Path.Combine(_root, "fetch-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Path.Combine(folder, "partial"));
        try
        {
            string[] status =
            [
                "-o",
                "Dir::State::status=" + (besideInstalled ? "/var/lib/dpkg/status" : Path.Combine(_root, "no-packages")),
            ];
            string[] places = ["-o", "Dir::Cache::archives=" + folder];
            ToolResult result = withDependencies
                ? Apt("apt-get", [.. status, .. places, "-y", "--no-install-recommends", "--download-only", "install", .. packages])
                : Run("apt-get", ["-c", _configuration, .. status, "download", .. packages], folder);
            if (result.ExitCode != 0)
                throw new LaboratoryGap($"{string.Join(", ", packages)} cannot be fetched from {Codename}: {result.Why}");
            string part = target + ".part";
            if (Directory.Exists(part))
                Directory.Delete(part, true);
            Directory.CreateDirectory(part);
            foreach (string file in Directory.EnumerateFiles(folder, "*.deb"))
            {
                ToolResult unpacked = HostTool.Run("dpkg-deb", ["-x", file, part]);
                if (unpacked.ExitCode != 0)
                    throw new LaboratoryGap($"{Path.GetFileName(file)} cannot be unpacked: {unpacked.Why}");
            }
            Directory.Move(part, target);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private bool Update()
    {
        string own = OfMachine();
        IReadOnlyList<AptSource> sources = AptSource.OfMachine("/etc/apt", own);
        if (sources.Count == 0)
            throw new LaboratoryGap($"no archive of {own} stands in /etc/apt/sources.list or sources.list.d");
        var lines = new List<string>();
        foreach (AptSource source in sources)
        {
            bool security = source.Suite.EndsWith("-security", StringComparison.Ordinal);
            if (!(security && Codename == "sid")) // unstable has no security archive
                lines.Add((source with { Suite = security ? Codename + "-security" : Codename }).Line);
        }
        foreach (string folder in (string[])["etc/parts", "state/lists/partial", "cache/archives/partial"])
            Directory.CreateDirectory(Path.Combine(_root, folder));
        File.WriteAllText(Path.Combine(_root, "no-packages"), "");
        File.WriteAllText(Path.Combine(_root, "etc/sources.list"), string.Join('\n', lines.Distinct()) + "\n");
        // How this machine reaches archives (proxies, time limits) stays as it is.
        string acquire = HostTool.Run("apt-config", ["dump", "Acquire"]).Text;
        File.WriteAllText(
            _configuration,
            $"""
            {acquire}
            Dir::Etc::sourcelist "{_root}/etc/sources.list";
            Dir::Etc::sourceparts "{_root}/etc/parts";
            Dir::Etc::preferences "/dev/null";
            Dir::Etc::preferencesparts "{_root}/etc/parts";
            Dir::State "{_root}/state";
            Dir::State::status "{_root}/no-packages";
            Dir::Cache "{_root}/cache";
            Acquire::Languages "none";
            Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
            Acquire::Retries "2";
            APT::Sandbox::User "";
            APT::Architecture "amd64";
            APT::Architectures "amd64";

            """
        );
        string stamp = Path.Combine(_root, "updated");
        if (File.Exists(stamp) && DateTime.UtcNow - File.GetLastWriteTimeUtc(stamp) < TimeSpan.FromDays(1))
            return true;
        ToolResult result = Apt("apt-get", "update");
        if (result.ExitCode != 0)
            throw new LaboratoryGap($"the package lists of {Codename} cannot be fetched: {result.Why}");
        File.WriteAllText(stamp, "");
        return true;
    }

    private ToolResult Apt(string program, params string[] arguments) => Run(program, ["-c", _configuration, .. arguments], null);

    private ToolResult Run(string program, string[] arguments, string? directory) =>
        HostTool.Run(program, arguments, directory: directory, timeoutSeconds: _time.Of(900));

    [GeneratedRegex("(?m)^VERSION_CODENAME=\"?([a-z]+)\"?$")]
    private static partial Regex CodenameLine();

    [GeneratedRegex("(?m)^Version: (.+)$")]
    private static partial Regex VersionLine();
}
