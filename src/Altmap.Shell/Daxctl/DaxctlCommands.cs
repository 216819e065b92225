using System.Globalization;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Ndctl;
using Altmap.Shell.Options;

namespace Altmap.Shell.Daxctl;

/// <summary><c>daxctl list</c> (daxctl/list.c, filter.c; 76.1). The commands that change devices are not modelled yet.</summary>
internal static class DaxctlCommands
{
    public static int List(NdctlContext context, OptionResult options)
    {
        bool regions = options.Flag("regions"), devices = options.Flag("devices");
        JsonDetail flags = JsonDetail.None;
        if (!regions && !devices)
        {
            regions = options.Text("region") is not null;
            devices = options.Text("dev") is not null || !regions;
        }
        if (devices) flags |= JsonDetail.DaxDevices;
        if (options.Flag("mappings")) flags |= JsonDetail.DaxMappings;
        if (options.Flag("idle")) flags |= JsonDetail.Idle;
        if (options.Flag("human")) flags |= JsonDetail.Human;

        JsonArray? array = null;
        foreach ((PfnDeviceState personality, DaxDeviceState device) in Listed(context))
        {
            if (!RegionMatches(device, options.Text("region"))) continue;
            bool listsDevice = DeviceMatches(device, options.Text("dev"));
            if (regions)
            {
                JsonDetail own = listsDevice ? flags : flags & ~JsonDetail.DaxDevices;
                array = (array ?? JsonArray.Empty).Add(DaxJson.Region(context.Machine, personality, device, own));
            }
            else if (listsDevice)
            {
                array = (array ?? JsonArray.Empty).Add(DaxJson.Device(device, flags));
            }
        }
        if (array is null) return 0;
        PrintedText text = NdctlJson.Display(array, flags);
        context.Output.Err(text.Stderr);
        context.Output.Out(text.Stdout);
        return 0;
    }

    /// <summary>Each device is the only one of its region here: libnvdimm makes one per namespace.</summary>
    private static IEnumerable<(PfnDeviceState Personality, DaxDeviceState Device)> Listed(NdctlContext context)
    {
        IEnumerable<(PfnDeviceState, DaxDeviceState Device)> all = context.Machine.Regions.Values.SelectMany(region =>
            region.DaxDevices.Values.Select(device => (region.Daxes.Values.First(d => d.NamespaceId == device.Id && d.IsBound), device)));
        return KernfsOrder.Listed(all, d => d.Device.Name);
    }

    private static bool DeviceMatches(DaxDeviceState device, string? filter) =>
        filter is null or "all" || filter == device.Name || filter == device.Name[3..];

    private static bool RegionMatches(DaxDeviceState device, string? filter)
    {
        if (filter is null or "all") return true;
        string digits = filter.StartsWith("region", StringComparison.Ordinal) ? filter[6..] : filter;
        return int.TryParse(string.Concat(digits.TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id == device.RegionNumber;
    }
}
