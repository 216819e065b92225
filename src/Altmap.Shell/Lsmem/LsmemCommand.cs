using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Shell.Lsmem;

/// <summary>lsmem of util-linux 2.38.1: memory blocks as sysfs shows them, runs of like ones in one row. Checked against the tool on
/// recorded blocks.</summary>
internal static class LsmemCommand
{
    private const int SizeHint = 5;

    /// <summary>A row: blocks that touch and are alike in the columns that split.</summary>
    private sealed record Row(ulong First, ulong Past, MemoryBlock Block, string Zones);

    public static CommandResult Run(ShellState state, ImmutableArray<string> words)
    {
        (LsmemRequest? request, string stdout, string stderr, int exitCode) = LsmemRequest.Parse(words);
        if (request is null)
            return CommandShell.Say(state, stdout, stderr, exitCode);
        var text = new StringBuilder();
        if (request.Summary != LsmemSummary.Only)
        {
            ImmutableArray<Row> rows = [.. Rows(state.Machine, request)];
            ImmutableArray<string[]> cells =
            [
                .. rows.Select(r => request.Columns.Select(c => Cell(state.Machine, request, r, c)).ToArray()),
            ];
            switch (request.Format)
            {
                case LsmemFormat.Table:
                    AppendTable(text, request, cells);
                    break;
                case LsmemFormat.Json:
                    AppendJson(text, request, cells);
                    break;
                case LsmemFormat.Raw:
                    AppendRaw(text, request, cells);
                    break;
                default:
                    AppendPairs(text, request, cells);
                    break;
            }
        }
        bool hasSummary = request.Summary switch
        {
            LsmemSummary.Never => false,
            LsmemSummary.Default => request.Format == LsmemFormat.Table,
            _ => true,
        };
        if (hasSummary)
            AppendSummary(text, state.Machine, request);
        return CommandShell.Say(state, text.ToString(), "", 0);
    }

    private static IEnumerable<Row> Rows(Machine machine, LsmemRequest request)
    {
        // The tool looks whether memory0 has valid_zones, and shows none where there is no memory0.
        bool hasZones =
            request.Columns.Concat(request.Split).Contains(LsmemColumn.Zones) && machine.Mm.Blocks[0].State != BlockState.Absent;
        Row? last = null;
        foreach ((ulong first, ulong past, MemoryBlock block) in MemoryBlocks.Runs(machine))
        {
            ulong step = request.All || hasZones ? 1 : past - first;
            for (ulong at = first; at < past; at += step)
            {
                var row = new Row(at, at + step, block, hasZones ? ZonesOf(machine, at) : "");
                if (last is not null && !request.All && last.Past == row.First && request.Split.All(c => IsAlike(last, row, c)))
                {
                    last = last with { Past = row.Past };
                    continue;
                }
                if (last is not null)
                    yield return last;
                last = row;
            }
        }
        if (last is not null)
            yield return last;
    }

    private static string ZonesOf(Machine machine, ulong block) =>
        string.Join('/', MemoryBlocks.ValidZones(machine, new MemoryBlockNumber(block)).Split(' ').Select(z => z == "none" ? "None" : z));

    /// <summary>Every block says it is removable (drivers/base/memory.c removable_show(), since 5.8).</summary>
    private static bool IsAlike(Row a, Row b, LsmemColumn column) =>
        column switch
        {
            LsmemColumn.State => a.Block.State == b.Block.State,
            LsmemColumn.Node => a.Block.Node == b.Block.Node,
            LsmemColumn.Zones => a.Zones == b.Zones,
            _ => true,
        };

    private static string Cell(Machine machine, LsmemRequest request, Row row, LsmemColumn column)
    {
        ulong size = machine.Mm.BlockSize.Bytes;
        return column switch
        {
            LsmemColumn.Range => string.Create(
                CultureInfo.InvariantCulture,
                $"0x{row.First * size:x16}-0x{unchecked((row.Past * size) - 1):x16}"
            ),
            LsmemColumn.Size => SizeText((row.Past - row.First) * size, request.Bytes),
            LsmemColumn.State => row.Block.State == BlockState.Online ? "online" : "offline",
            LsmemColumn.Removable => row.Block.State == BlockState.Online ? "yes" : "",
            LsmemColumn.Block => row.Past - row.First == 1
                ? row.First.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{row.First}-{row.Past - 1}"),
            LsmemColumn.Node => row.Block.Node.ToString(CultureInfo.InvariantCulture),
            _ => row.Zones,
        };
    }

