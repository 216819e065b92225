using System.Text;
using Altmap.Cli.Common;
using Altmap.Host;

namespace Altmap.Cli;

/// <summary>The world as a command sees it: streams, terminals, environment. Tests put their own in its place.</summary>
internal sealed class CliHost : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly Func<Stream> _input;

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

    /// <summary>Columns of the terminal; asked only where there is one.</summary>
    public Func<int> WindowWidth { get; init; } = () => Console.WindowWidth;

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

    /// <summary>Something to know about an answer.</summary>
    public void Note(string text) => Error.WriteLine($"note: {text}");

    private static Stream OpenProcessInput() =>
        StandardInput.IsClosed() ? throw new CliError(ExitCode.HostError, "<stdin>: standard input is closed; give a file or a pipe") : Console.OpenStandardInput();

    public static CliHost OfProcess() => new(
        Console.OpenStandardOutput(), new StreamWriter(Console.OpenStandardError(), Utf8, 1024) { AutoFlush = true, NewLine = "\n" }, OpenProcessInput)
    {
        IsInputTerminal = !Console.IsInputRedirected,
        IsOutputTerminal = !Console.IsOutputRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    public void Dispose() => Error.Flush();
}
