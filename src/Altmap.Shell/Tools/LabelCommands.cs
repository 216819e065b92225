using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands on DIMMs and their label areas (ndctl/dimm.c dimm_action() and its actions, ndctl/lib/dimm.c; 76.1).</summary>
internal sealed class LabelCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    public int Enable() => Each("enabled", d => -(int)context.EnableDimm(d));

    public int Disable() =>
        Each(
            "disabled",
            device =>
            {
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device} is active, skipping...\n");
                    return -(int)Errno.EBUSY;
                }
                if (context.Machine.Dimms[device].IsBound)
                    context.Unbind(device);
                return 0;
            }
        );

    public int Init()
    {
        string text = options.Text("label-version") ?? "1.1";
        if (text is not ("1.1" or "v1.1" or "1.2" or "v1.2"))
        {
            context.Output.Err($"'{text}' is not a valid label version\n");
            return Close("initialized", -(int)Errno.EINVAL);
        }
        LabelVersion version = text.EndsWith("1.1", StringComparison.Ordinal) ? LabelVersion.V1_1 : LabelVersion.V1_2;
        return Each(
            "initialized",
            device =>
            {
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return -(int)Errno.ENXIO;
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device}: regions active, abort label write\n");
                    return -(int)Errno.EBUSY;
                }
                if (NdctlLabelCheck.Check(dimm.LabelBytes).IsValid && !options.Flag("force"))
                {
                    context.Output.Err($"{device}: error: labels already initialized\n");
                    return -(int)Errno.EBUSY;
                }
                return Initialise(context, device, version);
            }
        );
    }

    /// <summary>Writes both index blocks and has the kernel read the area again.</summary>
    public static int Initialise(ToolContext context, NdDevice device, LabelVersion version)
    {
        LabelAreaChange change = LabelInitialisation.InitLabels(context.Machine.Dimms[device].LabelBytes, version);
        return change.Errno != Errno.None ? -(int)change.Errno : Replace(context, device, change.Plan);
    }

    public int Zero() =>
        Each(
            "zeroed",
            device =>
            {
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device}: regions active, abort label write\n");
                    return -(int)Errno.EBUSY;
                }
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return -(int)Errno.EINVAL;
                LabelAreaChange change = LabelInitialisation.ZeroLabels(
                    dimm.LabelBytes,
                    new ByteSize((ulong)options.Number("size")),
                    new MediaOffset((ulong)options.Number("offset"))
                );
                return change.Errno != Errno.None ? -(int)change.Errno : Replace(context, device, change.Plan);
            }
        );

    public int Check()
    {
        int result = Each(
            null,
            device =>
            {
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return -(int)Errno.ENXIO;
                return NdctlLabelCheck.Check(dimm.LabelBytes).IsValid ? 0 : -(int)Errno.ENXIO;
            }
        );
        int done = Math.Max(0, result);
        context.Output.Err($"successfully verified {done} nmem label{(done > 1 ? "s" : "")}\n");
        return result >= 0 ? 0 : 1;
    }

    public int Read()
    {
        bool human = options.Flag("human"),
            json = human || options.Flag("json"),
            indexOnly = options.Flag("index");
        string? path = options.Text("output");
        if (!json && path is null)
            throw new NotModelledException("read-labels without -j writes raw bytes to standard output: give it -o FILE");
        var dumps = new List<(string, LabelDump)>();
        using var raw = new MemoryStream();
        int result = Each(
            null,
            device =>
            {
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return -(int)Errno.EINVAL;
                if (!json)
                    return Extent(dimm, indexOnly) is { } extent ? Append(raw, extent) : -(int)Errno.EINVAL;
                if (LabelJson.Read(dimm.LabelBytes, human, indexOnly) is not { } dump)
                    return -(int)Errno.ENOMEM;
                dumps.Add((device.Name, dump));
                return 0;
            }
        );
        string text = dumps.Count > 0 ? LabelJson.Format(dumps) + "\n" : "";
        if (path is null)
            context.Output.Out(text);
        else
            context.WriteFile(path, json ? Encoding.UTF8.GetBytes(text) : raw.ToArray());
        return Close("read", result);
    }

    /// <summary>
    /// Writes a file over the start of an area. The tool counts the DIMM before it writes: a write that fails is told and still "wrote 1
    /// nmem", exit code 0.
    /// </summary>
    public int Write()
    {
        if (options.Text("input") is not { } path)
            throw new NotModelledException("write-labels from standard input: give it -i FILE");
        if (!context.Files.TryGetValue(path, out SparseBytes? file))
            throw new NotModelledException(
                $"write-labels of {path}: only files that this session wrote are known, as by `ndctl read-labels -o {path} nmem0`"
            );
        NdDevice? only = null;
        int matched = Each(
            null,
            device =>
            {
                if (only is not null)
                    throw new NotModelledException("write-labels to more than one DIMM, which the tool refuses with its usage text");
                only = device;
                return 0;
            }
        );
        if (only is { } device)
            Overwrite(device, file);
        return Close("wrote", matched);
    }

    private void Overwrite(NdDevice device, SparseBytes file)
    {
        if (DimmDriver.IsActive(context.Machine, device))
        {
            context.Output.Err("dimm is active, abort label write\n");
            return;
        }
        DimmState dimm = context.Machine.Dimms[device];
        if (!dimm.HasLabelArea || Extent(dimm, indexOnly: false) is not { } extent)
            return;
        int count = (int)Math.Min((ulong)extent.Length, file.LengthBytes);
        Replace(context, device, WritePlan.Of(new MediaOffset(0), file.Read(0, count)));
    }

    /// <summary>The bytes that -s and --index select, or null where they do not fit the area (ndctl_dimm_read_label_extent(),
    /// ndctl_dimm_read_label_index()).</summary>
    private byte[]? Extent(DimmState dimm, bool indexOnly)
    {
        // With an offset the tool's loop mixes up what is relative to it.
        if (options.Number("offset") != 0)
            throw new NotModelledException($"{options.Command.Name} from an offset");
        ulong area = dimm.LabelBytes.LengthBytes,
            size = (ulong)options.Number("size");
        if (indexOnly)
        {
            if (LabelGeometry.For(new ByteSize(area), LabelVersion.V1_1.LabelSizeBytes()) is not { } geometry)
                throw new NotModelledException("the index blocks of an area too small for them");
            size = 2 * (ulong)geometry.IndexSizeBytes;
        }
        if (size == 0)
            size = area;
        return size > area ? null : dimm.LabelBytes.Read(0, (int)size);
    }

    private static int Append(MemoryStream file, byte[] bytes)
    {
        file.Write(bytes);
        return 0;
    }

    /// <summary>Writes a whole area; an enabled DIMM is disabled and enabled again, so that the kernel looks anew.</summary>
    private static int Replace(ToolContext context, NdDevice device, WritePlan plan)
    {
        Errno written = context.Step(DimmDriver.WriteLabelArea(context.Machine, device, plan));
        if (written != Errno.None)
            return -(int)written;
        if (!context.Machine.Dimms[device].IsBound)
            return 0;
        context.Unbind(device);
        return -(int)context.EnableDimm(device);
    }

    /// <summary>The number of DIMMs done, or the first error when none was. With <paramref name="past"/> the closing line is printed and
    /// the exit code given.</summary>
    private int Each(string? past, Func<NdDevice, int> action)
    {
        int done = 0,
            error = 0;
        foreach (string name in arguments.Where(n => n == "all" || StartsWithDimmNumber(n)))
        {
            foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
            {
                foreach (DimmState dimm in context.Dimms(bus).Where(d => Filters.Dimm(d.Device, name)))
                {
                    int result = action(dimm.Device);
                    if (result == 0)
                        done++;
                    else if (error == 0)
                        error = result;
                }
            }
        }
        int outcome = done > 0 ? done : error;
        return past is null ? outcome : Close(past, outcome);
    }

    private int Close(string past, int outcome)
    {
        int done = Math.Max(0, outcome);
        context.Output.Err($"{past} {done} nmem{(done > 1 ? "s" : "")}\n");
        return outcome >= 0 ? 0 : 1;
    }

    private static bool StartsWithDimmNumber(string name) =>
        name.StartsWith("nmem", StringComparison.Ordinal)
        && name.Length > 4
        && char.IsAsciiDigit(name[4])
        && int.TryParse(string.Concat(name.Skip(4).TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
