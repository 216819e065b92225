using System.Runtime.InteropServices;
using Altmap.Cli.Common;

namespace Altmap.Cli.Images;

/// <summary>What Ctrl-C says while something is written that can be finished or taken back; the process then ends, as at a crash.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    private Interruption(PosixSignalRegistration registration) => _registration = registration;

    /// <summary>From now on until it is disposed.</summary>
    public static Interruption Watch(CliHost host, string message) =>
        new(
            PosixSignalRegistration.Create(
                PosixSignal.SIGINT,
                _ =>
                {
                    host.Error.WriteLine(message);
                    host.Error.Flush();
                    Environment.Exit(ExitCode.Interrupted);
                }
            )
        );

    public void Dispose() => _registration.Dispose();
}
