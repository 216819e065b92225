using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>
/// Commands that ask firmware for what the model's DIMMs and buses do not have: scrubs, firmware updates, security, injected errors. What
/// ndctl says then (ndctl/bus.c, dimm.c, inject-error.c, inject-smart.c; 76.1).
/// </summary>
internal sealed class HardwareCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    private const string NoSecurity = "security operation not supported";

    /// <summary>start-scrub, wait-scrub, activate-firmware: on each bus that was named, or on all; the first error is the last
    /// word.</summary>
    public ToolOutcome OnBuses()
    {
        Errno first = Errno.None;
        string[] names = arguments.IsEmpty || arguments.Contains("all") ? ["all"] : [.. arguments];
        foreach (string name in names)
        {
            foreach (NdDevice bus in context.Buses().Where(b => name == "all" || Filters.Bus(context, b, name)))
            {
                Errno errno = OnBus(bus);
                if (first == Errno.None)
                    first = errno;
            }
        }
        if (first == Errno.None)
            first = Errno.ENXIO;
        string doing = options.Command.Name switch
        {
            "start-scrub" => "starting scrub",
            "wait-scrub" => "waiting for scrub completion",
            _ => "activating firmware",
        };
        context.Output.Err($"error {doing}: {first.Describe()}\n");
        return ToolOutcome.Failed(first);
    }

    /// <summary>A bus of ACPI would have a file for scrubs, which is not there without address range scrub; others have none to look
    /// for.</summary>
    private Errno OnBus(NdDevice bus)
    {
        string provider = context.Machine.Buses[bus].Provider;
        if (options.Command.Name != "activate-firmware")
            return provider == "ACPI.NFIT" ? Errno.ENOENT : Errno.EOPNOTSUPP;
        context.Output.Err($"{provider}: {bus}: has no devices that support firmware update.\n");
        return Errno.EOPNOTSUPP;
    }

    public ToolOutcome InjectError()
    {
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            foreach (NdDevice region in context.Regions(bus).Where(r => Filters.Region(r, options.Text("region"))))
            {
                if (!context.Namespaces(region).Any(n => n.Name == arguments[0]))
                    continue;
                context.Output.Err($"{arguments[0]}: error injection not supported\n");
                return ToolOutcome.Failed(Errno.EOPNOTSUPP);
            }
        }
        context.Error($"{arguments[0]}: no such namespace");
        return ToolOutcome.Failed(Errno.ENXIO);
    }

    public ToolOutcome InjectSmart()
    {
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            if (context.Dimms(bus).FirstOrDefault(d => Filters.Dimm(d.Device, arguments[0])) is not { } dimm)
                continue;
            (string by, Errno errno) = Unsupported(dimm);
            context.Output.Err(UsageText.Error($"{dimm.Device}: smart injection not supported by {by}."));
            return ToolOutcome.Failed(errno);
        }
        context.Error($"{arguments[0]}: no such dimm");
        return ToolOutcome.Failed(Errno.ENXIO);
    }

    public ToolOutcome UpdateFirmware()
    {
        if (options.Text("firmware") is not { } path)
            throw new NotModelledException("update-firmware without -f FILE");
        if (path is not ("/proc/version" or "/proc/cpuinfo" or "/proc/cmdline") && context.FindFile(path) is null)
        {
            context.Output.Err($"failed to open: {path}: ({Errno.ENOENT.Describe()})\n");
            context.Output.Err("updated 0 nmem.\n");
            return ToolOutcome.ExitFailure;
        }
        return OnDimms(
            dimm =>
            {
                (string by, Errno errno) = Unsupported(dimm);
                context.Output.Err(UsageText.Error($"update firmware: {dimm.Device}: firmware update not supported by {by}."));
                return errno;
            },
            "updated {0}."
        );
    }

    public ToolOutcome Security() =>
        OnDimms(
            dimm =>
            {
                context.Error($"{dimm.Device}: {NoSecurity}");
                return Errno.EOPNOTSUPP;
            },
            options.Command.Name switch
            {
                "setup-passphrase" => "passphrase enabled for {0}.",
                "update-passphrase" => "passphrase updated for {0}.",
                "remove-passphrase" => "passphrase removed for {0}.",
                "freeze-security" => "security froze {0}.",
                "sanitize-dimm" => options.Flag("overwrite") ? "overwrite issued for {0}." : "sanitized {0}.",
                _ => "",
            }
        );

    /// <summary>A command set comes with the label methods of the model's DIMMs; without one ndctl knows no such command.</summary>
    private static (string By, Errno Errno) Unsupported(DimmState dimm) =>
        dimm.HasLabelArea ? ("either platform firmware or the kernel", Errno.EIO) : ("ndctl", Errno.ENOTTY);

    private ToolOutcome OnDimms(Func<DimmState, Errno> action, string closing)
    {
        (int done, Errno error) = new LabelCommands(context, options, arguments).Count(device =>
            ToolOutcome.Of(action(context.Machine.Dimms[device]))
        );
        if (closing.Length > 0)
            context.Output.Err(closing.Replace("{0}", $"{done} nmem", StringComparison.Ordinal) + "\n");
        return error == Errno.None ? ToolOutcome.Done : ToolOutcome.ExitFailure;
    }
}
