namespace Altmap.Core.Kernels;

/// <summary>What happens to memory blocks that are added after boot (<c>auto_online_blocks</c>, rule <c>memory.auto-online</c>).</summary>
public enum OnlinePolicy
{
    /// <summary>They stay offline.</summary>
    Offline,

    /// <summary>Online, in the zone that the kernel picks.</summary>
    Online,

    /// <summary>Online in a kernel zone.</summary>
    OnlineKernel,

    /// <summary>Online in ZONE_MOVABLE.</summary>
    OnlineMovable,
}

/// <summary>The kernel's words for <see cref="OnlinePolicy"/> (drivers/base/memory.c online_type_to_str, mhp_online_type_from_str();
/// 6.1).</summary>
public static class OnlinePolicies
{
    private static readonly string[] Names = ["offline", "online", "online_kernel", "online_movable"];

    /// <summary>As sysfs shows it.</summary>
    public static string Word(this OnlinePolicy policy) => Names[(int)policy];

    /// <summary>The policy of that word, with or without one line end; null for any other text.</summary>
    public static OnlinePolicy? Find(string? text)
    {
        if (text is null)
            return null;
        int index = Array.IndexOf(Names, text.EndsWith('\n') ? text[..^1] : text);
        return index < 0 ? null : (OnlinePolicy)index;
    }
}
