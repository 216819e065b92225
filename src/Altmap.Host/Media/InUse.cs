using System.Globalization;

namespace Altmap.Host.Media;

/// <summary>Who uses a block device or an image file, as /proc and /sys tell. Paths are given so that tests can lay them out.</summary>
/// <param name="Proc">/proc.</param>
/// <param name="Sys">/sys.</param>
internal sealed record InUse(string Proc = "/proc", string Sys = "/sys")
{
    /// <summary>Why the block device may not be written, in words, or null. Partitions and the whole disk are asked both.</summary>
    /// <param name="number">As /sys/dev/block names it: <c>259:0</c>.</param>
    /// <param name="name">The kernel's name of it: <c>pmem0</c>.</param>
    public string? ReasonOfDevice(string number, string name)
    {
        if (MountOf(number) is { } mount)
            return $"it is mounted at {mount}";
        if (IsSwap(name))
            return "it is swap space";
        string directory = Path.Combine(Sys, "dev", "block", number);
        if (Entries(Path.Combine(directory, "holders")).FirstOrDefault() is { } holder)
            return $"{holder} is mapped onto it";
        foreach (string part in Entries(directory).Where(p => p.StartsWith(name, StringComparison.Ordinal)))
        {
            if (Text(Path.Combine(directory, part, "dev")) is { } partNumber && ReasonOfDevice(partNumber, part) is { } reason)
                return $"of its partition {part}: {reason}";
        }
        return ReasonOfNamespace(directory);
    }

    /// <summary>Why the file may not be written, in words, or null: a loop device has it.</summary>
    public string? ReasonOfFile(string path)
    {
        string full = Path.GetFullPath(path);
        foreach (string loop in Entries(Path.Combine(Sys, "block")).Where(n => n.StartsWith("loop", StringComparison.Ordinal)))
        {
            if (Text(Path.Combine(Sys, "block", loop, "loop", "backing_file")) == full)
                return $"/dev/{loop} is mapped onto it";
        }
        foreach (string line in Lines(Path.Combine(Proc, "swaps")).Skip(1))
        {
            if (line.Split(' ', '\t')[0] == full)
                return "it is swap space";
        }
        return null;
    }

    /// <summary>A pmem disk of a btt, pfn or dax device shows what lies behind the metadata; only in raw mode a disk is the namespace
    /// itself.</summary>
    private static string? ReasonOfNamespace(string directory)
    {
        string device = Path.Combine(directory, "device");
        if (Text(Path.Combine(device, "force_raw")) is { } raw)
        {
            return raw == "0" && Text(Path.Combine(device, "mode")) is { } mode and not "raw"
                ? $"it is an active namespace in {mode} mode; disable it first, or set force_raw"
                : null;
        }
        return Text(Path.Combine(device, "namespace")) is { } ns
            ? $"it is an active namespace: {ns} with the metadata hidden; disable it first"
            : null;
    }

    private string? MountOf(string number)
    {
        foreach (string line in Lines(Path.Combine(Proc, "self", "mountinfo")))
        {
            string[] words = line.Split(' ');
            if (words.Length > 4 && words[2] == number)
                return Unescaped(words[4]);
        }
        return null;
    }

    private bool IsSwap(string name) => Lines(Path.Combine(Proc, "swaps")).Skip(1).Any(l => l.Split(' ', '\t')[0] == "/dev/" + name);

    /// <summary>Blanks in paths stand there as <c>\040</c>.</summary>
    private static string Unescaped(string path)
    {
        for (int at = path.IndexOf('\\', StringComparison.Ordinal); at >= 0; at = path.IndexOf('\\', at + 1))
        {
            if (at + 3 < path.Length && path.AsSpan(at + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                int octal = ((path[at + 1] - '0') * 64) + ((path[at + 2] - '0') * 8) + (path[at + 3] - '0');
                path = path[..at] + ((char)octal).ToString(CultureInfo.InvariantCulture) + path[(at + 4)..];
            }
        }
        return path;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return []; // not there: nothing is known, and the exclusive open decides
        }
    }

    private static string? Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return null;
        }
    }

    private static IEnumerable<string> Entries(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? [.. Directory.GetFileSystemEntries(path).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return [];
        }
    }
}
