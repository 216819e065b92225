using System.Collections.Immutable;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Packages;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Conformance.Judge;

/// <summary>The model's side: the machine of a guest, described by what the guest itself shows, booted with given bytes.</summary>
internal sealed class ModelMachine
{
    private readonly KernelProfile _kernel;
    private readonly ArchitectureRules _architecture;
    private Machine? _empty;

    private ModelMachine(MachineDescription description)
    {
        _kernel = KernelProfiles.Find(description.Kernel) ?? throw new InvalidOperationException($"no profile {description.Kernel}");
        _architecture =
            ArchitectureRules.Find(_kernel, description.Architecture, description.PageSize)
            ?? throw new InvalidOperationException("no such architecture");
        Regions = [.. E820Regions.Resolve(description)];
        // All bytes are given with each boot.
        Description = description with
        {
            Regions = [.. description.Regions.Select(r => r with { MediaFile = null })],
            Dimms = [.. description.Dimms.Select(d => d with { LabelsFile = null })],
        };
    }

    /// <summary>The machine as it is described.</summary>
    public MachineDescription Description { get; }

    /// <summary>Its regions, those of e820 too.</summary>
    public ImmutableArray<RegionDescription> Regions { get; }

    /// <summary>The interleave-set cookies of a region.</summary>
    public RegionCookies CookiesOf(int region) => (_empty ??= Boot().Machine).Regions[region].Cookies;

    /// <summary>Takes a capture of a guest that has booted.</summary>
    public static ModelMachine Of(LiveGuest guest)
    {
        string folder = Path.Combine(guest.Shared, "capture");
        guest.Run("capture /host/capture; labels /host/capture");
        LoadResult loaded = MachineLoader.Load(folder, guest.Kernel.Series);
        MachineSource source =
            loaded.Source ?? throw new InvalidOperationException("the guest's capture cannot be read: " + string.Join("; ", loaded.Errors));
        return new(source.Description with { Kernel = guest.Kernel.Series });
    }

    /// <summary>The memory map that the firmware of a guest gave its kernel. What firmware keeps for itself at the end of RAM depends on
    /// devices and emulator.</summary>
    public static ImmutableArray<FirmwareRange> FirmwareOf(LiveGuest guest)
    {
        string folder = Path.Combine(guest.Shared, "firmware");
        guest.Run("mkdir -p /host/firmware; dmesg > /host/firmware/dmesg.txt");
        LoadResult loaded = MachineLoader.Load(folder, guest.Kernel.Series);
        return loaded.Source?.Description.Memory
            ?? throw new InvalidOperationException("the guest's log has no memory map: " + string.Join("; ", loaded.Errors));
    }

    /// <summary>A machine that is described otherwise.</summary>
    public static ModelMachine Of(MachineDescription description) => new(description);

    /// <summary>Boots with bytes by region name and label areas by DIMM name; the rest is zero.</summary>
    public ShellState Boot(
        ImmutableSortedDictionary<string, SparseBytes>? media = null,
        ImmutableSortedDictionary<string, SparseBytes>? labels = null,
        ulong uuidSeed = 1
    )
    {
        ImmutableSortedDictionary<string, SparseBytes> none = ImmutableSortedDictionary.Create<string, SparseBytes>(StringComparer.Ordinal);
        (Machine? machine, string? panic) = Altmap.Model.Boot.Start(
            new MachineSource(Description, labels ?? none, media ?? none),
            _kernel,
            _architecture
        );
        return machine is null
            ? throw new InvalidOperationException($"the model does not boot it: {panic}")
            : new ShellState(machine, UuidSource.FromSeed(uuidSeed));
    }
}
