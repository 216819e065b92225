using System.ComponentModel;
using System.Diagnostics;
using Altmap.Core.Findings;

namespace Altmap.Host;

/// <summary>What a shell script did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed on standard error.</param>
public sealed record ShellRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a script with <c>/bin/sh</c> and waits for it.</summary>
    /// <param name="script">Its text; nothing of it is written anywhere.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="shell">The shell's program.</param>
    /// <param name="applet">Words before the shell's own, for a program that is many (<c>busybox sh</c>).</param>
    public static HostResult<ShellRun> Of(
        string script,
        IReadOnlyList<string> words,
        string shell = "/bin/sh",
        params IReadOnlyList<string> applet
    )
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(words);
        var start = new ProcessStartInfo(shell)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // A shell reads a script from its standard input line by line as it goes: what the script starts must not read it too.
        foreach (string word in (string[])[.. applet, "-c", script, "capture.sh", .. words])
            start.ArgumentList.Add(word);
        try
        {
            using Process process = Process.Start(start) ?? throw new InvalidOperationException("no process");
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new(new ShellRun(process.ExitCode, output, error.GetAwaiter().GetResult()), null);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return new(null, new HostError(shell, e.Message, "a POSIX shell") { Errno = Errno.ENOENT });
        }
    }
}
