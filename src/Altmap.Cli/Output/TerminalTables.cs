using Spectre.Console;

namespace Altmap.Cli.Output;

/// <summary>Tables on a terminal. In a class of its own: the library is loaded only here and in the prompt.</summary>
internal static class TerminalTables
{
    public static IAnsiConsole Console(CliHost host) =>
        AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new HostOutput(host),
                Ansi = host.Variable("TERM") is "dumb" ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = host.HasColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            }
        );

    public static void Write(CliHost host, TextTable table)
    {
        var drawn = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i < table.Columns.Length; i++)
        {
            var column = new TableColumn(new Text(table.Heading(i), new Style(decoration: Decoration.Bold)));
            drawn.AddColumn(table.IsRight(i) ? column.RightAligned() : column);
        }
        foreach (string[] row in table.Rows)
            drawn.AddRow(row.Select(c => new Text(c)));
        Console(host).Write(drawn);
        host.Out.Flush();
    }

    /// <summary>Our own stream is the terminal that the library would look for behind its own.</summary>
    private sealed class HostOutput(CliHost host) : IAnsiConsoleOutput
    {
        public TextWriter Writer => host.Out;

        public bool IsTerminal => host.IsOutputTerminal;

        public int Width => host.IsOutputTerminal ? Math.Max(40, host.Columns) : 120;

        public int Height => 40;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // Ours is UTF-8, always.
        }
    }
}
