using Altmap.Model.Memory.States;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Memory.States;

public class RunMapTests
{
    [Fact]
    public void It_is_an_array_with_less_memory() =>
        Prop.ForAll(
                (List<(ushort, ushort, byte)> changes) =>
                {
                    const int Length = 2000; // several chunks
                    var map = new RunMap<int>(0);
                    int[] array = new int[Length];
                    foreach (
                        (ushort a, ushort b, byte value) in changes.Concat(
                            Enumerable.Range(0, 600).Select(i => ((ushort)(i * 3), (ushort)((i * 3) + 1), (byte)(i % 7)))
                        )
                    )
                    {
                        int start = Math.Min(a, b) % Length,
                            end = start + (Math.Max(a, b) % (Length - start + 1));
                        map = map.Set((ulong)start, (ulong)end, value);
                        for (int i = start; i < end; i++)
                            array[i] = value;
                    }
                    for (int i = 0; i < Length; i++)
                    {
                        if (map[(ulong)i] != array[i])
                            return false;
                    }
                    Run<int>[] runs = [.. map.Runs];
                    bool isCanonical =
                        runs[0].Start == 0
                        && runs.Zip(runs.Skip(1)).All(p => p.First.Start < p.Second.Start && p.First.Value != p.Second.Value);
                    bool partsMatch =
                        map.Within(17, 1234)
                            .All(p =>
                                p.Start < p.End && Enumerable.Range((int)p.Start, (int)(p.End - p.Start)).All(i => array[i] == p.Value)
                            )
                        && map.Within(17, 1234).Aggregate(0UL, (sum, p) => sum + p.End - p.Start) == 1234 - 17;
                    return isCanonical && partsMatch && map.Any(0, Length, v => v == 5) == array.Contains(5) && map.Count == runs.Length;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Painting_layers_is_setting_them_one_after_the_other() =>
        Prop.ForAll(
                (byte background, List<(ushort, ushort, byte)> ranges) =>
                {
                    List<(ulong Start, ulong End, int Value)> layers =
                    [
                        .. ranges.Select(r => ((ulong)(r.Item1 % 300), (ulong)(r.Item2 % 300), r.Item3 % 5)),
                    ]; // some empty, many over each other
                    var set = new RunMap<int>(background);
                    foreach ((ulong start, ulong end, int value) in layers)
                        set = set.Set(start, end, value);
                    var painted = new RunMap<int>(background, layers);
                    return painted == set && painted.Runs.SequenceEqual(set.Runs);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Painting_gives_as_many_chunks_as_it_needs()
    {
        var painted = new RunMap<int>(0, [.. Enumerable.Range(0, 1000).Select(i => ((ulong)i * 2, ((ulong)i * 2) + 1, 1 + (i % 3)))]);
        Assert.Equal(2000, painted.Count);
        Assert.Equal(1 + (998 % 3), painted[998 * 2]);
        Assert.Equal(0, painted[(998 * 2) + 1]);
    }

    [Fact]
    public void The_same_values_are_equal_however_they_came_about()
    {
        var one = new RunMap<byte>(0);
        var other = new RunMap<byte>(0);
        for (ulong i = 0; i < 500; i++)
            one = one.Set(i * 2, (i * 2) + 1, 1);
        for (ulong i = 500; i > 0; i--)
            other = other.Set((i - 1) * 2, (i * 2) - 1, 1);
        Assert.Equal(one, other);
        Assert.NotEqual(one, other.Set(3, 4, 1));
        Assert.Equal(2, one.Set(0, 1000, 7).Count);
    }
}
