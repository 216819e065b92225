using System.Collections.Immutable;
using System.Globalization;

namespace Altmap.Core.Kernels;

/// <summary>How we know that a rule holds on a kernel.</summary>
public enum Confirmation
{
    /// <summary>A real kernel of this profile was seen to behave so (a recording).</summary>
    RealKernel,

    /// <summary>Read in the kernel's source; no recording shows it. The mark reaches the user.</summary>
    SourceOnly,

    /// <summary>Inferred from neighbouring versions or from texts. The mark reaches the user.</summary>
    Inferred,

    /// <summary>Set by the user in a profile of their own.</summary>
    UserDefined,
}

/// <summary>A rule as one profile has it.</summary>
/// <param name="Value">One of the rule's words, or a decimal number.</param>
/// <param name="Confirmation">How we know.</param>
/// <param name="Source">Kernel file and function with the version that was read, or the text it was inferred from.</param>
public sealed record RuleSetting(string Value, Confirmation Confirmation, string Source);

/// <summary>A rule set otherwise; made by <see cref="Rule{T}.To"/> and <see cref="Rule.ToText"/>.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Value">As in <see cref="RuleSetting.Value"/>.</param>
public readonly record struct RuleChange(Rule Rule, string Value);

/// <summary>A word that a rule may have.</summary>
/// <param name="Word">As profile files and <c>altmap kernels</c> spell it.</param>
/// <param name="Meaning">What a kernel with it does.</param>
public sealed record RuleWord(string Word, string Meaning);

/// <summary>A word that a rule may have, and what code gets for it.</summary>
/// <param name="Word">As profile files and <c>altmap kernels</c> spell it.</param>
/// <param name="Value">For code.</param>
/// <param name="Meaning">What a kernel with it does.</param>
public readonly record struct RuleWord<T>(string Word, T Value, string Meaning);

/// <summary>A rule that every kernel profile sets: a name, and the words or numbers that it may have. All stand in
/// <see cref="Rules"/>.</summary>
public abstract class Rule
{
    private protected Rule(string name, string meaning, int slot) => (Name, Meaning, Slot) = (name, meaning, slot);

    /// <summary>Stable, as <c>info-block.layout</c>; used in profile files and in <c>altmap kernels</c>.</summary>
    public string Name { get; }

    /// <summary>What it decides, in a sentence for people.</summary>
    public string Meaning { get; }

    /// <summary>The words it may have; empty for a number.</summary>
    public abstract ImmutableArray<RuleWord> Words { get; }

    /// <summary>Unit of a number: <c>bytes</c>, <c>bits</c>, or empty.</summary>
    public string Unit { get; private protected init; } = "";

    /// <summary>The least number that it may have.</summary>
    public ulong Min { get; private protected init; }

    /// <summary>The largest number that it may have.</summary>
    public ulong Max { get; private protected init; }

    /// <summary>True when the rule is a number.</summary>
    public bool IsNumber => Words.IsEmpty;

    /// <summary>What it may have, for messages: <c>one of a, b</c> or <c>a number of bytes from 1 to 65535</c>.</summary>
    public string Expected =>
        IsNumber
            ? string.Create(CultureInfo.InvariantCulture, $"a number{(Unit.Length == 0 ? "" : $" of {Unit}")} from {Min} to {Max}")
            : $"one of {string.Join(", ", Words.Select(w => w.Word))}";

    /// <summary>Place in the profile's array of values.</summary>
    internal int Slot { get; }

    /// <summary>True when the rule may have this value.</summary>
    public bool Allows(string value) => IsNumber ? TryNumber(value, out _) : Words.Any(w => w.Word == value);

    /// <summary>The rule set to a value that may not be allowed; whoever makes a profile of it says so.</summary>
    public RuleChange ToText(string value) => new(this, value);

    /// <summary>What code gets for a value that is allowed. Throws <see cref="ArgumentException"/> for any other.</summary>
    internal abstract object? Parse(string value);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private protected bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= Min && number <= Max;

    private protected ArgumentException Wrong(string value) => new($"{Name}: '{value}' is not {Expected}");
}

/// <summary>A rule whose value code gets as a <typeparamref name="T"/>; asked as <c>kernel.Get(Rules.X)</c>.</summary>
public abstract class Rule<T> : Rule
{
    private protected Rule(string name, string meaning, int slot)
        : base(name, meaning, slot) { }

    /// <summary>The rule set to a value. Throws <see cref="ArgumentException"/> for one that it cannot have.</summary>
    public abstract RuleChange To(T value);
}

/// <summary>A rule that has one of a few words.</summary>
internal sealed class WordRule<T> : Rule<T>
{
    private readonly ImmutableArray<(string Word, T Value, object? Boxed)> _table;

    public WordRule(string name, string meaning, int slot, ReadOnlySpan<RuleWord<T>> words)
        : base(name, meaning, slot)
    {
        _table = [.. words.ToArray().Select(w => (w.Word, w.Value, (object?)w.Value))];
        Words = [.. words.ToArray().Select(w => new RuleWord(w.Word, w.Meaning))];
    }

    public override ImmutableArray<RuleWord> Words { get; }

    public override RuleChange To(T value)
    {
        foreach ((string word, T known, _) in _table)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
                return new(this, word);
        }
        throw Wrong($"{value}");
    }

    internal override object? Parse(string value)
    {
        foreach ((string word, _, object? boxed) in _table)
        {
            if (word == value)
                return boxed;
        }
        throw Wrong(value);
    }
}

/// <summary>A rule that is a number.</summary>
internal sealed class NumberRule<T> : Rule<T>
{
    private readonly Func<ulong, T> _read;
    private readonly Func<T, ulong> _write;

    public NumberRule(
        string name,
        string meaning,
        int slot,
        string unit,
        (ulong Min, ulong Max) bounds,
        Func<ulong, T> read,
        Func<T, ulong> write
    )
        : base(name, meaning, slot)
    {
        (Unit, Min, Max) = (unit, bounds.Min, bounds.Max);
        (_read, _write) = (read, write);
    }

    public override ImmutableArray<RuleWord> Words => [];

    public override RuleChange To(T value)
    {
        ulong number = _write(value);
        string text = number.ToString(CultureInfo.InvariantCulture);
        return number >= Min && number <= Max ? new(this, text) : throw Wrong(text);
    }

    internal override object? Parse(string value) => TryNumber(value, out ulong number) ? _read(number) : throw Wrong(value);
}
