namespace Altmap.Model.Buddy;

/// <summary>Where a freed block goes in its list; the next one to leave is at the head.</summary>
public enum FreePlace
{
    /// <summary>Head, or tail where buddy_merge_likely() expects a merge soon: memory that somebody had and gives back.</summary>
    Kernel,

    /// <summary>Tail: memory that is new to the allocator (FPI_TO_TAIL, mm/page_alloc.c __free_pages_core()).</summary>
    Tail,
}
