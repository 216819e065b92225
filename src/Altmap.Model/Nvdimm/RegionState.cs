using System.Collections.Immutable;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>A region with its namespaces and personalities, and its media.</summary>
public sealed record RegionState
{
    /// <summary>The hardware.</summary>
    public required RegionDescription Description { get; init; }

    /// <summary>regionN.</summary>
    public required NdDevice Device { get; init; }

    /// <summary>The bytes of the region.</summary>
    public required SparseBytes Media { get; init; }

    /// <summary>align attribute.</summary>
    public required ByteSize Align { get; init; }

    /// <summary>Interleave-set cookies (labels.md §4); all zero where the region has no DIMMs.</summary>
    public required RegionCookies Cookies { get; init; }

    /// <summary>True when raw namespaces are mapped with pages (ND_REGION_PAGEMAP: e820, of_pmem).</summary>
    public required bool HasPageMap { get; init; }

    /// <summary>True when the nd_region driver is bound.</summary>
    public bool IsBound { get; init; }

    /// <summary>DIMMs whose label data the region's driver took when it bound; they count as busy until it lets go, whatever happens to
    /// their
    /// own driver meanwhile (init_active_labels(), deactivate_labels()).</summary>
    public ImmutableHashSet<NdDevice> HeldDimms { get; init; } = [];

    /// <summary>read_only attribute.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>True once read_only was set: block devices made then stay read-only in kernels that look only when they make
    /// one.</summary>
    public bool WasReadOnly { get; init; }

    /// <summary>Namespaces registered when the driver bound, for init_namespaces.</summary>
    public int NamespacesAtProbe { get; init; }

    /// <summary>Id of the namespace seed, or null.</summary>
    public int? NamespaceSeed { get; init; }

    /// <summary>Id of the btt seed, or null.</summary>
    public int? BttSeed { get; init; }

    /// <summary>Id of the pfn seed, or null.</summary>
    public int? PfnSeed { get; init; }

    /// <summary>Id of the dax seed, or null.</summary>
    public int? DaxSeed { get; init; }

    /// <summary>Namespace devices by id.</summary>
    public ImmutableSortedDictionary<int, NamespaceState> Namespaces { get; init; } = ImmutableSortedDictionary<int, NamespaceState>.Empty;

    /// <summary>btt devices by id.</summary>
    public ImmutableSortedDictionary<int, BttDeviceState> Btts { get; init; } = ImmutableSortedDictionary<int, BttDeviceState>.Empty;

    /// <summary>pfn devices by id.</summary>
    public ImmutableSortedDictionary<int, PfnDeviceState> Pfns { get; init; } = ImmutableSortedDictionary<int, PfnDeviceState>.Empty;

    /// <summary>dax devices (of the nd bus) by id.</summary>
    public ImmutableSortedDictionary<int, PfnDeviceState> Daxes { get; init; } = ImmutableSortedDictionary<int, PfnDeviceState>.Empty;

    /// <summary>Device-dax devices by id.</summary>
    public ImmutableSortedDictionary<int, DaxDeviceState> DaxDevices { get; init; } = ImmutableSortedDictionary<int, DaxDeviceState>.Empty;

    /// <summary>Namespace, btt, pfn and dax devices in the order in which they were registered, also of some that are gone.</summary>
    public ImmutableList<NdDevice> Registered { get; init; } = [];

    /// <summary>First byte and size.</summary>
    public PhysicalRange Range => Description.Range;

    /// <summary>Number of DIMMs in the interleave set; 0 without DIMMs.</summary>
    public int Ways => Description.Mappings.Length;

    /// <summary>The pfn or dax device of that name, or null.</summary>
    public PfnDeviceState? PfnDevice(NdDevice device) => (device.Kind == NdDeviceKind.Dax ? Daxes : Pfns).GetValueOrDefault(device.Id);

    /// <summary>The region with a pfn or dax device put in or replaced.</summary>
    public RegionState With(PfnDeviceState pfn) =>
        pfn.Device.Kind == NdDeviceKind.Dax
            ? this with
            {
                Daxes = Daxes.SetItem(pfn.Device.Id, pfn),
                Registered = WithRegistered(pfn.Device, Daxes.ContainsKey(pfn.Device.Id)),
            }
            : this with
            {
                Pfns = Pfns.SetItem(pfn.Device.Id, pfn),
                Registered = WithRegistered(pfn.Device, Pfns.ContainsKey(pfn.Device.Id)),
            };

    /// <summary>The region with a btt device put in or replaced.</summary>
    public RegionState With(BttDeviceState btt) =>
        this with
        {
            Btts = Btts.SetItem(btt.Device.Id, btt),
            Registered = WithRegistered(btt.Device, Btts.ContainsKey(btt.Device.Id)),
        };

    /// <summary>The region with a namespace put in or replaced.</summary>
    public RegionState With(NamespaceState ndns) =>
        this with
        {
            Namespaces = Namespaces.SetItem(ndns.Device.Id, ndns),
            Registered = WithRegistered(ndns.Device, Namespaces.ContainsKey(ndns.Device.Id)),
        };

    private ImmutableList<NdDevice> WithRegistered(NdDevice device, bool exists) =>
        exists ? Registered : Registered.Remove(device).Add(device);

    /// <summary>The lowest number that is not among <paramref name="taken"/>, as the kernel's ida gives it.</summary>
    public static int LowestFree(IEnumerable<int> taken)
    {
        HashSet<int> numbers = [.. taken];
        int number = 0;
        while (numbers.Contains(number))
            number++;
        return number;
    }

    /// <summary>The lowest id that <paramref name="taken"/> does not have, as the kernel's ida gives it.</summary>
    public static int LowestFree<T>(ImmutableSortedDictionary<int, T> taken)
    {
        int id = 0;
        foreach ((int key, _) in taken) // ascending
        {
            if (key != id)
                break;
            id++;
        }
        return id;
    }
}

/// <summary>The cookies of an interleave set.</summary>
/// <param name="Cookie1">For labels 1.1.</param>
/// <param name="Cookie2">For labels 1.2, and where there is no index.</param>
/// <param name="AltCookie">Accepted on reading only.</param>
public sealed record RegionCookies(ulong Cookie1, ulong Cookie2, ulong AltCookie)
{
    /// <summary>Type that labels 1.2 must have: that of the NFIT's range; zero for buses that name none (drivers/acpi/nfit/core.c
    /// acpi_nfit_init_interleave_set(), drivers/nvdimm/ramdax.c).</summary>
    public Uuid TypeGuid { get; init; } = LabelFormat.PersistentMemoryType;

    /// <summary>No interleave set.</summary>
    public static readonly RegionCookies None = new(0, 0, 0);
}
