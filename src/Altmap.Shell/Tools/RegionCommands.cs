using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary><c>ndctl enable-region</c> and <c>disable-region</c> (ndctl/region.c, 76.1): exit code 0 even when nothing was done.</summary>
internal sealed class RegionCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    public ToolOutcome Enable() => Each("enabled", region => context.EnableRegion(region) == Errno.None);

    public ToolOutcome Disable() =>
        Each(
            "disabled",
            region =>
            {
                if (!context.Region(region).IsBound)
                    return true;
                if (context.Namespaces(region).Any(ndns => context.DisableNamespaceSafely(ndns) != Errno.None))
                    return false;
                context.Unbind(region);
                return true;
            }
        );

    private ToolOutcome Each(string past, Func<NdDevice, bool> action)
    {
        int done = 0;
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            done += context
                .Regions(bus)
                .Where(r => Filters.Region(r, arguments[0]) && options.Text("type") is null or "pmem")
                .Count(action);
        }
        context.Output.Err($"{past} {done} region{(done == 1 ? "" : "s")}\n");
        return ToolOutcome.Done;
    }
}
