namespace Altmap.Core;

/// <summary>Something that the real kernel or tool does and Altmap does not model. Shown to the user as <c>unsupported: …</c>, never as a
/// wrong answer.</summary>
/// <param name="what">What is not modelled, as the end of a sentence.</param>
public sealed class NotModelledException(string what) : Exception(what);
