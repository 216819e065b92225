using System.Globalization;
using Altmap.Core.Json;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>The attributes of the nd bus's devices in a <c>sysfs.txt</c>, with the line of each.</summary>
internal sealed class SysfsListing
{
    private const string Root = "/sys/bus/nd/devices/";
    private readonly SortedDictionary<string, Dictionary<string, (string Value, int Line)>> _devices = new(StringComparer.Ordinal);
    private readonly InputErrors _errors;

    /// <summary>Reads <c>path:value</c> (as <c>grep -r . PATH</c> prints) and <c>==&gt; path &lt;==</c> with the value below (as
    /// <c>tail -n +1</c>); paths below <c>/sys/bus/nd/devices</c> or of the devices themselves.</summary>
    public SysfsListing(string text, InputErrors errors)
    {
        _errors = errors;
        int line = 0;
        string? open = null;
        foreach (ReadOnlySpan<char> whole in text.AsSpan().EnumerateLines())
        {
            line++;
            if (whole is ['=', '=', '>', ' ', .. ReadOnlySpan<char> name, ' ', '<', '=', '='])
            {
                open = name.ToString();
                continue;
            }
            if (open is not null)
            {
                Add(open, whole, line);
                open = null;
                continue;
            }
            if (!whole.StartsWith("/sys/"))
                continue;
            int colon = Separator(whole);
            if (colon > 0)
                Add(whole[..colon], whole[(colon + 1)..], line);
        }
    }

    /// <summary>The first colon that stands for the end of a path: names of PCI and ACPI devices have some too.</summary>
    private static int Separator(ReadOnlySpan<char> line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == ':' && !IsBusNumber(line, i))
                return i;
        }
        return -1;
    }

    /// <summary><c>pci0000:00</c>, <c>LNXSYSTM:00</c>: two hex digits follow.</summary>
    private static bool IsBusNumber(ReadOnlySpan<char> line, int colon) =>
        colon + 3 < line.Length
        && char.IsAsciiHexDigit(line[colon + 1])
        && char.IsAsciiHexDigit(line[colon + 2])
        && line[colon + 3] is ('/' or ':' or '.');

    private void Add(ReadOnlySpan<char> path, ReadOnlySpan<char> value, int line)
    {
        if (Split(path.ToString()) is not { } found)
            return;
        if (!_devices.TryGetValue(found.Device, out Dictionary<string, (string, int)>? attributes))
            _devices[found.Device] = attributes = new(StringComparer.Ordinal);
        attributes[found.Attribute] = (value.Trim().ToString(), line);
    }

    /// <summary>Device and attribute of a path; null for what is no device of the nd bus.</summary>
    private static (string Device, string Attribute)? Split(string path)
    {
        if (path.StartsWith(Root, StringComparison.Ordinal))
        {
            string rest = path[Root.Length..];
            int slash = rest.IndexOf('/');
            return slash > 0 && slash < rest.Length - 1 ? (rest[..slash], rest[(slash + 1)..]) : null;
        }
        if (!path.StartsWith("/sys/devices/", StringComparison.Ordinal))
            return null;
        string[] parts = path.Split('/');
        int bus = Array.FindIndex(parts, p => MachineWords.IsDevice(p, "ndbus"));
        if (bus < 0)
            return null;
        // Below the bus: a DIMM or a region, and below a region its namespaces and devices; what is deeper belongs to other buses.
        int device = bus;
        if (
            bus + 1 < parts.Length - 1
            && (MachineWords.IsDevice(parts[bus + 1], "nmem") || MachineWords.IsDevice(parts[bus + 1], "region"))
        )
        {
            device = bus + 1;
            if (device + 1 < parts.Length - 1 && IsBelowRegion(parts[device + 1]))
                device++;
        }
        string attribute = string.Join('/', parts[(device + 1)..]);
        return attribute.Length > 0 ? (parts[device], attribute) : null;
    }

    private static bool IsBelowRegion(string name) =>
        name.Contains('.', StringComparison.Ordinal)
        && (
            name.StartsWith("namespace", StringComparison.Ordinal)
            || name.StartsWith("pfn", StringComparison.Ordinal)
            || name.StartsWith("dax", StringComparison.Ordinal)
            || name.StartsWith("btt", StringComparison.Ordinal)
        );

    /// <summary>Devices <c>nmemN</c>, <c>regionN</c>, … in the order of their numbers.</summary>
    public IEnumerable<string> Devices(string kind) =>
        _devices
            .Keys.Where(d => MachineWords.IsDevice(d, kind))
            .OrderBy(d => int.Parse(d.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>All devices whose name starts so.</summary>
    public IEnumerable<string> Starting(string start) => _devices.Keys.Where(d => d.StartsWith(start, StringComparison.Ordinal));

    /// <summary>True when there is no device at all.</summary>
    public bool IsEmpty => _devices.Count == 0;

    /// <summary>An attribute, or null.</summary>
    public string? Text(string device, string attribute) =>
        _devices.TryGetValue(device, out Dictionary<string, (string Value, int Line)>? all)
        && all.TryGetValue(attribute, out (string Value, int Line) found)
            ? found.Value
            : null;

    /// <summary>An attribute as a number, decimal or 0x hex, at most <paramref name="max"/>; null with an error when it is none, null
    /// without when it is absent.</summary>
    public ulong? Number(string device, string attribute, ulong max = ulong.MaxValue)
    {
        if (Text(device, attribute) is not { } text)
            return null;
        if (TryNumber(text, out ulong number) && number <= max)
            return number;
        Complain(
            device,
            attribute,
            $"{device}/{attribute} is {Quote.Text(text)}",
            "a number" + (max == ulong.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $" up to {max}"))
        );
        return null;
    }

    /// <summary>An attribute as a node number: -1 and up.</summary>
    public int Node(string device, string attribute) => Text(device, attribute) == "-1" ? -1 : (int)(Number(device, attribute, 1023) ?? 0);

    /// <summary>Adds an error at the attribute's line.</summary>
    public void Complain(string device, string attribute, string what, string expected = "", string todo = "")
    {
        int line =
            _devices.TryGetValue(device, out Dictionary<string, (string Value, int Line)>? all)
            && all.TryGetValue(attribute, out (string Value, int Line) found)
                ? found.Line
                : 1;
        _errors.Add(line, 1, what, expected, todo);
    }

    internal static bool TryNumber(string text, out ulong number)
    {
        bool hex = text.StartsWith("0x", StringComparison.Ordinal);
        return ulong.TryParse(
            hex ? text.AsSpan(2) : text,
            hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out number
        );
    }
}
