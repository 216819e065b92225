using Altmap.Core.Units;
using Altmap.Model.Memory;

namespace Altmap.Cli.Maps;

/// <summary>Why memory blocks have their size, in words.</summary>
internal static class BlockSizeText
{
    /// <summary>In brackets with a blank in front; empty where it is the usual one.</summary>
    public static string Reason(MemoryBlockSizing sizing) =>
        sizing switch
        {
            { Doubt: not null } => " (not certain: no word of hypervisor or CXL windows)",
            { Decider: BlockSizeDecider.Window, Window: { } window } => $" (bounded by the CXL window {window})",
            { Decider: BlockSizeDecider.EndOfRam, Window: { } window } =>
                $" (the end of RAM, 0x{sizing.EndOfRam.Bytes:x}, within the CXL window {window})",
            { Decider: BlockSizeDecider.EndOfRam } when sizing.Size < ByteSize.GiB(2) =>
                $" (the largest that divides the end of RAM, 0x{sizing.EndOfRam.Bytes:x})",
            _ => "",
        };
}
