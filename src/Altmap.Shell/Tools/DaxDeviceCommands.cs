using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands of daxctl that change devices (daxctl/device.c, 76.1). Each returns 0 or 1, or a negative errno: that of the last
/// device.</summary>
internal sealed class DaxDeviceCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    private readonly DaxDeviceOperations _library = new(context);
    private JsonArray? _report;

    /// <summary>libnvdimm's regions hold one device each, made with them: there is never space for another.</summary>
    public int Create()
    {
        RefuseUnknown();
        if (options.Text("input") is not null)
            throw new NotModelledException("--input reads a file of the machine");
        bool found = DaxctlCommands.Listed(context).Any(d => DaxctlCommands.RegionMatches(d.Device, options.Text("region")));
        return Finish(-(int)(found ? Errno.ENOSPC : Errno.ENXIO), 0, "creating devices", "created");
    }

    public int Destroy() =>
        Each(
            "destroying devices",
            "destroyed",
            name =>
            {
                if (_library.Device(name).IsEnabled && !options.Flag("force"))
                {
                    Say($"{name} is active, specify --force for deletion");
                    return -(int)Errno.ENXIO;
                }
                int disabled = DisableDevice(name);
                return disabled != 0 ? disabled : _library.RefuseChange(name, "size");
            }
        );

    public int Reconfigure() => Each("reconfiguring devices", "reconfigured", Reconfigure);

    public int Enable() =>
        Each(
            "enabling device",
            "enabled",
            name =>
                InDevdaxMode(
                    name,
                    () =>
                    {
                        int result = _library.Enable(name, DaxDeviceDrivers.DeviceDax);
                        if (result != 0)
                            Say($"{name}: enable failed: {Describe(result)}");
                        return result;
                    }
                )
        );

    public int Disable() => Each("disabling device", "disabled", name => InDevdaxMode(name, () => DisableDevice(name)));

    public int Online() => Each("onlining memory", "onlined memory for", name => InMemoryMode(name, OnlineMemory));

    public int Offline() => Each("offlining memory", "offlined memory for", name => InMemoryMode(name, OfflineMemory));

    private int Reconfigure(string name)
    {
        if (Size("align") > 0)
            return _library.RefuseChange(name, "align");
        if (Size("size") >= 0)
            return _library.RefuseChange(name, "size");
        bool resizes = options.Text("size") is not null || options.Text("align") is not null; // then the tool does not read the mode
        int result;
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
                return -(int)Errno.EINVAL;
        }
        if (result < 0)
            return result;
        // Each device makes a new array: of several, the last one is shown.
        _report = JsonArray.Empty.Add(DaxJson.Device(context.Machine, _library.Device(name), Flags));
        return 0;
    }

    /// <summary>disable_devdax_device(), and what other commands do alike.</summary>
    private int DisableDevice(string name)
    {
        int refused = _library.RefuseWithoutBus("daxctl_dev_disable", name);
        if (refused == 0)
            _library.Disable(name);
        else
            Say($"{name}: disable failed: {Describe(refused)}");
        return refused;
    }

    /// <summary>reconfig_mode_system_ram().</summary>
    private int ToMemory(string name)
    {
        bool asksPolicy = options.Flag("no-online") || !options.Flag("no-movable");
        if (asksPolicy && !options.Flag("force") && _library.WillAutoOnline)
        {
            Say($"{name}: error: kernel policy will auto-online memory, aborting");
            return -(int)Errno.EBUSY;
        }
        if (_library.IsMemory(name))
        {
            Say($"{name} was already in system-ram mode");
        }
        else
        {
            int disabled = DisableDevice(name);
            if (disabled != 0)
                return disabled;
            int enabled = _library.Enable(name, DaxDeviceDrivers.Kmem);
            if (enabled != 0)
                return enabled;
        }
        return options.Flag("no-online") ? 0 : OnlineMemory(name);
    }

    /// <summary>reconfig_mode_devdax().</summary>
    private int ToDevdax(string name)
    {
        if (_library.IsMemory(name))
        {
            if (options.Flag("force") && OfflineMemory(name) is var offline and < 0)
                return offline;
            if (_library.CountBlocks(name).Online > 0)
                return -(int)Errno.EBUSY;
            _library.Disable(name);
        }
        else if (_library.Device(name).IsEnabled)
        {
            Say($"{name} was already in devdax mode");
            return 1;
        }
        return _library.Enable(name, DaxDeviceDrivers.DeviceDax);
    }

    /// <summary>dev_online_memory().</summary>
    private int OnlineMemory(string name)
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
        int result = _library.OnlineMemory(name, options.Flag("no-movable") ? OnlinePolicy.OnlineKernel : OnlinePolicy.OnlineMovable);
        if (result < 0)
            Say($"{name}: failed to online memory: {Describe(result)}");
        return result;
    }

    /// <summary>dev_offline_memory().</summary>
    private int OfflineMemory(string name)
    {
        (int online, int total) = _library.CountBlocks(name);
        if (online == 0)
            return SayAlready(name, $"all memory sections ({total})", "offline");
        if (online < total)
            SayAlready(name, Sections(total - online), "offline");
        int result = _library.OfflineMemory(name);
        if (result < 0)
            Say($"{name}: failed to offline memory: {Describe(result)}");
        return result;
    }

    private int SayAlready(string name, string what, string state)
    {
        Say($"{name}: {what} already {state}");
        return 1;
    }

    private static string Sections(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} memory section{(count == 1 ? "" : "s")}");

    /// <summary>do_xline().</summary>
    private int InMemoryMode(string name, Func<string, int> action)
    {
        if (_library.IsMemory(name))
            return action(name);
        Say($"{name}: memory operations are not applicable in devdax mode");
        return -(int)Errno.ENXIO;
    }

    /// <summary>do_xble().</summary>
    private int InDevdaxMode(string name, Func<int> action)
    {
        if (!_library.IsMemory(name))
            return action();
        Say($"{name}: status operations are only applicable in devdax mode");
        return -(int)Errno.ENXIO;
    }

    /// <summary>do_xaction_device(): a result of 0 counts; the last result stands.</summary>
    private int Each(string doing, string done, Func<string, int> action)
    {
        RefuseUnknown();
        int result = -(int)Errno.ENXIO,
            count = 0;
        string[] names =
        [
            .. DaxctlCommands
                .Listed(context)
                .Select(d => d.Device)
                .Where(d => DaxctlCommands.RegionMatches(d, options.Text("region")) && DaxctlCommands.DeviceMatches(d, arguments[0]))
                .Select(d => d.Name),
        ];
        foreach (string name in names)
        {
            result = action(name);
            if (result == 0)
                count++;
        }
        return Finish(result, count, doing, done);
    }

    private int Finish(int result, int count, string doing, string done)
    {
        if (_report is not null)
            context.Output.Out(NdctlJson.Display(_report, Flags).Stdout);
        if (result < 0)
            Say($"error {doing}: {Describe(result)}");
        Say(string.Create(CultureInfo.InvariantCulture, $"{done} {count} device{(count == 1 ? "" : "s")}"));
        return result;
    }

    /// <summary>Debug messages of the library tell of files that are not in the model.</summary>
    private void RefuseUnknown()
    {
        if (options.Flag("verbose"))
            throw new NotModelledException($"daxctl {options.Command.Name} -v");
    }

    /// <summary>The tool keeps sizes in a signed number; -1 is what it has when none was given, or one that it cannot read.</summary>
    private long Size(string option) =>
        options.Text(option) is { } text && NdctlSize.TryParse(text) is { } size ? unchecked((long)size) : -1;

    private JsonDetail Flags => options.Flag("human") ? JsonDetail.Human : JsonDetail.None;

    private static string Describe(int result) => ((Errno)(-result)).Describe();

    private void Say(string line) => context.Output.Err(line + "\n");
}
