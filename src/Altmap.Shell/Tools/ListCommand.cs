using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary><c>ndctl list</c> (ndctl/list.c, filter.c; 76.1).</summary>
internal sealed class ListCommand
{
    private readonly ToolContext _context;
    private readonly OptionResult _options;
    private readonly bool _buses,
        _dimms,
        _regions,
        _namespaces,
        _idle,
        _configured;
    private readonly string? _mode;
    private readonly JsonDetail _flags;
    private int _node = -1;

    private ListCommand(ToolContext context, OptionResult options)
    {
        _context = context;
        _options = options;
        (_buses, _dimms, _regions, _namespaces) = (
            options.Flag("buses"),
            options.Flag("dimms"),
            options.Flag("regions"),
            options.Flag("namespaces")
        );
        _mode = options.Text("mode");
        bool dax = options.Flag("device-dax");
        if (!AnySelected())
        {
            _buses = options.Text("bus") is not null;
            _regions = options.Text("region") is not null;
            _dimms = options.Text("dimm") is not null;
            if (dax)
                _mode ??= "dax";
        }
        int verbose = options.Count("verbose");
        if (verbose >= 2)
            _dimms = _buses = _regions = true;
        if (verbose >= 1)
            _namespaces = dax = true;
        if (!AnySelected())
            _namespaces = true;
        _idle = options.Flag("idle") || verbose >= 3;
        _configured = options.Flag("configured");
        _flags = Flags(options, dax, verbose);
    }

    public static ToolOutcome Run(ToolContext context, OptionResult options)
    {
        var command = new ListCommand(context, options);
        return command.RejectsFilters() ? ToolOutcome.Failed(Errno.EINVAL) : command.Print();
    }

    private bool AnySelected() => _buses || _dimms || _regions || _namespaces;

    private static JsonDetail Flags(OptionResult options, bool dax, int verbose)
    {
        JsonDetail flags = JsonDetail.None;
        if (options.Flag("idle") || verbose >= 3)
            flags |= JsonDetail.Idle;
        if (options.Flag("configured"))
            flags |= JsonDetail.Configured;
        if (options.Flag("human"))
            flags |= JsonDetail.Human;
        if (verbose >= 1)
            flags |= JsonDetail.Verbose;
        if (dax)
            flags |= JsonDetail.Dax | JsonDetail.DaxDevices;
        if (options.Flag("capabilities") || verbose >= 3)
            flags |= JsonDetail.Capabilities;
        return flags;
    }

    private bool RejectsFilters()
    {
        if (_options.Text("type") is { } type && type is not ("pmem" or "blk"))
        {
            _context.Error($"unknown type \"{type}\" must be \"pmem\" or \"blk\"");
            return true;
        }
        if (_mode is not null && NamespaceRules.ModeOf(_mode) is null)
        {
            _context.Error($"invalid mode: '{_mode}'");
            return true;
        }
        if (
            _options.Text("numa-node") is { } node
            && node != "all"
            && !int.TryParse(node, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _node)
        )
        {
            _context.Error($"invalid numa_node: '{node}'");
            return true;
        }
        return false;
    }

    /// <summary>
    /// Objects nest where their parents are listed too: dimms and regions in a bus, namespaces in a region. Without buses they collect
    /// over
    /// all buses;
    /// with several kinds then, an object holds an array of each.
    /// </summary>
    private ToolOutcome Print()
    {
        JsonArray? buses = null,
            dimms = null,
            regions = null,
            namespaces = null;
        foreach (NdDevice bus in _context.Buses().Where(TakesBus))
        {
            JsonObject? busJson = _buses
                ? JsonObject.Empty.Add("provider", _context.Machine.Buses[bus].Provider).Add("dev", bus.Name)
                : null;
            if (busJson is not null)
                (dimms, regions, namespaces) = (null, null, null);
            foreach (DimmState dimm in _context.Dimms(bus).Where(TakesDimm))
                dimms = (dimms ?? JsonArray.Empty).Add(DimmJson(dimm));
            foreach (NdDevice region in _context.Regions(bus).Where(TakesRegion))
                (regions, namespaces) = AddRegion(region, regions, namespaces);
            if (busJson is null)
                continue;
            // Namespaces without regions hang off the bus.
            busJson = busJson.AddIfPresent("dimms", dimms).AddIfPresent("regions", regions);
            if (regions is null)
                busJson = busJson.AddIfPresent("namespaces", namespaces);
            buses = (buses ?? JsonArray.Empty).Add(busJson);
        }

        if (buses is not null)
        {
            Display(buses);
        }
        else if (new[] { dimms, regions, namespaces }.Count(a => a is not null) > 1)
        {
            JsonObject platform = JsonObject.Empty.AddIfPresent("dimms", dimms).AddIfPresent("regions", regions);
            if (regions is null)
                platform = platform.AddIfPresent("namespaces", namespaces);
            _context.Output.Out(JsonPrinter.Pretty(platform) + "\n");
        }
        else if ((dimms ?? regions ?? namespaces) is { } only)
        {
            Display(only);
        }
        return ToolOutcome.Done;
    }

