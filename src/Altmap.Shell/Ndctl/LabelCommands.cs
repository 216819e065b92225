using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Ndctl;

/// <summary>The commands on DIMMs and their label areas (ndctl/dimm.c dimm_action() and its actions, ndctl/lib/dimm.c; 76.1).</summary>
internal sealed class LabelCommands(NdctlContext context)
{

    public int Enable(OptionResult options) => Each(options, "enabled", d => -(int)context.EnableDimm(d));

    public int Disable(OptionResult options) => Each(options, "disabled", device =>
    {
        if (DimmDriver.IsActive(context.Machine, device))
        {
            context.Output.Err($"{device} is active, skipping...\n");
            return -(int)Errno.EBUSY;
        }
        if (context.Machine.Dimms[device].IsBound) context.Unbind(device);
        return 0;
    });

    public int Init(OptionResult options)
    {
        string text = options.Text("label-version") ?? "1.1";
        if (text is not ("1.1" or "v1.1" or "1.2" or "v1.2"))
        {
            context.Output.Err($"'{text}' is not a valid label version\n");
            return Close("initialized", -(int)Errno.EINVAL);
        }
        LabelVersion version = text.EndsWith("1.1", StringComparison.Ordinal) ? LabelVersion.V1_1 : LabelVersion.V1_2;
        return Each(options, "initialized", device =>
        {
            DimmState dimm = context.Machine.Dimms[device];
            if (!dimm.HasLabelArea) return -(int)Errno.ENXIO;
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
            return Initialise(device, version);
        });
    }

    /// <summary>Writes both index blocks and has the kernel read the area again.</summary>
    public int Initialise(NdDevice device, LabelVersion version)
    {
        LabelAreaChange change = LabelInitialisation.InitLabels(context.Machine.Dimms[device].LabelBytes, version);
        return change.Errno != Errno.None ? -(int)change.Errno : Replace(device, change.Bytes);
    }

    public int Zero(OptionResult options) => Each(options, "zeroed", device =>
    {
        if (DimmDriver.IsActive(context.Machine, device))
        {
            context.Output.Err($"{device}: regions active, abort label write\n");
            return -(int)Errno.EBUSY;
        }
        DimmState dimm = context.Machine.Dimms[device];
        if (!dimm.HasLabelArea) return -(int)Errno.EINVAL;
        LabelAreaChange change = LabelInitialisation.ZeroLabels(dimm.LabelBytes, new ByteSize((ulong)options.Number("size")), new MediaOffset((ulong)options.Number("offset")));
        return change.Errno != Errno.None ? -(int)change.Errno : Replace(device, change.Bytes);
    });

    public int Check(OptionResult options)
    {
        int result = Each(options, null, device =>
        {
            DimmState dimm = context.Machine.Dimms[device];
            if (!dimm.HasLabelArea) return -(int)Errno.ENXIO;
            return NdctlLabelCheck.Check(dimm.LabelBytes).IsValid ? 0 : -(int)Errno.ENXIO;
        });
        int done = Math.Max(0, result);
        context.Output.Err($"successfully verified {done} nmem label{(done > 1 ? "s" : "")}\n");
        return result >= 0 ? 0 : 1;
    }

    public int Read(OptionResult options)
    {
        bool human = options.Flag("human"), indexOnly = options.Flag("index");
        if (options.Text("output") is not null || !(options.Flag("json") || human))
            throw new NotModelledException("read-labels without -j, or into a file, writes raw bytes: use `altmap labels read`");
        var dumps = new List<(string, LabelDump)>();
        int result = Each(options, null, device =>
        {
            DimmState dimm = context.Machine.Dimms[device];
            if (!dimm.HasLabelArea) return -(int)Errno.EINVAL;
            if (LabelJson.Read(dimm.LabelBytes, human, indexOnly) is not { } dump) return -(int)Errno.ENOMEM;
            dumps.Add((device.Name, dump));
            return 0;
        });
        if (dumps.Count > 0) context.Output.Out(LabelJson.Format(dumps) + "\n");
        return Close("read", result);
    }

    /// <summary>The file's bytes come from the caller: the shell itself opens nothing.</summary>
    public int Write(OptionResult options)
    {
        _ = options;
        throw new NotModelledException("write-labels: put the area's file into the machine file (labels) instead");
    }

    /// <summary>Writes a whole area; an enabled DIMM is disabled and enabled again, so that the kernel looks anew.</summary>
    private int Replace(NdDevice device, SparseBytes bytes)
    {
        Errno written = context.Step(DimmDriver.WriteLabelArea(context.Machine, device, bytes));
        if (written != Errno.None) return -(int)written;
        if (!context.Machine.Dimms[device].IsBound) return 0;
        context.Unbind(device);
        return -(int)context.EnableDimm(device);
    }

    /// <summary>The number of DIMMs done, or the first error when none was. With <paramref name="past"/> the closing line is printed and the exit code given.</summary>
    private int Each(OptionResult options, string? past, Func<NdDevice, int> action)
    {
        int done = 0, error = 0;
        string[] names = options.Arguments.Contains("all") ? ["all"] : [.. options.Arguments];
        foreach (string name in names.Where(n => n == "all" || StartsWithDimmNumber(n)))
        {
            foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
            {
                foreach (DimmState dimm in context.Dimms(bus).Where(d => Filters.Dimm(d.Device, name)))
                {
                    int result = action(dimm.Device);
                    if (result == 0) done++;
                    else if (error == 0) error = result;
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
        name.StartsWith("nmem", StringComparison.Ordinal) && name.Length > 4 && char.IsAsciiDigit(name[4])
        && int.TryParse(string.Concat(name.Skip(4).TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
