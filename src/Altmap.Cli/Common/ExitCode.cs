namespace Altmap.Cli.Common;

/// <summary>Exit codes, as fsck(8) has them. <c>run</c> gives the modelled command's own.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Unsupported = 1;
    public const int Repaired = 2;
    public const int ErrorsLeft = 4;
    public const int HostError = 8;
    public const int Usage = 16;
    public const int Internal = 70;

    /// <summary>128 and SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
