using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory;

/// <summary>Pages that are alike in everything that is asked about them.</summary>
/// <param name="Pages">Half-open.</param>
/// <param name="IsOnline">pfn_to_online_page() gives a page.</param>
/// <param name="Memmap">What the struct pages hold, with zone and node.</param>
/// <param name="SectionFirst">The section that holds the first of them.</param>
/// <param name="Owner">Whose the pages are, or null.</param>
public readonly record struct MemoryRange(PfnRange Pages, bool IsOnline, Memmap Memmap, SectionNumber SectionFirst, Owner? Owner)
{
    /// <summary>The kernel gives a struct page that is not of online RAM, or has overwritten one that is.</summary>
    public bool IsWrong =>
        this is { Memmap.Content: MemmapContent.ZoneDevice, Owner.Kind: OwnerKind.SystemRam }
        || (IsOnline && Memmap.Content is not (MemmapContent.Ram or MemmapContent.Hole));

    /// <summary>The memmap in the words of <c>map --json</c>: <c>none</c>, <c>hole</c>, <c>initialised</c>, <c>poisoned</c>,
    /// <c>not-initialised</c>.</summary>
    public string MemmapWord =>
        Memmap.Content switch
        {
            MemmapContent.None => "none",
            MemmapContent.Hole => "hole",
            MemmapContent.Poison => "poisoned",
            MemmapContent.Uninitialised => "not-initialised",
            _ => "initialised",
        };
}
