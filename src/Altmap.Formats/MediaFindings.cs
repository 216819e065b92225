using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats;

/// <summary>All that can be found on media. A test compares the list with the tables in this project.</summary>
public static class MediaFindings
{
    /// <summary>The tables, each standing beside its check.</summary>
    public static readonly ImmutableArray<FindingTable> Tables =
    [
        PfnFindings.Table,
        LabelFindings.Table,
        BttFindings.Table,
        ImageFindings.Table,
    ];

    /// <summary>The codes of all tables.</summary>
    public static readonly ImmutableArray<FindingCode> Codes = [.. Tables.SelectMany(t => t.Codes)];
}
