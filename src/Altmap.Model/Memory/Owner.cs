namespace Altmap.Model.Memory;

/// <summary>What sort of owner memory has.</summary>
public enum OwnerKind
{
    /// <summary>RAM that the kernel uses, or would if it were online.</summary>
    SystemRam,

    /// <summary>Persistent memory as the firmware or NFIT describes it, which no driver has.</summary>
    PersistentMemory,

    /// <summary>Anything else of the firmware's memory map.</summary>
    Firmware,

    /// <summary>A region, namespace, pfn or dax device.</summary>
    Device,
}

/// <summary>What of its owner memory is.</summary>
public enum OwnerPart
{
    /// <summary>All that is no other part.</summary>
    Whole,

    /// <summary>Cut off in front of the mapping.</summary>
    StartPad,

    /// <summary>The info-block and what is kept free for it.</summary>
    InfoBlock,

    /// <summary>struct pages on the device.</summary>
    PageMap,

    /// <summary>Cut off behind the mapping.</summary>
    EndTrunc,

    /// <summary>Of a device that kmem has: no whole memory block.</summary>
    NoWholeBlock,

    /// <summary>Of a region: in no namespace.</summary>
    Free,

    /// <summary>Of a namespace that no driver has.</summary>
    Disabled,
}

/// <summary>
/// Whose pages are. Code asks for kind and part; people and JSON get the words of <see cref="ToString"/>, which are a contract.
/// </summary>
/// <param name="Kind">Of which sort.</param>
/// <param name="Name">The device, as <c>namespace0.0</c>, or the resource as /proc/iomem names it.</param>
/// <param name="Part">What of it.</param>
public sealed record Owner(OwnerKind Kind, string Name, OwnerPart Part = OwnerPart.Whole)
{
    /// <summary>Of a device.</summary>
    public static Owner Device(string name, OwnerPart part = OwnerPart.Whole) => new(OwnerKind.Device, name, part);

    /// <summary>As <c>System RAM</c>, <c>namespace0.0</c>, <c>dax0.0 page map</c>, <c>region0, free</c>.</summary>
    public override string ToString() =>
        Part switch
        {
            OwnerPart.Whole => Name,
            OwnerPart.StartPad => $"{Name} start_pad",
            OwnerPart.InfoBlock => $"{Name} info-block",
            OwnerPart.PageMap => $"{Name} page map",
            OwnerPart.EndTrunc => $"{Name} end_trunc",
            OwnerPart.NoWholeBlock => $"{Name} lost: no whole memory block",
            OwnerPart.Free => $"{Name}, free",
            OwnerPart.Disabled => $"{Name}, disabled",
            _ => throw new InvalidOperationException($"{Part}: a part without words"),
        };
}
