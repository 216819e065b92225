using System.Globalization;
using System.Text;
using Altmap.Cli.Common;
using Altmap.Host;
using Altmap.Model.Hardware;

namespace Altmap.Cli;

/// <summary>The world as a command sees it: streams, terminals, environment. Tests put their own in its place.</summary>
internal sealed class CliHost : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly Func<Stream> _input;
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    public CliHost(Stream output, TextWriter error, Func<Stream> input)
    {
        OutputBytes = output;
        Out = new StreamWriter(output, Utf8, 8192, leaveOpen: true) { NewLine = "\n" };
        Error = error;
        _input = input;
    }

    /// <summary>Standard output for bytes; flush <see cref="Out"/> before writing here.</summary>
    public Stream OutputBytes { get; }

    /// <summary>Standard output for text: buffered; flushed at the command's end and where order matters.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    public bool IsInputTerminal { get; init; }

    public bool IsOutputTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>What the terminal says that its columns are, 0 where it does not know; asked only where there is one.</summary>
    public Func<int> WindowWidth { get; init; } = Terminal.Columns;

    /// <summary>Columns of the terminal, COLUMNS where it does not know them, 80 without either.</summary>
    public int Columns =>
        WindowWidth() is > 0 and var width ? width
        : int.TryParse(Variable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given > 0 ? given
        : 80;

    /// <summary>What the answer depends on and nobody gave: it is not known then, whatever was printed.</summary>
    public List<Fact> Missing { get; } = [];

    /// <summary>True: <see cref="Note"/> says nothing.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>True when colour is wanted: a terminal that can, and no NO_COLOR.</summary>
    public bool HasColor => IsOutputTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") is not "dumb";

    public Stream OpenInput() => _input();

    /// <summary>The rest of standard input as text; more than <paramref name="bytesMax"/> is an error.</summary>
    public string ReadInput(int bytesMax)
    {
        using Stream input = OpenInput();
        HostResult<byte[]> text = BoundedFile.Read("<stdin>", input, bytesMax);
        return text.Error is { } error ? throw CliError.Of(error) : Utf8.GetString(text.Value!);
    }

    /// <summary>
    /// The lines of standard input as they come, in memory for one; more than <paramref name="bytesMax"/> in all is an error. Of a line
    /// longer than <paramref name="lineMax"/> characters the rest is left out.
    /// </summary>
    public IEnumerable<string> ReadLines(long bytesMax, int lineMax = 1 << 14)
    {
        using var text = new StreamReader(OpenInput(), Utf8);
        char[] chunk = new char[1 << 15];
        var line = new StringBuilder();
        long all = 0;
        for (int count; (count = text.Read(chunk)) > 0; )
        {
            if ((all += count) > bytesMax)
                throw CliError.Usage($"<stdin>: more than {bytesMax} bytes; is this the right file?");
            for (int at = 0; at < count; )
            {
                int end = chunk.AsSpan(at, count - at).IndexOf('\n'),
                    length = end < 0 ? count - at : end;
                line.Append(chunk, at, Math.Min(length, lineMax - line.Length));
                at += length + 1;
                if (end < 0)
                    break;
                yield return line.ToString().TrimEnd('\r');
                line.Clear();
            }
        }
        if (line.Length > 0)
            yield return line.ToString();
    }

    /// <summary>Something to know about an answer. The same is said once.</summary>
    public void Note(string text)
    {
        if (!IsQuiet && _said.Add(text))
            Error.WriteLine($"note: {Printable(text)}");
    }

    /// <summary>A message with names of files in it as a terminal may have it: control characters as <c>\x1b</c>.</summary>
    public static string Printable(string text) =>
        !text.Any(char.IsControl)
            ? text
            : string.Concat(
                text.Select(c =>
                    char.IsControl(c) && c is not ('\t' or '\n')
                        ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}")
                        : c.ToString()
                )
            );

    private static Stream OpenProcessInput() =>
        StandardInput.IsClosed()
            ? throw new CliError(ExitCode.HostError, "<stdin>: standard input is closed; give a file or a pipe")
            : Console.OpenStandardInput();

    public static CliHost OfProcess() =>
        new(
            Terminal.OpenOutput(),
            new StreamWriter(Terminal.OpenError(), Utf8, 1024) { AutoFlush = true, NewLine = "\n" },
            OpenProcessInput
        )
        {
            IsInputTerminal = !Console.IsInputRedirected,
            IsOutputTerminal = !Console.IsOutputRedirected,
            Variable = Environment.GetEnvironmentVariable,
        };

    public void Dispose() => Error.Flush();
}
