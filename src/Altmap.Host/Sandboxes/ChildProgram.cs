using System.Diagnostics;
using Altmap.Core.Findings;

namespace Altmap.Host.Sandboxes;

/// <summary>A program that runs with the sandbox's tools in front of its PATH, on our own standard streams.</summary>
public static class ChildProgram
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="words">Program and arguments.</param>
    /// <param name="programs">The folder in front of PATH.</param>
    /// <param name="files">Files of the modelled kernel, which programs may open themselves.</param>
    /// <returns>Its exit code, 128 and the signal's number where one ended it; and whether it could open those files.</returns>
    public static (HostResult<int> Ended, bool OpensFiles) Run(IReadOnlyList<string> words, string programs, IKernelFiles files)
    {
        using var server = new KernelFileServer(files);
        (HostResult<int> Ended, bool OpensFiles) result = default;
        // The thread that starts the program has the program's filter from then on: one of its own.
        var starter = new Thread(() =>
        {
            bool opensFiles = server.Listen();
            result = (Run(words, programs), opensFiles);
        })
        {
            Name = "sandboxed program",
        };
        starter.Start();
        starter.Join();
        return result;
    }

    private static HostResult<int> Run(IReadOnlyList<string> words, string programs)
    {
        try
        {
            var start = new ProcessStartInfo(Find(words[0], programs), words.Skip(1)) { UseShellExecute = false };
            start.Environment["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin"}";
            start.Environment["NDCTL"] = Path.Combine(programs, "ndctl");
            start.Environment["DAXCTL"] = Path.Combine(programs, "daxctl");
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return new(process.ExitCode, null);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return new(
                0,
                new HostError(words[0], e.NativeErrorCode == 2 ? "there is no such program" : e.Message)
                {
                    Errno = (Errno)e.NativeErrorCode,
                }
            );
        }
    }

    /// <summary>A tool named alone is the modelled one.</summary>
    private static string Find(string program, string programs)
    {
        string own = Path.Combine(programs, program);
        return !program.Contains('/', StringComparison.Ordinal) && File.Exists(own) ? own : program;
    }
}
