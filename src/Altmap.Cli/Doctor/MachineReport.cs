using System.Collections.Immutable;
using Altmap.Advice.Doctor;
using Altmap.Cli.Common;
using Altmap.Core.Findings;

namespace Altmap.Cli.Doctor;

/// <summary>What the doctor says of one machine or file.</summary>
/// <param name="Path">As the user named it.</param>
/// <param name="Name">Of the machine; empty for a file that is none.</param>
/// <param name="Kernel">Whose rules.</param>
/// <param name="Findings">The worst first.</param>
/// <param name="Unknown">Questions without an answer.</param>
internal sealed record MachineReport(
    string Path,
    string Name,
    string Kernel,
    ImmutableArray<Finding> Findings,
    ImmutableArray<OpenQuestion> Unknown
)
{
    /// <summary>Real kernels confirmed the rules.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Why there is no report; null: there is one.</summary>
    public CliError? Failure { get; init; }

    /// <summary>What a file is, where it is no machine.</summary>
    public string Content { get; init; } = "";

    public int ExitCode =>
        Failure?.ExitCode
        ?? (
            Findings.Any(f => f.Severity == Severity.Error) ? Common.ExitCode.ErrorsLeft
            : Unknown.IsEmpty ? Common.ExitCode.Success
            : Common.ExitCode.Unsupported
        );

    public int Count(Severity severity) => Findings.Count(f => f.Severity == severity);
}
