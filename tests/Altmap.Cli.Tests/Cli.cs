using System.Text;
using Altmap.Cli.Planning;

namespace Altmap.Cli.Tests;

/// <summary>What a command line did.</summary>
internal sealed record CliResult(int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);
}

/// <summary>Runs the command in this process.</summary>
internal static class Cli
{
    public static CliResult Run(params string[] args) => RunWith("", args);

    public static CliResult RunWith(string input, params string[] args)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var host = new CliHost(output, error, () => new MemoryStream(Encoding.UTF8.GetBytes(input)));
        int exitCode = AltmapCommand.Run(args, host);
        return new CliResult(exitCode, output.ToArray(), error.ToString());
    }
}

/// <summary>A folder of its own, gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("altmap-test-").FullName;

    public string this[string file] => Path.Combine(_root, file);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
