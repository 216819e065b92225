using System.Collections.Immutable;
using Altmap.Core.Json;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>A dax region with its devices, in the order in which daxctl has them.</summary>
/// <param name="Personality">The nd device that makes the region; null for soft-reserved memory.</param>
/// <param name="Region">A region of soft-reserved memory; null for libnvdimm's.</param>
/// <param name="Devices">At least one.</param>
internal sealed record DaxListing(PfnDeviceState? Personality, HmemRegionState? Region, ImmutableArray<DaxDeviceState> Devices);

/// <summary><c>daxctl list</c> (daxctl/list.c, filter.c; 76.1), and which devices a command of daxctl means.</summary>
internal static class DaxctlCommands
{
    public static ToolOutcome List(ToolContext context, OptionResult options)
    {
        bool regions = options.Flag("regions"),
            devices = options.Flag("devices");
        JsonDetail flags = JsonDetail.None;
        if (!regions && !devices)
        {
            regions = options.Text("region") is not null;
            devices = options.Text("dev") is not null || !regions;
        }
        if (devices)
            flags |= JsonDetail.DaxDevices;
        if (options.Flag("mappings"))
            flags |= JsonDetail.DaxMappings;
        if (options.Flag("idle"))
            flags |= JsonDetail.Idle;
        if (options.Flag("human"))
            flags |= JsonDetail.Human;

        JsonArray? array = null;
        foreach (DaxListing listing in Listed(context))
        {
            if (!RegionMatches(listing.Devices[0], options.Text("region")))
                continue;
            DaxDeviceState[] shown =
            [
                .. listing.Devices.Where(d =>
                    DeviceMatches(d, options.Text("dev")) && (listing.Region is null || options.Flag("idle") || !d.Size.IsZero)
                ),
            ];
            if (regions)
                array = (array ?? JsonArray.Empty).Add(
                    listing.Region is { } region
                        ? DaxJson.Region(context.Machine, region, shown, flags)
                        : DaxJson.Region(
                            context.Machine,
                            listing.Personality!,
                            listing.Devices[0],
                            shown.Length > 0 ? flags : flags & ~JsonDetail.DaxDevices
                        )
                );
            else
                array = shown.Aggregate(array, (all, d) => (all ?? JsonArray.Empty).Add(DaxJson.Device(context.Machine, d, flags)));
        }
        if (array is null)
            return ToolOutcome.Done;
        PrintedText text = NdctlJson.Display(array, flags);
        context.Output.Err(text.Stderr);
        context.Output.Out(text.Stdout);
        return ToolOutcome.Done;
    }

    /// <summary>
    /// Regions and their devices as daxctl lists them: a region stands where the first of its devices was found. Those of libnvdimm have
    /// one each, made for a namespace.
    /// </summary>
    public static IReadOnlyList<DaxListing> Listed(ToolContext context)
    {
        IEnumerable<DaxListing> all = context
            .Machine.Regions.Values.SelectMany(region =>
                region.DaxDevices.Values.Select(device => new DaxListing(
                    region.Daxes.Values.First(d => d.NamespaceId == device.Id && d.IsBound),
                    null,
                    [device]
                ))
            )
            .Concat(
                context.Machine.HmemRegions.Values.Select(r => new DaxListing(
                    null,
                    r,
                    [.. KernfsOrder.Listed(r.Devices.Values, d => d.Name)]
                ))
            );
        return [.. KernfsOrder.Listed(all, l => l.Devices[^1].Name)];
    }

    /// <summary><c>all</c>, the name, or <c>N.M</c>; what follows the numbers does not count.</summary>
    public static bool DeviceMatches(DaxDeviceState device, string? filter)
    {
        if (filter is null or "all" || filter == device.Name)
            return true;
        if (!TakeInt(filter, out int region, out string rest) || !rest.StartsWith('.') || !TakeInt(rest[1..], out int id, out _))
            return false;
        return region == device.RegionNumber && id == device.Id;
    }

    /// <summary><c>all</c>, <c>N</c> or <c>regionN</c>; what follows the number does not count.</summary>
    public static bool RegionMatches(DaxDeviceState device, string? filter)
    {
        if (filter is null or "all")
            return true;
        if (filter.StartsWith("region", StringComparison.Ordinal))
            filter = filter[6..];
        return TakeInt(filter, out int number, out _) && number == device.RegionNumber;
    }

    /// <summary>sscanf() with %d; a number that does not fit an int is none here.</summary>
    private static bool TakeInt(string text, out int value, out string rest)
    {
        (long number, int end) = CNumber.Signed(text);
        (value, rest) = (number is >= int.MinValue and <= int.MaxValue ? (int)number : 0, text[end..]);
        return end > 0 && value == number;
    }
}
