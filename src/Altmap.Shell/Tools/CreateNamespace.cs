using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>What a namespace shall become, options and defaults taken together (struct parsed_parameters, ndctl/namespace.c,
/// 76.1).</summary>
internal sealed record NamespaceRequest(
    Uuid Uuid,
    string Name,
    string Mode,
    ByteSize Size,
    ulong SectorSizeBytes,
    ByteSize Align,
    PageMapMode Map,
    bool AutoLabel,
    bool AutoRecover
);

/// <summary>
/// <c>ndctl create-namespace</c>, new and with <c>-e</c> (ndctl/namespace.c namespace_create(), namespace_reconfig(),
/// validate_namespace_options(),
/// setup_namespace(); 76.1).
/// </summary>
internal sealed class CreateNamespace(ToolContext context, OptionResult options)
{
    private const string Command = "create namespace";
    private const ulong UnknownSectorSize = uint.MaxValue;
    private static readonly ulong[] BttSectorSizes = [.. BttConstants.SectorSizes];
    private static readonly ulong[] LabelSectorSizes = [512, 4096];

    private readonly NamespaceDefaults _filled = NamespaceDefaults.Of(options);

    /// <summary>A new namespace in this region; EAGAIN: this region cannot, try the next.</summary>
    public ToolOutcome Create(NdDevice regionDevice)
    {
        (NamespaceRequest? request, Errno errno) = Validate(regionDevice, null);
        if (request is null)
            return ToolOutcome.Failed(errno);
        RegionState region = context.Region(regionDevice);
        if (region.IsReadOnly)
            return ToolOutcome.Failed(Errno.EAGAIN);
        if (IdleNamespace(regionDevice) is not { } device || !IsConfigurationIdle(context.Namespace(device)!))
            return ToolOutcome.Failed(Errno.EAGAIN);
        ToolOutcome result = SetUp(regionDevice, device, request);
        if (!result.IsDone && request.AutoRecover)
        {
            if (context.Namespace(device) is not null)
                context.Step(NamespaceAttributes.SetHolderClass(context.Machine, device, ""));
            context.DeleteNamespace(device);
        }
        return result;
    }

    /// <summary><c>-e</c>: the namespace is emptied and set up anew.</summary>
    public ToolOutcome Reconfigure(NdDevice regionDevice, NdDevice device)
    {
        (NamespaceRequest? request, Errno errno) = Validate(regionDevice, device);
        if (request is null)
            return ToolOutcome.Failed(errno);
        ToolOutcome prepared = new DestroyNamespace(context, Command, options.Flag("force")).Prepare(device);
        if (prepared.IsFailure)
            return prepared;
        NdDevice? target = device;
        if (context.Namespace(device)!.Type == NamespaceType.Io && request.AutoLabel)
        {
            Errno labelled = EnableLabels(regionDevice).Errno;
            if (labelled != Errno.ENODEV)
                target = IdleNamespace(regionDevice);
            if (target is null || (labelled != Errno.ENODEV && !IsConfigurationIdle(context.Namespace(target.Value)!)))
                return ToolOutcome.Failed(Errno.ENODEV);
        }
        return SetUp(regionDevice, target.Value, request);
    }

    private (NamespaceRequest? Request, Errno Errno) Validate(NdDevice regionDevice, NdDevice? device)
    {
        RegionState region = context.Region(regionDevice);
        NamespaceState? ndns = device is { } d ? context.Namespace(d) : null;
        if (!region.IsBound)
            return Refuse(Errno.EAGAIN);

        ulong unit = 1;
        ByteSize size = ByteSize.Zero;
        bool defaultSize = false;
        if (options.Text("size") is { } sizeText)
            size = new ByteSize(NdctlSize.TryParse(sizeText, out unit)!.Value);
        else if (ndns is not null)
            size = ndns.Size;
        else
            defaultSize = true;

        bool labelless = RegionDriver.TypeOf(context.Machine, region) == NamespaceType.Io;
        if (ndns is null)
        {
            ByteSize available = labelless ? region.Range.Size : RegionSpace.MaxAvailableExtent(context.Machine, region);
            if (available.IsZero || size > available)
                return Refuse(Errno.EAGAIN);
            if (size.IsZero)
                size = available;
        }
        if (labelless && size != region.Range.Size)
        {
            context.Error("Legacy / label-less namespaces do not support sub-dividing a region");
            context.Error("Retry without -s/--size=");
            return Refuse(Errno.EINVAL);
        }

        Uuid uuid = options.Text("uuid") is { } given ? Uuid.Parse(given) : context.NewUuid();
        string name = options.Text("name") ?? ndns?.AltName ?? "";
        if (System.Text.Encoding.UTF8.GetByteCount(name) > NamespaceAttributes.NameLengthMax)
            return RefuseWith("validate_namespace_options: alt name overflow");
        string mode = NamespaceRules.ModeOf(_filled.Mode) ?? NamespaceJson.ModeOf(context, ndns!);

        (ByteSize align, Errno alignErrno) = AlignFor(region, ndns, mode);
        if (alignErrno != Errno.None)
            return (null, alignErrno);
        if (context.Machine.Kernel.Get(Rules.RegionsHaveAlign) && !size.IsMultipleOf(region.Align))
            return RefuseWith($"{regionDevice}: align setting is 0x{region.Align.Bytes:x} size {Hex(size)} is misaligned");
        ulong ways = (ulong)Math.Max(1, region.Ways);
        if (!size.IsMultipleOf(align * ways))
            return RefuseWith(SizeAdvice(size, align, ways, unit));
        if (size < ByteSize.MiB(16) && mode != "raw")
        {
            if (defaultSize)
                return Refuse(Errno.EAGAIN);
            context.Error($"'--size=' must be >= 16MiB for '{mode}' mode");
            return Refuse(Errno.EINVAL);
        }
        (ulong sector, Errno sectorErrno) = SectorSizeFor(regionDevice, ndns, mode);
        if (sectorErrno != Errno.None)
            return (null, sectorErrno);

        string? map = _filled.Map;
        if (map is not null && ndns is not null && mode is not ("fsdax" or "devdax"))
            return RefuseWith($"{ndns.Device}: --map= only valid for fsdax mode namespace");
        PageMapMode location =
            map == "mem" ? PageMapMode.Ram
            : map is not null || mode is "fsdax" or "devdax" ? PageMapMode.Pmem
            : PageMapMode.None;
        return (
            new NamespaceRequest(
                uuid,
                name,
                mode,
                size,
                sector,
                align,
                location,
                AutoLabel: options.Flag("autolabel"),
                AutoRecover: options.Flag("autorecover")
            ),
            Errno.None
        );
    }

    private static (NamespaceRequest?, Errno) Refuse(Errno errno) => (null, errno);

    private (NamespaceRequest?, Errno) RefuseWith(string message)
    {
        context.CountedError(Command, message);
        return Refuse(Errno.EINVAL);
    }

    private static string Hex(ByteSize size) => size.IsZero ? "0" : $"0x{size.Bytes:x}";

    /// <summary>The next larger size that would do, in the unit of the option.</summary>
    private static string SizeAdvice(ByteSize size, ByteSize align, ulong ways, ulong unit)
    {
        ulong step = Math.Max(unit, align.Bytes) * ways;
        ulong advised = unchecked(((size.Bytes / step) + 1) * step) / unit;
        string suffix = unit switch
        {
            1UL << 10 => "K",
            1UL << 20 => "M",
            1UL << 30 => "G",
            1UL << 40 => "T",
            _ => "",
        };
        return $"'--size=' must align to interleave-width: {ways} and alignment: {align.Bytes}\ndid you intend --size={advised}{suffix}?";
    }

    private (ByteSize Align, Errno Errno) AlignFor(RegionState region, NamespaceState? ndns, string mode)
    {
        if (options.Text("align") is { } text)
        {
            if (mode is not ("fsdax" or "devdax"))
            {
                context.Error($"{mode} mode does not support setting an alignment");
                return (default, Errno.ENXIO);
            }
            var wanted = new ByteSize(NdctlSize.TryParse(text)!.Value);
            if (context.Machine.Architecture.SupportedAligns.Contains(wanted))
                return (wanted, Errno.None);
            context.Error($"unsupported align: {text}");
            return (default, Errno.ENXIO);
        }
        ByteSize align;
        if (ndns is not null && mode == NamespaceJson.ModeOf(context, ndns))
            align = context.HolderOf(ndns)?.Align ?? context.PageSize;
        else if (mode == "fsdax")
            align = region.Pfns[region.PfnSeed!.Value].Align;
        else if (mode == "devdax")
            align = region.Daxes[region.DaxSeed!.Value].Align;
        else
            align = context.PageSize;
        return (region.Range.Start.Bytes & (align.Bytes - 1)) == 0 ? (align, Errno.None) : (context.PageSize, Errno.None);
    }

    private (ulong Bytes, Errno Errno) SectorSizeFor(NdDevice regionDevice, NamespaceState? ndns, string mode)
    {
        RegionState region = context.Region(regionDevice);
        if (_filled.SectorSize is { } text)
        {
            ulong bytes = NdctlSize.TryParse(text)!.Value;
            bool isSector = mode == "sector";
            ulong[] supported = isSector ? BttSectorSizes : SectorSizesOf(ndns ?? context.Namespace(Seed(region))!);
            if (supported.Contains(bytes))
                return (bytes, Errno.None);
            context.CountedError(Command, $"{regionDevice}: does not support {(isSector ? "btt" : "namespace")} sector_size {bytes}");
            return (0, Errno.EINVAL);
        }
        // Still a BTT: its sector size is kept, also where the label's differs.
        if (ndns is not null && mode == "sector" && context.BttOf(ndns) is { } btt)
            return (BttSectorSizes.Contains(btt.LbaSizeBytes) ? btt.LbaSizeBytes : UnknownSectorSize, Errno.None);
        if (ndns is not null)
            return (
                SectorSizesOf(ndns).Length == 0 ? 0
                : ndns.LbaSize == 0 ? UnknownSectorSize
                : ndns.LbaSize,
                Errno.None
            );
        return (SectorSizesOf(context.Namespace(Seed(region))!).Length == 0 ? UnknownSectorSize : 512, Errno.None);
    }

    private static ulong[] SectorSizesOf(NamespaceState ndns) => ndns.Type == NamespaceType.Pmem ? LabelSectorSizes : [];

    private static NdDevice Seed(RegionState region) => new(NdDeviceKind.Namespace, region.Device.Number, region.NamespaceSeed!.Value);

    /// <summary>The 0th namespace where it is idle, else the seed (region_get_namespace()).</summary>
    private NdDevice? IdleNamespace(NdDevice regionDevice)
    {
        RegionState region = context.Region(regionDevice);
        if (region.Namespaces.GetValueOrDefault(0) is { } first && IsConfigurationIdle(first))
            return first.Device;
        return region.NamespaceSeed is null ? null : Seed(region);
    }

    private bool IsConfigurationIdle(NamespaceState ndns)
    {
        if (context.IsActive(ndns))
            return false;
        if (ndns.Type == NamespaceType.Io)
            return true;
        bool configured = ndns.Size.Bytes >= 4096 && ndns.Uuid is { IsZero: false };
        return !configured;
    }

    /// <summary>
    /// Tries labels 1.2, then 1.1 where the kernel does not show the slots of 1.2 (enable_labels()). ENODEV: some DIMM has no label area.
    /// </summary>
    private ToolOutcome EnableLabels(NdDevice regionDevice)
    {
        RegionState region = context.Region(regionDevice);
        DimmState[] dimms = [.. RegionDriver.DimmsOf(context.Machine, region)];
        if (dimms.Length == 0 || dimms.Any(d => !d.HasLabelArea))
            return ToolOutcome.Failed(Errno.ENODEV);
        if (region.IsBound)
            context.Unbind(regionDevice);
        if (dimms.Any(d => DimmDriver.IsActive(context.Machine, d.Device)))
        {
            foreach (DimmState dimm in dimms.Where(d => DimmDriver.IsActive(context.Machine, d.Device)))
                context.Output.Err($"  Warning: {dimm.Device} is active in {regionDevice}, failing autolabel\n\n");
        }
        else
        {
            foreach (DimmState dimm in dimms)
                LabelCommands.Initialise(context, dimm.Device, LabelVersion.V1_2);
        }
        context.EnableRegion(regionDevice);
        if (RegionDriver.TypeOf(context.Machine, context.Region(regionDevice)) == NamespaceType.Pmem)
            return ToolOutcome.Done;
        context.CountedError(Command, $"{regionDevice}: failed to initialize labels");
        return ToolOutcome.Failed(Errno.EBUSY);
    }

    private ToolOutcome SetUp(NdDevice regionDevice, NdDevice device, NamespaceRequest request)
    {
        if (context.Namespace(device)!.Type == NamespaceType.Pmem && SetLabel(device, request) is { IsFailure: true } labelled)
            return labelled;
        if (SetSectorSize(device, request) is { IsFailure: true } sector)
            return sector;
        Uuid uuid = context.NewUuid();
        // Older kernels have no holder class, so its errors do not count.
        context.Step(
            NamespaceAttributes.SetHolderClass(
                context.Machine,
                device,
                request.Mode switch
                {
                    "fsdax" => "pfn",
                    "devdax" => "dax",
                    "sector" => "btt",
                    _ => "",
                }
            )
        );

        NamespaceState ndns = context.Namespace(device)!;
        ToolOutcome result;
        if (request.Mode == "fsdax" && (NamespaceJson.ModeOf(context, ndns) != "fsdax" || request.Map == PageMapMode.Pmem))
            result = SetUpPersonality(
                new NdDevice(NdDeviceKind.Pfn, regionDevice.Number, context.Region(regionDevice).PfnSeed!.Value),
                ndns,
                uuid,
                request
            );
        else if (request.Mode == "devdax")
            result = SetUpPersonality(
                new NdDevice(NdDeviceKind.Dax, regionDevice.Number, context.Region(regionDevice).DaxSeed!.Value),
                ndns,
                uuid,
                request
            );
        else if (request.Mode == "sector")
            result = SetUpBtt(
                new NdDevice(NdDeviceKind.Btt, regionDevice.Number, context.Region(regionDevice).BttSeed!.Value),
                ndns,
                uuid,
                request
            );
        else
            result = context.EnableNamespace(device);
        return result.IsTold ? result : Report(device, result);
    }

    private ToolOutcome Report(NdDevice device, ToolOutcome result)
    {
        if (!result.IsDone)
        {
            context.Error($"{device}: failed to enable");
            return result;
        }
        JsonObject json = NamespaceJson.Of(context, context.Namespace(device)!, JsonDetail.Dax | JsonDetail.DaxDevices);
        context.Output.Out(JsonPrinter.Pretty(json) + "\n");
        return ToolOutcome.Done;
    }

    private ToolOutcome SetLabel(NdDevice device, NamespaceRequest request)
    {
        if (Try("set_uuid", device, NamespaceAttributes.SetUuid(context.Machine, device, request.Uuid)) is { IsFailure: true } uuid)
            return uuid;
        if (Try("set_alt_name", device, NamespaceAttributes.SetAltName(context.Machine, device, request.Name)) is { IsFailure: true } name)
            return name;
        // libndctl itself refuses 0: the uuid and the name stay.
        return Try(
            "set_size",
            device,
            request.Size.IsZero ? context.Machine.Fail(Errno.EINVAL) : NamespaceAttributes.SetSize(context.Machine, device, request.Size)
        );
    }

    private ToolOutcome SetSectorSize(NdDevice device, NamespaceRequest request)
    {
        if (request.SectorSizeBytes is 0 or UnknownSectorSize)
            return ToolOutcome.Done;
        if (SectorSizesOf(context.Namespace(device)!).Contains(request.SectorSizeBytes))
            return Try("set_sector_size", device, NamespaceAttributes.SetSectorSize(context.Machine, device, request.SectorSizeBytes));
        if (request.Mode == "sector" || request.SectorSizeBytes == 512)
            return ToolOutcome.Done;
        context.Error($"{device}: sector_size: {request.SectorSizeBytes} not supported");
        return ToolOutcome.Failed(Errno.EINVAL);
    }

    private ToolOutcome SetUpPersonality(NdDevice personality, NamespaceState ndns, Uuid uuid, NamespaceRequest request)
    {
        if (!ndns.Range.Start.IsAligned(ByteSize.MiB(16)) && !options.Flag("force"))
        {
            context.Error($"{ndns.Device} misaligned to 16M, adjust region alignment and retry");
            return ToolOutcome.Failed(Errno.EINVAL).AsTold();
        }
        if (Try("set_uuid", personality, PfnAttributes.SetUuid(context.Machine, personality, uuid)) is { IsFailure: true } a)
            return a.AsTold();
        if (Try("set_location", personality, PfnAttributes.SetMode(context.Machine, personality, request.Map)) is { IsFailure: true } b)
            return b.AsTold();
        if (Try("set_align", personality, PfnAttributes.SetAlign(context.Machine, personality, request.Align)) is { IsFailure: true } c)
            return c.AsTold();
        if (
            Try("set_namespace", personality, PfnAttributes.SetNamespace(context.Machine, personality, ndns.Device.Name)) is
            { IsFailure: true } d
        )
            return d.AsTold();
        Errno enabled = context.EnablePersonality(personality);
        if (enabled == Errno.None)
            return ToolOutcome.Done;
        if (request.AutoRecover)
            context.Step(PfnAttributes.SetNamespace(context.Machine, personality, ""));
        return ToolOutcome.Of(enabled);
    }

    private ToolOutcome SetUpBtt(NdDevice btt, NamespaceState ndns, Uuid uuid, NamespaceRequest request)
    {
        ulong sectorSize = request.SectorSizeBytes == UnknownSectorSize ? 4096 : request.SectorSizeBytes;
        if (Try("set_uuid", btt, BttAttributes.SetUuid(context.Machine, btt, uuid)) is { IsFailure: true } a)
            return a.AsTold();
        if (Try("set_sector_size", btt, BttAttributes.SetSectorSize(context.Machine, btt, sectorSize)) is { IsFailure: true } b)
            return b.AsTold();
        if (Try("set_namespace", btt, BttAttributes.SetNamespace(context.Machine, btt, ndns.Device.Name)) is { IsFailure: true } c)
            return c.AsTold();
        return ToolOutcome.Of(context.EnablePersonality(btt)); // a failure leaves the namespace claimed, with or without autorecover
    }

    private ToolOutcome Try(string operation, NdDevice device, StepResult result)
    {
        Errno errno = context.Step(result);
        if (errno == Errno.None)
            return ToolOutcome.Done;
        context.CountedError(Command, $"{device}: {operation} failed: {errno.Describe()}");
        return ToolOutcome.Of(errno);
    }
}