    /// <summary>All columns but RANGE stand right; SIZE gets room for its hint once its data is as wide as its name
    /// (libsmartcols).</summary>
    private static void AppendTable(StringBuilder text, LsmemRequest request, ImmutableArray<string[]> cells)
    {
        int[] widths = new int[request.Columns.Length];
        for (int i = 0; i < widths.Length; i++)
        {
            int data = cells.Select(c => c[i].Length).DefaultIfEmpty(0).Max(),
                name = LsmemRequest.Name(request.Columns[i]).Length;
            widths[i] =
                data < name ? name
                : request.Columns[i] == LsmemColumn.Size && data < SizeHint ? SizeHint
                : data;
        }
        if (!request.NoHeadings)
            AppendLine([.. request.Columns.Select(LsmemRequest.Name)]);
        foreach (string[] row in cells)
            AppendLine(row);

        void AppendLine(string[] row)
        {
            for (int i = 0; i < row.Length; i++)
            {
                if (i > 0)
                    text.Append(' ');
                bool isLeft = request.Columns[i] == LsmemColumn.Range,
                    isBare = i == row.Length - 1 && (isLeft || row[i].Length == 0); // nothing is filled up behind the last
                text.Append(
                    isBare ? row[i]
                    : isLeft ? row[i].PadRight(widths[i])
                    : row[i].PadLeft(widths[i])
                );
            }
            text.Append('\n');
        }
    }

    private static void AppendRaw(StringBuilder text, LsmemRequest request, ImmutableArray<string[]> cells)
    {
        if (!request.NoHeadings)
            text.AppendJoin(' ', request.Columns.Select(LsmemRequest.Name)).Append('\n');
        foreach (string[] row in cells)
            text.AppendJoin(' ', row).Append('\n');
    }

    private static void AppendPairs(StringBuilder text, LsmemRequest request, ImmutableArray<string[]> cells)
    {
        foreach (string[] row in cells)
            text.AppendJoin(' ', row.Select((v, i) => $"{LsmemRequest.Name(request.Columns[i])}=\"{v}\"")).Append('\n');
    }

    private static void AppendJson(StringBuilder text, LsmemRequest request, ImmutableArray<string[]> cells)
    {
        text.Append("{\n   \"memory\": [\n");
        for (int r = 0; r < cells.Length; r++)
        {
            text.Append(r == 0 ? "      {\n" : ",{\n");
            text.AppendJoin(
                ",\n",
                request.Columns.Select(
                    (c, i) => $"         \"{LsmemRequest.Name(c).ToLowerInvariant()}\": {JsonValue(request, c, cells[r][i])}"
                )
            );
            text.Append("\n      }");
        }
        text.Append("\n   ]\n}\n");
    }

    private static string JsonValue(LsmemRequest request, LsmemColumn column, string value) =>
        column switch
        {
            LsmemColumn.Removable => value == "yes" ? "true" : "false",
            LsmemColumn.Node => value,
            LsmemColumn.Size when request.Bytes => value,
            _ => value.Length == 0 ? "null" : $"\"{value}\"",
        };

    private static void AppendSummary(StringBuilder text, Machine machine, LsmemRequest request)
    {
        ulong block = machine.Mm.BlockSize.Bytes,
            online = 0,
            offline = 0;
        foreach ((ulong first, ulong past, MemoryBlock run) in MemoryBlocks.Runs(machine))
        {
            if (run.State == BlockState.Online)
                online += (past - first) * block;
            else
                offline += (past - first) * block;
        }
        if (request.Summary != LsmemSummary.Only)
            text.Append('\n');
        foreach (
            (string name, ulong bytes) in ((string, ulong)[])
                [("Memory block size:", block), ("Total online memory:", online), ("Total offline memory:", offline)]
        )
            text.Append(name.PadRight(23)).Append(' ').Append(SizeText(bytes, request.Bytes).PadLeft(request.Bytes ? 15 : 5)).Append('\n');
    }

    /// <summary>One letter, one digit behind the point, rounded half up and left out when 0 (util-linux lib/strutils.c
    /// size_to_human_string()).</summary>
    private static string SizeText(ulong bytes, bool isBytes)
    {
        if (isBytes)
            return bytes.ToString(CultureInfo.InvariantCulture);
        int power = 0;
        while (power < 6 && bytes >> (10 * (power + 1)) != 0)
            power++;
        ulong whole = bytes >> (10 * power),
            rest = bytes - (whole << (10 * power));
        ulong thousandths = power == 0 ? 0 : (ulong)((UInt128)rest * 1000 >> (10 * power)),
            tenths = (thousandths + 50) / 100;
        if (tenths == 10)
            (whole, tenths) = (whole + 1, 0);
        return string.Create(CultureInfo.InvariantCulture, $"{whole}{(tenths == 0 ? "" : $".{tenths}")}{"BKMGTPE"[power]}");
    }
}
