using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands of daxctl that change devices (daxctl/device.c, 76.1). Each gives what the last device came to.</summary>
internal sealed class DaxDeviceCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    private readonly DaxDeviceOperations _library = new(context);
    private JsonArray? _report;

    /// <summary>do_xaction_region(): libnvdimm's regions hold one device each, made with them, and never have space for another.</summary>
    public ToolOutcome Create()
    {
        if (options.Text("input") is { } input)
            return CreateAsFileSays(input);
        ToolOutcome result = ToolOutcome.Failed(Errno.ENXIO);
        int count = 0;
        foreach (DaxListing listing in DaxctlCommands.Listed(context))
        {
            if (!DaxctlCommands.RegionMatches(listing.Devices[0], options.Text("region")))
                continue;
            result = listing.Region is { } region ? Create(region.Id) : ToolOutcome.Failed(Errno.ENOSPC);
            if (result.IsDone)
                count++;
        }
        return Finish(result, count, "creating devices", "created");
    }

    /// <summary>--input: a file that is not there, or no JSON document, is a wrong use.</summary>
    private ToolOutcome CreateAsFileSays(string path)
    {
        if (context.FindFile(path) is { } file && !IsNoJson(file))
            throw new NotModelledException("--input with a file of this session");
        ToolAnswer usage = UsageText.Wrong(options.Command, $"error: failed to parse device file: {Errno.EINVAL.Describe()}\n");
        context.Output.Err(usage.Stderr);
        context.Output.Out(usage.Stdout);
        return ToolOutcome.WrongUse;
    }

    /// <summary>A file that starts as no JSON document can (json_object_from_file() gives none).</summary>
    private static bool IsNoJson(SparseBytes file)
    {
        byte[] head = file.Read(0, (int)Math.Min(64, file.LengthBytes));
        int first = Array.FindIndex(head, b => b is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'));
        return first < 0 || head[first] is not ((byte)'{' or (byte)'[');
    }

    /// <summary>do_create(): what it sets up is the region's seed, which need not be the device that it has made.</summary>
    private ToolOutcome Create(int region)
    {
        if (context.Step(DynamicDax.Create(context.Machine, context.Machine.HmemRegions[region], 1)) != Errno.None)
            return ToolOutcome.Failed(Errno.ENOSPC);
        HmemRegionState now = context.Machine.HmemRegions[region];
        if (now.Seed is not { } seed)
            return ToolOutcome.Failed(Errno.ENOSPC);
        string name = now.Devices[seed].Name;
        long size = Size("size") is -1 ? (long)now.AvailableSize.Bytes : Size("size");
        if (size <= 0)
            return ToolOutcome.Failed(Errno.ENOSPC);
        if (Size("align") is > 0 and var align && _library.SetAlign(name, (ulong)align) is { IsFailure: true } unaligned)
            return unaligned;
        if (_library.SetSize(name, (ulong)size) is { IsFailure: true } refused)
            return refused;
        ToolOutcome enabled = _library.Enable(name, DaxDeviceDrivers.DeviceDax);
        if (!enabled.IsDone)
        {
            Say($"{name}: enable failed: {enabled.Describe()}");
            return enabled;
        }
        _report = JsonArray.Empty.Add(DaxJson.Device(context.Machine, _library.Device(name), Flags));
        return ToolOutcome.Done;
    }

    /// <summary>dev_destroy().</summary>
    public ToolOutcome Destroy() =>
        Each(
            "destroying devices",
            "destroyed",
            name =>
            {
                if (_library.Device(name).IsEnabled && !options.Flag("force"))
                {
                    Say($"{name} is active, specify --force for deletion");
                    return ToolOutcome.Failed(Errno.ENXIO);
                }
                ToolOutcome disabled = DisableDevice(name);
                if (!disabled.IsDone)
                    return disabled;
                ToolOutcome emptied = _library.SetSize(name, 0);
                return emptied.IsFailure ? emptied : _library.Delete(name);
            }
        );

    /// <summary>
    /// With -C the options come from the configuration files of ndctl, of which there are none: a device without uuid ends the tool with
    /// a success; for one with a uuid the tool goes on with every device and no mode (daxctl/device.c parse_device_options()).
    /// </summary>
    public ToolOutcome Reconfigure()
    {
        if (!options.Flag("check-config") || arguments.IsEmpty)
            return Each("reconfiguring devices", "reconfigured", Reconfigure);
        DaxDeviceState[] devices = [.. DaxctlCommands.Listed(context).SelectMany(l => l.Devices)];
        if (!devices.Any(d => d.Name == arguments[0]))
        {
            Say($"no UUID match for {arguments[0]} found in config files");
            Say($"{arguments[0]}: missing or malformed config section");
            return ToolOutcome.Done;
        }
        Say($"error parsing config file: {Errno.ENOENT.Describe()}");
        foreach (DaxDeviceState device in devices.Where(d => DaxctlCommands.RegionMatches(d, options.Text("region"))))
            Say($"{device.Name}: unknown mode requested: 0");
        return Finish(ToolOutcome.Failed(Errno.EINVAL), 0, "reconfiguring devices", "reconfigured");
    }

    public ToolOutcome Enable() =>
        Each(
            "enabling device",
            "enabled",
            name =>
                InDevdaxMode(
                    name,
                    () =>
                    {
                        ToolOutcome result = _library.Enable(name, DaxDeviceDrivers.DeviceDax);
                        if (!result.IsDone)
                            Say($"{name}: enable failed: {result.Describe()}");
                        return result;
                    }
                )
        );

    public ToolOutcome Disable() => Each("disabling device", "disabled", name => InDevdaxMode(name, () => DisableDevice(name)));

    public ToolOutcome Online() => Each("onlining memory", "onlined memory for", name => InMemoryMode(name, OnlineMemory));

    public ToolOutcome Offline() => Each("offlining memory", "offlined memory for", name => InMemoryMode(name, OfflineMemory));

    private ToolOutcome Reconfigure(string name)
    {
        if (Size("align") is > 0 and var align && _library.SetAlign(name, (ulong)align) is { IsFailure: true } refused)
            return refused;
        if (Size("size") is >= 0 and var size)
            return _library.SetSize(name, (ulong)size);
        bool resizes = options.Text("size") is not null || options.Text("align") is not null; // then the tool does not read the mode
        ToolOutcome result;
        switch (resizes ? null : options.Text("mode"))
        {
            case "system-ram":
                result = ToMemory(name);
                break;
            case "devdax":
                result = ToDevdax(name);
                break;
            default:
                Say($"{name}: unknown mode requested: 0");
                return ToolOutcome.Failed(Errno.EINVAL);
        }
        if (result.IsFailure)
            return result;
        // Each device makes a new array: of several, the last one is shown.
        _report = JsonArray.Empty.Add(DaxJson.Device(context.Machine, _library.Device(name), Flags));
        return ToolOutcome.Done;
    }

    /// <summary>disable_devdax_device(), and what other commands do alike.</summary>
    private ToolOutcome DisableDevice(string name)
    {
        ToolOutcome refused = _library.RefuseWithoutBus("daxctl_dev_disable", name);
        if (refused.IsDone)
            _library.Disable(name);
        else
            Say($"{name}: disable failed: {refused.Describe()}");
        return refused;
    }

    /// <summary>reconfig_mode_system_ram().</summary>
    private ToolOutcome ToMemory(string name)
    {
        bool asksPolicy = options.Flag("no-online") || !options.Flag("no-movable");
        if (asksPolicy && !options.Flag("force") && _library.WillAutoOnline)
        {
            Say($"{name}: error: kernel policy will auto-online memory, aborting");
            return ToolOutcome.Failed(Errno.EBUSY);
        }
        if (_library.IsMemory(name))
        {
            Say($"{name} was already in system-ram mode");
        }
        else
        {
            ToolOutcome disabled = DisableDevice(name);
            if (!disabled.IsDone)
                return disabled;
            ToolOutcome enabled = _library.Enable(name, DaxDeviceDrivers.Kmem);
            if (!enabled.IsDone)
                return enabled;
        }
        return options.Flag("no-online") ? ToolOutcome.Done : OnlineMemory(name);
    }

    /// <summary>reconfig_mode_devdax().</summary>
    private ToolOutcome ToDevdax(string name)
    {
        if (_library.IsMemory(name))
        {
            if (options.Flag("force") && OfflineMemory(name) is { IsFailure: true } offline)
                return offline;
            if (_library.CountBlocks(name).Online > 0)
                return ToolOutcome.Failed(Errno.EBUSY);
            _library.Disable(name);
        }
        else if (_library.Device(name).IsEnabled)
        {
            Say($"{name} was already in devdax mode");
            return ToolOutcome.PassedOver;
        }
        return _library.Enable(name, DaxDeviceDrivers.DeviceDax);
    }

    /// <summary>dev_online_memory().</summary>
    private ToolOutcome OnlineMemory(string name)
    {
        (int online, int total) = _library.CountBlocks(name);
        if (online > 0)
        {
            Say(
                $"""
                {name}:
                  WARNING: detected a race while onlining memory
                  Some memory may not be in the expected zone. It is
                  recommended to disable any other onlining mechanisms,
                  and retry. If onlining is to be left to other agents,
                  use the --no-online option to suppress this warning
                """.ReplaceLineEndings("\n")
            );
        }
        if (online == total)
            return SayAlready(name, $"all memory sections ({online})", "online");
        if (online > 0)
            SayAlready(name, Sections(online), "online");
        ToolOutcome result = _library.OnlineMemory(name, options.Flag("no-movable") ? OnlinePolicy.Online : OnlinePolicy.OnlineMovable);
        if (result.IsFailure)
            Say($"{name}: failed to online memory: {result.Describe()}");
        return result;
    }

    /// <summary>dev_offline_memory().</summary>
    private ToolOutcome OfflineMemory(string name)
    {
        (int online, int total) = _library.CountBlocks(name);
        if (online == 0)
            return SayAlready(name, $"all memory sections ({total})", "offline");
        if (online < total)
            SayAlready(name, Sections(total - online), "offline");
        ToolOutcome result = _library.OfflineMemory(name);
        if (result.IsFailure)
            Say($"{name}: failed to offline memory: {result.Describe()}");
        return result;
    }

    private ToolOutcome SayAlready(string name, string what, string state)
    {
        Say($"{name}: {what} already {state}");
        return ToolOutcome.PassedOver;
    }

    private static string Sections(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} memory section{(count == 1 ? "" : "s")}");

    /// <summary>do_xline().</summary>
    private ToolOutcome InMemoryMode(string name, Func<string, ToolOutcome> action)
    {
        if (_library.IsMemory(name))
            return action(name);
        Say($"{name}: memory operations are not applicable in devdax mode");
        return ToolOutcome.Failed(Errno.ENXIO);
    }

    /// <summary>do_xble().</summary>
    private ToolOutcome InDevdaxMode(string name, Func<ToolOutcome> action)
    {
        if (!_library.IsMemory(name))
            return action();
        Say($"{name}: status operations are only applicable in devdax mode");
        return ToolOutcome.Failed(Errno.ENXIO);
    }

    /// <summary>do_xaction_device(): what is done counts; the last result stands.</summary>
    private ToolOutcome Each(string doing, string done, Func<string, ToolOutcome> action)
    {
        ToolOutcome result = ToolOutcome.Failed(Errno.ENXIO);
        int count = 0;
        string[] names =
        [
            .. DaxctlCommands
                .Listed(context)
                .SelectMany(l => l.Devices)
                .Where(d => DaxctlCommands.RegionMatches(d, options.Text("region")) && DaxctlCommands.DeviceMatches(d, arguments[0]))
                .Select(d => d.Name),
        ];
        foreach (string name in names)
        {
            result = action(name);
            if (result.IsDone)
                count++;
        }
        return Finish(result, count, doing, done);
    }

    private ToolOutcome Finish(ToolOutcome result, int count, string doing, string done)
    {
        if (_report is not null)
            context.Output.Out(NdctlJson.Display(_report, Flags).Stdout);
        if (result.IsFailure)
            Say($"error {doing}: {result.Describe()}");
        Say(string.Create(CultureInfo.InvariantCulture, $"{done} {count} device{(count == 1 ? "" : "s")}"));
        return result;
    }

    /// <summary>The tool keeps sizes in a signed number; -1 is what it has when none was given, or one that it cannot read.</summary>
    private long Size(string option) =>
        options.Text(option) is { } text && NdctlSize.TryParse(text) is { } size ? unchecked((long)size) : -1;

    private JsonDetail Flags => options.Flag("human") ? JsonDetail.Human : JsonDetail.None;

    private void Say(string line) => context.Output.Err(line + "\n");
}
