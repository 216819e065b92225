using Altmap.Core.Units;

namespace Altmap.Formats.Writes;

/// <summary>One step of a <see cref="WritePlan"/>. Offsets are from the start of the media that the plan is about. What lies between two
/// barriers may reach the media in any order.</summary>
public abstract record PlanStep
{
    private PlanStep() { }

    /// <summary>Bytes are put at a place.</summary>
    /// <param name="Target">First byte.</param>
    /// <param name="Bytes">What is put there.</param>
    public sealed record Write(MediaOffset Target, ReadOnlyMemory<byte> Bytes) : PlanStep
    {
        /// <inheritdoc/>
        public override ByteSize Length => new((ulong)Bytes.Length);

        /// <inheritdoc/>
        public bool Equals(Write? other) => other is not null && Target == other.Target && Bytes.Span.SequenceEqual(other.Bytes.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Target, Bytes.Length);
    }

    /// <summary>A range becomes zero.</summary>
    /// <param name="Target">First byte.</param>
    /// <param name="Count">How many bytes.</param>
    public sealed record Zero(MediaOffset Target, ByteSize Count) : PlanStep
    {
        /// <inheritdoc/>
        public override ByteSize Length => Count;
    }

    /// <summary>Bytes of the media go to another place of them, as if all were read before any is written. Both may overlap.</summary>
    /// <param name="Source">First byte that is read.</param>
    /// <param name="Target">Where it goes.</param>
    /// <param name="Count">How many bytes.</param>
    public sealed record Move(MediaOffset Source, MediaOffset Target, ByteSize Count) : PlanStep
    {
        /// <inheritdoc/>
        public override ByteSize Length => Count;

        /// <summary>How far apart source and target are.</summary>
        public ByteSize Distance => Source < Target ? Target - Source : Source - Target;

        /// <summary>True when some bytes are in both.</summary>
        public bool Overlaps => Distance < Count;
    }

    /// <summary>Everything before it is durable before anything after it starts.</summary>
    public sealed record Barrier : PlanStep
    {
        /// <summary>The only one that is needed.</summary>
        public static readonly Barrier Instance = new();

        /// <inheritdoc/>
        public override ByteSize Length => ByteSize.Zero;
    }

    /// <summary>How many bytes it changes.</summary>
    public abstract ByteSize Length { get; }

    /// <summary>Where it starts to write; null for a barrier.</summary>
    public MediaOffset? Start =>
        this switch
        {
            Write w => w.Target,
            Zero z => z.Target,
            Move m => m.Target,
            _ => null,
        };

    /// <summary>A part of it: <paramref name="count"/> bytes, <paramref name="from"/> its start on. A barrier has none.</summary>
    public PlanStep Part(ByteSize from, ByteSize count) =>
        this switch
        {
            Write w => new Write(w.Target + from, w.Bytes.Slice((int)from.Bytes, (int)count.Bytes)),
            Zero z => new Zero(z.Target + from, count),
            Move m => new Move(m.Source + from, m.Target + from, count),
            _ => throw new InvalidOperationException("a barrier has no parts"),
        };

    /// <summary>The same step on media in which these lie <paramref name="by"/> further on.</summary>
    public PlanStep Shifted(ByteSize by) =>
        this switch
        {
            Write w => w with { Target = w.Target + by },
            Zero z => z with { Target = z.Target + by },
            Move m => m with { Source = m.Source + by, Target = m.Target + by },
            _ => this,
        };
}
