using Altmap.Host;

namespace Altmap.Cli.Common;

/// <summary>Ends the command with messages for a person and an exit code. What is thrown here is a person's to mend, never a bug.</summary>
internal sealed class CliError(int exitCode, params IReadOnlyList<string> messages) : Exception(string.Join('\n', messages))
{
    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Messages { get; } = messages;

    public static CliError Usage(string message) => new(Common.ExitCode.Usage, message);

    public static CliError Of(HostError error) =>
        new(error.IsOfSystem ? Common.ExitCode.HostError : Common.ExitCode.Usage, error.ToString());

    public static CliError Of(IReadOnlyList<HostError> errors) =>
        new(errors.Any(e => e.IsOfSystem) ? Common.ExitCode.HostError : Common.ExitCode.Usage, [.. errors.Select(e => e.ToString())]);
}
