using Altmap.Core.Units;

namespace Altmap.Model.Buddy;

/// <summary>
/// The free lists of one zone: which blocks are free, how they split and merge. After mm/page_alloc.c __free_one_page(),
/// buddy_merge_likely(),
/// __rmqueue_smallest(), expand() (6.1.192; the same rules in 6.12). One migrate type (at boot all memory is movable), no per-CPU lists, no
/// watermarks,
/// no guard pages, no shuffling. Changes in place: it belongs to the function that made it. Time per operation follows the orders, memory
/// the free blocks.
/// </summary>
public sealed class BuddyZone
{
    /// <summary>A free block in its list; -1 ends a list.</summary>
    private struct Node
    {
        public ulong Pfn;
        public int Order;
        public int Previous;
        public int Next;
    }

    private readonly Dictionary<ulong, int> _byPfn = [];
    private readonly int[] _heads;
    private readonly int[] _tails;
    private readonly ulong[] _counts;
    private Node[] _nodes = new Node[16];
    private int _used;
    private int _unused = -1;

    /// <summary>No memory yet.</summary>
    /// <param name="orderMax">The largest order (10 on x86-64).</param>
    public BuddyZone(int orderMax)
    {
        if (orderMax is < 0 or > 30)
            throw new ArgumentOutOfRangeException(nameof(orderMax));
        OrderMax = orderMax;
        _heads = new int[orderMax + 1];
        _tails = new int[orderMax + 1];
        _counts = new ulong[orderMax + 1];
        _heads.AsSpan().Fill(-1);
        _tails.AsSpan().Fill(-1);
    }

    /// <summary>The largest order.</summary>
    public int OrderMax { get; }

    /// <summary>All free pages.</summary>
    public PfnCount FreePages { get; private set; }

    /// <summary>The largest order with a free block; -1 when nothing is free.</summary>
    public int LargestFreeOrder => Array.FindLastIndex(_counts, c => c != 0);

    /// <summary>How many blocks of exactly that order are free.</summary>
    public ulong FreeBlocks(int order) => _counts[order];

    /// <summary>How many blocks of that order could be had one after the other, larger ones split.</summary>
    public ulong Obtainable(int order)
    {
        ulong sum = 0;
        for (int k = order; k <= OrderMax; k++)
            sum += _counts[k] << (k - order);
        return sum;
    }

    /// <summary>True when this block is free as one.</summary>
    public bool IsFree(PageBlock block) => _byPfn.TryGetValue(block.Start.Number, out int node) && _nodes[node].Order == block.Order;

    /// <summary>The free list of an order, head first.</summary>
    public IEnumerable<PageBlock> FreeList(int order)
    {
        for (int i = _heads[order]; i >= 0; i = _nodes[i].Next)
            yield return new PageBlock(new Pfn(_nodes[i].Pfn), order);
    }

    /// <summary>All free blocks, ascending.</summary>
    public IEnumerable<PageBlock> FreeBlocks() =>
        _byPfn.OrderBy(b => b.Key).Select(b => new PageBlock(new Pfn(b.Key), _nodes[b.Value].Order));

    /// <summary>Takes a block back and merges it with its free buddies. Throws for one that is not aligned, too large, or inside a free
    /// block.</summary>
    /// <returns>The block that is free now; it holds <paramref name="block"/>.</returns>
    public PageBlock Free(PageBlock block, FreePlace place = FreePlace.Kernel)
    {
        if (block.Order > OrderMax || !block.IsAligned)
            throw new ArgumentException($"no block of this zone: {block}", nameof(block));
        for (PageBlock above = block; above.Order <= OrderMax; above = above.Parent)
        {
            if (IsFree(above))
                throw new ArgumentException($"{block} is free already", nameof(block));
        }
        FreePages = new(FreePages.Pages + block.Count.Pages);
        while (block.Order < OrderMax && Remove(block.Buddy))
            block = block.Parent;
        Add(block, atTail: place == FreePlace.Tail || IsMergeLikely(block));
        return block;
    }

    /// <summary>Gives the head of the smallest list that can serve; upper halves go back to the heads of their lists. Null when nothing is
    /// large enough.</summary>
    public PageBlock? Allocate(int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        for (int k = order; k <= OrderMax; k++)
        {
            if (_heads[k] < 0)
                continue;
            var block = new PageBlock(new Pfn(_nodes[_heads[k]].Pfn), k);
            Remove(block);
            while (block.Order > order)
            {
                (block, PageBlock high) = block.Split();
                Add(high, atTail: false);
            }
            FreePages = new(FreePages.Pages - block.Count.Pages);
            return block;
        }
        return null;
    }

    /// <summary>buddy_merge_likely(): the buddy is in use, but the next larger one is free, so a merge of two orders may come.</summary>
    private bool IsMergeLikely(PageBlock block) => block.Order < OrderMax - 1 && IsFree(block.Parent.Buddy);

    private void Add(PageBlock block, bool atTail)
    {
        int index = NewNode();
        int order = block.Order;
        int previous = atTail ? _tails[order] : -1,
            next = atTail ? -1 : _heads[order];
        _nodes[index] = new Node
        {
            Pfn = block.Start.Number,
            Order = order,
            Previous = previous,
            Next = next,
        };
        (previous < 0 ? ref _heads[order] : ref _nodes[previous].Next) = index;
        (next < 0 ? ref _tails[order] : ref _nodes[next].Previous) = index;
        _byPfn[block.Start.Number] = index;
        _counts[order]++;
    }

    private int NewNode()
    {
        if (_unused < 0)
        {
            if (_used == _nodes.Length)
                Array.Resize(ref _nodes, _used * 2);
            return _used++;
        }
        int index = _unused;
        _unused = _nodes[index].Next;
        return index;
    }

    /// <summary>Takes a block out of its list; false when it is not free as one.</summary>
    private bool Remove(PageBlock block)
    {
        if (!_byPfn.TryGetValue(block.Start.Number, out int index) || _nodes[index].Order != block.Order)
            return false;
        _byPfn.Remove(block.Start.Number);
        ref Node node = ref _nodes[index];
        (node.Previous < 0 ? ref _heads[block.Order] : ref _nodes[node.Previous].Next) = node.Next;
        (node.Next < 0 ? ref _tails[block.Order] : ref _nodes[node.Next].Previous) = node.Previous;
        node.Next = _unused;
        _unused = index;
        _counts[block.Order]--;
        return true;
    }
}
