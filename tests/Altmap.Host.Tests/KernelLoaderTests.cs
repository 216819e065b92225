namespace Altmap.Host.Tests;

public class KernelLoaderTests
{
    [Fact]
    public void By_name_and_by_path()
    {
        using var d = new TemporaryDirectory();
        d.Put("k.json", "{\"format\":\"altmap-kernel/1\",\"name\":\"mine\",\"based_on\":\"6.1\"}");
        Assert.Equal("6.12", KernelLoader.Load("6.12", d.Root).Profile?.Name);
        Assert.Equal("mine", KernelLoader.Load("k.json", d.Root).Profile?.Name);
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        using var d = new TemporaryDirectory();
        Assert.Equal("6.13: there is no such kernel profile; expected one of 4.19, 5.4, 5.10, 5.15, 6.1.0, 6.1, 6.6, 6.12, 7.2, or the path of a profile file; did you mean \"6.1\"?",
            Assert.Single(KernelLoader.Load("6.13", d.Root).Errors).ToString());
        Assert.Equal($"{d["no.json"]}: there is no such file", Assert.Single(KernelLoader.Load("no.json", d.Root).Errors).ToString());
        d.Put("bad.json", "{");
        Assert.StartsWith($"{d["bad.json"]}:1: this is not JSON", Assert.Single(KernelLoader.Load("bad.json", d.Root).Errors).ToString(), StringComparison.Ordinal);
    }
}
