using Altmap.Core.Units;
using Altmap.Model.Kmsan;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Model.Tests.Kmsan;

public class MemblockTests
{
    private static PhysicalRange Range(ulong start, ulong size) => new(new(start), new(size));

    [Fact]
    public void It_is_a_set_of_bytes() =>
        Prop.ForAll(
                (List<(bool Reserves, byte Start, byte Size)> steps, bool bottomUp, (byte Size, byte Align) request) =>
                {
                    var memblock = new Memblock([Range(3, 60), Range(63, 40), Range(150, 90)]);
                    HashSet<ulong> free = [.. Enumerable.Range(3, 100).Concat(Enumerable.Range(150, 90)).Select(i => (ulong)i)],
                        memory = [.. free];
                    foreach ((bool reserves, byte start, byte count) in steps)
                    {
                        PhysicalRange range = Range(start, count % 40UL);
                        if (reserves)
                            memblock.Reserve(range);
                        else
                            memblock.Release(range);
                        for (ulong b = range.Start.Bytes; b < range.End.Bytes; b++)
                            _ = reserves ? free.Remove(b) : memory.Contains(b) && free.Add(b);
                    }
                    bool isSame = free.SetEquals(memblock.Free().SelectMany(r => CarveOutTests.Pages(new(r.Start.Bytes), r.Size.Bytes)));
                    bool isCanonical = memblock.Reserved.Zip(memblock.Reserved.Skip(1)).All(p => p.First.End < p.Second.Start);
                    ulong wanted = 1 + (request.Size % 20UL),
                        unit = 1UL << (request.Align % 5);
                    // Not across the two regions that touch at 63.
                    ulong[] fits =
                    [
                        .. free.Where(s =>
                                s % unit == 0
                                && s >= 8
                                && CarveOutTests.Pages(new(s), wanted).All(free.Contains)
                                && !(s < 63 && s + wanted > 63)
                            )
                            .Order(),
                    ];
                    PhysicalRange? got = memblock.Allocate(new(wanted), new(unit), new(8), bottomUp);
                    return isSame
                        && isCanonical
                        && got?.Start.Bytes
                            == (
                                fits.Length == 0 ? null
                                : bottomUp ? fits[0]
                                : fits[^1]
                            );
                }
            )
            .QuickCheckThrowOnFailure();
}
