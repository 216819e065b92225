using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Units;

namespace Altmap.Cli.Images;

/// <summary><c>-p</c>, as qemu-img has it: progress also where standard output is no terminal.</summary>
internal static class ImageProgress
{
    public static Option<bool> Option() => new("--progress", "-p") { Description = "show progress on standard error" };

    /// <summary>A line that is shown on a terminal by itself, and with the option everywhere.</summary>
    public static Progress Start(CliHost host, string what, ByteSize whole, bool isAsked) => new(host, what, whole, isAsked);
}
