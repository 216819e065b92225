using Altmap.Model.Nvdimm;

namespace Altmap.Model.Tests.Nvdimm;

public class NdDeviceTests
{
    [Theory]
    [InlineData("ndbus0", NdDeviceKind.Bus, 0, 0)]
    [InlineData("nmem17", NdDeviceKind.Dimm, 17, 0)]
    [InlineData("region3", NdDeviceKind.Region, 3, 0)]
    [InlineData("namespace1.10", NdDeviceKind.Namespace, 1, 10)]
    [InlineData("btt0.1", NdDeviceKind.Btt, 0, 1)]
    [InlineData("pfn43.1", NdDeviceKind.Pfn, 43, 1)]
    [InlineData("dax2.0", NdDeviceKind.Dax, 2, 0)]
    public void Names_come_apart_and_together(string name, NdDeviceKind kind, int number, int id)
    {
        Assert.True(NdDevice.TryParse(name, out NdDevice device));
        Assert.Equal(new NdDevice(kind, number, id), device);
        Assert.Equal(name, device.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("region")]
    [InlineData("region-1")]
    [InlineData("region01")]
    [InlineData("region1.0")]
    [InlineData("namespace1")]
    [InlineData("namespace1.0.0")]
    [InlineData("namespace1. 0")]
    [InlineData("pfn99999999999999999999.0")]
    [InlineData("Region0")]
    public void Anything_else_is_no_device(string name) => Assert.False(NdDevice.TryParse(name, out _));
}
