namespace Altmap.Core.Findings;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Works today, and may lose something or fail elsewhere.</summary>
    Warning,

    /// <summary>Some kernel or tool refuses it, or misreads it.</summary>
    Error,
}

/// <summary>A fact about media or machine that a person may have to act on. Returned, never thrown.</summary>
/// <param name="Code">Stable words with dots, as <c>pfn.dataoff.beyond-end</c>; never renamed or reused.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="OffsetBytes">Where, from the start of the namespace (info-blocks) or label area (labels).</param>
/// <param name="Expected">What would be right.</param>
/// <param name="Actual">What is there.</param>
/// <param name="Remedy">What a person can do.</param>
/// <param name="Source">The kernel file, function and versions that the rule was read from.</param>
/// <param name="Kernels">The kernel profile for which it holds; empty: all.</param>
public sealed record Finding(
    string Code,
    Severity Severity,
    ulong OffsetBytes,
    string Expected,
    string Actual,
    string Remedy,
    string Source,
    string Kernels = ""
);
