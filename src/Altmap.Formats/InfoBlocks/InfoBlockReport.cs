using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Layout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Collects findings about one block.</summary>
internal sealed class InfoBlockReport(KernelProfile profile)
{
    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>A finding that holds whatever the kernel. Severity, advice and source are the code's unless this block is a special
    /// case.</summary>
    public void Add(
        Field field,
        FindingCode code,
        string expected,
        string actual,
        Severity? severity = null,
        string? advice = null,
        string? source = null
    )
    {
        var place = new MediaPlace(MediaOrigin.Namespace, new MediaOffset(InfoBlock.StartBytes + (ulong)field.OffsetBytes), field.Name);
        Finding finding = Finding.Of(code, Subject.SomeNamespace, place, new Evidence(field.Name, expected, actual)) with
        {
            Severity = severity ?? code.Severity,
            Source = source ?? code.Source,
        };
        _findings.Add(advice is null ? finding : finding.Advise(advice));
    }

    /// <summary>A finding about what the profile's kernel does.</summary>
    public void AddForKernel(
        Field field,
        FindingCode code,
        string expected,
        string actual,
        Severity? severity = null,
        string? advice = null,
        string? source = null
    )
    {
        Add(field, code, expected, actual, severity, advice, source);
        _findings[^1] = _findings[^1] with { Kernels = [profile.Name] };
    }
}
