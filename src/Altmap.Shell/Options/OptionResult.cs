using System.Collections.Immutable;

namespace Altmap.Shell.Options;

/// <summary>What a tool said before it did anything, and with which exit code it ended.</summary>
/// <param name="Stdout">Standard output.</param>
/// <param name="Stderr">Standard error.</param>
/// <param name="ExitCode">129 for a usage error, 130 for the completion lists.</param>
public sealed record ToolAnswer(string Stdout, string Stderr, int ExitCode)
{
    /// <summary>True when the texts are ours and not the tool's: it would have shown a manual page or read the host's files.</summary>
    public bool IsUnsupported { get; init; }
}

/// <summary>
/// The options and arguments of a command, or the tool's answer to what is wrong with them. An option is asked for by its long name (by its
/// letter when
/// it has no other); one that was not given, or that the command has not, has its initial value: null, false, 0.
/// </summary>
public sealed class OptionResult
{
    private readonly Dictionary<string, string?> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _flags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _lists = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    internal OptionResult(CommandSpec command)
    {
        Command = command;
        foreach (var option in command.Options)
        {
            if (option.Kind == OptionKind.Flag)
                _flags.TryAdd(option.Name, option.InitiallyOn);
            else if (option.Kind is OptionKind.Integer or OptionKind.Unsigned or OptionKind.Count)
                _numbers.TryAdd(option.Name, option.InitialNumber);
        }
    }

    /// <summary>The command.</summary>
    public CommandSpec Command { get; }

    /// <summary>What the tool prints and exits with instead of running; null when the options are right.</summary>
    public ToolAnswer? Answer { get; internal set; }

    /// <summary>What is left: words that are no options, and all behind <c>--</c>.</summary>
    public ImmutableArray<string> Arguments { get; internal set; } = [];

    /// <summary>The text of an option, or null.</summary>
    public string? Text(string name) => _texts.GetValueOrDefault(name);

    /// <summary>Whether a flag is on, or an option that counts is above zero.</summary>
    public bool Flag(string name) => _flags.GetValueOrDefault(name) || _numbers.GetValueOrDefault(name) > 0;

    /// <summary>How often an option that counts was given.</summary>
    public int Count(string name) => (int)Math.Min(_numbers.GetValueOrDefault(name), int.MaxValue);

    /// <summary>The number of an option that takes one: an int, or an unsigned int, as C stores it.</summary>
    public long Number(string name) => _numbers.GetValueOrDefault(name);

    /// <summary>All values of an option that may be repeated.</summary>
    public ImmutableArray<string> Texts(string name) => _lists.GetValueOrDefault(name, []);

    /// <summary>Whether an option was on the command line at all, also as <c>--no-</c>.</summary>
    public bool IsGiven(string name) => _given.Contains(name);

    internal void Set(OptionSpec option, string? text) => (_texts[option.Name], _) = (text, _given.Add(option.Name));

    internal void Set(OptionSpec option, bool on) => (_flags[option.Name], _) = (on, _given.Add(option.Name));

    internal void Set(OptionSpec option, long number) => (_numbers[option.Name], _) = (number, _given.Add(option.Name));

    internal void Append(OptionSpec option, string text) =>
        (_lists[option.Name], _) = (Texts(option.Name).Add(text), _given.Add(option.Name));
}
