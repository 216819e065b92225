using System.Diagnostics;
using Altmap.Cli.Common;
using Altmap.Host.Nbd;

namespace Altmap.Cli.Images;

/// <summary>A command that uses a served disk and ends it, as with <c>nbdkit --run</c>.</summary>
internal static class NbdRun
{
    /// <summary>Gives the command's exit code.</summary>
    public static int With(CliHost host, NbdServer server, string command)
    {
        var serving = new Thread(server.Run) { IsBackground = true, Name = "nbd" };
        serving.Start();
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true };
        start.Environment["uri"] = server.Uri;
        host.Out.Flush();
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardOutput.BaseStream.CopyTo(host.OutputBytes);
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CliError(ExitCode.HostError, $"/bin/sh: {e.Message}");
        }
        finally
        {
            server.Stop();
            serving.Join();
        }
    }
}
