using System.Diagnostics;
using System.Text;
using Altmap.Cli.Tests.Json;

namespace Altmap.Cli.Tests;

/// <summary>What a command line did.</summary>
internal sealed record CliResult(int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);
}

/// <summary>Runs the command: in this process, or as the program that ALTMAP_PROGRAM names (<c>./test --native</c>). A JSON document that
/// it
/// prints must be as its schema says.</summary>
internal static class Cli
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The program to test as a process of its own.</summary>
    public static string Program => Native ?? Path.Combine(AppContext.BaseDirectory, "altmap");

    private static string? Native => Environment.GetEnvironmentVariable("ALTMAP_PROGRAM") is { Length: > 0 } path ? path : null;

    public static CliResult Run(params string[] args) => RunWith("", args);

    public static CliResult RunWith(string input, params string[] args)
    {
        CliResult result = Native is not null ? RunProcess([Program, .. args], input) : RunHere(args, input);
        OutputSchemas.Check(args, result.Bytes);
        return result;
    }

    /// <summary>With bytes on standard input, always in this process.</summary>
    public static CliResult RunWithBytes(byte[] input, params string[] args) => RunHere(args, input);

    private static CliResult RunHere(string[] args, string input) => RunHere(args, Encoding.UTF8.GetBytes(input));

    private static CliResult RunHere(string[] args, byte[] input)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var host = new CliHost(output, error, () => new MemoryStream(input));
        int exitCode = AltmapCommand.Run(args, host);
        return new CliResult(exitCode, output.ToArray(), error.ToString());
    }

    /// <summary>Standard output and standard error as a terminal shows them, in the order in which they were written.</summary>
    public static string RunMerged(params string[] args)
    {
        if (Native is not null)
            return RunProcess(["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1", Program, .. args], "").Output;
        using var output = new MemoryStream();
        using var error = new StreamWriter(output, s_utf8) { AutoFlush = true, NewLine = "\n" };
        using var host = new CliHost(output, error, () => Stream.Null);
        AltmapCommand.Run(args, host);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    /// <summary>A process with nothing of this one's terminal or environment that altmap looks at.</summary>
    private static CliResult RunProcess(string[] words, string input)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = s_utf8,
            StandardErrorEncoding = s_utf8,
        };
        foreach (string variable in (string[])["COLUMNS", "NO_COLOR", "HOME", "XDG_STATE_HOME"])
            start.Environment.Remove(variable);
        using Process process = Process.Start(start)!;
        using var output = new MemoryStream();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task write = WriteInput(process, input);
        process.StandardOutput.BaseStream.CopyTo(output);
        Task.WaitAll(error, write);
        process.WaitForExit();
        return new CliResult(process.ExitCode, output.ToArray(), error.Result);
    }

    private static async Task WriteInput(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program may end without reading all of its input.
        }
    }
}

/// <summary>A folder of its own, gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("altmap-test-").FullName;

    public string this[string file] => Path.Combine(_root, file);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
