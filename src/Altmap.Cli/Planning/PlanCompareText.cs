using System.Collections.Immutable;
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

    public static void Write(CliHost host, string? name, AlternativesRequest request, ImmutableArray<AlternativeGroup> groups, bool isFirst)
    {
        if (!isFirst)
            host.Out.WriteLine();
        host.Out.WriteLine(
            $"kernel {request.Kernel.Name}: {(name is null ? "" : name + ": ")}{request.Range.Size} from {request.Range.Start} on, "
                + $"{PlanCompare.Mode(request)}, map={request.Map.Word()}, align {request.Align.ToHuman()}"
        );
        int width = Screen.Of(host).Width;
        foreach (AlternativeGroup group in groups)
        {
            host.Out.WriteLine();
            WriteWrapped(host, $"{group.Id}: {group.Question}", 0, width);
            if (group is { IsOneAnswer: true, Rows: [var all, ..] })
            {
                WriteWrapped(
                    host,
                    $"each of {Numbers.Count(group.Rows.Length, "way")} to keep them apart loses the same: {all.Lost}, "
                        + $"{all.Usable.ToHuman()} usable",
                    0,
                    width
                );
                continue;
            }
            Write(host, group, width);
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
        : row.Kernels.Length == KernelProfiles.All.Length ? "all kernels"
        : $"kernels {string.Join(' ', row.Kernels.Select(k => k.Name))}";
}