    private void Display(JsonArray array)
    {
        PrintedText text = NdctlJson.Display(array, _flags);
        _context.Output.Err(text.Stderr);
        _context.Output.Out(text.Stdout);
    }

    private (JsonArray? Regions, JsonArray? Namespaces) AddRegion(NdDevice device, JsonArray? regions, JsonArray? namespaces)
    {
        RegionState region = _context.Region(device);
        bool listed = _regions && (_configured || _idle || region.IsBound);
        JsonArray? own = listed ? null : namespaces;
        foreach (NdDevice ndns in _namespaces ? _context.Namespaces(device) : [])
        {
            if (TakesNamespace(ndns))
                own = (own ?? JsonArray.Empty).Add(NamespaceJson.Of(_context, _context.Namespace(ndns)!, _flags));
        }
        if (!listed)
            return (regions, own);
        return ((regions ?? JsonArray.Empty).Add(RegionJson(region).AddIfPresent("namespaces", own)), own);
    }

    private JsonObject RegionJson(RegionState region)
    {
        bool labelled = RegionDriver.TypeOf(_context.Machine, region) == NamespaceType.Pmem;
        ByteSize available = labelled ? RegionSpace.AvailableSize(_context.Machine, region) : ByteSize.Zero;
        ByteSize extent = labelled ? RegionSpace.MaxAvailableExtent(_context.Machine, region) : ByteSize.Zero;
        JsonObject json = JsonObject.Empty.Add("dev", region.Device.Name).Add("size", NdctlJson.Size(region.Range.Size, _flags));
        if (_context.Machine.Kernel.Get(Rules.RegionsHaveAlign))
            json = json.Add("align", NdctlJson.Size(region.Align, _flags));
        json = json.Add("available_size", NdctlJson.Size(available, _flags))
            .Add("max_available_extent", NdctlJson.Size(extent, _flags))
            .Add("type", "pmem");
        if ((_flags & JsonDetail.Verbose) != 0)
        {
            if (region.Description.NumaNode >= 0)
                json = json.Add("numa_node", (long)region.Description.NumaNode);
            if (region.Description.TargetNode >= 0 && _context.Machine.Kernel.Get(Rules.HasTargetNode))
                json = json.Add("target_node", (long)region.Description.TargetNode);
        }
        if (labelled)
            json = json.Add("iset_id", NdctlJson.CappedHex(RegionDriver.SetCookie(_context.Machine, region), _flags));
        if (_dimms && MappingsJson(region) is { } mappings)
            json = json.Add("mappings", mappings);
        if (!region.IsBound)
            json = json.Add("state", "disabled");
        if ((_flags & JsonDetail.Capabilities) != 0 && region.PfnSeed is not null)
            json = json.Add("capabilities", Capabilities());
        return json.Add("persistence_domain", "unknown");
    }

    private JsonArray? MappingsJson(RegionState region)
    {
        JsonArray? mappings = null;
        foreach (MappingDescription mapping in region.Description.Mappings.Reverse())
        {
            DimmState dimm = _context.Machine.Dimms.Values.First(d => d.Device.Name == mapping.Dimm);
            if (!Filters.Dimm(dimm.Device, _options.Text("dimm")) || !(_configured || _idle || dimm.IsBound))
                continue;
            mappings = (mappings ?? JsonArray.Empty).Add(
                JsonObject
                    .Empty.Add("dimm", mapping.Dimm)
                    .Add("offset", NdctlJson.Hex(mapping.Offset.Bytes, _flags))
                    .Add("length", NdctlJson.Hex(mapping.Size.Bytes, _flags))
                    .Add("position", (long)mapping.Position)
            );
        }
        return mappings;
    }

