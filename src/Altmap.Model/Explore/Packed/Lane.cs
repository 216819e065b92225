using Altmap.Core.Units;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore.Packed;

/// <summary>What a lane of the packed state holds.</summary>
internal enum LaneKind
{
    /// <summary>A flag of a section.</summary>
    SectionFlag,

    /// <summary>The validity of a sub-section.</summary>
    Valid,

    /// <summary>The struct pages of a run of pages that no step tells apart: an index into the world's table of them.</summary>
    Memmap,

    /// <summary>The device map over a run of pages that no step tells apart.</summary>
    Pgmap,

    /// <summary>Where an actor stands.</summary>
    Position,

    /// <summary>That an actor holds a lock.</summary>
    Lock,
}

/// <summary>Bits of the packed state that hold one fact.</summary>
/// <param name="kind">What.</param>
/// <param name="range">Pages of the section, sub-section or run; empty for an actor's.</param>
/// <param name="unit">Flag of the section; number of the actor.</param>
internal sealed class Lane(LaneKind kind, PfnRange range, int unit)
{
    private readonly List<int> _domain = [];

    public LaneKind Kind => kind;
    public PfnRange Range => range;
    public int Unit => unit;

    /// <summary>For a lock: which, and how it is held.</summary>
    public LockUse Lock { get; init; }

    /// <summary>Values that it can take, the first one that of the start; the code of a value is its place here.</summary>
    public IReadOnlyList<int> Domain => _domain;

    /// <summary>No step changes it: it needs no bits.</summary>
    public bool IsConstant => _domain.Count == 1;

    public int Width { get; private set; }
    public int Word { get; private set; }
    public int Shift { get; private set; }

    /// <summary>True when the value is new.</summary>
    public bool Learn(int value)
    {
        if (_domain.Contains(value))
            return false;
        _domain.Add(value);
        return true;
    }

    public bool CanBe(int value) => _domain.Contains(value);

    /// <summary>The code of a value.</summary>
    public ulong Code(int value) => (ulong)_domain.IndexOf(value);

    public void Measure() => Width = _domain.Count <= 1 ? 0 : 32 - int.LeadingZeroCount(_domain.Count - 1);

    public void Place(int word, int shift) => (Word, Shift) = (word, shift);

    public ulong Mask => ((1UL << Width) - 1) << Shift;

    /// <summary>The value in a state.</summary>
    public int Read(ReadOnlySpan<ulong> state) => _domain[Width == 0 ? 0 : (int)((state[Word] >> Shift) & ((1UL << Width) - 1))];
}

/// <summary>That a lane has a value.</summary>
internal readonly record struct Literal(Lane Lane, int Value);
