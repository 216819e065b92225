using Altmap.Core.Findings;
using Altmap.Core.Kernels;

namespace Altmap.Formats.InfoBlocks;

/// <summary>All that is wrong with a block, not only what the kernel stops at.</summary>
public static partial class InfoBlockChecks
{
    /// <summary>Findings, by field.</summary>
    public static IReadOnlyList<Finding> Validate(ReadOnlySpan<byte> block, NamespaceExtent ns, KernelProfile profile, ArchitectureRules arch) => [];
}
