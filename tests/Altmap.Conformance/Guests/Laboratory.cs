using Altmap.Conformance.Packages;

namespace Altmap.Conformance.Guests;

/// <summary>All that it takes to boot: emulator, kernels, tools; each fetched when first asked for, each gap remembered.</summary>
/// <param name="cache">Where fetched and built things are kept.</param>
/// <param name="fetching">How long fetching may take.</param>
internal sealed class Laboratory(string cache, TimeBudget fetching)
{
    private const int ProbeSeconds = 60;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, object> _had = new(StringComparer.Ordinal);

    /// <summary>Where fetched and built things are kept.</summary>
    public string Cache { get; } = cache;

    /// <summary>How long guests may run, all of them.</summary>
    public TimeBudget Time { get; set; } = TimeBudget.Endless;

    /// <summary>Where recorded cases are to be kept; null: nowhere.</summary>
    public string? RecordTo { get; init; }

    /// <summary>The emulator.</summary>
    public Qemu Qemu => Had("qemu", () => Qemu.Fetch(Cache, fetching));

    /// <summary>Version of ndctl and daxctl in the guests.</summary>
    public string NdctlVersion => Tools.NdctlVersion;

    /// <summary>The programs of the guests.</summary>
    public GuestTools Tools => Had("tools", () => GuestTools.Fetch(Cache, fetching));

    /// <summary>A kernel. Throws <see cref="LaboratoryGap"/> when it cannot be had.</summary>
    public GuestKernel Kernel(string series) =>
        Had("kernel " + series, () => GuestKernel.Fetch(Cache, KernelSeries.All.First(s => s.Series == series), fetching));

    /// <summary>The release of a kernel and its package, and the version of the tools.</summary>
    public string ReleaseOf(string series) =>
        Kernel(series) is var booted ? $"{booted.Release} ({booted.PackageVersion}), ndctl {NdctlVersion}" : "";

    /// <summary>The root file system for a kernel.</summary>
    public string InitramfsOf(GuestKernel kernel) => Had("initramfs " + kernel.Release, () => Initramfs.For(Cache, kernel, Tools.Tree));

    /// <summary>Says in a line what is missing for a kernel, or null when all is there. Fetches what can be fetched.</summary>
    /// <param name="series">The kernel.</param>
    /// <param name="probes">Whether the plainest guest must have started here, in a minute at most.</param>
    public string? GapFor(string series, bool probes)
    {
        try
        {
            _ = Qemu;
            _ = InitramfsOf(Kernel(series));
            return probes ? Probe(series) : null;
        }
        catch (LaboratoryGap gap)
        {
            return gap.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{Cache} cannot be used: {e.Message}";
        }
    }

    private string? Probe(string series)
    {
        TimeBudget time = Time;
        Time = new TimeBudget(TimeSpan.FromSeconds(ProbeSeconds));
        try
        {
            LiveGuest.Boot(this, series, new GuestMachine { RamMib = 512 }).Dispose();
            return null;
        }
        catch (LaboratoryGap)
        {
            return $"a guest does not start on this machine in {ProbeSeconds} s";
        }
        catch (Exception e) when (e is GuestDied or InvalidOperationException)
        {
            return $"a guest does not start on this machine: {e.Message}";
        }
        finally
        {
            Time = time;
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
