using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Images;

/// <summary>A namespace on its way into another mode or layout, in its own place.</summary>
/// <param name="Target">How it is laid out afterwards.</param>
/// <param name="Plan">From the start of the image: the data go where the new layout wants them, what is in nobody's way becomes zero, the
/// new metadata come last. The steps are right only when all are done: carry it out under a journal.</param>
public sealed record ImageConversion(ImagePlan Target, WritePlan Plan)
{
    private static readonly ByteSize s_unit = ByteSize.KiB(4);

    /// <summary>Plans it. The data keep their bytes; what is behind <paramref name="need"/> is zero before and after.</summary>
    /// <param name="ns">The namespace as it is; not in sector mode, whose blocks lie scattered by the map.</param>
    /// <param name="request">What it is to be; its start is the physical address of the namespace.</param>
    /// <param name="need">Of its data.</param>
    /// <param name="kernel">Whose layout.</param>
    /// <param name="arch">Its architecture.</param>
    /// <returns>The plan, or in words why there is none.</returns>
    public static (ImageConversion? Conversion, string Refusal) InPlace(
        ImageNamespace ns,
        ImageRequest request,
        ImageNeed need,
        KernelProfile kernel,
        ArchitectureRules arch
    )
    {
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentNullException.ThrowIfNull(need);
        if (ns.DataStart is not { } dataStart || ns.DataSize is not { } dataSize)
            return (
                null,
                ns.Mode == "sector"
                    ? "the blocks of a BTT lie scattered by its map: only a new image can take them"
                    : "its data cannot be found"
            );
        (ImagePlan? target, string refusal) = ImagePlan.Of(request, ns.Place.Size, kernel, arch);
        if (target is null)
            return (null, refusal);
        if (need.Size > target.DataSize)
            return (null, Short(need, target));
        ByteSize count = Smaller(need.Size.AlignUp(s_unit), Smaller(dataSize, target.DataSize));
        ulong source = dataStart.Bytes - ns.Place.Start.Bytes;
        var moves = target.Arenas.IsEmpty
            ? [new PlanStep.Move(new MediaOffset(source), target.DataStart!.Value, count)]
            : ArenaMoves(target.Arenas, source, count);
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        foreach (PlanStep.Move move in InOrder(moves))
        {
            steps.Add(move);
            steps.Add(PlanStep.Barrier.Instance);
        }
        foreach ((MediaOffset start, MediaOffset end) in Rests(target, moves))
            steps.Add(new PlanStep.Zero(start, end - start));
        steps.Add(PlanStep.Barrier.Instance);
        var plan = new WritePlan(steps.ToImmutable()).Then(target.Metadata);
        return (new ImageConversion(target, plan.Shifted(new ByteSize(ns.Place.Start.Bytes))), "");
    }

    /// <summary>Why data do not fit, and what to do.</summary>
    public static string Short(ImageNeed need, ImagePlan target)
    {
        ArgumentNullException.ThrowIfNull(need);
        ArgumentNullException.ThrowIfNull(target);
        return $"{(need.Size - target.DataSize).Bytes} bytes do not fit: {need.Why}, and {target.DataSize} are left for the data; "
            + $"shrink what is on them first (ext4: resize2fs to {target.DataSize.Bytes >> 10}K), or give more room";
    }

    /// <summary>The data of each arena, in the order of its sectors: a map of zeros shows sector N in block N.</summary>
    private static ImmutableArray<PlanStep.Move> ArenaMoves(ImmutableArray<BttArena> arenas, ulong source, ByteSize count)
    {
        var moves = ImmutableArray.CreateBuilder<PlanStep.Move>();
        foreach (BttArena arena in arenas)
        {
            ByteSize now = Smaller(new ByteSize((ulong)arena.Info.ExternalBlocks * arena.Info.InternalLbaSize), count);
            moves.Add(new PlanStep.Move(new MediaOffset(source), arena.Start + new ByteSize(arena.Info.DataOffset), now));
            source += now.Bytes;
            count -= now;
        }
        return moves.ToImmutable();
    }

    /// <summary>Those that go up from the last to the first, then those that go down from the first on: none writes to what another one has
    /// still to read.</summary>
    private static IEnumerable<PlanStep.Move> InOrder(ImmutableArray<PlanStep.Move> moves) =>
        moves.Where(m => m.Source < m.Target).Reverse().Concat(moves.Where(m => m.Source > m.Target)).Where(m => !m.Count.IsZero);

    /// <summary>Where neither data nor new metadata go.</summary>
    private static IEnumerable<(MediaOffset Start, MediaOffset End)> Rests(ImagePlan target, ImmutableArray<PlanStep.Move> moves)
    {
        var taken = WritePlan.Merged(
            target.Metadata.Targets().Concat(moves.Where(m => !m.Count.IsZero).Select(m => (m.Target, m.Target + m.Count)))
        );
        var at = new MediaOffset(0);
        foreach ((MediaOffset start, MediaOffset end) in taken)
        {
            if (start > at)
                yield return (at, start);
            at = end;
        }
        var whole = new MediaOffset(target.NamespaceSize.Bytes);
        if (at < whole)
            yield return (at, whole);
    }

    private static ByteSize Smaller(ByteSize a, ByteSize b) => a < b ? a : b;
}
