using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands that walk over namespaces (ndctl/namespace.c do_xaction_namespace() and its callers, 76.1). Each returns 0 or a
/// negative errno.</summary>
internal sealed class NamespaceCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    public int Create()
    {
        string? target = options.Text("reconfig");
        (int result, int created) = target is null
            ? CreateInRegions(options.Text("type"))
            : Walk(target, stopAtFirst: true, (region, ndns) => new CreateNamespace(context, options).Reconfigure(region, ndns));
        // Without any option the tool tries block regions next, which no longer exist.
        if (result < 0 && created < 1 && !options.Command.Options.Any(o => options.IsGiven(o.Name)))
            (result, created) = (-(int)Errno.ENXIO, 0);
        if (options.Flag("continue"))
            context.Output.Err($"created {created} namespace{(created == 1 ? "" : "s")}\n");
        if ((result < 0 || (target is null && created < 1)) && !context.HasCountedError)
        {
            context.Output.Err($"failed to {(target is null ? "create" : "reconfigure")} namespace: {Describe(result)}\n");
            if (target is null)
                result = -(int)Errno.ENODEV;
        }
        return result;
    }

    public int Destroy() =>
        Each("destroy", "destroyed", device => new DestroyNamespace(context, "destroy namespace", options.Flag("force")).Destroy(device));

    public int Check() => Each("check", "checked", device => new CheckNamespace(context, options).Check(device));

    public int Enable() => Each("enable", "enabled", device => context.EnableNamespace(device) is var result and < 0 ? result : 0);

    public int Disable() => Each("disable", "disabled", device => -(int)context.DisableNamespaceSafely(device));

    /// <summary>
    /// A BTT is passed over with result 1. For the others the tool first asks the bus for the state of a scrub, and no bus of the model has
    /// one: an e820 bus never does,
    /// and the firmware behind the others has no address range scrub (their <c>commands</c> is <c>cmd_call</c> alone).
    /// </summary>
    public int ClearErrors()
    {
        int last = 0;
        (int result, int done) = Walk(
            arguments[0],
            stopAtFirst: false,
            (_, device) =>
            {
                last = context.BttOf(context.Namespace(device)!) is null ? -(int)Errno.EOPNOTSUPP : 1;
                if (last < 0)
                    context.Error($"{device}: Unable to determine scrub state: {Errno.EOPNOTSUPP.Describe()}");
                return last;
            }
        );
        if (result < 0)
            context.Output.Err($"error clearing namespaces: {Describe(result)}\n");
        context.Output.Err($"cleared {done} namespace{(done == 1 ? "" : "s")}\n");
        return last > 0 ? last : result;
    }

    private int Each(string verb, string past, Func<NdDevice, int> action)
    {
        (int result, int done) = Walk(arguments[0], stopAtFirst: false, (_, ndns) => action(ndns));
        string gerund = verb[..^1] + (verb.EndsWith('e') ? "ing" : verb[^1] + "ing");
        if (result < 0 && !context.HasCountedError)
            context.Output.Err($"error {gerund} namespaces: {Describe(result)}\n");
        context.Output.Err($"{past} {done} namespace{(done == 1 ? "" : "s")}\n");
        return result;
    }

    private static string Describe(int result) => ((Errno)(-result)).Describe();

    /// <summary>
    /// Runs an action on the named namespace, or on all that are configured. A result above 0 is a skip: no error, not counted. The last
    /// result stands.
    /// </summary>
    internal (int Result, int Done) Walk(string name, bool stopAtFirst, Func<NdDevice, NdDevice, int> action)
    {
        int result = name == "all" ? 0 : -(int)Errno.ENXIO,
            done = 0;
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            foreach (NdDevice region in context.Regions(bus).Where(r => Filters.Region(r, options.Text("region")) && TypeMatches()))
            {
                foreach (NdDevice device in context.Namespaces(region))
                {
                    if (context.Namespace(device) is not { } ndns)
                        continue; // gone since the region was listed
                    bool wanted = name == "all" ? !(ndns.Size.IsZero && ndns.Uuid is null or { IsZero: true }) : device.Name == name;
                    if (!wanted)
                        continue;
                    result = action(region, device);
                    if (result == 0)
                        done++;
                    if (stopAtFirst)
                        return (result, done);
                    if (result > 0)
                        result = 0;
                }
            }
        }
        return (result, done);
    }

    private bool TypeMatches() => options.Text("type") is null or "pmem";

    private (int Result, int Created) CreateInRegions(string? type)
    {
        int result = -(int)Errno.ENXIO,
            created = 0,
            saved = 0;
        bool greedy = options.Flag("continue");
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            foreach (
                NdDevice region in context.Regions(bus).Where(r => Filters.Region(r, options.Text("region")) && type is null or "pmem")
            )
            {
                result = new CreateNamespace(context, options).Create(region);
                if (result == -(int)Errno.EAGAIN)
                    continue;
                if (result == 0)
                {
                    created++;
                    if (greedy)
                        continue;
                }
                else if (greedy && options.Flag("force"))
                {
                    saved = result;
                    continue;
                }
                return (result, created);
            }
        }
        // Every region said no for want of room.
        if (result == -(int)Errno.EAGAIN)
            result = greedy && created > 0 ? 0 : -(int)Errno.ENOSPC;
        return (saved != 0 ? saved : result, created);
    }
}
