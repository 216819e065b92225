using System.Globalization;
using System.Text.RegularExpressions;
using Altmap.Core.Units;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>A range of persistent memory, and the namespaces and dax devices in it.</summary>
/// <param name="Range">Where.</param>
/// <param name="Devices">What stands indented below it: name and range, ascending.</param>
internal sealed record PersistentRange(PhysicalRange Range, IReadOnlyList<(string Name, PhysicalRange Range)> Devices);

/// <summary>The persistent memory of a /proc/iomem, or of the <c>BIOS-e820:</c> lines of a log.</summary>
internal static partial class IomemRanges
{
    /// <summary>The ranges named <c>Persistent Memory</c>, ascending.</summary>
    public static IReadOnlyList<PersistentRange> Persistent(string iomem)
    {
        var all = new List<PersistentRange>();
        List<(string, PhysicalRange)>? devices = null;
        foreach (ReadOnlySpan<char> line in iomem.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty || all.Count >= MachineReader.ItemsMax || Parse(line) is not { } entry)
                continue;
            if (!char.IsWhiteSpace(line[0]))
            {
                devices = null;
                if (entry.Name is "Persistent Memory" && entry.Range.Last.Bytes > 0)
                {
                    devices = [];
                    all.Add(new PersistentRange(entry.Range, devices));
                }
            }
            else if (devices is { Count: < MachineReader.ItemsMax } && DeviceName().IsMatch(entry.Name))
                devices.Add((entry.Name, entry.Range));
        }
        return all;
    }

    /// <summary>The ranges that the firmware's map calls <c>persistent (type 7)</c>: those of an NFIT.</summary>
    public static IReadOnlyList<PersistentRange> FromLog(string dmesg)
    {
        var all = new List<PersistentRange>();
        foreach (Match match in BiosLine().Matches(dmesg))
        {
            if (
                all.Count < MachineReader.ItemsMax
                && FirmwareMemory.RangeOf(match.Groups[1].ValueSpan, match.Groups[2].ValueSpan) is { } range
            )
                all.Add(new PersistentRange(range, []));
        }
        return [.. all.DistinctBy(r => r.Range).OrderBy(r => r.Range.Start)];
    }

    /// <summary>Number of the region that a namespace or dax device belongs to.</summary>
    public static int RegionOf(string device) =>
        int.Parse(DeviceName().Match(device).Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static (string Name, PhysicalRange Range)? Parse(ReadOnlySpan<char> line)
    {
        ReadOnlySpan<char> text = line.Trim();
        int dash = text.IndexOf('-'),
            colon = text.IndexOf(" : ");
        return dash > 0 && colon > dash && FirmwareMemory.RangeOf(text[..dash], text[(dash + 1)..colon]) is { } range
            ? (text[(colon + 3)..].Trim().ToString(), range)
            : null;
    }

    [GeneratedRegex(@"^(?:namespace|dax)(\d{1,6})\.\d{1,6}$", RegexOptions.CultureInvariant)]
    private static partial Regex DeviceName();

    [GeneratedRegex(
        @"BIOS-e820: \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] persistent \(type 7\)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex BiosLine();
}
