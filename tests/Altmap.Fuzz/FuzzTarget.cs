namespace Altmap.Fuzz;

/// <summary>Code under test: takes any bytes; only findings may come out. An exception, a hang or a heap of memory is a failure.</summary>
public delegate void FuzzAction(ReadOnlySpan<byte> input);

/// <summary>A row of the table of targets.</summary>
/// <param name="Name">As <c>--target</c> wants it.</param>
/// <param name="Run">One input. Throwing is failing.</param>
/// <param name="Seeds">Good inputs to start from; the empty input is always tried too.</param>
/// <param name="MustFail">True for the runner's own check: not finding its crash is the failure.</param>
public sealed record FuzzTarget(string Name, FuzzAction Run, Func<IEnumerable<byte[]>> Seeds, bool MustFail = false);

/// <summary>Everything that is fuzzed. A new parser adds one line.</summary>
public static class FuzzTargets
{
    /// <summary>In the order in which they run.</summary>
    public static readonly IReadOnlyList<FuzzTarget> All =
    [
        new("self-check", SelfCheckTarget.Run, SelfCheckTarget.Seeds, MustFail: true),
        new("labels", LabelTarget.Run, LabelTarget.Seeds),
        new("labels-repair", SalvageTarget.Run, SalvageTarget.Seeds),
        new("explain", SalvageTarget.RunText, SalvageTarget.TextSeeds),
        new("btt", BttTarget.Run, BttTarget.Seeds),
        new("info-block", InfoBlockTarget.Run, InfoBlockTarget.Seeds),
        new("machine-file", MachineFileTarget.Run, MachineFileTarget.Seeds),
        new("free-ranges", FreeRangesTarget.Run, FreeRangesTarget.Seeds),
        new("pieces", PieceTarget.Run, PieceTarget.Seeds),
        new("archives", ArchiveTarget.Run, ArchiveTarget.Seeds),
        new("kernel-names", KernelNameTarget.Run, KernelNameTarget.Seeds),
    ];
}
