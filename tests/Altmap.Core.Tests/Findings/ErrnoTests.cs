using System.Runtime.InteropServices;
using Altmap.Core.Findings;

namespace Altmap.Core.Tests.Findings;

public class ErrnoTests
{
    public static TheoryData<Errno> All => [.. Enum.GetValues<Errno>()];

    /// <summary>The C library of this computer is the judge of its own words.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Words_are_those_of_strerror(Errno errno) => Assert.Equal(Marshal.GetPInvokeErrorMessage((int)errno), errno.Describe());

    [Fact]
    public void An_unknown_number_is_our_bug() => Assert.Throws<ArgumentOutOfRangeException>(() => ((Errno)9999).Describe());
}
