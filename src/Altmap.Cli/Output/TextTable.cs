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
        int[] widths = [.. Columns.Select((_, i) => Math.Max(Heading(i).Length, _rows.Select(r => r[i].Length).DefaultIfEmpty().Max()))];
        var text = new StringBuilder();
        Append([.. Columns.Select((_, i) => Heading(i))]);
        foreach (string[] row in _rows)
            Append(row);
        return text.ToString();

        void Append(string[] cells)
        {
            var line = new StringBuilder();
            for (int i = 0; i < cells.Length; i++)
                line.Append(i == 0 ? "" : "  ").Append(IsRight(i) ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }
}
