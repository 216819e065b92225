namespace Altmap.Conformance.Packages;

/// <summary>The emulator: the machine's own, or fetched into the cache and run from there.</summary>
/// <param name="Program">Full path.</param>
/// <param name="Environment">What it needs to find its libraries.</param>
/// <param name="DataFolders">Where its firmware lies; empty: where it looks by itself.</param>
/// <param name="Version">As it says.</param>
internal sealed record Qemu(
    string Program,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string> DataFolders,
    string Version
)
{
    /// <summary>Finds or fetches it.</summary>
    public static Qemu Fetch(string cache, TimeBudget time)
    {
        if (HostTool.Find("qemu-system-x86_64") is { } own)
            return Checked(own, new Dictionary<string, string>(), []);
        string tree = Path.Combine(cache, "qemu");
        if (!Directory.Exists(tree))
        {
            Directory.CreateDirectory(cache);
            new AptSuite(cache, AptSuite.OfMachine(), time).Unpack(
                ["qemu-system-x86"],
                tree,
                withDependencies: true,
                besideInstalled: true
            );
        }
        string libraries = string.Join(':', LibraryFolders(tree));
        return Checked(
            Path.Combine(tree, "usr/bin/qemu-system-x86_64"),
            new Dictionary<string, string>
            {
                ["LD_LIBRARY_PATH"] = libraries,
                ["QEMU_MODULE_DIR"] = Path.Combine(tree, "usr/lib/x86_64-linux-gnu/qemu"),
            },
            [
                .. new[] { "usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu" }
                    .Select(d => Path.Combine(tree, d))
                    .Where(Directory.Exists),
            ]
        );
    }

    private static IEnumerable<string> LibraryFolders(string tree) =>
        Directory
            .EnumerateFiles(tree, "lib*.so*", SearchOption.AllDirectories)
            .Select(f => Path.GetDirectoryName(f)!)
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static Qemu Checked(string program, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> data)
    {
        ToolResult version = HostTool.Run(program, ["--version"], environment: environment);
        if (version.ExitCode != 0)
            throw new LaboratoryGap($"{program} does not start: {version.Why}");
        return new(program, environment, data, version.Text.Split('\n')[0]);
    }
}
