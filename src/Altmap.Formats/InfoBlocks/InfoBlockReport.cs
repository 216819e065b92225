using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Formats.Layout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>Collects findings about one block.</summary>
internal sealed class InfoBlockReport(KernelProfile profile)
{
    private readonly List<Finding> _findings = [];

    /// <summary>What can be done about a block that cannot be mended in place.</summary>
    public const string Recreate = "restore the block from a copy, or recreate the namespace";

    /// <summary>For values a rewrite can put right without moving data.</summary>
    public const string Rewrite = "rewrite the field and the checksum (altmap image repair)";

    public const string ValidateSource = "drivers/nvdimm/pfn_devs.c nd_pfn_validate() (5.10, 6.1, 6.12, 7.2)";

    public const string StructureSource = "drivers/nvdimm/pfn.h struct nd_pfn_sb (5.10, 6.1, 6.12, 7.2)";

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>A finding that holds whatever the kernel.</summary>
    public void Add(Field field, string code, Severity severity, string expected, string actual, string remedy, string source) =>
        _findings.Add(new(code, severity, Place(field), expected, actual, remedy, source));

    /// <summary>A finding about what the profile's kernel does.</summary>
    public void AddForKernel(Field field, string code, Severity severity, string expected, string actual, string remedy, string source) =>
        _findings.Add(new(code, severity, Place(field), expected, actual, remedy, source, profile.Name));

    private static ulong Place(Field field) => InfoBlock.StartBytes + (ulong)field.OffsetBytes;
}
