namespace Altmap.Shell.Tests;

/// <summary>Orders seen in recorded listings of real kernels (r_tools), which are the reverse of the directory.</summary>
public class KernfsOrderTests
{
    [Theory]
    [InlineData("region1 region3 region2 region4")]
    [InlineData("nmem1 nmem3 nmem0 nmem2")]
    [InlineData("namespace1.5 namespace1.0 namespace1.2 namespace1.4 namespace1.1 namespace1.3")]
    [InlineData("namespace3.1 namespace3.0")]
    [InlineData("ndctl1 ndctl0")]
    public void Devices_are_listed_as_recorded(string recorded)
    {
        string[] names = recorded.Split(' ');
        Assert.Equal(names, KernfsOrder.Listed(names.Order(StringComparer.Ordinal), n => n));
        Assert.Equal(names.Reverse(), KernfsOrder.Read(names.Order(StringComparer.Ordinal), n => n));
    }
}
