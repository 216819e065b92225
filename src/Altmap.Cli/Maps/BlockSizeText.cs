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
            { Decider: BlockSizeDecider.Window, Window: not null } => $" (bounded by {Decided(sizing)})",
            { Decider: BlockSizeDecider.EndOfRam, Window: not null } => $" ({Decided(sizing)})",
            { Decider: BlockSizeDecider.EndOfRam } when sizing.Size < ByteSize.GiB(2) =>
                $" (the largest that divides the end of RAM, 0x{sizing.EndOfRam.Bytes:x})",
            _ => "",
        };

    /// <summary>What decided, in a word: <c>window</c>.</summary>
    public static string Word(BlockSizeDecider decider) =>
        decider switch
        {
            BlockSizeDecider.Given => "given",
            BlockSizeDecider.Section => "section",
            BlockSizeDecider.SmallRam => "small-ram",
            BlockSizeDecider.BareMetal => "bare-metal",
            BlockSizeDecider.Window => "window",
            BlockSizeDecider.EndOfRam => "end-of-ram",
            BlockSizeDecider.Nodes => "nodes",
            _ => throw new ArgumentOutOfRangeException(nameof(decider), decider, "a decider without a word"),
        };

    /// <summary>What decided, in full.</summary>
    public static string Decided(MemoryBlockSizing sizing) =>
        sizing switch
        {
            { Decider: BlockSizeDecider.Window, Window: { } window } => $"the CXL window {window}",
            { Decider: BlockSizeDecider.EndOfRam, Window: { } window } =>
                $"the end of RAM, 0x{sizing.EndOfRam.Bytes:x}, within the CXL window {window}",
            { Decider: BlockSizeDecider.EndOfRam } => $"the end of RAM, 0x{sizing.EndOfRam.Bytes:x}",
            { Decider: BlockSizeDecider.SmallRam } => $"RAM ends below 64 GiB, at 0x{sizing.EndOfRam.Bytes:x}",
            { Decider: BlockSizeDecider.BareMetal } => "no hypervisor, and no window that counts: the largest",
            { Decider: BlockSizeDecider.Section } => "a section, on this architecture",
            { Decider: BlockSizeDecider.Nodes } => "the memory of each node",
            _ => "the machine's config",
        };
}
