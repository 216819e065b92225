using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Shell;
using Altmap.Shell.Modules;
using Altmap.Shell.Scripts;

namespace Altmap.Advice.Sessions;

/// <summary>Why a machine does not come as far as its last step.</summary>
public enum OpeningFault
{
    /// <summary>The kernel panics with this memory map.</summary>
    DoesNotBoot,

    /// <summary>A step is no command line.</summary>
    StepUnreadable,

    /// <summary>The boot, or a step, is not modelled.</summary>
    NotModelled,
}

/// <summary>An opening that failed.</summary>
/// <param name="Fault">How.</param>
/// <param name="Step">Number of the step, from 0; null: at boot.</param>
/// <param name="Message">For a person; of what is not modelled it starts with <c>unsupported: </c>.</param>
public sealed record OpeningError(OpeningFault Fault, int? Step, string Message);

/// <summary>A step that was done and ended with an exit code that is not 0.</summary>
/// <param name="Step">Its number, from 0.</param>
/// <param name="Command">Its words.</param>
/// <param name="ExitCode">Of the command.</param>
/// <param name="Message">The first line that it printed.</param>
public sealed record FailedStep(int Step, string Command, int ExitCode, string Message);

/// <summary>A machine that was booted, with its steps done: where every question on a machine starts.</summary>
/// <param name="State">After boot and steps; null: see <paramref name="Error"/>.</param>
/// <param name="Failed">
/// Steps that failed; the others were done all the same: a recorded boot has commands that failed, a saved session keeps one that failed
/// and changed something, and under another kernel than the machine's own a step may well fail.
/// </param>
/// <param name="Error">Null where there is a state.</param>
public sealed record SessionOpening(ShellState? State, ImmutableArray<FailedStep> Failed, OpeningError? Error)
{
    /// <summary>The steps with the UUIDs that tools picked for them just now: done again, they come to this state.</summary>
    public ImmutableArray<string> Steps { get; private init; } = [];

    /// <summary>Boots a machine and does its steps.</summary>
    /// <param name="source">The machine with the bytes of its files.</param>
    /// <param name="kernel">The kernel, with what the machine's config says of it.</param>
    /// <param name="architecture">Of that kernel.</param>
    /// <param name="uuids">For UUIDs that tools pick; those that a step carries come first.</param>
    /// <param name="withInput">Puts the files that a step reads into the session's; null: there are none.</param>
    public static SessionOpening Of(
        MachineSource source,
        KernelProfile kernel,
        ArchitectureRules architecture,
        UuidSource uuids,
        Func<ShellState, ImmutableArray<string>, ShellState>? withInput = null
    )
    {
        try
        {
            (Machine? machine, string? panic) = Boot.Start(source, kernel, architecture);
            return machine is null
                ? Fail(OpeningFault.DoesNotBoot, null, panic ?? "no reason given")
                : Run(new ShellState(machine, uuids), source.Description.Steps, withInput);
        }
        catch (NotModelledException e)
        {
            return Fail(OpeningFault.NotModelled, null, $"unsupported: {e.Message}");
        }
    }

    private static SessionOpening Run(
        ShellState state,
        ImmutableArray<string> steps,
        Func<ShellState, ImmutableArray<string>, ShellState>? withInput
    )
    {
        var failed = ImmutableArray.CreateBuilder<FailedStep>();
        var done = ImmutableArray.CreateBuilder<string>();
        IEnumerable<ScriptLine> lines = steps.Select(s => ScriptParser.ParseLine(s)?.Line).OfType<ScriptLine>();
        state = state with { Machine = ModuleCommands.Prepare(state.Machine, lines.Select(l => l.Words)) };
        for (int i = 0; i < steps.Length; i++)
        {
            if (ScriptParser.ParseLine(steps[i]) is not { } parsed)
            {
                done.Add(steps[i]);
                continue;
            }
            if (parsed.Error is { } error)
                return Fail(OpeningFault.StepUnreadable, i, error.Message);
            ScriptLine line = parsed.Line!;
            ShellState before = state with { Uuids = state.Uuids.WithGiven(StepText.UuidsOf(steps[i])) };
            before = withInput?.Invoke(before, line.Words) ?? before;
            CommandResult result = CommandShell.Run(before, line.Words, line.RedirectTo);
            if (result.IsUnsupported)
                return Fail(OpeningFault.NotModelled, i, result.Stderr.TrimEnd('\n'));
            if (result.ExitCode != 0)
                failed.Add(new FailedStep(i, line.Text, result.ExitCode, result.FirstLine));
            done.Add(StepText.UuidsOf(steps[i]).IsEmpty ? StepText.Of(steps[i], before.Uuids, result.State.Uuids) : steps[i]);
            state = result.State with { Uuids = result.State.Uuids.WithGiven([]) };
        }
        return new(state, failed.ToImmutable(), null) { Steps = done.ToImmutable() };
    }

    private static SessionOpening Fail(OpeningFault fault, int? step, string message) =>
        new(null, [], new OpeningError(fault, step, message));
}
