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

    /// <summary>What each says, as docs/README.md has it.</summary>
    public static readonly (int Code, string Meaning)[] Meanings =
    [
        (Success, "nothing is wrong"),
        (Unsupported, "not answered: not modelled (`unsupported: …` says what), or not enough was given (`unknown: needs …`)"),
        (Repaired, "found and repaired"),
        (
            ErrorsLeft,
            "answered, and something is wrong: a finding that is an error, a namespace without driver, a refused plan, a difference in a "
                + "replay"
        ),
        (HostError, "a file or this computer: no such file or directory, no permission, a full disk"),
        (Usage, "wrong use: the command line, a mistake in a file that was given, a file in the place of one to be made"),
        (Internal, "a mistake in Altmap: please report it"),
        (
            Interrupted,
            "ended by Ctrl-C (SIGINT) and by nothing else. The prompt of `altmap run` is not ended by it, and for `altmap image serve` it "
                + "is the way to end (0)"
        ),
    ];
}
