using System.Globalization;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Tools;

/// <summary>Which devices a filter option names (ndctl/filter.c, 76.1): blank-separated words, <c>all</c>, a number, or a name. No filter
/// takes everything.</summary>
internal static class Filters
{
    public static bool Bus(ToolContext context, NdDevice bus, string? filter) =>
        Matches(filter, bus.Number, bus.Name, context.Machine.Buses[bus].Provider);

    public static bool Region(NdDevice region, string? filter) => Matches(filter, region.Number, region.Name);

    public static bool Dimm(NdDevice dimm, string? filter) => Matches(filter, dimm.Number, dimm.Name);

    public static bool Namespace(NdDevice ndns, string? filter)
    {
        if (filter is null)
            return true;
        string shortName = string.Create(CultureInfo.InvariantCulture, $"{ndns.Number}.{ndns.Id}");
        return Words(filter).Any(w => w == "all" || w == ndns.Name || w == shortName);
    }

    /// <summary>The tool reads a number off the whole filter, not off each word.</summary>
    private static bool Matches(string? filter, int number, params string[] names)
    {
        if (filter is null)
            return true;
        ulong? id = ParseNumber(filter);
        return Words(filter).Any(word => word == "all" || (id is { } wanted ? wanted == (ulong)number : names.Contains(word)));
    }

    private static string[] Words(string filter) => filter.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static ulong? ParseNumber(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex)
                ? hex
                : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? number
                : null;
}
