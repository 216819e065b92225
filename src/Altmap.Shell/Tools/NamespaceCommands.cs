using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>The commands that walk over namespaces (ndctl/namespace.c do_xaction_namespace() and its callers, 76.1).</summary>
internal sealed class NamespaceCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    public ToolOutcome Create()
    {
        string? target = options.Text("reconfig");
        (ToolOutcome result, int created) = target is null
            ? CreateInRegions(options.Text("type"))
            : Walk(target, stopAtFirst: true, (region, ndns) => new CreateNamespace(context, options).Reconfigure(region, ndns));
        // Without any option the tool tries block regions next, which no longer exist.
        if (result.IsFailure && created < 1 && !options.Command.Options.Any(o => options.IsGiven(o.Name)))
            (result, created) = (ToolOutcome.Failed(Errno.ENXIO), 0);
        if (options.Flag("continue"))
            context.Output.Err($"created {created} namespace{(created == 1 ? "" : "s")}\n");
        if ((result.IsFailure || (target is null && created < 1)) && !context.HasCountedError)
        {
            context.Output.Err($"failed to {(target is null ? "create" : "reconfigure")} namespace: {result.Describe()}\n");
            if (target is null)
                result = ToolOutcome.Failed(Errno.ENODEV);
        }
        return result;
    }

    public ToolOutcome Destroy() =>
        Each("destroy", "destroyed", device => new DestroyNamespace(context, "destroy namespace", options.Flag("force")).Destroy(device));

    public ToolOutcome Check() => Each("check", "checked", device => new CheckNamespace(context, options).Check(device));

    public ToolOutcome Enable() =>
        Each("enable", "enabled", device => context.EnableNamespace(device) is { IsFailure: true } failed ? failed : ToolOutcome.Done);

    public ToolOutcome Disable() => Each("disable", "disabled", device => ToolOutcome.Of(context.DisableNamespaceSafely(device)));

    /// <summary>
    /// A BTT is passed over. For the others the tool first asks the bus for the state of a scrub, and no bus of the model has
    /// one: an e820 bus never does,
    /// and the firmware behind the others has no address range scrub (their <c>commands</c> is <c>cmd_call</c> alone).
    /// </summary>
    public ToolOutcome ClearErrors()
    {
        ToolOutcome last = ToolOutcome.Done;
        (ToolOutcome result, int done) = Walk(
            arguments[0],
            stopAtFirst: false,
            (_, device) =>
            {
                last = context.BttOf(context.Namespace(device)!) is null ? ToolOutcome.Failed(Errno.EOPNOTSUPP) : ToolOutcome.PassedOver;
                if (last.IsFailure)
                    context.Error($"{device}: Unable to determine scrub state: {Errno.EOPNOTSUPP.Describe()}");
                return last;
            }
        );
        if (result.IsFailure)
            context.Output.Err($"error clearing namespaces: {result.Describe()}\n");
        context.Output.Err($"cleared {done} namespace{(done == 1 ? "" : "s")}\n");
        return last == ToolOutcome.PassedOver ? last : result;
    }

    private ToolOutcome Each(string verb, string past, Func<NdDevice, ToolOutcome> action)
    {
        (ToolOutcome result, int done) = Walk(arguments[0], stopAtFirst: false, (_, ndns) => action(ndns));
        string gerund = verb[..^1] + (verb.EndsWith('e') ? "ing" : verb[^1] + "ing");
        if (result.IsFailure && !context.HasCountedError)
            context.Output.Err($"error {gerund} namespaces: {result.Describe()}\n");
        context.Output.Err($"{past} {done} namespace{(done == 1 ? "" : "s")}\n");
        return result;
    }

    /// <summary>
    /// Runs an action on the named namespace, or on all that are configured. What is passed over is no error and not counted. The
    /// last result stands.
    /// </summary>
    internal (ToolOutcome Result, int Done) Walk(string name, bool stopAtFirst, Func<NdDevice, NdDevice, ToolOutcome> action)
    {
        ToolOutcome result = name == "all" ? ToolOutcome.Done : ToolOutcome.Failed(Errno.ENXIO);
        int done = 0;
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
                    if (result.IsDone)
                        done++;
                    if (stopAtFirst)
                        return (result, done);
                    if (!result.IsFailure)
                        result = ToolOutcome.Done;
                }
            }
        }
        return (result, done);
    }

    private bool TypeMatches() => options.Text("type") is null or "pmem";

    private (ToolOutcome Result, int Created) CreateInRegions(string? type)
    {
        ToolOutcome result = ToolOutcome.Failed(Errno.ENXIO),
            saved = ToolOutcome.Done;
        int created = 0;
        bool greedy = options.Flag("continue");
        foreach (NdDevice bus in context.Buses().Where(b => Filters.Bus(context, b, options.Text("bus"))))
        {
            foreach (
                NdDevice region in context.Regions(bus).Where(r => Filters.Region(r, options.Text("region")) && type is null or "pmem")
            )
            {
                result = new CreateNamespace(context, options).Create(region);
                if (result.Errno == Errno.EAGAIN)
                    continue;
                if (result.IsDone)
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
        if (result.Errno == Errno.EAGAIN)
            result = greedy && created > 0 ? ToolOutcome.Done : ToolOutcome.Failed(Errno.ENOSPC);
        return (saved.IsFailure ? saved : result, created);
    }
}
