using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

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
        foreach ((PfnDeviceState personality, DaxDeviceState device) in Listed(context))
        {
            if (!RegionMatches(device, options.Text("region")))
                continue;
            bool listsDevice = DeviceMatches(device, options.Text("dev"));
            if (regions)
            {
                JsonDetail own = listsDevice ? flags : flags & ~JsonDetail.DaxDevices;
                array = (array ?? JsonArray.Empty).Add(DaxJson.Region(context.Machine, personality, device, own));
            }
            else if (listsDevice)
            {
                array = (array ?? JsonArray.Empty).Add(DaxJson.Device(context.Machine, device, flags));
            }
        }
        if (array is null)
            return ToolOutcome.Done;
        PrintedText text = NdctlJson.Display(array, flags);
        context.Output.Err(text.Stderr);
        context.Output.Out(text.Stdout);
        return ToolOutcome.Done;
    }

    /// <summary>Devices as daxctl lists them. Each is the only one of its region here: libnvdimm makes one per namespace.</summary>
    public static IEnumerable<(PfnDeviceState Personality, DaxDeviceState Device)> Listed(ToolContext context)
    {
        IEnumerable<(PfnDeviceState, DaxDeviceState Device)> all = context.Machine.Regions.Values.SelectMany(region =>
            region.DaxDevices.Values.Select(device => (region.Daxes.Values.First(d => d.NamespaceId == device.Id && d.IsBound), device))
        );
        return KernfsOrder.Listed(all, d => d.Device.Name);
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
