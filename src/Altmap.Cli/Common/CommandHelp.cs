using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Altmap.Cli.Common;

/// <summary>Help as the library writes it, with the command's examples behind.</summary>
internal sealed class CommandHelp(HelpAction inner, CliHost host) : SynchronousCommandLineAction
{
    private const int RedirectedWidth = 100;

    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    public override bool ClearsParseErrors => true;

    /// <summary>Gives a command the examples that its help ends with.</summary>
    public static void SetExamples(Command command, params string[] examples) => Examples.AddOrUpdate(command, examples);

    public static IReadOnlyList<string> ExamplesOf(Command command) =>
        Examples.TryGetValue(command, out string[]? examples) ? examples : [];

    /// <summary>Puts this help in the place of the library's, without its aliases of other systems. The option is recursive: setting it at
    /// the root is enough.</summary>
    public static void Apply(RootCommand root, CliHost host)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>().ToArray())
            root.Options.Remove(option);
        root.Options.Add(new HelpOption("--help", "-h") { Action = new CommandHelp(new HelpAction { MaxWidth = WidthOf(host) }, host) });
    }

    /// <summary>The library takes a pipe for a line without end, and pads to it.</summary>
    private static int WidthOf(CliHost host) => host.IsOutputTerminal ? Math.Max(40, host.Columns) : RedirectedWidth;

    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        if (!Examples.TryGetValue(parseResult.CommandResult.Command, out string[]? examples))
            return 0;
        host.Out.WriteLine("Examples:");
        foreach (string example in examples)
            host.Out.WriteLine($"  {example}");
        return 0;
    }
}
