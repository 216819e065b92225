using System.Text;
using System.Text.RegularExpressions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>What a file is a piece of.</summary>
public enum PieceKind
{
    /// <summary>Nothing that a machine could be made of.</summary>
    Unknown,

    /// <summary>No bytes, or blanks.</summary>
    Empty,

    /// <summary>A machine file.</summary>
    MachineFile,

    /// <summary>JSON of <c>ndctl list</c>, <c>daxctl list</c>, <c>cxl list</c> or <c>lsmem -J</c>.</summary>
    List,

    /// <summary>/proc/iomem.</summary>
    Iomem,

    /// <summary>A kernel log.</summary>
    Log,

    /// <summary>/proc/cmdline, or words of it (<c>memmap=4G!12G</c>).</summary>
    CommandLine,

    /// <summary>/proc/version, or what <c>uname -r</c> or <c>uname -a</c> prints.</summary>
    Version,

    /// <summary>Paths below /sys with their values.</summary>
    Sysfs,

    /// <summary>A label area.</summary>
    LabelArea,

    /// <summary>First bytes of a namespace or region, told by the file's name.</summary>
    Media,

    /// <summary>/sys/firmware/memmap, a line each.</summary>
    FirmwareMap,

    /// <summary>An ACPI table: SRAT, CEDT or NFIT.</summary>
    Table,

    /// <summary>Of a capture, but not read (a kernel's configuration, /proc/zoneinfo, …).</summary>
    Aside,
}

/// <summary>Tells what a file is by looking at it; a name only where bytes alone cannot say (label areas and media).</summary>
public static partial class PieceKinds
{
    private const int HeadBytes = 64 << 10;

    private static readonly string[] s_aside =
    [
        "session.log",
        "missing.txt",
        "capture.txt",
        "labels.",
        "zoneinfo",
        "config",
        "lsblk",
        "list.human",
        "capture.tar",
    ];

    /// <summary>The kind of a file.</summary>
    /// <param name="name">Its name, without folder and <c>.gz</c>.</param>
    /// <param name="bytes">All of it.</param>
    public static PieceKind Of(string name, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (MediaDevice(name) is not null)
            return PieceKind.Media;
        if (bytes.StartsWith("NAMESPACE_INDEX\0"u8) || LabelDimm(name) is not null)
            return PieceKind.LabelArea;
        if (AcpiTables.IsTable(bytes) && bytes.IndexOf((byte)0) is >= 0 and < 36)
            return PieceKind.Table;
        if (bytes.Trim(" \t\r\n\0"u8).IsEmpty)
            return PieceKind.Empty;
        if (s_aside.Any(a => name.StartsWith(a, StringComparison.Ordinal)))
            return PieceKind.Aside;
        ReadOnlySpan<byte> head = bytes[..Math.Min(bytes.Length, HeadBytes)];
        if (head.Contains((byte)0))
            return PieceKind.Unknown;
        ReadOnlySpan<byte> text = (head.StartsWith("\ufeff"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);
        if (text[0] is (byte)'{' or (byte)'[' && !LooksLikeLog(text))
            return OfJson(bytes);
        return OfText(Encoding.UTF8.GetString(head));
    }

    /// <summary>The DIMM whose label area a file is: <c>labels.nmem0.bin</c>, <c>nmem0.bin</c>; null: its name does not say.</summary>
    public static string? LabelDimm(string name) => LabelName().Match(name ?? "") is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The device and offset that a file of media bytes is named after: <c>media.namespace0.0.4096.bin</c>; null: it is
    /// none.</summary>
    public static (string Device, ulong OffsetBytes)? MediaDevice(string name) =>
        MediaName().Match(name ?? "") is { Success: true } match && ulong.TryParse(match.Groups[2].ValueSpan, out ulong offset)
            ? (match.Groups[1].Value, offset)
            : null;

    /// <summary>The JSON in a text that was copied from a terminal: from the first line that starts with a bracket to the last that ends
    /// with one.</summary>
    public static ReadOnlyMemory<byte> JsonPart(ReadOnlyMemory<byte> text)
    {
        ReadOnlySpan<byte> all = text.Span;
        int start = 0;
        while (start < all.Length && all[start] is not ((byte)'{' or (byte)'['))
        {
            int line = all[start..].IndexOf((byte)'\n');
            if (line < 0)
                return text;
            start += line + 1;
        }
        int end = all.LastIndexOfAny((byte)'}', (byte)']');
        return start < all.Length && end >= start ? text[start..(end + 1)] : text;
    }

    private static PieceKind OfJson(ReadOnlySpan<byte> bytes)
    {
        var errors = new InputErrors("");
        if (JsonText.Parse(bytes, errors) is not { } root)
            // Damaged JSON goes to the reader that it is most like, which says what is wrong, and where.
            return bytes.IndexOf("altmap-machine"u8) < 0 && bytes.IndexOf("\"dev\""u8) >= 0 ? PieceKind.List : PieceKind.MachineFile;
        if (root.Kind == JsonKind.Object && root.Members.Any(m => m.Key is "format" or "kernel" or "arch" or "page_size" or "cmdline"))
            return PieceKind.MachineFile;
        var inventory = new Inventory();
        inventory.Add(root, errors);
        return inventory.Count > 0 ? PieceKind.List
            : root.Kind == JsonKind.Array && root.Items.IsEmpty ? PieceKind.Empty
            : root.Kind == JsonKind.Object && !root.Members.Any(m => m.Key is "blockdevices" or "filesystems") ? PieceKind.MachineFile
            : PieceKind.Unknown;
    }

    private static PieceKind OfText(string head)
    {
        string[] lines = [.. head.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Trim().Length > 0).Take(2000)];
        if (lines.Length == 0)
            return PieceKind.Empty;
        int Most(Regex regex) => lines.Count(l => regex.IsMatch(l));
        if (lines.Any(l => l.StartsWith("/sys/", StringComparison.Ordinal) || l.StartsWith("==> /sys/", StringComparison.Ordinal)))
            return PieceKind.Sysfs;
        if (Most(FirmwareLine()) * 2 >= lines.Length)
            return PieceKind.FirmwareMap;
        if (Most(IomemLine()) * 2 >= lines.Length)
            return PieceKind.Iomem;
        if (lines.Length > 1 && lines.Any(l => JsonStart().IsMatch(l)) && lines.Any(l => l.Contains("\"dev\"", StringComparison.Ordinal)))
            return PieceKind.List;
        if (Most(LogLine()) > 0 && (lines.Length > 1 || lines[0].Contains("BIOS-e820", StringComparison.Ordinal)))
            return PieceKind.Log;
        if (lines.Length == 1)
        {
            string line = lines[0].Trim();
            if (
                line.StartsWith("Linux version ", StringComparison.Ordinal)
                || UnameAll().IsMatch(line)
                || KernelNames.Find(line) is not null
            )
                return PieceKind.Version;
            if (CommandLineWord().IsMatch(line))
                return PieceKind.CommandLine;
        }
        return PieceKind.Unknown;
    }