    private JsonArray Capabilities()
    {
        JsonArray aligns = JsonArray.Of(_context.Machine.Architecture.SupportedAligns.Select(a => (JsonValue)a.Bytes));
        JsonArray sectors = JsonArray.Of(((long[])[512, 520, 528, 4096, 4104, 4160, 4224]).Select(s => (JsonValue)s));
        return JsonArray
            .Empty.Add(JsonObject.Empty.Add("mode", "sector").Add("sector_sizes", sectors))
            .Add(JsonObject.Empty.Add("mode", "fsdax").Add("alignments", aligns))
            .Add(JsonObject.Empty.Add("mode", "devdax").Add("alignments", aligns));
    }

    private JsonObject DimmJson(DimmState dimm)
    {
        JsonObject json = JsonObject.Empty.Add("dev", dimm.Device.Name);
        if (dimm.Description.Id.Length > 0)
            json = json.Add("id", dimm.Description.Id);
        if (_context.Machine.Buses.Values.First(b => b.Name == dimm.Bus).Provider == "ACPI.NFIT")
            json = json.Add("handle", NdctlJson.Hex(dimm.Description.Handle, _flags))
                .Add("phys_id", NdctlJson.Hex(dimm.Description.PhysicalId, _flags));
        return dimm.IsBound ? json : json.Add("state", "disabled");
    }

    private bool TakesBus(NdDevice bus)
    {
        if (!Filters.Bus(_context, bus, _options.Text("bus")))
            return false;
        if (IsNarrow("dimm", out string dimm) && !_context.Dimms(bus).Any(d => Filters.Dimm(d.Device, dimm)))
            return false;
        if (IsNarrow("region", out string region) && !_context.Regions(bus).Any(r => Filters.Region(r, region)))
            return false;
        return !IsNarrow("namespace", out string ndns) || _context.Regions(bus).Any(r => HasNamespace(r, ndns));
    }

    private bool TakesDimm(DimmState dimm)
    {
        if (!_dimms || !Filters.Dimm(dimm.Device, _options.Text("dimm")))
            return false;
        NdDevice[] regions =
        [
            .. _context
                .Machine.Regions.Values.Where(r => r.Description.Mappings.Any(m => m.Dimm == dimm.Device.Name))
                .Select(r => r.Device),
        ];
        if (IsNarrow("region", out string region) && !regions.Any(r => Filters.Region(r, region)))
            return false;
        if (IsNarrow("namespace", out string ndns) && !regions.Any(r => HasNamespace(r, ndns)))
            return false;
        if (_node != -1 && !regions.Any(r => _context.Region(r).Description.NumaNode == _node))
            return false;
        return _configured || _idle || dimm.IsBound;
    }

    private bool TakesRegion(NdDevice device)
    {
        RegionState region = _context.Region(device);
        if (!Filters.Region(device, _options.Text("region")))
            return false;
        if (IsNarrow("dimm", out string dimm) && !RegionDriver.DimmsOf(_context.Machine, region).Any(d => Filters.Dimm(d.Device, dimm)))
            return false;
        if (IsNarrow("namespace", out string ndns) && !HasNamespace(device, ndns))
            return false;
        return (_node == -1 || region.Description.NumaNode == _node) && _options.Text("type") is null or "pmem";
    }

    private bool TakesNamespace(NdDevice device)
    {
        NamespaceState ndns = _context.Namespace(device)!;
        if (!Filters.Namespace(device, _options.Text("namespace")))
            return false;
        if (_mode is not null && NamespaceRules.ModeOf(_mode) != NamespaceJson.ModeOf(_context, ndns))
            return false;
        return _context.IsActive(ndns) || _idle || (_configured && !ndns.Size.IsZero);
    }

    private bool HasNamespace(NdDevice region, string filter) => _context.Namespaces(region).Any(n => Filters.Namespace(n, filter));

    /// <summary>A filter that does not take everything.</summary>
    private bool IsNarrow(string option, out string filter)
    {
        filter = _options.Text(option) ?? "all";
        return filter != "all";
    }
}
