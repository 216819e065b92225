using System.Collections.Immutable;
using Altmap.Advice.Plans;
using Altmap.Cli.Maps;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning.Alternatives;

namespace Altmap.Cli.Planning;

/// <summary>The answers of <c>altmap plan --compare</c> for people: the numbers of a group in a table, what goes with each in lines below
/// it.</summary>
internal static class PlanCompareText
{
    private const int Indent = 5;

    public static void Write(CliHost host, CompareAnswer answer, bool all, bool isFirst)
    {
        if (!isFirst)
            host.Out.WriteLine();
        AlternativesRequest request = answer.Request;
        string name = answer.Name is null ? "" : answer.Name + ": ";
        host.Out.WriteLine(
            $"kernel {request.Kernel.Name}: {name}{request.Range.Size} from {request.Range.Start} on, {PlanCompare.Mode(request)}, "
                + $"map={request.Map.Word()}, align {request.Align.ToHuman()}"
        );
        int width = Screen.Of(host).Width;
        if (answer.IsUnknown)
            WriteWrapped(host, $"system-ram: unknown: {answer.Unknown}", 0, width);
        bool hasWays = !answer.Ways.IsDefaultOrEmpty;
        if (hasWays)
            WriteWays(host, answer.Ways, width);
        int left = 0;
        foreach (AlternativeGroup group in answer.Groups)
        {
            // What was tried says it better than a price; without a machine the kernel at hand's own ways are priced.
            AlternativeGroup shown =
                all ? group
                : hasWays && answer.Ways.Any(w => w.Group == group.Id) ? group with { Rows = [] }
                : group with
                {
                    Rows = [.. group.Rows.Where(r => r.IsPresent || (!r.IsOfOtherBuild && r.Kernels.Contains(request.Kernel)))],
                };
            left += group.Rows.Length - shown.Rows.Length;
            if (shown.Rows.IsEmpty)
                continue;
            host.Out.WriteLine();
            WriteWrapped(host, $"{group.Id}: {group.Question}", 0, width);
            if (group is { IsOneAnswer: true, Rows: [var one, ..] })
            {
                WriteWrapped(
                    host,
                    $"each of {Numbers.Count(group.Rows.Length, "way")} to keep them apart loses the same: {one.Lost}, "
                        + $"{one.Usable.ToHuman()} usable",
                    0,
                    width
                );
                continue;
            }
            Write(host, shown, width);
        }
        if (left > 0)
        {
            host.Out.WriteLine();
            WriteWrapped(host, $"{Numbers.Count(left, "more row")} of what other kernels do and what was proposed: --all", 0, width);
        }
    }

    private static void WriteWays(CliHost host, ImmutableArray<Way> ways, int width)
    {
        foreach (IGrouping<string, Way> group in ways.GroupBy(w => w.Group))
        {
            host.Out.WriteLine();
            host.Out.WriteLine($"{group.Key}: what can be done on this machine today, each tried on its model");
            Way[] can = [.. group.Where(w => w.Plan is not null)];
            var table = new TextTable(" ", ">bytes usable", ">", ">lost", ">RAM cost", "way");
            for (int i = 0; i < can.Length; i++)
                table.Add(
                    Numbers.Of(i + 1).PadLeft(2) + (can[i].IsPresent ? "*" : ""),
                    Numbers.Of(can[i].Usable),
                    can[i].Usable.ToHuman(),
                    can[i].Lost.ToHuman(),
                    can[i].RamCost.ToHuman(),
                    can[i].What
                );
            if (can.Length > 0)
                table.Write(host);
            if (can.Any(w => w.IsPresent))
                host.Out.WriteLine("* as it is");
            for (int i = 0; i < can.Length; i++)
                WriteWay(host, can[i], i + 1, width);
            foreach (Way refused in group.Where(w => w.Plan is null && can.Length == 0))
                WriteWrapped(host, $"not {refused.What}: {refused.Refused}", Indent, width, "  -  ");
        }
    }

    /// <summary>Commands are never broken: they are to be pasted.</summary>
    private static void WriteWay(CliHost host, Way way, int number, int width)
    {
        string first = Numbers.Of(number).PadLeft(Indent - 2) + "  ";
        if (way.Boot is { } boot)
            Line($"boot with {boot.Word} instead of {boot.InsteadOf}");
        if (way.Loses is { } loses)
            Line($"loses: {loses}");
        if (way.Danger is { } danger)
            Line($"DANGER: {danger}");
        foreach (string command in way.Commands)
        {
            host.Out.WriteLine($"{first}run: {command}");
            first = new string(' ', Indent);
        }

        void Line(string text)
        {
            WriteWrapped(host, text, Indent, width, first);
            first = new string(' ', Indent);
        }
    }

    private static void Write(CliHost host, AlternativeGroup group, int width)
    {
        var table = new TextTable(" ", ">bytes lost", ">usable", ">RAM cost", "alternative");
        for (int i = 0; i < group.Rows.Length; i++)
        {
            Alternative row = group.Rows[i];
            table.Add(
                Numbers.Of(i + 1).PadLeft(2) + (row.IsPresent ? "*" : ""),
                Numbers.Of(row.Lost),
                row.Usable.ToHuman(),
                row.RamCost.ToHuman(),
                row.What
            );
        }
        table.Write(host);
        if (group.Rows.Any(r => r.IsPresent))
            host.Out.WriteLine("* what this kernel does");
        string[] sources = [.. group.Rows.Select(r => r.Source).Distinct()];
        for (int i = 0; i < group.Rows.Length; i++)
        {
            Alternative row = group.Rows[i];
            string number = Numbers.Of(i + 1).PadLeft(Indent - 2) + "  ";
            int same = Array.FindIndex([.. group.Rows], r => Uses(r) == Uses(row));
            WriteWrapped(host, $"{Kernels(row)}: {(same < i ? $"used as {Numbers.Of(same + 1)}" : Uses(row))}", Indent, width, number);
            WriteWrapped(host, $"{row.Why} [{Numbers.Of(Array.IndexOf(sources, row.Source) + 1)}]", Indent, width);
        }
        for (int i = 0; i < sources.Length; i++)
            WriteWrapped(host, sources[i], Indent, width, $"[{Numbers.Of(i + 1)}]".PadLeft(Indent - 1) + " ");
    }

    private static void WriteWrapped(CliHost host, string text, int indent, int width, string? first = null)
    {
        string before = first ?? new string(' ', indent);
        foreach (string line in MapText.Wrap(text, width - indent))
        {
            host.Out.WriteLine(before + line);
            before = new string(' ', indent);
        }
    }

    private static string Uses(Alternative row)
    {
        AlternativeUses uses = row.Uses;
        (string Name, string Value)[] all =
        [
            ("DAX", uses.Dax),
            ("block I/O", uses.BlockIo),
            ("hot-remove", uses.HotRemove),
            ("huge pages", uses.HugePages),
            ("kexec, kdump", uses.Kexec),
        ];
        string text = string.Join(", ", all.Where(a => a.Value != "-").Select(a => $"{a.Name} {a.Value}"));
        string debug = row.DebugKernel is { } answer ? $"a KMSAN kernel {answer}" : "";
        return text.Length == 0 ? "nothing works"
            : debug.Length == 0 ? text
            : $"{text}; {debug}";
    }

    private static string Kernels(Alternative row) =>
        row.IsProposedOnly ? "proposed only"
        : row.IsRefused ? "refused here"
        : row.Kernels.Length == KernelProfiles.All.Length ? "all kernels"
        : $"kernels {string.Join(' ', row.Kernels.Select(k => k.Name))}";
}
