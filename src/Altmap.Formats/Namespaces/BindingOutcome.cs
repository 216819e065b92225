using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Formats.Namespaces;

/// <summary>What becomes of a namespace.</summary>
public enum BindingVerdict
{
    /// <summary>A block device over the whole namespace; no info-block counts.</summary>
    Raw,

    /// <summary>A pfn, dax or btt device took it and works.</summary>
    Bound,

    /// <summary>No driver: neither a block device nor a dax device.</summary>
    Unbound,
}

/// <summary>Where a namespace ends up when nd_pmem probes it.</summary>
/// <param name="Verdict">Raw, bound or unbound.</param>
/// <param name="Mode">In ndctl's words: <c>raw</c>, <c>fsdax</c>, <c>devdax</c>, <c>sector</c>.</param>
/// <param name="Size">Of the resulting device; null when there is none or its size is not known here (sector).</param>
/// <param name="DataOffset">First data byte from the start of the namespace, pads included; null as <paramref name="Size"/>.</param>
/// <param name="Align">Effective alignment of the pfn or dax device; null otherwise.</param>
/// <param name="Errno">Why it is unbound; None otherwise.</param>
/// <param name="Messages">What the kernel logs, with the prefixes of the log.</param>
/// <param name="Rule">The row that decided: <c>P4</c>, <c>V19</c>, <c>B5</c>, …</param>
/// <param name="IsClaimed">True when a pfn, dax or btt device holds the namespace, bound or not.</param>
public sealed record BindingOutcome(
    BindingVerdict Verdict,
    string Mode,
    ByteSize? Size,
    MediaOffset? DataOffset,
    ByteSize? Align,
    Errno Errno,
    ImmutableArray<string> Messages,
    string Rule,
    bool IsClaimed
)
{
    /// <summary>The values of the accepted block, where a block was accepted.</summary>
    public PfnDeviceSettings? Settings { get; init; }
}
