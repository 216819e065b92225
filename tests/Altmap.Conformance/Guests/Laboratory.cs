using Altmap.Conformance.Packages;

namespace Altmap.Conformance.Guests;

/// <summary>All that it takes to boot: emulator, kernels, tools; each fetched when first asked for, each gap remembered.</summary>
internal sealed class Laboratory(string cache)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, object> _had = new(StringComparer.Ordinal);

    /// <summary>Where fetched and built things are kept.</summary>
    public string Cache { get; } = cache;

    /// <summary>The emulator.</summary>
    public Qemu Qemu => Had("qemu", () => Qemu.Fetch(Cache));

    /// <summary>Version of ndctl and daxctl in the guests.</summary>
    public string NdctlVersion => Had("tools", () => GuestTools.Fetch(Cache)).NdctlVersion;

    /// <summary>A kernel. Throws <see cref="LaboratoryGap"/> when it cannot be had.</summary>
    public GuestKernel Kernel(string series) =>
        Had("kernel " + series, () => GuestKernel.Fetch(Cache, KernelSeries.All.First(s => s.Series == series)));

    /// <summary>The root file system for a kernel.</summary>
    public string InitramfsOf(GuestKernel kernel) =>
        Had("initramfs " + kernel.Release, () => Initramfs.For(Cache, kernel, Had("tools", () => GuestTools.Fetch(Cache)).Tree));

    /// <summary>Says in a line what is missing for a kernel, or null when all is there. Fetches what can be fetched.</summary>
    public string? GapFor(string series)
    {
        try
        {
            _ = Qemu;
            _ = InitramfsOf(Kernel(series));
            return null;
        }
        catch (LaboratoryGap gap)
        {
            return gap.Message;
        }
    }

    private T Had<T>(string name, Func<T> make)
        where T : class
    {
        lock (_lock)
        {
            if (!_had.TryGetValue(name, out object? known))
            {
                try
                {
                    known = make();
                }
                catch (LaboratoryGap gap)
                {
                    known = gap;
                }
                _had[name] = known;
            }
            return known as T ?? throw new LaboratoryGap(((LaboratoryGap)known).Message);
        }
    }
}
