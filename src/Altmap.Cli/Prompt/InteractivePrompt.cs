using Altmap.Cli.Sessions;

namespace Altmap.Cli.Prompt;

/// <summary>The prompt of <c>altmap run</c>.</summary>
internal static class InteractivePrompt
{
    public static void Run(CliHost host, SessionRunner runner) => throw new NotSupportedException($"{host} {runner}");
}
