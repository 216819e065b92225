using System.Runtime.CompilerServices;

namespace Altmap.Core.Tests.Architecture;

/// <summary>The files of this checkout, found from this file's own place.</summary>
internal static class Checkout
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));

    /// <summary>Files below a folder, relative to the root, without build output.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path)
        where !relative.Split('/').Any(part => part is "bin" or "obj" or ".build")
        orderby relative
        select relative;

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    /// <summary>The compiled assembly of a project in src, of the configuration that this test was built in.</summary>
    public static byte[] Assembly(string project)
    {
        string configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!);
        return File.ReadAllBytes(Path.Combine(Root, "src", project, "bin", configuration, "net10.0", project + ".dll"));
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
