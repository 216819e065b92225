using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Units;

namespace Altmap.Shell.Options;

/// <summary>What each command checks of its options and arguments before it looks at any device.</summary>
internal static class ArgumentRules
{
    public static ToolRequest Check(OptionResult options, ByteSize pageSize) =>
        (options.Command.Tool, options.Command.Name) switch
        {
            ("ndctl", "list" or "monitor" or "load-keys") or ("daxctl", "list" or "migrate-device-model") => NoArguments(options),
            ("ndctl", "enable-region" or "disable-region") => Region(options),
            ("ndctl", "wait-scrub" or "start-scrub" or "activate-firmware") => Bus(options),
            ("ndctl", "inject-error") => InjectRules.Error(options),
            ("ndctl", "inject-smart") => InjectRules.Smart(options),
            ("ndctl", "create-nfit") => CreateNfit(options),
            ("ndctl", var name) when NamespaceTables.Commands.Any(c => c.Name == name) => NamespaceRules.Check(options, pageSize),
            ("ndctl", _) => DimmRules.Check(options),
            ("daxctl", "split-acpi") => SplitAcpi(options),
            _ => DaxDeviceRules.Check(options),
        };

    /// <summary>One error for each argument from <paramref name="first"/> on.</summary>
    public static string Extra(OptionResult options, int first, string what = "unknown extra parameter") =>
        options
            .Arguments.Skip(first)
            .Aggregate(new StringBuilder(), (text, word) => text.Append(UsageText.Error($"{what} \"{word}\"\n")))
            .ToString();

    /// <summary><c>all</c> anywhere makes it the only one.</summary>
    public static ImmutableArray<string> Reduce(ImmutableArray<string> arguments) => arguments.Contains("all") ? ["all"] : arguments;

    /// <summary>The tools' exit code for an error that they return as -EINVAL.</summary>
    public static ToolRequest Invalid(string message) => ToolRequest.Say(new ToolAnswer("", UsageText.Error(message + "\n"), 256 - 22));

    private static ToolRequest NoArguments(OptionResult options) =>
        options.Arguments.IsEmpty ? ToolRequest.Do(options, []) : ToolRequest.Wrong(options, Extra(options, 0, "unknown parameter"));

    private static ToolRequest Region(OptionResult options)
    {
        if (options.Arguments.Length != 1)
        {
            return ToolRequest.Wrong(
                options,
                options.Arguments.IsEmpty ? UsageText.Error("specify a specific region id to act on, or \"all\"\n") : Extra(options, 1)
            );
        }
        return options.Text("type") is null or "pmem" or "blk"
            ? ToolRequest.Do(options, options.Arguments)
            : ToolRequest.Wrong(options, UsageText.Error($"unknown region type '{options.Text("type")}', should be 'pmem' or 'blk'\n"));
    }

    private static ToolRequest Bus(OptionResult options) =>
        ToolRequest.Do(options, options.Arguments.IsEmpty ? ["all"] : Reduce(options.Arguments));

    private static ToolRequest CreateNfit(OptionResult options)
    {
        var none = options.Texts("add-spa").IsEmpty;
        return none || !options.Arguments.IsEmpty
            ? ToolRequest.Wrong(
                options,
                Extra(options, 0, "unknown parameter") + (none ? UsageText.Error("specify at least one --add-spa= option\n") : "")
            )
            : ToolRequest.Do(options, []);
    }

    private static ToolRequest SplitAcpi(OptionResult options)
    {
        var nodes = options.Number("nodes");
        var messages = Extra(options, 0, "unknown parameter");
        if (nodes < 2)
            messages += UsageText.Error($"--nodes={nodes}, must be greater than 2\n");
        if (nodes <= 0 || (nodes & (nodes - 1)) != 0)
            messages += UsageText.Error($"--nodes={nodes}, must be power of 2\n");
        return messages.Length > 0 ? ToolRequest.Wrong(options, messages) : ToolRequest.Do(options, []);
    }
}
