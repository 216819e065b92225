using System.Globalization;
using Altmap.Core.Json;

namespace Altmap.Model.MachineFiles.Captures;

/// <summary>The attributes of the nd bus's devices in a <c>sysfs.txt</c>, with the line of each.</summary>
internal sealed class SysfsListing
{
    private const string Root = "/sys/bus/nd/devices/";
    private readonly SortedDictionary<string, Dictionary<string, (string Value, int Line)>> _devices = new(StringComparer.Ordinal);
    private readonly InputErrors _errors;

    public SysfsListing(string text, InputErrors errors)
    {
        _errors = errors;
        int line = 0;
        foreach (ReadOnlySpan<char> whole in text.AsSpan().EnumerateLines())
        {
            line++;
            if (!whole.StartsWith(Root))
                continue;
            ReadOnlySpan<char> rest = whole[Root.Length..];
            int slash = rest.IndexOf('/'),
                colon = rest.IndexOf(':');
            if (slash <= 0 || colon <= slash)
                continue;
            string device = rest[..slash].ToString();
            if (!_devices.TryGetValue(device, out Dictionary<string, (string, int)>? attributes))
                _devices[device] = attributes = new(StringComparer.Ordinal);
            attributes[rest[(slash + 1)..colon].ToString()] = (rest[(colon + 1)..].Trim().ToString(), line);
        }
    }

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
