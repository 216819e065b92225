using System.Collections.Immutable;
using Altmap.Advice.Doctor;
using Altmap.Core.Findings;
using Altmap.Formats;

namespace Altmap.Advice;

/// <summary>The pages of all findings: of media, and of the doctor's rules.</summary>
public static class FindingPages
{
    /// <summary>By subject, in the order of their tables.</summary>
    public static readonly ImmutableArray<FindingCode> All = [.. MediaFindings.Codes, .. Examination.Rules.SelectMany(r => r.Codes)];

    /// <summary>The code of that name, or null.</summary>
    public static FindingCode? Find(string name) => All.FirstOrDefault(c => c.Name == name);
}
