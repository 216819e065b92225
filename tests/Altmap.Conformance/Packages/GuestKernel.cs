using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace Altmap.Conformance.Packages;

/// <summary>A kernel series that the model has a profile of, and the Debian release that carries it.</summary>
/// <param name="Series">The profile's name.</param>
/// <param name="Release">Where its packages are.</param>
/// <param name="Image">Which packages hold the image: the version (as <c>uname -r</c> says it) is its first group.</param>
/// <param name="Preferred">The version whose recordings lie in tests/golden; another of the series when this one is gone.</param>
/// <param name="Others">More packages to unpack, with <c>{0}</c> for the version.</param>
internal sealed record KernelSeries(string Series, string Release, Regex Image, string Preferred, IReadOnlyList<string> Others)
{
    /// <summary>All, oldest first.</summary>
    public static readonly IReadOnlyList<KernelSeries> All =
    [
        new("5.10", "bullseye", new(@"^linux-image-(5\.10\.0-\d+-amd64)$"), "5.10.0-32-amd64", []),
        new("6.1", "bookworm", new(@"^linux-image-(6\.1\.0-\d+-amd64)$"), "6.1.0-56-amd64", []),
        new("6.12", "trixie", new(@"^linux-image-(6\.12\.\d+\+deb13-amd64)$"), "6.12.107+deb13-amd64", []),
        new("7.2", "sid", new(@"^linux-binary-(7\.2\.\d+\+deb14-amd64)$"), "7.2.13+deb14-amd64", ["linux-modules-{0}"]),
    ];
}

/// <summary>A kernel that can be booted: unpacked from its packages into the cache.</summary>
/// <param name="Series">The profile's name.</param>
/// <param name="Release">As <c>uname -r</c> says it.</param>
/// <param name="PackageVersion">Debian's version.</param>
/// <param name="Image">The uncompressed ELF image: it boots through PVH, twice as fast as the compressed one.</param>
/// <param name="ModulesFolder">The folder <c>lib/modules/RELEASE</c>.</param>
internal sealed partial record GuestKernel(string Series, string Release, string PackageVersion, string Image, string ModulesFolder)
{
    /// <summary>Fetches a kernel of a series, or takes it from the cache.</summary>
    public static GuestKernel Fetch(string cache, KernelSeries series, TimeBudget time)
    {
        string place = Path.Combine(cache, "kernels", series.Series);
        string note = Path.Combine(place, "kernel.txt");
        if (!File.Exists(note))
            Unpack(cache, series, place, note, time);
        string[] lines = File.ReadAllLines(note);
        return new(series.Series, lines[0], lines[1], Path.Combine(place, "vmlinux"), Path.Combine(place, "modules"));
    }

    private static void Unpack(string cache, KernelSeries series, string place, string note, TimeBudget time)
    {
        var suite = new AptSuite(cache, series.Release, time);
        List<(string Package, string Version)> found =
        [
            .. suite
                .Names(series.Image)
                .Select(n => (n, series.Image.Match(n).Groups[1].Value))
                .OrderBy(n => Numbers(n.Value), NumbersOrder),
        ];
        if (found.Count == 0)
            throw new LaboratoryGap($"{series.Release} has no kernel package of {series.Series}");
        (string package, string version) = found.Find(f => f.Version == series.Preferred) is { Package: not null } preferred
            ? preferred
            : found[^1];
        string packageVersion = suite.VersionOf(package) ?? "unknown";
        string tree = Path.Combine(cache, "kernels", series.Series + "-tree");
        if (Directory.Exists(tree))
            Directory.Delete(tree, true);
        Directory.CreateDirectory(Path.GetDirectoryName(tree)!);
        suite.Unpack([package, .. series.Others.Select(o => string.Format(null, o, version))], tree, withDependencies: false);
        string modules =
            new[] { "lib/modules", "usr/lib/modules" }.Select(f => Path.Combine(tree, f, version)).FirstOrDefault(Directory.Exists)
            ?? throw new LaboratoryGap($"{package} holds no modules of {version}");
        string image =
            Directory.EnumerateFiles(tree, "vmlinuz*", SearchOption.AllDirectories).FirstOrDefault()
            ?? throw new LaboratoryGap($"{package} holds no vmlinuz");
        if (Directory.Exists(place))
            Directory.Delete(place, true);
        Directory.CreateDirectory(place);
        File.WriteAllBytes(Path.Combine(place, "vmlinux"), Uncompressed(image));
        Directory.Move(modules, Path.Combine(place, "modules"));
        Directory.Delete(tree, true);
        File.WriteAllText(note, $"{version}\n{packageVersion}\n");
    }

    /// <summary>The ELF image inside a bzImage (x86 boot protocol 2.08: setup_sects, payload_offset, payload_length; the kernel's
    /// Documentation/arch/x86/boot.rst). The payload ends with four bytes that hold its uncompressed size.</summary>
    private static byte[] Uncompressed(string path)
    {
        byte[] image = File.ReadAllBytes(path);
        int offset = ((image[0x1f1] + 1) * 512) + (int)BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(0x248));
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(0x24c));
        byte[] payload = image[offset..(offset + length - 4)];
        ToolResult result = BinaryPrimitives.ReadUInt32BigEndian(payload) switch
        {
            0xfd377a58 => HostTool.Run("xz", ["-dc"], payload),
            0x28b52ffd => HostTool.Run("zstd", ["-dc"], payload),
            var magic when magic >> 16 == 0x1f8b => HostTool.Run("gzip", ["-dc"], payload),
            var magic => throw new LaboratoryGap(
                $"{Path.GetFileName(path)}: its payload starts with 0x{magic:x8}, which is no compression known here"
            ),
        };
        return result.Stdout is [0x7f, (byte)'E', (byte)'L', (byte)'F', ..]
            ? result.Stdout
            : throw new LaboratoryGap($"{Path.GetFileName(path)}: its payload does not unpack to an ELF image: {result.Why}");
    }

    private static int[] Numbers(string version) => [.. Digits().Matches(version).Select(m => int.Parse(m.Value, null))];

    private static readonly Comparer<int[]> NumbersOrder = Comparer<int[]>.Create(
        (a, b) => a.Zip(b).Select(p => p.First.CompareTo(p.Second)).FirstOrDefault(c => c != 0)
    );

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
