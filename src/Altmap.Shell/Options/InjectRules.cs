namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1, ndctl/inject-error.c inject_init() and ndctl/inject-smart.c smart_init(). Both stop at the first fault, without the
/// usage.</summary>
internal static class InjectRules
{
    public static ToolRequest Error(OptionResult options)
    {
        var (block, count) = (options.Text("block"), options.Text("count"));
        if (options.Flag("status") && (options.Flag("uninject") || block is not null || count is not null || options.Flag("saturate")))
            return ArgumentRules.Invalid("status is invalid with inject or uninject");
        if (block is not null && NdctlSize.TryParse(block) is null)
            return ArgumentRules.Invalid($"Invalid block: {block}");
        if (count is not null && NdctlSize.TryParse(count) is null)
            return ArgumentRules.Invalid($"Invalid count: {count}");
        if (!options.Flag("status") && (block is null || count is null))
            return ArgumentRules.Invalid("block and count required for inject/uninject");
        return OneArgument(options, "specify a namespace to inject error to\n");
    }

    public static ToolRequest Smart(OptionResult options)
    {
        var given = false;
        foreach (var field in new[] { "media-temperature", "ctrl-temperature", "spares" })
        {
            var (value, threshold) = (options.Text(field), options.Text(field + "-threshold"));
            Func<string, bool> isBad = field == "spares" ? IsBadUnsigned : CNumber.IsInfinite;
            if (value is not null && isBad(value))
                return ArgumentRules.Invalid($"Invalid argument: {CName(field)}: {value}");
            if (threshold is not null && isBad(threshold))
                return ArgumentRules.Invalid($"Invalid argument: {threshold}");
            given |= value is not null || threshold is not null || options.Text(field + "-alarm") is not null;
        }
        given |= options.Flag("fatal") || options.Flag("unsafe-shutdown");
        foreach (var field in new[] { "media-temperature", "ctrl-temperature", "spares", "fatal", "unsafe-shutdown" })
        {
            if (!options.Flag(field + "-uninject") && !options.Flag("uninject-all"))
                continue;
            if (options.Text(field) is not null || options.Flag(field))
                return ArgumentRules.Invalid($"Cannot use {CName(field)} inject and uninject together");
            given = true;
        }
        return given
            ? OneArgument(options, "specify a dimm for the smart operation\n")
            : ArgumentRules.Invalid("No valid operation specified");
    }

    private static string CName(string field) => field.Replace('-', '_');

    private static bool IsBadUnsigned(string text) => CNumber.Unsigned(text).Value > uint.MaxValue;

    private static ToolRequest OneArgument(OptionResult options, string demand) =>
        options.Arguments.Length switch
        {
            1 => ToolRequest.Do(options, options.Arguments),
            0 => ToolRequest.Wrong(options, UsageText.Error(demand)),
            _ => ToolRequest.Wrong(options, ArgumentRules.Extra(options, 1)),
        };
}
