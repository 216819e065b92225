using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan MACHINE --plug SIZE</c>: memory that a hypervisor is to plug.</summary>
internal static class PlanPlug
{
    public static int Run(CliHost host, string path, string? kernel, ByteSize size, PhysicalAddress? at, bool isJson)
    {
        MachineSession session = MachineSession
            .Open(host, path, kernel, uuidSeed: 0)
            .Answering(host, FactTopic.Memory, FactTopic.Regions, FactTopic.CommandLine);
        PlugPlan plan = Modelled.Answer(() => PlugPlan.Of(session.State, size, at));
        if (isJson)
            JsonOutput.Write(host, json => Write(json, session.State.Machine.Kernel.Name, plan));
        else
            Write(host, session.State.Machine.Kernel.Name, plan);
        return plan.Asked is { IsAccepted: false } || (plan.Asked is null && plan.Ways.IsEmpty) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static void Write(CliHost host, string kernel, PlugPlan plan)
    {
        host.Out.WriteLine(
            $"kernel {kernel}: memory blocks of {plan.Block.ToHuman()}; a DIMM must start and end at multiples of that, and is taken "
                + "whole or not at all"
        );
        if (plan.Asked is { } asked)
            Write(host, asked);
        if (plan.Asked is { IsAccepted: true })
        {
            WriteRam(host, plan, plan.Asked);
            return;
        }
        bool isNone = plan.Ways.IsEmpty;
        string none = $"nothing near it is accepted{(plan.Refused.IsEmpty ? "" : "; tried on the model:")}";
        host.Out.WriteLine(isNone ? none : "accepted, each run on the model:");
        foreach (PlugTrial way in isNone ? plan.Refused : plan.Ways)
            Write(host, way);
        if (plan.Ways.Length > 0)
            WriteRam(host, plan, plan.Ways.MaxBy(w => w.RamForMemmap.Bytes)!);
    }

    private static void Write(CliHost host, PlugTrial trial)
    {
        foreach (string command in trial.Commands)
            host.Out.WriteLine($"  {(trial.IsAccepted ? "run:" : "refused:")} {command}");
        if (trial.Refused is { } why)
            host.Out.WriteLine($"    {why}");
        foreach (string line in trial.IsAccepted ? [] : trial.Log)
            host.Out.WriteLine($"    logged: {line}");
        if (!trial.IsAccepted)
            return;
        string blocks = string.Join("; ", trial.Blocks.Select(Words));
        host.Out.WriteLine(
            $"    {trial.Plugged.ToHuman()} more: {blocks}; struct pages: "
                + (trial.RamForMemmap.IsZero ? "inside (memmap_on_memory)" : $"{trial.RamForMemmap.ToHuman()} of RAM")
        );
    }

    private static string Words(PluggedBlocks run) =>
        $"{new MemoryBlockNumber(run.First)}{(run.First == run.Last ? "" : $" to {new MemoryBlockNumber(run.Last)}")} "
        + (run.State == BlockState.Online ? $"online, {run.Zone.Name()}" : "offline");

    private static void WriteRam(CliHost host, PlugPlan plan, PlugTrial largest)
    {
        if (!largest.RamForMemmap.IsZero)
            host.Out.WriteLine(
                $"RAM for struct pages must be free when the memory comes: how much is free of {plan.Ram.ToHuman()} is in no machine file. "
                    + "Where it is less, the kernel refuses with ENOMEM and does not give back what it took"
            );
    }

    private static void Write(Utf8JsonWriter json, string kernel, PlugPlan plan)
    {
        json.WriteStartObject();
        json.WriteString("kernel", kernel);
        json.WriteNumber("memory_block", plan.Block.Bytes);
        json.WriteNumber("ram", plan.Ram.Bytes);
        json.WriteObjects("asked", plan.Asked is { } asked ? (ImmutableArray<PlugTrial>)[asked] : [], t => Write(json, t));
        json.WriteObjects("ways", plan.Ways, t => Write(json, t));
        json.WriteObjects("tried", plan.Refused, t => Write(json, t));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PlugTrial trial)
    {
        json.WriteString("kind", trial.Kind == PlugKind.Dimm ? "dimm" : "virtio-mem");
        json.WriteString("start", JsonOutput.Hex(trial.Range.Start.Bytes));
        json.WriteNumber("size", trial.Range.Size.Bytes);
        json.WriteBoolean("accepted", trial.IsAccepted);
        json.WriteNumber("plugged", trial.Plugged.Bytes);
        json.WriteStrings("commands", trial.Commands);
        json.WriteString("refused", trial.Refused);
        json.WriteStrings("log", trial.Log);
        json.WriteNumber("ram_for_memmap", trial.RamForMemmap.Bytes);
        json.WriteObjects(
            "blocks",
            trial.Blocks,
            run =>
            {
                json.WriteNumber("first", run.First);
                json.WriteNumber("last", run.Last);
                json.WriteString("state", run.State == BlockState.Online ? "online" : "offline");
                json.WriteString("zone", run.State == BlockState.Online ? run.Zone.Name() : null);
            }
        );
    }
}
