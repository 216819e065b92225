using System.Diagnostics;
using System.Text;

namespace Altmap.Conformance.Packages;

/// <summary>What a program of the host printed, and how it ended.</summary>
internal sealed record ToolResult(int ExitCode, byte[] Stdout, string Stderr)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Stdout);

    /// <summary>The last line of standard error that says something, for a reason.</summary>
    public string Why => Stderr.Split('\n').Select(l => l.Trim()).LastOrDefault(l => l.Length > 0) ?? $"exit code {ExitCode}";
}

/// <summary>Runs programs of the host.</summary>
internal static class HostTool
{
    /// <summary>Where administrators' programs lie that a plain user's PATH lacks.</summary>
    private static readonly string[] MorePlaces = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    /// <summary>The full path of a program, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Concat(MorePlaces)
            .Where(d => d.Length > 0)
            .Select(d => Path.Combine(d, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end. Throws <see cref="LaboratoryGap"/> when it is not there or takes longer than the
    /// limit.</summary>
    public static ToolResult Run(
        string program,
        IEnumerable<string> arguments,
        byte[]? stdin = null,
        string? directory = null,
        int timeoutSeconds = 900,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        string path = Find(program) ?? throw new LaboratoryGap($"{program} is not on this machine");
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        var output = new MemoryStream();
        Task copy = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            if (stdin is not null)
                process.StandardInput.BaseStream.Write(stdin);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program closed its input early; what it says of that stands in its exit code.
        }
        if (!process.WaitForExit(timeoutSeconds * 1000))
        {
            process.Kill(entireProcessTree: true);
            throw new LaboratoryGap($"{program} took longer than {timeoutSeconds} s");
        }
        copy.GetAwaiter().GetResult();
        return new ToolResult(process.ExitCode, output.ToArray(), errors.GetAwaiter().GetResult());
    }
}
