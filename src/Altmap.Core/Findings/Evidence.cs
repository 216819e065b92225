namespace Altmap.Core.Findings;

/// <summary>One fact that a finding rests on, in numbers of this very machine or medium.</summary>
/// <param name="What">What was looked at, as <c>dataoff</c>.</param>
/// <param name="Expected">What would be right; empty: nothing in particular.</param>
/// <param name="Actual">What is there.</param>
public sealed record Evidence(string What, string Expected, string Actual);