    /// <summary><c>[    0.000000] Linux version</c> starts with a bracket too.</summary>
    private static bool LooksLikeLog(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = text[1..].TrimStart(" "u8);
        return text[0] == (byte)'[' && !rest.IsEmpty && char.IsAsciiDigit((char)rest[0]) && rest.IndexOf("] "u8) is > 0 and < 20;
    }

    [GeneratedRegex(@"^(?:labels\.)?(nmem\d{1,6})(?:\.bin)?$", RegexOptions.CultureInvariant)]
    private static partial Regex LabelName();

    [GeneratedRegex(@"^media\.((?:namespace\d{1,6}\.\d{1,6})|(?:region\d{1,6}))\.(\d{1,18})\.bin$", RegexOptions.CultureInvariant)]
    private static partial Regex MediaName();

    [GeneratedRegex(@"^0x[0-9a-f]{1,16}-0x[0-9a-f]{1,16} : ", RegexOptions.CultureInvariant)]
    private static partial Regex FirmwareLine();

    [GeneratedRegex(@"^\s*[0-9a-f]{8,16}-[0-9a-f]{8,16} : ", RegexOptions.CultureInvariant)]
    private static partial Regex IomemLine();

    [GeneratedRegex(
        @"^(?:<\d+>)?\[ *\d+\.\d+\]|BIOS-e820:|Linux version |ommand line:|kernel: |SRAT: Node|efi: mem\d",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex LogLine();

    [GeneratedRegex(@"^\s*[\[{]\s*$|^[\[{]""", RegexOptions.CultureInvariant)]
    private static partial Regex JsonStart();

    [GeneratedRegex(@"^Linux \S+ \d+\.\d+", RegexOptions.CultureInvariant)]
    private static partial Regex UnameAll();

    [GeneratedRegex(
        @"(?:^|\s)(?:BOOT_IMAGE|root|console|memmap|mem|rdinit|init|efi_fake_mem|memhp_default_state|quiet|ro|rw)(?:=|\s|$)",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex CommandLineWord();
}
