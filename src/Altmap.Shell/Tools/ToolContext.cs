using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>One run of ndctl or daxctl: the machine as it changes, new UUIDs, what is printed. Its operations are those of libndctl
/// 76.1.</summary>
internal sealed class ToolContext(ShellState state)
{
    private readonly HashSet<NdDevice> _parsed = [];
    private int _errors;

    public Machine Machine { get; set; } = state.Machine;

    public UuidSource Uuids { get; private set; } = state.Uuids;

    /// <inheritdoc cref="ShellState.Files"/>
    public ImmutableSortedDictionary<string, SparseBytes> Files { get; private set; } = state.Files;

    public ToolOutput Output { get; } = new();

    /// <summary>True when an error was printed that takes the place of the closing one (err_count in ndctl/namespace.c).</summary>
    public bool HasCountedError => _errors > 0;

    public ByteSize PageSize => Machine.Architecture.PageSize;

    private static readonly string[] s_systemFolders =
    [
        "boot",
        "dev",
        "etc",
        "home",
        "lib",
        "lib64",
        "proc",
        "root",
        "run",
        "sys",
        "usr",
        "var",
    ];

    /// <summary>A file of the session, or null: there is none. Throws <see cref="NotModelledException"/> for one that a machine may well
    /// have.</summary>
    public SparseBytes? FindFile(string path)
    {
        if (Files.TryGetValue(path, out SparseBytes? file))
            return file;
        return path.StartsWith('/') && s_systemFolders.Contains(path.Split('/')[1])
            ? throw new NotModelledException($"{path}: only files that this session wrote are known")
            : null;
    }

    /// <summary>What a file opened with "w+" and written holds from then on.</summary>
    public void WriteFile(string path, byte[] content) => WriteFile(path, SparseBytes.From(content));

    /// <inheritdoc cref="WriteFile(string, byte[])"/>
    public void WriteFile(string path, SparseBytes content) => Files = Files.SetItem(path, content);

    public Uuid NewUuid()
    {
        (Uuid uuid, Uuids) = Uuids.Take();
        return uuid;
    }

    /// <summary>error(): two blanks and <c>Error: </c>, and an empty line.</summary>
    public void Error(string message) => Output.Err(UsageText.Error(message + "\n"));

    /// <summary>err(): <see cref="Error"/> with the command's name, counted.</summary>
    public void CountedError(string command, string message)
    {
        _errors++;
        Error($"{command}: {message}");
    }

    /// <summary>A message of libndctl itself.</summary>
    public void LibraryError(string function, string message) => Output.Err($"libndctl: {function}: {message}\n");

    /// <summary>Takes a step's machine and gives its errno.</summary>
    public Errno Step(StepResult result)
    {
        Machine = result.Machine;
        return result.Errno;
    }

    public RegionState Region(NdDevice device) => Machine.Regions[device.Number];

    public NamespaceState? Namespace(NdDevice device) => Machine.FindNamespace(device);

    /// <summary>The pfn or dax device that holds a namespace, or null.</summary>
    public PfnDeviceState? HolderOf(NamespaceState ndns) => ndns.Claim is { } claim ? Machine.FindPfnDevice(claim) : null;

    /// <summary>The btt device that holds a namespace, or null.</summary>
    public BttDeviceState? BttOf(NamespaceState ndns) => ndns.Claim is { } claim ? Machine.FindBtt(claim) : null;

    /// <summary>Enabled itself, or through its holder (ndctl_namespace_is_active()).</summary>
    public bool IsActive(NamespaceState ndns) => ndns.Claim is { } holder ? DriverCore.IsBound(Machine, holder) : ndns.IsBound;

    /// <summary>Buses as ndctl lists them.</summary>
    public IEnumerable<NdDevice> Buses() => KernfsOrder.Listed(Machine.Buses.Keys, b => $"ndctl{b.Number}").ToArray();

    /// <summary>DIMMs of a bus as ndctl lists them.</summary>
    public IEnumerable<DimmState> Dimms(NdDevice bus) =>
        KernfsOrder.Listed(Machine.Dimms.Values.Where(d => d.Bus == bus.Name), d => d.Device.Name).ToArray();

    /// <summary>Regions of a bus as ndctl lists them.</summary>
    public IEnumerable<NdDevice> Regions(NdDevice bus) =>
        KernfsOrder.Listed(Machine.Regions.Values.Where(r => r.Description.Bus == bus.Name).Select(r => r.Device), r => r.Name).ToArray();

    /// <summary>Namespaces of a region as ndctl lists them, as they are now.</summary>
    /// <summary>
    /// A namespace without label whose region became label-backed since it was enabled says the region's type, and has not the attributes
    /// that the library then asks for: it is told, once, and left out (ndctl/lib/libndctl.c add_namespace(), util/sysfs.c).
    /// </summary>
    public IEnumerable<NdDevice> Namespaces(NdDevice region)
    {
        bool isLabelled = RegionDriver.TypeOf(Machine, Region(region)) == NamespaceType.Pmem;
        NdDevice[] listed =
        [
            .. KernfsOrder.Listed(Region(region).Namespaces.Values, n => n.Device.Name).Where(n => !Fails(n)).Select(n => n.Device),
        ];
        _parsed.Add(region);
        return listed;

        bool Fails(NamespaceState ndns)
        {
            if (!isLabelled || ndns.Type != NamespaceType.Io)
                return false;
            if (!_parsed.Contains(region))
                LibraryError("__sysfs_device_parse", $"{ndns.Device}: add_dev() failed");
            return true;
        }
    }

