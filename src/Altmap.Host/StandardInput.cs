namespace Altmap.Host;

/// <summary>The input that a process is started with.</summary>
public static class StandardInput
{
    /// <summary>
    /// True when we were started without one (<c>&lt;&amp;-</c>). What was opened first has descriptor 0 then: a copy of standard output,
    /// which cannot be read, or the runtime's own pipe, whose reader would wait for ever; that is known by its other end, which only our
    /// process holds. False where there is no /proc.
    /// </summary>
    public static bool IsClosed()
    {
        try
        {
            if (LinkOf("0") is not { } input)
                return true;
            if (IsWriteEnd("0"))
                return true;
            return input.StartsWith("pipe:", StringComparison.Ordinal)
                && Directory
                    .EnumerateFileSystemEntries("/proc/self/fd")
                    .Select(Path.GetFileName)
                    .Any(fd => fd is not ("0" or "1" or "2") && LinkOf(fd!) == input && IsWriteEnd(fd!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? LinkOf(string fd) => new FileInfo($"/proc/self/fd/{fd}").LinkTarget;

    private static bool IsWriteEnd(string fd)
    {
        const int AccessMode = 3,
            WriteOnly = 1;
        string? flags = File.ReadLines($"/proc/self/fdinfo/{fd}").FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal));
        return flags is not null && (Convert.ToInt32(flags[6..].Trim(), 8) & AccessMode) == WriteOnly;
    }
}
