namespace Altmap.Conformance.Packages;

/// <summary>What a guest has beside its kernel: busybox, ndctl and daxctl of the machine's release, with their libraries.</summary>
internal sealed record GuestTools(string Tree, string NdctlVersion)
{
    private static readonly string[] Packages = ["busybox-static", "ndctl", "daxctl", "e2fsprogs"];
    private static readonly string[] Programs = ["usr/bin/ndctl", "usr/bin/daxctl", "sbin/mke2fs", "usr/sbin/mke2fs"];

    /// <summary>Fetches the packages, or takes them from the cache.</summary>
    public static GuestTools Fetch(string cache, TimeBudget time)
    {
        string tree = Path.Combine(cache, "tools"),
            note = Path.Combine(cache, "tools.txt");
        if (!Directory.Exists(tree) || !File.Exists(note))
        {
            if (Directory.Exists(tree))
                Directory.Delete(tree, true);
            Directory.CreateDirectory(cache);
            var suite = new AptSuite(cache, AptSuite.OfMachine(), time);
            suite.Unpack(Packages, tree, withDependencies: true);
            File.WriteAllText(note, suite.VersionOf("ndctl") ?? "unknown");
        }
        return new(tree, File.ReadAllText(note));
    }

    /// <summary>The words that start a program of the tree on this computer, with the tree's own libraries.</summary>
    public static IReadOnlyList<string> CommandOf(string tree, string program)
    {
        string loader =
            Directory.EnumerateFiles(tree, "ld-linux-x86-64.so.2", SearchOption.AllDirectories).FirstOrDefault()
            ?? throw new LaboratoryGap("the tools' packages hold no loader");
        IEnumerable<string> folders = Directory
            .EnumerateFiles(tree, "*.so*", SearchOption.AllDirectories)
            .Select(f => Path.GetDirectoryName(f)!)
            .Distinct()
            .Order(StringComparer.Ordinal);
        return [loader, "--library-path", string.Join(':', folders), Path.Combine(tree, "usr/bin", program)];
    }

    /// <summary>Files for the guest: path in it, and where they lie here. Libraries are those that the programs name, and theirs.</summary>
    public static IEnumerable<(string Path, string File)> Files(string tree)
    {
        yield return ("bin/busybox", Path.Combine(tree, "bin/busybox"));
        Dictionary<string, string> libraries = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(tree, "*.so*", SearchOption.AllDirectories))
            libraries.TryAdd(Path.GetFileName(file), file);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>();
        foreach (string program in Programs.Select(p => Path.Combine(tree, p)).Where(File.Exists))
        {
            yield return ("usr/bin/" + Path.GetFileName(program), program);
            open.Enqueue(program);
        }
        while (open.TryDequeue(out string? file))
        {
            foreach (string need in ElfNeeds.Of(File.ReadAllBytes(file)))
            {
                if (!seen.Add(need) || !libraries.TryGetValue(need, out string? library))
                    continue;
                yield return ("lib/x86_64-linux-gnu/" + need, library);
                open.Enqueue(library);
            }
        }
        if (libraries.TryGetValue("ld-linux-x86-64.so.2", out string? loader))
            yield return ("lib64/ld-linux-x86-64.so.2", loader);
        foreach (string name in (string[])["etc/ndctl", "etc/mke2fs.conf"])
        {
            string path = Path.Combine(tree, name);
            if (File.Exists(path))
                yield return (name, path);
            if (!Directory.Exists(path))
                continue;
            foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
                yield return (Path.GetRelativePath(tree, file), file);
        }
    }
}
