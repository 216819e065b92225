using System.Text;

namespace Altmap.Conformance.Packages;

/// <summary>The modules of a kernel that a guest needs, with those they depend on.</summary>
internal static class KernelModules
{
    /// <summary>What the guests load. One that a kernel does not have as a module is built in, or is not there.</summary>
    public static readonly IReadOnlyList<string> Wanted =
    [
        "virtio_pci",
        "9pnet_virtio",
        "9p",
        "virtio_blk",
        "nfit",
        "libnvdimm",
        "nd_pmem",
        "nd_btt",
        "dax_pmem",
        "device_dax",
        "kmem",
        "nd_e820",
        "dax_hmem",
        "ext4",
        "xfs",
        "crc32c_generic",
        "crc32c_intel",
        "libcrc32c",
        "crc32_generic",
    ];

    /// <summary>The modules, those that others need first: name without path or suffix, and the uncompressed object.</summary>
    public static IReadOnlyList<(string Name, byte[] Object)> Of(GuestKernel kernel)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(kernel.ModulesFolder, "*.ko*", SearchOption.AllDirectories))
            files.TryAdd(NameOf(file), file);
        var result = new List<(string, byte[])>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in Wanted)
            Add(name);
        return result;

        void Add(string name)
        {
            if (!seen.Add(name) || !files.TryGetValue(name, out string? file))
                return;
            byte[] module = Read(file);
            foreach (string need in Depends(module))
                Add(need);
            result.Add((name, module));
        }
    }

    /// <summary>Names in its <c>depends=</c> (the .modinfo section is a list of strings that end with a zero byte).</summary>
    public static IReadOnlyList<string> Depends(ReadOnlySpan<byte> module)
    {
        int at = module.IndexOf("\0depends="u8);
        if (at < 0)
            return [];
        ReadOnlySpan<byte> value = module[(at + "\0depends=".Length)..];
        value = value[..value.IndexOf((byte)0)];
        return [.. Encoding.ASCII.GetString(value).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => n.Replace('-', '_'))];
    }

    private static string NameOf(string file)
    {
        string name = Path.GetFileName(file);
        return name[..name.IndexOf(".ko", StringComparison.Ordinal)].Replace('-', '_');
    }

    private static byte[] Read(string file) =>
        Path.GetExtension(file) switch
        {
            ".xz" => HostTool.Run("xz", ["-dc", file]).Stdout,
            ".zst" => HostTool.Run("zstd", ["-dcq", file]).Stdout,
            ".gz" => HostTool.Run("gzip", ["-dc", file]).Stdout,
            _ => File.ReadAllBytes(file),
        };
}
