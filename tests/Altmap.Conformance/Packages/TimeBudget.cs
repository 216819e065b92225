using System.Diagnostics;

namespace Altmap.Conformance.Packages;

/// <summary>How long a run may take from now on. What is not done by then is skipped, with that reason.</summary>
/// <param name="total">Null: as long as it needs.</param>
internal sealed class TimeBudget(TimeSpan? total)
{
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>No limit.</summary>
    public static TimeBudget Endless => new(null);

    /// <summary>True when nothing new should begin.</summary>
    public bool IsSpent => total is { } limit && Stopwatch.GetElapsedTime(_began) >= limit - TimeSpan.FromSeconds(2);

    /// <summary>The seconds that a step may take which wants that many: no more than are left, and one at least.</summary>
    public int Of(int seconds) =>
        total is { } limit ? Math.Clamp((int)(limit - Stopwatch.GetElapsedTime(_began)).TotalSeconds, 1, seconds) : seconds;

    /// <summary>The reason for what was not done.</summary>
    public LaboratoryGap Over => new(string.Create(null, $"the time of this run ({total?.TotalSeconds:f0} s) is over"));
}
