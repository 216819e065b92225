using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>Which code runs which command of ndctl and daxctl.</summary>
internal static class ToolCommands
{
    /// <summary>Runs it. Throws <see cref="NotModelledException"/> for what the model does not
    /// know.</summary>
    public static ToolOutcome Run(ToolContext context, string tool, ToolRequest request)
    {
        OptionResult options = request.Options!;
        ImmutableArray<string> arguments = request.Arguments;
        if (tool == "daxctl")
        {
            return options.Command.Name switch
            {
                "list" => DaxctlCommands.List(context, options),
                "create-device" => new DaxDeviceCommands(context, options, arguments).Create(),
                "destroy-device" => new DaxDeviceCommands(context, options, arguments).Destroy(),
                "reconfigure-device" => new DaxDeviceCommands(context, options, arguments).Reconfigure(),
                "enable-device" => new DaxDeviceCommands(context, options, arguments).Enable(),
                "disable-device" => new DaxDeviceCommands(context, options, arguments).Disable(),
                "online-memory" => new DaxDeviceCommands(context, options, arguments).Online(),
                "offline-memory" => new DaxDeviceCommands(context, options, arguments).Offline(),
                "split-acpi" => HostFile(context, "failed to open required ./nfit.dat"),
                "migrate-device-model" => HostFile(context, "failed to install /etc/modprobe.d/daxctl.conf: No such file or directory"),
                _ => throw new NotModelledException($"daxctl {options.Command.Name}"),
            };
        }
        return options.Command.Name switch
        {
            "list" => ListCommand.Run(context, options),
            "create-namespace" => new NamespaceCommands(context, options, arguments).Create(),
            "destroy-namespace" => new NamespaceCommands(context, options, arguments).Destroy(),
            "check-namespace" => new NamespaceCommands(context, options, arguments).Check(),
            "enable-namespace" => new NamespaceCommands(context, options, arguments).Enable(),
            "disable-namespace" => new NamespaceCommands(context, options, arguments).Disable(),
            "read-infoblock" => new InfoBlockCommands(context, options, arguments).Read(),
            "write-infoblock" => new InfoBlockCommands(context, options, arguments).Write(),
            "enable-region" => new RegionCommands(context, options, arguments).Enable(),
            "disable-region" => new RegionCommands(context, options, arguments).Disable(),
            "enable-dimm" => new LabelCommands(context, options, arguments).Enable(),
            "disable-dimm" => new LabelCommands(context, options, arguments).Disable(),
            "init-labels" => new LabelCommands(context, options, arguments).Init(),
            "zero-labels" => new LabelCommands(context, options, arguments).Zero(),
            "check-labels" => new LabelCommands(context, options, arguments).Check(),
            "clear-errors" => new NamespaceCommands(context, options, arguments).ClearErrors(),
            "write-labels" => new LabelCommands(context, options, arguments).Write(),
            "read-labels" => new LabelCommands(context, options, arguments).Read(),
            "inject-error" => new HardwareCommands(context, options, arguments).InjectError(),
            "inject-smart" => new HardwareCommands(context, options, arguments).InjectSmart(),
            "start-scrub" or "wait-scrub" or "activate-firmware" => new HardwareCommands(context, options, arguments).OnBuses(),
            "update-firmware" => new HardwareCommands(context, options, arguments).UpdateFirmware(),
            "setup-passphrase" or "update-passphrase" or "remove-passphrase" or "freeze-security" or "sanitize-dimm" or "wait-overwrite" =>
                new HardwareCommands(context, options, arguments).Security(),
            _ => throw new NotModelledException($"ndctl {options.Command.Name}"),
        };
    }

    /// <summary>What a command says that looks for files of the computer it runs on, and finds none.</summary>
    private static ToolOutcome HostFile(ToolContext context, string message)
    {
        context.Error(message);
        return ToolOutcome.ExitFailure;
    }
}
