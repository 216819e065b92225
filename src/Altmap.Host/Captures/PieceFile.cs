using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Host.Captures;

/// <summary>A file that may be a piece of a machine.</summary>
/// <param name="Path">As messages name it; for an archive's entry <c>archive:name</c>.</param>
/// <param name="Name">Its bare name, without <c>.gz</c>.</param>
/// <param name="Bytes">All of it, inflated.</param>
internal sealed record PieceFile(string Path, string Name, byte[] Bytes)
{
    /// <summary>What it is: by its name where that is one of a capture or of /proc, else by its content.</summary>
    public PieceKind Kind { get; } = KindOf(Name, Bytes);

    /// <summary>True for names that a support archive keeps such pieces under; of hundreds of files no others are looked at.</summary>
    public static bool IsOfInterest(string name) =>
        name.Length <= 4096
        && s_interest.Any(word => name[(name.LastIndexOf('/') + 1)..].Contains(word, StringComparison.OrdinalIgnoreCase));

    private static readonly string[] s_interest =
    [
        "iomem",
        "cmdline",
        "dmesg",
        "ndctl",
        "daxctl",
        "cxl",
        "uname",
        "version",
        "lsmem",
        "sysfs",
        "list.json",
        "labels.nmem",
        "media.",
        "acpi.",
        "firmware-memmap",
        "kern.log",
    ];

    private static PieceKind KindOf(string name, byte[] bytes)
    {
        PieceKind found = PieceKinds.Of(name, bytes);
        if (found is PieceKind.Empty or PieceKind.Media or PieceKind.LabelArea)
            return found;
        return name switch
        {
            "sysfs.txt" => PieceKind.Sysfs,
            "iomem.txt" or "iomem" => PieceKind.Iomem,
            "cmdline.txt" or "cmdline" => PieceKind.CommandLine,
            "dmesg.txt" => PieceKind.Log,
            "version.txt" or "version" => PieceKind.Version,
            "list.json" or "daxctl.json" or "cxl.json" or "lsmem.json" => PieceKind.List,
            _ => found,
        };
    }
}
