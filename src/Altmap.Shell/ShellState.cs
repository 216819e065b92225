using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Model;

namespace Altmap.Shell;

/// <summary>What a shell works on: the machine and where new UUIDs come from. A value; a command gives the next one.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Uuids">For UUIDs that a tool picks by itself.</param>
public sealed record ShellState(Machine Machine, UuidSource Uuids)
{
    /// <summary>The name in <see cref="Files"/> of what a command has on standard input; where it is missing there is none.</summary>
    public const string StandardInput = "<stdin>";

    /// <summary>
    /// Files by the path that commands name them: those that commands of this session wrote, and those that the caller put there, as of the
    /// host. A command finds no others, and writes nowhere else.
    /// </summary>
    public ImmutableSortedDictionary<string, SparseBytes> Files { get; init; } =
        ImmutableSortedDictionary.Create<string, SparseBytes>(StringComparer.Ordinal);
}

/// <summary>What a command did.</summary>
/// <param name="State">The state afterwards; as before when the command is not supported.</param>
/// <param name="Stdout">Standard output.</param>
/// <param name="Stderr">Standard error.</param>
/// <param name="Merged">Both, mixed as in one file.</param>
/// <param name="ExitCode">As the real command's; 1 for what is not supported.</param>
/// <param name="IsUnsupported">True when the model does not know; the reason stands on standard error after <c>unsupported: </c>.</param>
public sealed record CommandResult(ShellState State, string Stdout, string Stderr, string Merged, int ExitCode, bool IsUnsupported)
{
    /// <summary>Bytes on standard output that are no text, as of <c>ndctl read-labels nmem0</c>; null: none. They are not in
    /// <see cref="Stdout"/>.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>What the output leaves out although the real command prints it; null: nothing. No part of the output.</summary>
    public string? Note { get; init; }

    /// <summary>The first line that is not empty: what a person is told of a command that failed.</summary>
    public string FirstLine => Merged.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "no message";
}
