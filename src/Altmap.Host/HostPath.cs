namespace Altmap.Host;

/// <summary>Paths that can be named. Linux takes any bytes; the runtime knows UTF-8 alone and puts U+FFFD for the rest.</summary>
public static class HostPath
{
    /// <summary>The error for a path that cannot be named: two of them could become one, and the second would overwrite the first. Null:
    /// it can.</summary>
    public static HostError? Refusal(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Contains('\ufffd', StringComparison.Ordinal))
            return new HostError(path, "this path is not UTF-8, and cannot be named", "a path in UTF-8", "rename it, or give a link to it");
        return Path.IsPathRooted(path) || !Environment.CurrentDirectory.Contains('\ufffd', StringComparison.Ordinal)
            ? null
            : new HostError(
                path,
                "the current directory's path is not UTF-8, and nothing can be found from it",
                "a path in UTF-8",
                "change to another directory, or give absolute paths"
            );
    }
}
