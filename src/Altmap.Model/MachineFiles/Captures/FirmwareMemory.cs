using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>
/// The firmware's memory map out of a capture: the <c>BIOS-e820:</c> lines of the kernel log where it reaches back to boot (exact), else
/// /proc/iomem with the
/// memmap= ranges given back. Nodes come from the log's list of early memory node ranges, else all is node 0.
/// </summary>
internal static partial class FirmwareMemory
{
    /// <summary>The map, ascending.</summary>
    /// <param name="texts">The kernel log and /proc/iomem, each or neither.</param>
    /// <param name="tables">For nodes.</param>
    /// <param name="blocks">What lsmem lists.</param>
    /// <param name="commandLine">With the memmap= to undo.</param>
    /// <param name="architecture">Only x86 has memmap=.</param>
    /// <param name="errors">Of iomem.txt.</param>
    /// <param name="notes">What is to be known.</param>
    /// <param name="facts">Where it is from.</param>
    public static ImmutableArray<FirmwareRange> Read(
        CaptureTexts texts,
        AcpiTables tables,
        IReadOnlyList<PhysicalRange> blocks,
        string commandLine,
        Architecture architecture,
        InputErrors errors,
        List<string> notes,
        List<Fact> facts
    )
    {
        string dmesg = texts.Dmesg ?? "",
            iomem = texts.Iomem ?? "";
        List<FirmwareRange> firmware = FromFirmware(texts.FirmwareMap ?? "");
        bool isFirmware = firmware.Count > 0;
        if (!isFirmware)
            firmware = FromLog(dmesg);
        var origin = new Fact(
            FactTopic.Memory,
            "",
            FactOrigin.Given,
            isFirmware ? "/sys/firmware/memmap" : "BIOS-e820 lines of the kernel log"
        );
        if (firmware.Count == 0)
        {
            firmware = FromEfi(dmesg);
            origin = origin with { From = "EFI memory map in the kernel log" };
        }
        if (firmware.Count == 0)
        {
            firmware = FromIomem(iomem, commandLine, architecture, errors, notes);
            origin = origin with { Origin = FactOrigin.Derived, From = "/proc/iomem, which is the map after memmap= and mem=" };
        }
        if (firmware.Count == 0)
        {
            firmware = [.. blocks.Select(b => new FirmwareRange(b, FirmwareRangeType.SystemRam, 0))];
            origin = origin with { From = "lsmem, in whole memory blocks" };
        }
        if (!firmware.Exists(m => m.Type == FirmwareRangeType.SystemRam) && errors.IsEmpty)
        {
            firmware.RemoveAll(m => m.Range.Overlaps(StandIn.Range));
            firmware.Insert(0, StandIn);
            firmware.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
            origin = new Fact(
                FactTopic.Memory,
                "",
                FactOrigin.Assumed,
                $"no piece tells of System RAM: {StandIn.Range.Size} stand in",
                "iomem.txt: sudo cat /proc/iomem"
            );
        }
        facts.Add(origin);
        ImmutableArray<FirmwareRange> withNodes = WithNodes(firmware, dmesg, tables);
        facts.Add(
            dmesg.Contains("  node ", StringComparison.Ordinal) || dmesg.Contains("SRAT: Node ", StringComparison.Ordinal)
                ? new Fact(FactTopic.Nodes, "", FactOrigin.Given, "the kernel log")
            : tables.Nodes.Any()
                ? new Fact(FactTopic.Nodes, "", FactOrigin.Derived, "the firmware's SRAT, its domains numbered in their order")
            : new Fact(FactTopic.Nodes, "", FactOrigin.Assumed, "all memory is taken as node 0", "dmesg.txt: sudo dmesg, from boot on")
        );
        return withNodes;
    }

    private static readonly FirmwareRange StandIn = new(
        PhysicalRange.FromInclusive(new PhysicalAddress(1 << 20), new PhysicalAddress((1UL << 31) - 1)),
        FirmwareRangeType.SystemRam,
        0
    );

    [GeneratedRegex(
        @"efi: mem\d{1,4}: \[([A-Za-z /-]{1,24})\|([^\]]{0,80})\] range=\[0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\]",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex EfiLine();

    /// <summary>The lines of <c>efi=debug</c>, on architectures without an e820 map. Memory that boot services leave behind is RAM
    /// (drivers/firmware/efi/efi-init.c is_usable_memory(), 6.1).</summary>
    private static List<FirmwareRange> FromEfi(string dmesg)
    {
        var ranges = new List<FirmwareRange>();
        foreach (Match match in EfiLine().Matches(dmesg))
        {
            if (ranges.Count >= MachineReader.ItemsMax || RangeOf(match.Groups[3].ValueSpan, match.Groups[4].ValueSpan) is not { } range)
                continue;
            string kind = match.Groups[1].Value.Trim();
            bool isPlain = kind is "Loader Code" or "Loader Data" or "Boot Code" or "Boot Data" or "Conventional Memory" or "Conventional";
            if (kind is "Persistent Memory" or "Persistent")
                continue; // its regions come from the NFIT
            FirmwareRangeType type =
                !isPlain ? FirmwareRangeType.Reserved
                : match.Groups[2].Value.Contains("SP", StringComparison.Ordinal) ? FirmwareRangeType.SoftReserved
                : FirmwareRangeType.SystemRam;
            if (ranges.Count > 0 && ranges[^1].Type == type && ranges[^1].Range.Last.Bytes + 1 == range.Start.Bytes)
                ranges[^1] = ranges[^1] with { Range = PhysicalRange.FromInclusive(ranges[^1].Range.Start, range.Last) };
            else
                ranges.Add(new FirmwareRange(range, type, 0));
        }
        ranges.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Range.Overlaps(ranges[i - 1].Range))
                return [];
        }
        return ranges;
    }

