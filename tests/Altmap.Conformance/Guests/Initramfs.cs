using System.Security.Cryptography;
using System.Text;
using Altmap.Conformance.Packages;

namespace Altmap.Conformance.Guests;

/// <summary>The root file system of the guests of one kernel: busybox, the tools, the modules. Kept in the cache until something of it
/// changes.</summary>
internal static class Initramfs
{
    /// <summary>Raised when this file changes what lies in the archive.</summary>
    private const string Layout = "2";

    private static readonly string[] Scripts = ["init.sh", "lab.sh"];

    /// <summary>Its file.</summary>
    public static string For(string cache, GuestKernel kernel, string tools)
    {
        string key = Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    string.Join('\n', Scripts.Select(Script)) + Layout + kernel.Release + string.Join(',', KernelModules.Wanted)
                )
            )
        )[..12];
        string file = Path.Combine(cache, "initramfs", $"{kernel.Release}-{key}.cpio");
        if (File.Exists(file))
            return file;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var archive = new CpioWriter();
        foreach (string folder in (string[])["proc", "sys", "dev", "tmp", "run", "mnt", "host", "etc", "sbin", "usr/sbin", "usr/bin"])
            archive.Folder(folder);
        archive.File("init", Encoding.UTF8.GetBytes(Script("init.sh")));
        archive.File("lab/lab.sh", Encoding.UTF8.GetBytes(Script("lab.sh")));
        foreach ((string path, string source) in GuestTools.Files(tools))
            archive.File(path, File.ReadAllBytes(source));
        ToolResult applets = HostTool.Run(Path.Combine(tools, "bin/busybox"), ["--list-full"]);
        foreach (string applet in applets.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            archive.Link(applet, "/bin/busybox");
        var dependencies = new StringBuilder();
        string folderOfModules = $"lib/modules/{kernel.Release}";
        foreach ((string name, byte[] module) in KernelModules.Of(kernel))
        {
            archive.File($"{folderOfModules}/{name}.ko", module, program: false);
            dependencies.Append(name).Append(".ko:");
            foreach (string need in Closure(kernel, name))
                dependencies.Append(' ').Append(need).Append(".ko");
            dependencies.Append('\n');
        }
        archive.File($"{folderOfModules}/modules.dep", Encoding.UTF8.GetBytes(dependencies.ToString()), program: false);
        archive.File(
            $"{folderOfModules}/modules.alias",
            """
            alias crypto-crc32c crc32c_generic
            alias crypto-crc32c crc32c_intel
            alias crypto-crc32 crc32_generic
            alias fs-ext4 ext4
            alias fs-xfs xfs

            """u8,
            program: false
        );
        string part = file + ".part";
        File.WriteAllBytes(part, archive.ToArray());
        File.Move(part, file, overwrite: true);
        return file;
    }

    /// <summary>What a module needs; one that another of them needs stands behind it, since modprobe loads the list from its end.</summary>
    private static List<string> Closure(GuestKernel kernel, string name)
    {
        Dictionary<string, byte[]> modules = Cached(kernel);
        var loaded = new List<string>();
        Load(name);
        loaded.Reverse();
        return loaded[1..];

        void Load(string module)
        {
            foreach (string need in KernelModules.Depends(modules[module]).Where(n => modules.ContainsKey(n) && !loaded.Contains(n)))
                Load(need);
            if (!loaded.Contains(module))
                loaded.Add(module);
        }
    }

    private static Dictionary<string, byte[]> Cached(GuestKernel kernel)
    {
        if (s_release != kernel.Release)
            (s_release, s_modules) = (
                kernel.Release,
                KernelModules.Of(kernel).ToDictionary(m => m.Name, m => m.Object, StringComparer.Ordinal)
            );
        return s_modules;
    }

    private static string s_release = "";
    private static Dictionary<string, byte[]> s_modules = [];

    private static string Script(string name)
    {
        using Stream stream =
            typeof(Initramfs).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
