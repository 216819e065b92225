using System.Globalization;

namespace Altmap.Model.Nvdimm;

/// <summary>What a device on the nd bus is.</summary>
public enum NdDeviceKind
{
    /// <summary><c>ndbusN</c>.</summary>
    Bus,

    /// <summary><c>nmemN</c>.</summary>
    Dimm,

    /// <summary><c>regionN</c>.</summary>
    Region,

    /// <summary><c>namespaceN.M</c>.</summary>
    Namespace,

    /// <summary><c>bttN.M</c>.</summary>
    Btt,

    /// <summary><c>pfnN.M</c>: the fsdax personality.</summary>
    Pfn,

    /// <summary><c>daxN.M</c> on the nd bus: the devdax personality.</summary>
    Dax,
}

/// <summary>The name of a device on the nd bus, taken apart.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">N: bus, DIMM or region number.</param>
/// <param name="Id">M within the region; 0 where there is none.</param>
public readonly record struct NdDevice(NdDeviceKind Kind, int Number, int Id = 0) : IComparable<NdDevice>
{
    private static readonly (string Prefix, NdDeviceKind Kind, bool HasId)[] Forms =
    [
        ("ndbus", NdDeviceKind.Bus, false),
        ("nmem", NdDeviceKind.Dimm, false),
        ("region", NdDeviceKind.Region, false),
        ("namespace", NdDeviceKind.Namespace, true),
        ("btt", NdDeviceKind.Btt, true),
        ("pfn", NdDeviceKind.Pfn, true),
        ("dax", NdDeviceKind.Dax, true),
    ];

    /// <summary>As sysfs spells it.</summary>
    public string Name
    {
        get
        {
            NdDeviceKind kind = Kind;
            (string prefix, _, bool hasId) = Array.Find(Forms, f => f.Kind == kind);
            return hasId
                ? string.Create(CultureInfo.InvariantCulture, $"{prefix}{Number}.{Id}")
                : string.Create(CultureInfo.InvariantCulture, $"{prefix}{Number}");
        }
    }

    /// <summary>Reads <see cref="Name"/>; numbers without leading zeros or signs.</summary>
    public static bool TryParse(string name, out NdDevice device)
    {
        device = default;
        foreach ((string prefix, NdDeviceKind kind, bool hasId) in Forms)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            string[] parts = name[prefix.Length..].Split('.');
            if (parts.Length != (hasId ? 2 : 1) || !TryNumber(parts[0], out int number))
                return false;
            int id = 0;
            if (hasId && !TryNumber(parts[1], out id))
                return false;
            device = new NdDevice(kind, number, id);
            return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public int CompareTo(NdDevice other) => (Kind, Number, Id).CompareTo((other.Kind, other.Number, other.Id));

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text == "0" || text[0] != '0');
}
