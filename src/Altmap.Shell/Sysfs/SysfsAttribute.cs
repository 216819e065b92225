using Altmap.Core.Findings;
using Altmap.Model;

namespace Altmap.Shell.Sysfs;

/// <summary>What reading an attribute gives: text without its newline, or an errno.</summary>
/// <param name="Errno">None, or why it cannot be read.</param>
/// <param name="Text">Empty on failure.</param>
public readonly record struct SysfsValue(Errno Errno, string Text)
{
    /// <summary>An attribute that can be read and has no text at all, not even a line end.</summary>
    public static readonly SysfsValue Nothing = new(Errno.None, "") { IsNothing = true };

    /// <summary>True for <see cref="Nothing"/>.</summary>
    public bool IsNothing { get; private init; }

    /// <summary>A value.</summary>
    public static implicit operator SysfsValue(string text) => new(Errno.None, text);

    /// <summary>A failure.</summary>
    public static implicit operator SysfsValue(Errno errno) => new(errno, "");
}

/// <summary>An attribute of a device: its name, what it shows, and what a write does.</summary>
/// <param name="Name">File name, with a sub-folder where there is one: <c>nfit/handle</c>.</param>
/// <param name="Read">Null: write-only.</param>
/// <param name="Write">Null: read-only. The text comes as it was written, newline included.</param>
internal sealed record SysfsAttribute(string Name, Func<Machine, SysfsValue>? Read, Func<Machine, string, StepResult>? Write = null);