    [GeneratedRegex(
        @"BIOS-e820: \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] ([a-z0-9 ()]{1,40})",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex BiosLine();

    [GeneratedRegex(
        @"(?:  node +(\d{1,4}):|SRAT: Node (\d{1,4}) PXM \d{1,5}) \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\]",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex NodeLine();

    [GeneratedRegex(@"^0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16}) : (.{1,40})$", RegexOptions.CultureInvariant)]
    private static partial Regex FirmwareLine();

    /// <summary>The map as the firmware gave it (drivers/firmware/memmap.c; types of arch/x86/kernel/e820.c e820_type_to_string(),
    /// 6.1).</summary>
    private static List<FirmwareRange> FromFirmware(string text)
    {
        var ranges = new List<FirmwareRange>();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            Match match = FirmwareLine().Match(line.ToString());
            if (
                !match.Success
                || ranges.Count >= MachineReader.ItemsMax
                || RangeOf(match.Groups[1].ValueSpan, match.Groups[2].ValueSpan) is not { } range
                || match.Groups[3].Value is "Persistent Memory"
            )
                continue;
            ranges.Add(
                new FirmwareRange(
                    range,
                    match.Groups[3].Value switch
                    {
                        "System RAM" => FirmwareRangeType.SystemRam,
                        "Soft Reserved" => FirmwareRangeType.SoftReserved,
                        "Persistent Memory (legacy)" => FirmwareRangeType.PersistentLegacy,
                        _ => FirmwareRangeType.Reserved,
                    },
                    0
                )
            );
        }
        ranges.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Range.Overlaps(ranges[i - 1].Range))
                return [];
        }
        return ranges;
    }

    private static List<FirmwareRange> FromLog(string dmesg)
    {
        var ranges = new List<FirmwareRange>();
        foreach (ReadOnlySpan<char> line in dmesg.AsSpan().EnumerateLines())
        {
            if (ranges.Count >= MachineReader.ItemsMax || !line.Contains("BIOS-e820:", StringComparison.Ordinal))
                continue;
            Match match = BiosLine().Match(line.ToString());
            if (!match.Success || RangeOf(match.Groups[1].ValueSpan, match.Groups[2].ValueSpan) is not { } range)
                continue;
            string type = match.Groups[3].Value;
            // ACPI ranges are nothing that memory or pmem could use: reserved. Type 7 belongs to the NFIT's regions and is no memory at
            // all.
            if (type.StartsWith("persistent (type 7", StringComparison.Ordinal))
                continue;
            ranges.Add(
                new FirmwareRange(
                    range,
                    type switch
                    {
                        "usable" => FirmwareRangeType.SystemRam,
                        "soft reserved" => FirmwareRangeType.SoftReserved,
                        _ when type.StartsWith("persistent", StringComparison.Ordinal) => FirmwareRangeType.PersistentLegacy,
                        _ => FirmwareRangeType.Reserved,
                    },
                    0
                )
            );
        }
        ranges.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Range.Overlaps(ranges[i - 1].Range))
                return []; // the raw map may overlap; iomem never does
        }
        return ranges;
    }

    private static List<FirmwareRange> FromIomem(
        string iomem,
        string commandLine,
        Architecture architecture,
        InputErrors errors,
        List<string> notes
    )
    {
        ImmutableArray<MemoryMapChange> added = architecture == Architecture.X86_64 ? CommandLine.MemoryMapChanges(commandLine) : [];
        bool undone = false,
            cut = added.Any(c => c.Action is MemoryMapAction.Remove or MemoryMapAction.Exact or MemoryMapAction.Update);
        var ranges = new List<FirmwareRange>();
        int number = 0;
        bool anyAddress = false,
            anyLine = false;
        foreach (ReadOnlySpan<char> line in iomem.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || char.IsWhiteSpace(line[0]))
                continue;
            int dash = line.IndexOf('-'),
                colon = line.IndexOf(" : ");
            if (dash < 0 || colon < dash || RangeOf(line[..dash], line[(dash + 1)..colon]) is not { } range)
            {
                errors.Add(number, 1, $"this is no line of /proc/iomem: {Quote.Text(line.Trim().ToString())}", "\"start-end : name\"");
                continue;
            }
            anyLine = true;
            anyAddress |= range.Last.Bytes != 0;
            FirmwareRangeType? type = line[(colon + 3)..].Trim() switch
            {
                "System RAM" => FirmwareRangeType.SystemRam,
                "Reserved" or "reserved" or "ACPI Tables" or "ACPI Non-volatile Storage" or "Unusable memory" => FirmwareRangeType.Reserved,
                "Soft Reserved" => FirmwareRangeType.SoftReserved,
                "Persistent Memory (legacy)" => FirmwareRangeType.PersistentLegacy,
                _ => null,
            };
            if (type is not { } found || ranges.Count >= MachineReader.ItemsMax)
                continue;
            // A persistent range that memmap=nn!ss covers was memory before: the same range is made of it again when the command line is
            // applied.
            if (
                found == FirmwareRangeType.PersistentLegacy
                && added.Any(c =>
                    c.NewType == E820Type.PersistentLegacy
                    && range.Start.Bytes >= c.StartBytes
                    && range.Start.Bytes - c.StartBytes < c.SizeBytes
                )
            )
                (found, undone) = (FirmwareRangeType.SystemRam, true);
            bool merges = found is FirmwareRangeType.SystemRam or FirmwareRangeType.Reserved;
            if (merges && ranges.Count > 0 && ranges[^1].Type == found && ranges[^1].Range.Last.Bytes + 1 == range.Start.Bytes)
                ranges[^1] = ranges[^1] with { Range = PhysicalRange.FromInclusive(ranges[^1].Range.Start, range.Last) };
            else
                ranges.Add(new FirmwareRange(range, found, 0));
        }
        if (anyLine && !anyAddress)
            errors.Add(1, 1, "all addresses are zero", "/proc/iomem with addresses", "read it as root: sudo cat /proc/iomem");
        if (undone)
            notes.Add("the firmware's map is taken from /proc/iomem: what memmap= covers is taken for usable memory before");
        if (cut)
            notes.Add("the command line takes memory away (mem=, memmap=): what lay there is not in /proc/iomem");
        ranges.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        return ranges;
    }

    /// <summary>Ranges with their nodes, cut where one node's memory ends and another's begins.</summary>
    private static ImmutableArray<FirmwareRange> WithNodes(List<FirmwareRange> ranges, string dmesg, AcpiTables tables)
    {
        var nodes = new List<(ulong Start, int Node)>();
        foreach (ReadOnlySpan<char> line in dmesg.AsSpan().EnumerateLines())
        {
            if (nodes.Count >= MachineReader.ItemsMax || !line.Contains("ode ", StringComparison.Ordinal))
                continue;
            Match match = NodeLine().Match(line.ToString());
            if (!match.Success || RangeOf(match.Groups[3].ValueSpan, match.Groups[4].ValueSpan) is not { } range)
                continue;
            int node = int.Parse(
                (match.Groups[1].Success ? match.Groups[1] : match.Groups[2]).ValueSpan,
                NumberStyles.None,
                CultureInfo.InvariantCulture
            );
            if (node <= 1023)
                nodes.Add((range.Start.Bytes, node));
        }
        if (nodes.Count == 0)
            nodes.AddRange(tables.Nodes);
        nodes.Sort();
        // Only the starts where the node changes matter: in between, memory of a node goes on.
        List<(ulong Start, int Node)> changes = [];
        foreach ((ulong start, int node) in nodes)
        {
            if (changes.Count == 0 || changes[^1].Node != node)
                changes.Add((start, node));
        }
        ImmutableArray<FirmwareRange>.Builder all = ImmutableArray.CreateBuilder<FirmwareRange>();
        foreach (FirmwareRange range in ranges)
        {
            ulong at = range.Range.Start.Bytes,
                last = range.Range.Last.Bytes;
            int node = changes.Count == 0 ? 0 : changes.LastOrDefault(c => c.Start <= at, changes[0]).Node;
            foreach ((ulong start, int next) in changes)
            {
                if (start <= at || start > last || next == node)
                    continue;
                all.Add(
                    range with
                    {
                        Range = PhysicalRange.FromInclusive(new PhysicalAddress(at), new PhysicalAddress(start - 1)),
                        Node = node,
                    }
                );
                (at, node) = (start, next);
            }
            all.Add(range with { Range = PhysicalRange.FromInclusive(new PhysicalAddress(at), new PhysicalAddress(last)), Node = node });
        }
        return all.ToImmutable();
    }

    internal static PhysicalRange? RangeOf(ReadOnlySpan<char> start, ReadOnlySpan<char> last) =>
        ulong.TryParse(start, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong first)
        && ulong.TryParse(last, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong end)
        && end >= first
        && end <= PhysicalAddress.InputMax
            ? PhysicalRange.FromInclusive(new PhysicalAddress(first), new PhysicalAddress(end))
            : null;
}
