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

/// <summary>What a rule may be set to.</summary>
/// <param name="Name">Stable, as <c>info-block.layout</c>; used in profile files and in <c>altmap kernels</c>.</param>
/// <param name="Meaning">One sentence for people.</param>
/// <param name="Choices">The words it may have; empty: a number of <paramref name="Unit"/>.</param>
/// <param name="Unit">Unit of a number: <c>bytes</c>, <c>bits</c>, or empty.</param>
public sealed record RuleDefinition(string Name, string Meaning, IReadOnlyList<string> Choices, string Unit = "")
{
    /// <summary>True when the rule is a number.</summary>
    public bool IsNumber => Choices.Count == 0;
}

/// <summary>A rule as one profile has it.</summary>
/// <param name="Value">One of the choices, or a decimal number.</param>
/// <param name="Confirmation">How we know.</param>
/// <param name="Source">Kernel file and function with the version that was read, or the text it was inferred from.</param>
public sealed record RuleSetting(string Value, Confirmation Confirmation, string Source);
