using System.Collections.Immutable;

namespace Altmap.Shell.Options;

/// <summary>What an option takes (ndctl 76.1, util/parse-options.h).</summary>
public enum OptionKind
{
    /// <summary>Nothing; <c>--no-</c> turns it off.</summary>
    Flag,

    /// <summary>Nothing; each time counts one more; <c>--no-</c> sets it to zero.</summary>
    Count,

    /// <summary>Text; the last one counts, <c>--no-</c> takes it back.</summary>
    Text,

    /// <summary>The name of a file.</summary>
    FileName,

    /// <summary>A decimal number of a C int.</summary>
    Integer,

    /// <summary>A decimal number of a C unsigned int.</summary>
    Unsigned,

    /// <summary><c>create-nfit --add-spa SIZE,OFFSET</c>; all of them count.</summary>
    AddressRange,
}

/// <summary>One option of a command.</summary>
/// <param name="Short">The letter after <c>-</c>, or null.</param>
/// <param name="Long">The word after <c>--</c>, or null.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="ArgumentName">As printed between angle brackets, or null.</param>
/// <param name="Help">As printed.</param>
public sealed record OptionSpec(char? Short, string? Long, OptionKind Kind, string? ArgumentName, string Help)
{
    /// <summary>A flag: whether it is on from the start.</summary>
    public bool InitiallyOn { get; init; }

    /// <summary>A number: its value when it is not given.</summary>
    public long InitialNumber { get; init; }

    /// <summary>The name under which its value is asked for: the long one, or the letter.</summary>
    public string Name => Long ?? Short.ToString()!;
}

/// <summary>A command of ndctl or daxctl and its options, in the order in which its usage text lists them.</summary>
/// <param name="Tool"><c>ndctl</c> or <c>daxctl</c>.</param>
/// <param name="Name">As <c>create-namespace</c>.</param>
/// <param name="Usage">The line after <c>usage:</c>; the tool's own misprints are kept.</param>
/// <param name="Options">The table.</param>
public sealed record CommandSpec(string Tool, string Name, string Usage, ImmutableArray<OptionSpec> Options)
{
    /// <summary>Put before relative names of <see cref="OptionKind.FileName"/> options, or null.</summary>
    public string? FilePrefix { get; init; }
}
