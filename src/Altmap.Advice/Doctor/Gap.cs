using Altmap.Core.Findings;

namespace Altmap.Advice.Doctor;

/// <summary>Something that was not given, and was assumed to be empty so that the machine boots in the model.</summary>
/// <param name="Subject">The DIMM or region.</param>
/// <param name="What">What is missing, as <c>media of region0</c>.</param>
/// <param name="Needs">What would answer, with the command that makes it.</param>
public sealed record Gap(Subject Subject, string What, string Needs)
{
    /// <summary>True where other pieces determine what stands in for it; false where nothing does.</summary>
    public bool IsDerived { get; init; }
}

/// <summary>A question that has no answer.</summary>
/// <param name="Code">The finding that it might have been; null: any.</param>
/// <param name="Subject">About what.</param>
/// <param name="Needs">What is missing, or why the model does not know.</param>
public sealed record OpenQuestion(FindingCode? Code, Subject Subject, string Needs);