    /// <summary>Binds through whichever driver takes the device; the library then looks whether it worked (util_bind()).</summary>
    public Errno Bind(NdDevice device) =>
        Step(DriverCore.Bind(Machine, NdDrivers.Of(device.Kind), device)) == Errno.None ? Errno.None : Errno.ENXIO;

    public void Unbind(NdDevice device) => Step(DriverCore.Unbind(Machine, NdDrivers.Of(device.Kind), device));

    /// <summary>
    /// ndctl_namespace_enable(). Passed over: enabled through a holder.
    /// </summary>
    public ToolOutcome EnableNamespace(NdDevice device)
    {
        if (Namespace(device)!.IsBound)
            return ToolOutcome.Done;
        Errno bound = Bind(device);
        NamespaceState ndns = Namespace(device)!;
        if (ndns.IsBound)
            return ToolOutcome.Done;
        if (ndns.Claim is { } holder && DriverCore.IsBound(Machine, holder))
            return ToolOutcome.PassedOver;
        LibraryError("ndctl_namespace_enable", $"{device}: failed to enable");
        return ToolOutcome.Failed(bound == Errno.None ? Errno.ENXIO : bound);
    }

    /// <summary>ndctl_namespace_disable_invalidate(): the holder lets go, then the namespace's own driver is unbound.</summary>
    public Errno DisableNamespace(NdDevice device)
    {
        if (Namespace(device)!.Claim is { } holder)
        {
            if (DriverCore.IsBound(Machine, holder))
                Unbind(holder);
            Errno errno = Step(
                holder.Kind == NdDeviceKind.Btt
                    ? BttAttributes.SetNamespace(Machine, holder, "")
                    : PfnAttributes.SetNamespace(Machine, holder, "")
            );
            if (errno != Errno.None)
                return errno;
        }
        if (Namespace(device)!.IsBound)
            Unbind(device);
        return Errno.None;
    }

    /// <summary>
    /// ndctl_namespace_disable_safe(): <see cref="DisableNamespace"/>, but EBUSY while memory blocks that daxctl takes for the devdax
    /// device's are online
    /// (ndctl_dax_has_active_memory()). Nothing here holds a block device open.
    /// </summary>
    public Errno DisableNamespaceSafely(NdDevice device)
    {
        bool isActive =
            HolderOf(Namespace(device)!) is { IsBound: true, Device.Kind: NdDeviceKind.Dax }
            && Region(device).DaxDevices.GetValueOrDefault(device.Id) is { Driver: DaxDeviceDrivers.Kmem } dax
            && DaxDeviceOperations.CountBlocks(Machine, dax).Online > 0;
        if (isActive)
            return Errno.EBUSY;
        DisableNamespace(device);
        return Errno.None; // the library does not look how that went
    }

    /// <summary>Binds a btt, pfn or dax device (ndctl_btt_enable(), ndctl_pfn_enable(), ndctl_dax_enable()).</summary>
    public Errno EnablePersonality(NdDevice device)
    {
        if (DriverCore.IsBound(Machine, device))
            return Errno.None;
        Bind(device);
        if (DriverCore.IsBound(Machine, device))
            return Errno.None;
        string kind = device.Kind switch
        {
            NdDeviceKind.Btt => "btt",
            NdDeviceKind.Dax => "dax",
            _ => "pfn",
        };
        LibraryError($"ndctl_{kind}_enable", $"{device}: failed to enable");
        return Errno.ENXIO;
    }

    /// <summary>ndctl_region_enable().</summary>
    public Errno EnableRegion(NdDevice device)
    {
        if (Region(device).IsBound)
            return Errno.None;
        Bind(device);
        if (Region(device).IsBound)
            return Errno.None;
        LibraryError("ndctl_region_enable", $"{device}: failed to enable");
        return Errno.ENXIO;
    }

    /// <summary>ndctl_dimm_enable(), and through it a fresh look at the label area.</summary>
    public Errno EnableDimm(NdDevice device)
    {
        if (Machine.Dimms[device].IsBound)
            return Errno.None;
        Bind(device);
        if (Machine.Dimms[device].IsBound)
            return Errno.None;
        LibraryError("ndctl_dimm_enable", $"{device}: failed to enable");
        return Errno.ENXIO;
    }

    /// <summary>ndctl_namespace_delete(): gives the space back. A namespace without label is left as it is; one that has neither uuid nor
    /// space counts as deleted.</summary>
    public Errno DeleteNamespace(NdDevice device)
    {
        if (Namespace(device) is not { } ndns)
            return Errno.None;
        if (ndns.IsBound)
            return Errno.EBUSY;
        if (ndns.Type == NamespaceType.Io)
            return Errno.None;
        Errno errno = Step(NamespaceAttributes.SetSize(Machine, device, ByteSize.Zero));
        return errno == Errno.ENXIO ? Errno.None : errno;
    }
}
