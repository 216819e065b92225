using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Buddy;

namespace Altmap.Model.Kmsan;

/// <summary>The carve-out while it goes on: at most two blocks held back of each order, for the whole machine.</summary>
internal sealed class CarveOutWork(int orderMax)
{
    private readonly (Pfn? Shadow, Pfn? Origin)[] _held = new (Pfn?, Pfn?)[orderMax + 1];
    private readonly ImmutableArray<ReleasedRun>.Builder _runs = ImmutableArray.CreateBuilder<ReleasedRun>();

    public ulong[] Handed { get; } = new ulong[orderMax + 1];

    public ImmutableArray<ReleasedRun> Runs => _runs.ToImmutable();

    /// <summary>A free range, split into the largest aligned blocks from its start on (mm/memblock.c __free_pages_memory()).</summary>
    public void HandOver(PfnRange range)
    {
        while (!range.IsEmpty)
        {
            PageBlock block = PageBlock.First(range, orderMax);
            ulong count = block.Order == orderMax ? range.Count.Pages >> orderMax : 1;
            HandOver(block, count);
            range = range with { Start = block.Start + new PfnCount(count << block.Order) };
        }
    }

    /// <summary>
    /// What was held back and found no third block: from the largest order down, three blocks make one free block; what is left is split in
    /// halves
    /// for the next order. A stack, so the order of pushing and popping decides who becomes whose metadata.
    /// </summary>
    /// <returns>Single pages that are left in the end.</returns>
    public ImmutableArray<Pfn> Discard()
    {
        var stack = new Stack<Pfn>();
        for (int order = orderMax; ; order--)
        {
            if (_held[order].Shadow is { } shadow)
                stack.Push(shadow);
            if (_held[order].Origin is { } origin)
                stack.Push(origin);
            while (stack.Count >= 3)
            {
                var block = new PageBlock(stack.Pop(), order);
                Release(new ReleasedBlock(block, Shadow: stack.Pop(), Origin: stack.Pop()), 1, ReleasePhase.Discard);
            }
            if (order == 0)
                return [.. stack.Order()];
            var halves = new Stack<Pfn>();
            while (stack.TryPop(out Pfn start))
            {
                (PageBlock low, PageBlock high) = new PageBlock(start, order).Split();
                halves.Push(low.Start);
                halves.Push(high.Start);
            }
            stack = halves;
        }
    }

    /// <summary>Blocks of one order that follow each other: the first ones fill what is held back, then each third is released.</summary>
    private void HandOver(PageBlock first, ulong count)
    {
        int order = first.Order;
        Handed[order] += count;
        ulong done = 0;
        // Until nothing is held back, blocks go one by one; from then on they go by threes.
        while (done < count && (done == 0 || _held[order].Shadow is not null))
            HandOver(new PageBlock(At(done++), order));
        ulong threes = (count - done) / 3;
        if (threes > 0)
        {
            Release(new ReleasedBlock(new PageBlock(At(done + 2), order), At(done), At(done + 1)), threes, ReleasePhase.Boot);
            done += threes * 3;
        }
        while (done < count)
            HandOver(new PageBlock(At(done++), order));

        Pfn At(ulong index) => first.Start + new PfnCount(index << order);
    }

    private void HandOver(PageBlock block)
    {
        ref (Pfn? Shadow, Pfn? Origin) held = ref _held[block.Order];
        if (held is ({ } shadow, { } origin))
        {
            Release(new ReleasedBlock(block, shadow, origin), 1, ReleasePhase.Boot);
            held = default;
            return;
        }
        if (held.Shadow is null)
            held.Shadow = block.Start;
        else
            held.Origin = block.Start;
    }

    private void Release(ReleasedBlock first, ulong count, ReleasePhase phase) =>
        _runs.Add(new ReleasedRun(first, count, new PfnCount(3UL << first.Block.Order), phase));
}
