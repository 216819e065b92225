namespace Altmap.Shell.Options;

/// <summary>daxctl 76.1, daxctl/device.c parse_device_options(). These messages stand alone, without <c>Error:</c>.</summary>
internal static class DaxDeviceRules
{
    public static ToolRequest Check(OptionResult options)
    {
        var name = options.Command.Name;
        var messages = options.Arguments.IsEmpty && name != "create-device" ? $"specify a device to {Verb(name)}, or \"all\"\n" : "";
        messages += string.Concat(options.Arguments.Skip(1).Select(a => $"unknown extra parameter \"{a}\"\n"));
        if (messages.Length > 0)
            return ToolRequest.Wrong(options, messages);
        var device = options.Arguments is [var path] ? path[(path.LastIndexOf('/') + 1)..] : null;
        if (device is not null && options.Flag("check-config"))
            return CheckConfig(options, device);
        if (name == "reconfigure-device")
        {
            var resizes = options.Text("size") is not null || options.Text("align") is not null;
            if (!resizes && options.Text("mode") is null)
                return ToolRequest.Wrong(options, "error: a 'align', 'mode' or 'size' option is required\n");
            if (!resizes && options.Text("mode") == "devdax" && options.Flag("no-online"))
                return ToolRequest.Wrong(options, "--no-online is incompatible with --mode=devdax\n");
        }
        return ToolRequest.Do(options, device is null ? [] : [device]);
    }

    private static ToolRequest CheckConfig(OptionResult options, string device)
    {
        if (options.Text("mode") is not null || options.Flag("no-online") || options.Flag("no-movable"))
            return ToolRequest.Wrong(options, $"{device}: -C cannot be used with --mode, --(no-)movable, or --(no-)online\n");
        return options.Command.Name == "reconfigure-device"
            ? ToolRequest.Do(options, [device])
            : ToolRequest.Say(
                new ToolAnswer("--check-config reads the configuration files of the machine: give the options themselves\n", "", 1)
                {
                    IsUnsupported = true,
                }
            );
    }

    // enable-device says "disable": the tool passes the wrong action (cmd_enable_device()).
    private static string Verb(string command) =>
        command switch
        {
            "reconfigure-device" => "reconfigure",
            "online-memory" => "online memory for",
            "offline-memory" => "offline memory for",
            "disable-device" or "enable-device" => "disable",
            _ => "destroy",
        };
}
