using System.Collections.Immutable;
using Altmap.Advice.Explain.Messages;

namespace Altmap.Advice.Explain;

/// <summary>The pages of all messages. A test runs recorded sessions and wants a page for every complaint in them.</summary>
public static class MessagePages
{
    /// <summary>By speaker.</summary>
    public static readonly ImmutableArray<MessagePage> All =
    [
        .. InfoBlockMessages.All,
        .. NvdimmMessages.All,
        .. BttMessages.All,
        .. MemoryMessages.All,
        .. DaxMessages.All,
        .. NdctlMessages.All,
        .. DaxctlMessages.All,
        .. FileSystemMessages.All,
        .. OldKernelMessages.All,
    ];
}
