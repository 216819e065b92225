using System.Collections.Immutable;

namespace Altmap.Shell.Options;

/// <summary>A command line of ndctl or daxctl: either what to do, or what the tool says without doing anything.</summary>
public sealed record ToolRequest
{
    private ToolRequest() { }

    /// <summary>The command and its options; null when there is an <see cref="Answer"/>.</summary>
    public OptionResult? Options { get; private init; }

    /// <summary>What to act on: checked, and reduced as the tool does (<c>all</c> swallows the rest, a device's directory is
    /// dropped).</summary>
    public ImmutableArray<string> Arguments { get; private init; } = [];

    /// <summary>Already printed to standard error before the command runs; usually empty.</summary>
    public string Warnings { get; private init; } = "";

    /// <summary>What the tool prints and exits with; null when a command is to be run.</summary>
    public ToolAnswer? Answer { get; private init; }

    internal static ToolRequest Say(ToolAnswer answer) => new() { Answer = answer };

    internal static ToolRequest Do(OptionResult options, ImmutableArray<string> arguments, string warnings = "") =>
        new()
        {
            Options = options,
            Arguments = arguments,
            Warnings = warnings,
        };

    internal static ToolRequest Wrong(OptionResult options, string messages) => Say(UsageText.Wrong(options.Command, messages));
}
