using System.Collections.Immutable;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Planning;

/// <summary>A planned namespace, the commands that make it, and what they gave.</summary>
/// <param name="Planned">The plan.</param>
/// <param name="Commands">In order; each was run on the model and succeeded, where <paramref name="IsChecked"/>.</param>
/// <param name="Namespace">The namespace they made, or null: not run.</param>
/// <param name="Result">What is there after them; the plan itself where they were not run.</param>
/// <param name="IsChecked">They were run, and the result gives what was wanted.</param>
/// <param name="Note">Why they were not run, or null.</param>
internal sealed record MadeNamespace(
    PlannedNamespace Planned,
    ImmutableArray<string> Commands,
    string? Namespace,
    NamespacePlan Result,
    bool IsChecked,
    string? Note
);

/// <summary>Turns a plan into the commands that people type, runs them on the model, and checks what they gave.</summary>
internal static class PlanUsable
{
    /// <summary>
    /// Plans, and makes all of it on the model, one after the other. Where the model refuses one (its range may lie badly, which the
    /// planner does not see), the region is left
    /// out and planned again. Ends the command when nothing holds.
    /// </summary>
    /// <param name="state">The machine.</param>
    /// <param name="wish">What is wanted.</param>
    /// <param name="shortfall">The message where there is no room.</param>
    public static ImmutableArray<MadeNamespace> Make(ShellState state, UsableWish wish, Func<UsablePlan, string> shortfall)
    {
        string? refused = null;
        while (true)
        {
            UsablePlan plan = UsablePlanner.Plan(state.Machine, wish);
            if (!plan.IsComplete)
                throw new CliError(ExitCode.ErrorsLeft, refused is null ? shortfall(plan) : $"{shortfall(plan)}; refused was {refused}");
            var made = ImmutableArray.CreateBuilder<MadeNamespace>(plan.Namespaces.Length);
            ShellState next = state;
            try
            {
                foreach (PlannedNamespace each in plan.Namespaces)
                    made.Add(Make(ref next, each, wish.Usable));
                return made.MoveToImmutable();
            }
            catch (PlanRefusedException e) when (wish.Region is null)
            {
                refused = e.Message;
                wish = wish with { Without = wish.Without.Add(plan.Namespaces[made.Count].Place.Region.Device) };
            }
            catch (PlanRefusedException e)
            {
                throw new CliError(ExitCode.ErrorsLeft, $"the plan does not hold on the model: {e.Message}");
            }
        }
    }

    private static MadeNamespace Make(ref ShellState state, PlannedNamespace planned, ByteSize wanted)
    {
        var commands = ImmutableArray.CreateBuilder<string>();
        int number = planned.Place.Region.Device.Number;
        // A policy that puts added memory online by itself stops daxctl.
        if (planned.Wish.Mode == CapacityMode.SystemRam && state.Machine.Mm.AutoOnline != OnlinePolicy.Offline)
        {
            commands.Add($"echo offline > /sys/devices/system/memory/auto_online_blocks");
            if (Run(ref state, commands[^1]) is { } unsupported)
                return new(planned, commands.ToImmutable(), null, planned.Plan, false, unsupported);
        }
        foreach (string command in Creation(state.Machine, planned))
        {
            commands.Add(command);
            if (Run(ref state, command) is { } unsupported)
                return new(planned, commands.ToImmutable(), null, planned.Plan, false, unsupported);
        }
        PhysicalRange range = planned.Plan.Range;
        NamespaceState ndns =
            state.Machine.Regions[number].Namespaces.Values.FirstOrDefault(n => n.Range == range)
            ?? throw Different($"{commands[^1]}: the namespace is not at 0x{range.Start.Bytes:x}");
        if (planned.Wish.Mode == CapacityMode.SystemRam)
        {
            commands.Add($"daxctl reconfigure-device --mode=system-ram dax{number}.{ndns.Device.Id}");
            if (Run(ref state, commands[^1]) is { } unsupported)
                return new(planned, commands.ToImmutable(), ndns.Device.Name, planned.Plan, false, unsupported);
        }
        NamespacePlan result = NamespacePlan.Of(state.Machine, ndns with { Claim = state.Machine.FindNamespace(ndns.Device)!.Claim })!;
        return !result.IsAccepted || (!planned.IsRest && result.Usable < wanted)
            ? throw Different($"{commands[^1]}: {ndns.Device} gives {result.Usable}, planned was {planned.Plan.Usable}")
            : new(planned, commands.ToImmutable(), ndns.Device.Name, result, true, null);
    }

    private static IEnumerable<string> Creation(Machine machine, PlannedNamespace planned)
    {
        (RegionPlace place, NamespaceWish wish, NamespacePlan plan, _) = planned;
        NdDevice region = place.Region.Device;
        if (place.Use == RegionUse.NewLabels && RegionDriver.TypeOf(machine, place.Region) != NamespaceType.Pmem)
        {
            yield return $"ndctl disable-region {region}";
            yield return $"ndctl init-labels -f -V 1.2 {string.Join(' ', place.Region.Description.Mappings.Select(m => m.Dimm))}";
            yield return $"ndctl enable-region {region}";
        }
        string options = wish.Mode switch
        {
            CapacityMode.Raw => " -m raw",
            CapacityMode.Sector => $" -m sector -l {wish.SectorSizeBytes}",
            _ => $" -m {(wish.Mode == CapacityMode.FsDax ? "fsdax" : "devdax")} -M {wish.Map.Word()} -a {Numbers.Unit(wish.Align)}",
        };
        // ndctl wants to be forced where the start is no multiple of 16 MiB.
        string force = place.Use == RegionUse.Whole || (wish.HasInfoBlock && !plan.Range.Start.IsAligned(ByteSize.MiB(16))) ? " -f" : "";
        yield return place.Use == RegionUse.Whole
            ? $"ndctl create-namespace{force}{(place.Region.Ways > 0 ? " --no-autolabel" : "")} -e namespace{region.Number}.0{options}"
            : $"ndctl create-namespace{force} -r {region}{options} -s {Numbers.Unit(plan.Range.Size)}";
    }

    /// <summary>Why the model cannot run it, or null: it ran. A command that fails ends ours.</summary>
    private static string? Run(ref ShellState state, string command)
    {
        ScriptLine line = ScriptParser.ParseLine(command)!.Value.Line!;
        CommandResult result = CommandShell.Run(state, line.Words, line.RedirectTo);
        if (result.IsUnsupported)
            return result.Stderr.Trim();
        if (result.ExitCode != 0)
            throw Different($"{command}: {result.Stderr.Trim()}");
        state = result.State;
        return null;
    }

    private static PlanRefusedException Different(string what) => new(what);

    /// <summary>A command failed on the model, or gave something else than planned.</summary>
    private sealed class PlanRefusedException(string what) : Exception(what);
}
