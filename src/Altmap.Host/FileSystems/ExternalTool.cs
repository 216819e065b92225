using System.Diagnostics;
using Altmap.Core.Findings;

namespace Altmap.Host.FileSystems;

/// <summary>A standard tool of the host, run to its end without a terminal.</summary>
/// <param name="Name">As in PATH.</param>
/// <param name="Package">The Debian package that has it.</param>
public sealed record ExternalTool(string Name, string Package)
{
    private const int ShownLinesMax = 8;

    /// <summary>Runs it. What it prints is shown where it fails, and nowhere else.</summary>
    /// <param name="words">Its arguments.</param>
    /// <param name="environment">Added to ours.</param>
    /// <param name="input">For its standard input.</param>
    /// <returns>Null, or the error with the tool's last words.</returns>
    public HostError? Run(IEnumerable<string> words, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        string? path = Find();
        if (path is null)
            return new HostError(Name, "there is no such program", "", $"it is in the package {Package}: apt-get install {Package}")
            {
                Errno = Errno.ENOENT,
            };
        try
        {
            var start = new ProcessStartInfo(path, words)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["LC_ALL"] = "C";
            foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
                start.Environment[name] = value;
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(),
                errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading all of it; its exit code says more.
            }
            process.WaitForExit();
            Task.WaitAll(output, errors);
            return process.ExitCode == 0
                ? null
                : new HostError(Name, $"it ended with {process.ExitCode}: {LastLines(errors.Result, output.Result)}") { Errno = Errno.EIO };
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return new HostError(Name, e.Message) { Errno = Errno.ENOENT };
        }
    }

    /// <summary>True where it is installed.</summary>
    public bool IsThere => Find() is not null;

    /// <summary>Tools for administrators are in folders that are not in everybody's PATH.</summary>
    private string? Find() =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin:/usr/local/sbin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Name))
            .FirstOrDefault(File.Exists);

    private static string LastLines(string errors, string output)
    {
        string[] lines = [.. $"{output}\n{errors}".Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)];
        return lines.Length == 0 ? "without a word" : string.Join("; ", lines.TakeLast(ShownLinesMax));
    }
}
