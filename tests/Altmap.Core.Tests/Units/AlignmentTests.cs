using Altmap.Core.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Units;

public class AlignmentTests
{
    [Fact]
    public void Rounding_brackets_the_value() =>
        Prop.ForAll(
                (ulong raw, ulong rawUnit) =>
                {
                    ulong value = raw >> 1,
                        unit = (rawUnit % (1UL << 40)) + 1;
                    ulong up = Alignment.Up(value, unit),
                        down = Alignment.Down(value, unit);
                    return down <= value
                        && value <= up
                        && up - down is var gap
                        && (gap == 0 || gap == unit)
                        && Alignment.IsAligned(up, unit)
                        && Alignment.IsAligned(down, unit)
                        && Alignment.IsAligned(value, unit) == (gap == 0);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Wrapping_is_the_same_until_it_wraps() =>
        Prop.ForAll(
                (ulong raw, byte shift) =>
                {
                    ulong value = raw >> 1,
                        unit = 1UL << (shift % 60);
                    return Alignment.UpWrapping(value, unit) == Alignment.Up(value, unit);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Beyond_64_bits_throws_or_wraps_by_name()
    {
        Assert.Throws<OverflowException>(() => Alignment.Up(ulong.MaxValue, 2));
        Assert.Equal(0UL, Alignment.UpWrapping(ulong.MaxValue, 2));
        Assert.Equal(ulong.MaxValue, Alignment.Up(ulong.MaxValue, ulong.MaxValue));
    }

    [Theory]
    [InlineData(10, 3, 12, 9)]
    [InlineData(0, 4096, 0, 0)]
    [InlineData(4096, 4096, 4096, 4096)]
    public void Units_need_not_be_powers_of_two(ulong value, ulong unit, ulong up, ulong down)
    {
        Assert.Equal(up, Alignment.Up(value, unit));
        Assert.Equal(down, Alignment.Down(value, unit));
    }
}
