using Altmap.Core.Findings;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>What a command of ndctl or daxctl, or one operation of it on one device, came to.</summary>
internal readonly record struct ToolOutcome
{
    /// <summary>Done, and counted as done.</summary>
    public static readonly ToolOutcome Done;

    /// <summary>Nothing was to be done: no error, and not counted. Exit code 1 where it is the last word.</summary>
    public static readonly ToolOutcome PassedOver = new() { Code = 1 };

    private int Code { get; init; }

    /// <summary>Why it failed; None where it did not.</summary>
    public Errno Errno { get; private init; }

    /// <summary>The step that failed has said so, and the closing message is left out.</summary>
    public bool IsTold { get; private init; }

    /// <summary>True when it is done.</summary>
    public bool IsDone => Code == 0 && Errno == Errno.None;

    /// <summary>True when it failed.</summary>
    public bool IsFailure => Errno != Errno.None;

    /// <summary>Failed with EXIT_FAILURE, whatever the errno was.</summary>
    public static readonly ToolOutcome ExitFailure = new() { Code = 1 };

    /// <summary>The tool has shown how it is used, and why.</summary>
    public static readonly ToolOutcome WrongUse = new() { Code = UsageText.UsageExitCode };

    /// <summary>The process's: the tools return a negative errno, of which the shell sees the low byte.</summary>
    public int ExitCode => IsFailure ? -(int)Errno & 0xff : Code;

    /// <summary>A failure.</summary>
    public static ToolOutcome Failed(Errno errno) =>
        errno == Errno.None ? throw new ArgumentException("a failure needs an errno", nameof(errno)) : new() { Errno = errno };

    /// <summary>Done, or failed with this errno.</summary>
    public static ToolOutcome Of(Errno errno) => new() { Errno = errno };

    /// <summary>This, already told to the user.</summary>
    public ToolOutcome AsTold() => this with { IsTold = true };

    /// <summary>The errno in the words of strerror().</summary>
    public string Describe() => Errno.Describe();
}
