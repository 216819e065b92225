using System.Text;

namespace Altmap.Cli.Output;

/// <summary>A table: plain columns when redirected, drawn on a terminal.</summary>
/// <param name="Columns">Headings; one that starts with <c>&gt;</c> aligns its column to the right.</param>
internal sealed record TextTable(params string[] Columns)
{
    private readonly List<string[]> _rows = [];

    public IReadOnlyList<string[]> Rows => _rows;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(CliHost host)
    {
        if (host.IsOutputTerminal)
            TerminalTables.Write(host, this);
        else
            host.Out.Write(ToText());
    }

    public bool IsRight(int column) => Columns[column].StartsWith('>');

    public string Heading(int column) => Columns[column].TrimStart('>');

    /// <summary>Columns two blanks apart, no blank at the end of a line.</summary>
    public string ToText()
    {
        var text = new StringWriter();
        WriteRows(text, () => _rows);
        return text.ToString();
    }

    /// <summary>Writes rows that are too many to keep: they are made twice, first for the widths. Plain columns also on a
    /// terminal.</summary>
    public void WriteLong(CliHost host, Func<IEnumerable<string[]>> rows) => WriteRows(host.Out, rows);

    private void WriteRows(TextWriter text, Func<IEnumerable<string[]>> rows)
    {
        int[] widths = [.. Columns.Select((_, i) => Heading(i).Length)];
        foreach (string[] row in rows())
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }
        var line = new StringBuilder();
        Append([.. Columns.Select((_, i) => Heading(i))]);
        foreach (string[] row in rows())
            Append(row);

        void Append(string[] cells)
        {
            line.Clear();
            for (int i = 0; i < cells.Length; i++)
                line.Append(i == 0 ? "" : "  ").Append(IsRight(i) ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
            text.Write(line.ToString().TrimEnd());
            text.Write('\n');
        }
    }
}
