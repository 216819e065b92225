using System.Collections.Immutable;
using Altmap.Model;

namespace Altmap.Shell.Proc;

/// <summary>Files of /proc that follow from the machine, whole or in part.</summary>
public static class ProcFiles
{
    private const string CommandLine = "/proc/cmdline",
        IomemFile = "/proc/iomem",
        ZoneInfoFile = "/proc/zoneinfo";

    /// <summary>Their paths.</summary>
    public static readonly ImmutableArray<string> Names = [CommandLine, IomemFile, ZoneInfoFile];

    /// <summary>Why a file is not modelled, where that is worth a word; else empty.</summary>
    internal static string WhyNot(string path) =>
        path == "/proc/meminfo"
            ? ": its figures are without what the kernel takes for itself at boot, which is in no machine file; exact are the pages of "
                + "zones (cat /proc/zoneinfo), the blocks (lsmem) and the ranges (cat /proc/iomem)"
            : "";

    /// <summary>What the content lacks, in words; null: nothing that is known of.</summary>
    internal static string? Gap(Machine machine, string path) =>
        path == ZoneInfoFile && ZoneInfo.LacksManaged(machine)
            ? "/proc/zoneinfo is without `managed` of zones with boot memory, without free pages, watermarks and statistics: what the "
                + "kernel took for itself is in no machine file"
            : null;

    /// <summary>The content, or null: no file that is known.</summary>
    public static string? Read(Machine machine, string path)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return path switch
        {
            CommandLine => machine.Description.CommandLine + "\n",
            IomemFile => Iomem.Text(machine),
            ZoneInfoFile => ZoneInfo.Text(machine),
            _ => null,
        };
    }
}
