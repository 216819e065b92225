using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Maps;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan MACHINE --windows</c>: what CXL windows and other latent memory lose as System RAM, and where they would lose
/// nothing.</summary>
internal static class PlanWindows
{
    private sealed record Row(string Kernels, WindowCase Case);

    public static int Run(CliHost host, string path, ImmutableArray<KernelProfile> kernels, bool isJson)
    {
        MachineSession session = MachineSession.Open(host, path).Answering(host, FactTopic.Memory);
        if (WindowPlan.LatentOf(session.State.Machine).IsEmpty)
            throw CliError.Usage(
                $"{path}: this machine has no CXL window, no soft-reserved memory and no region of persistent memory; a machine file gives "
                    + "them as \"cxl_windows\", \"memory\" of the type \"Soft Reserved\" and \"regions\""
            );
        WindowPlan plan = Modelled.Answer(() => WindowPlan.Of(session.State.Machine, session.Source, kernels));
        KernelProfile[] unverified = [.. kernels.Where(k => !k.IsVerified)];
        if (unverified.Length > 0)
            host.Note($"not verified on these kernels: {string.Join(", ", unverified.Select(k => k.Name))}");
        if (isJson)
            JsonOutput.Write(host, json => Write(json, plan));
        else
            Write(host, plan);
        return plan.Cases.Any(c => c.Unknown is not null) ? ExitCode.Unsupported : ExitCode.Success;
    }

    private static void Write(CliHost host, WindowPlan plan)
    {
        Row[] rows = [.. Rows(plan.Cases, false), .. Rows(plan.Cases, true)];
        var sizes = new TextTable("kernel", "on", ">memory block", "decided by");
        foreach (Row row in rows)
            sizes.Add(
                row.Kernels,
                Place(row.Case),
                row.Case.Sizing?.Size.ToHuman() ?? "unknown",
                row.Case.Sizing is { } sizing ? BlockSizeText.Decided(sizing) : $"unknown: {row.Case.Unknown}"
            );
        sizes.Write(host);
        LatentMemory[] all = [.. plan.Cases.SelectMany(c => c.Losses).Select(l => l.Memory).Distinct()];
        foreach (LatentMemory memory in all)
        {
            host.Out.WriteLine();
            host.Out.WriteLine($"{memory.Name} {memory.Range}, {memory.Range.Size.ToHuman()}, as System RAM:");
            var table = new TextTable("kernel", "on", ">System RAM", ">lost in front", ">lost behind", ">bytes lost");
            foreach (Row row in rows.Where(r => r.Case.Unknown is null))
            {
                WindowLoss loss = row.Case.Losses.First(l => l.Memory == memory);
                table.Add(
                    row.Kernels,
                    Place(row.Case),
                    loss.SystemRam.ToHuman(),
                    loss.Front.ToHuman(),
                    loss.Back.ToHuman(),
                    Numbers.Of(loss.Lost)
                );
            }
            table.Write(host);
            WindowProposal[] proposals = [.. plan.Proposals.Where(p => p.Memory == memory)];
            if (proposals.Length > 0)
                host.Out.WriteLine("nothing would be lost in any of these cases, each booted on the model, with");
            foreach (WindowProposal proposal in proposals)
                host.Out.WriteLine($"  {proposal.Range}, {proposal.Range.Size.ToHuman()}: {Words(proposal)}");
        }
    }

    private static string Words(WindowProposal proposal)
    {
        PhysicalRange from = proposal.Memory.Range,
            to = proposal.Range;
        return proposal.Change switch
        {
            WindowChange.Lower => $"the base {(from.Start - to.Start).ToHuman()} lower",
            WindowChange.Higher => $"the base {(to.Start - from.Start).ToHuman()} higher",
            WindowChange.Longer => $"{(to.Size - from.Size).ToHuman()} longer",
            WindowChange.Shorter => $"{(from.Size - to.Size).ToHuman()} shorter",
            WindowChange.Around => $"around it, {(to.Size - from.Size).ToHuman()} more",
            _ => $"a part of it, {(from.Size - to.Size).ToHuman()} less",
        };
    }

    private static string Place(WindowCase each) => each.IsVirtual ? "guest" : "bare metal";

    /// <summary>Kernels that follow each other and come to the same are one row.</summary>
    private static IEnumerable<Row> Rows(ImmutableArray<WindowCase> cases, bool isVirtual)
    {
        WindowCase? first = null,
            last = null;
        foreach (WindowCase each in cases.Where(c => c.IsVirtual == isVirtual))
        {
            if (first is not null && !IsSame(first, each))
            {
                yield return new(Names(first, last!), first);
                first = null;
            }
            first ??= each;
            last = each;
        }
        if (first is not null)
            yield return new(Names(first, last!), first);
    }

    private static string Names(WindowCase first, WindowCase last) =>
        first == last ? first.Kernel.Name : $"{first.Kernel.Name} to {last.Kernel.Name}";

    private static bool IsSame(WindowCase a, WindowCase b) =>
        a.Sizing == b.Sizing && a.Unknown == b.Unknown && a.Losses.SequenceEqual(b.Losses);

    private static void Write(Utf8JsonWriter json, WindowPlan plan)
    {
        json.WriteStartObject();
        json.WriteObjects(
            "cases",
            plan.Cases,
            each =>
            {
                json.WriteString("kernel", each.Kernel.Name);
                json.WriteBoolean("guest", each.IsVirtual);
                json.WriteOptional("memory_block", each.Sizing?.Size.Bytes);
                json.WriteString("decided_by", each.Sizing is { } sizing ? BlockSizeText.Word(sizing.Decider) : null);
                json.WriteString("window", each.Sizing?.Window is { } window ? JsonOutput.Hex(window.Start.Bytes) : null);
                json.WriteString("unknown", each.Unknown);
                json.WriteObjects(
                    "ranges",
                    each.Losses,
                    loss =>
                    {
                        WriteRange(json, loss.Memory.Name, loss.Memory.Range);
                        json.WriteNumber("system_ram", loss.SystemRam.Bytes);
                        json.WriteNumber("lost_front", loss.Front.Bytes);
                        json.WriteNumber("lost_back", loss.Back.Bytes);
                    }
                );
                json.WriteBoolean("verified", each.Kernel.IsVerified);
            }
        );
        json.WriteObjects(
            "proposals",
            plan.Proposals,
            proposal =>
            {
                WriteRange(json, proposal.Memory.Name, proposal.Range);
                json.WriteString("change", proposal.Change.ToString().ToLowerInvariant());
            }
        );
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, string name, PhysicalRange range)
    {
        json.WriteString("name", name);
        json.WriteString("start", JsonOutput.Hex(range.Start.Bytes));
        json.WriteNumber("size", range.Size.Bytes);
    }
}
