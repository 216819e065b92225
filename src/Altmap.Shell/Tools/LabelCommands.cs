using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands on DIMMs and their label areas (ndctl/dimm.c dimm_action() and its actions, ndctl/lib/dimm.c; 76.1).</summary>
internal sealed class LabelCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    public ToolOutcome Enable() => Each("enabled", d => ToolOutcome.Of(context.EnableDimm(d)));

    public ToolOutcome Disable() =>
        Each(
            "disabled",
            device =>
            {
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device} is active, skipping...\n");
                    return ToolOutcome.Failed(Errno.EBUSY);
                }
                if (context.Machine.Dimms[device].IsBound)
                    context.Unbind(device);
                return ToolOutcome.Done;
            }
        );

    public ToolOutcome Init()
    {
        string text = options.Text("label-version") ?? "1.1";
        if (text is not ("1.1" or "v1.1" or "1.2" or "v1.2"))
        {
            context.Output.Err($"'{text}' is not a valid label version\n");
            return Close("initialized", (0, Errno.EINVAL));
        }
        LabelVersion version = text.EndsWith("1.1", StringComparison.Ordinal) ? LabelVersion.V1_1 : LabelVersion.V1_2;
        return Each(
            "initialized",
            device =>
            {
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return ToolOutcome.Failed(Errno.ENXIO);
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device}: regions active, abort label write\n");
                    return ToolOutcome.Failed(Errno.EBUSY);
                }
                if (NdctlLabelCheck.Check(dimm.LabelBytes).IsValid && !options.Flag("force"))
                {
                    context.Output.Err($"{device}: error: labels already initialized\n");
                    return ToolOutcome.Failed(Errno.EBUSY);
                }
                return Initialise(context, device, version);
            }
        );
    }

    /// <summary>Writes both index blocks and has the kernel read the area again.</summary>
    public static ToolOutcome Initialise(ToolContext context, NdDevice device, LabelVersion version)
    {
        LabelAreaChange change = LabelInitialisation.InitLabels(context.Machine.Dimms[device].LabelBytes, version);
        return change.Errno != Errno.None ? ToolOutcome.Failed(change.Errno) : Replace(context, device, change.Plan);
    }

    public ToolOutcome Zero() =>
        Each(
            "zeroed",
            device =>
            {
                if (DimmDriver.IsActive(context.Machine, device))
                {
                    context.Output.Err($"{device}: regions active, abort label write\n");
                    return ToolOutcome.Failed(Errno.EBUSY);
                }
                DimmState dimm = context.Machine.Dimms[device];
                if (!dimm.HasLabelArea)
                    return ToolOutcome.Failed(Errno.EINVAL);
                LabelAreaChange change = LabelInitialisation.ZeroLabels(
                    dimm.LabelBytes,
                    new ByteSize((ulong)options.Number("size")),
                    new MediaOffset((ulong)options.Number("offset"))
                );
                return change.Errno != Errno.None ? ToolOutcome.Failed(change.Errno) : Replace(context, device, change.Plan);
            }
        );

    public ToolOutcome Check()
    {
        (int Done, Errno Error) counted = Count(device =>
        {
            DimmState dimm = context.Machine.Dimms[device];
            if (!dimm.HasLabelArea)
                return ToolOutcome.Failed(Errno.ENXIO);
            return NdctlLabelCheck.Check(dimm.LabelBytes).IsValid ? ToolOutcome.Done : ToolOutcome.Failed(Errno.ENXIO);
        });
        context.Output.Err($"successfully verified {counted.Done} nmem label{(counted.Done > 1 ? "s" : "")}\n");
        return ExitOf(counted);
    }

    public ToolOutcome Read()
    {
        bool human = options.Flag("human"),
            json = human || options.Flag("json"),
            indexOnly = options.Flag("index");
        string? path = options.Text("output");
        var dumps = new List<(string, LabelDump)>();
        using var raw = new MemoryStream();
        (int Done, Errno Error) counted = Count(device =>
        {
            DimmState dimm = context.Machine.Dimms[device];
            if (!dimm.HasLabelArea)
                return ToolOutcome.Failed(Errno.EINVAL);
            if (!json)
                return Extent(dimm, indexOnly) is { } extent ? Append(raw, extent) : ToolOutcome.Failed(Errno.EINVAL);
            if (LabelJson.Read(dimm.LabelBytes, human, indexOnly) is not { } dump)
                return ToolOutcome.Failed(Errno.ENOMEM);
            dumps.Add((device.Name, dump));
            return ToolOutcome.Done;
        });
        string text = dumps.Count > 0 ? LabelJson.Format(dumps) + "\n" : "";
        if (path is null && json)
            context.Output.Out(text);
        else if (path is null)
            context.Output.OutRaw(raw.ToArray());
        else
            context.WriteFile(path, json ? Encoding.UTF8.GetBytes(text) : raw.ToArray());
        return Close("read", counted);
    }

    /// <summary>
    /// Writes a file over the start of an area. The tool counts the DIMM before it writes: a write that fails is told and still "wrote 1
    /// nmem", exit code 0.
    /// </summary>
    public ToolOutcome Write()
    {
        SparseBytes file = context.Files.GetValueOrDefault(options.Text("input") ?? ShellState.StandardInput) ?? SparseBytes.Zero(0);
        if (options.Text("input") is { } path && !context.Files.ContainsKey(path))
        {
            context.Output.Err($"failed to open: {path}: ({Errno.ENOENT.Describe()})\n");
            return Close("wrote", (0, Errno.ENOENT));
        }
        NdDevice? only = null;
        (int Done, Errno Error) matched = Count(device =>
        {
            if (only is not null)
                throw new NotModelledException("write-labels to more than one DIMM, which the tool refuses with its usage text");
            only = device;
            return ToolOutcome.Done;
        });
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
        ulong area = dimm.LabelBytes.LengthBytes,
            size = (ulong)options.Number("size"),
            offset = (ulong)options.Number("offset");
        if (!indexOnly && offset + (size == 0 ? area : size) > area)
            return null;
        // With an offset the tool's loop mixes up what is relative to it.
        if (offset != 0)
            throw new NotModelledException($"{options.Command.Name} from an offset");
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

    private static ToolOutcome Append(MemoryStream file, byte[] bytes)
    {
        file.Write(bytes);
        return ToolOutcome.Done;
    }

    /// <summary>Writes a whole area; an enabled DIMM is disabled and enabled again, so that the kernel looks anew.</summary>
    private static ToolOutcome Replace(ToolContext context, NdDevice device, WritePlan plan)
    {
        Errno written = context.Step(DimmDriver.WriteLabelArea(context.Machine, device, plan));
        if (written != Errno.None)
            return ToolOutcome.Of(written);
        if (!context.Machine.Dimms[device].IsBound)
            return ToolOutcome.Done;
        context.Unbind(device);
        return ToolOutcome.Of(context.EnableDimm(device));
    }

    /// <summary>Runs an action on each DIMM that was named, prints the closing line and gives the exit code.</summary>
    private ToolOutcome Each(string past, Func<NdDevice, ToolOutcome> action) => Close(past, Count(action));

    /// <summary>How many DIMMs were done, and the first error where none was.</summary>
    internal (int Done, Errno Error) Count(Func<NdDevice, ToolOutcome> action)
    {
        int done = 0;
        Errno error = Errno.None;
        foreach (string name in arguments.Where(n => n == "all" || StartsWithDimmNumber(n)))
        {
            foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
            {
                foreach (DimmState dimm in context.Dimms(bus).Where(d => Filters.Dimm(d.Device, name)))
                {
                    ToolOutcome outcome = action(dimm.Device);
                    if (outcome.IsDone)
                        done++;
                    else if (error == Errno.None)
                        error = outcome.Errno;
                }
            }
        }
        return (done, done > 0 ? Errno.None : error);
    }

    private ToolOutcome Close(string past, (int Done, Errno Error) counted)
    {
        context.Output.Err($"{past} {counted.Done} nmem{(counted.Done > 1 ? "s" : "")}\n");
        return ExitOf(counted);
    }

    private static ToolOutcome ExitOf((int Done, Errno Error) counted) =>
        counted.Error == Errno.None ? ToolOutcome.Done : ToolOutcome.ExitFailure;

    private static bool StartsWithDimmNumber(string name) =>
        name.StartsWith("nmem", StringComparison.Ordinal)
        && name.Length > 4
        && char.IsAsciiDigit(name[4])
        && int.TryParse(string.Concat(name.Skip(4).TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
