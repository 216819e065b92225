using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Altmap.Core.Kernels;

/// <summary>Kernels of a distribution whose version number hides what they took over from later ones.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Pattern">What its releases look like, for people.</param>
/// <param name="Profile">Whose rules come nearest.</param>
/// <param name="Confirmation">How we know.</param>
/// <param name="Source">Where it is from.</param>
public sealed record KernelDistribution(string Name, string Pattern, string Profile, Confirmation Confirmation, string Source);

/// <summary>The table of distribution kernels. None was run or read: each row says so, and the mark reaches the user.</summary>
public static partial class KernelDistributions
{
    private const string RedHat =
        "Red Hat counts builds by minor release; which changes a build took over is inferred from its age, its source was not read";
    private const string Suse = "SUSE takes fixes over into the series that it names; its source was not read";

    // The first build of a minor release, by which later ones are told apart.
    private const int El82 = 193,
        El83 = 240,
        El92 = 284;

    private static readonly KernelDistribution s_el7 = new("EL7", "3.10.0-N.el7", "4.19", Confirmation.Inferred, RedHat);
    private static readonly KernelDistribution s_el80 = new(
        "EL8.0, 8.1",
        "4.18.0-N.el8, N below 193",
        "4.19",
        Confirmation.Inferred,
        RedHat
    );
    private static readonly KernelDistribution s_el82 = new("EL8.2", "4.18.0-N.el8, N from 193 on", "5.4", Confirmation.Inferred, RedHat);
    private static readonly KernelDistribution s_el83 = new(
        "EL8.3 to 8.10",
        "4.18.0-N.el8, N from 240 on",
        "5.10",
        Confirmation.Inferred,
        RedHat
    );
    private static readonly KernelDistribution s_el90 = new(
        "EL9.0, 9.1",
        "5.14.0-N.el9, N below 284",
        "5.15",
        Confirmation.Inferred,
        RedHat
    );
    private static readonly KernelDistribution s_el92 = new(
        "EL9.2 and later",
        "5.14.0-N.el9, N from 284 on",
        "6.1",
        Confirmation.Inferred,
        RedHat
    );
    private static readonly KernelDistribution s_el10 = new("EL10", "6.12.0-N.el10", "6.12", Confirmation.Inferred, RedHat);
    private static readonly KernelDistribution s_sles151 = new("SLES 15, SP1", "4.12.14-N-default", "4.19", Confirmation.Inferred, Suse);
    private static readonly KernelDistribution s_sles153 = new("SLES 15 SP2, SP3", "5.3.18-N-default", "5.4", Confirmation.Inferred, Suse);
    private static readonly KernelDistribution s_sles155 = new(
        "SLES 15 SP4, SP5",
        "5.14.21-N-default",
        "5.15",
        Confirmation.Inferred,
        Suse
    );
    private static readonly KernelDistribution s_sles157 = new("SLES 15 SP6, SP7", "6.4.0-N-default", "6.6", Confirmation.Inferred, Suse);

    /// <summary>All rows, in the order in which they are shown.</summary>
    public static readonly ImmutableArray<KernelDistribution> All =
    [
        s_el7,
        s_el80,
        s_el82,
        s_el83,
        s_el90,
        s_el92,
        s_el10,
        s_sles151,
        s_sles153,
        s_sles155,
        s_sles157,
    ];

    /// <summary>The row of a release, or null: a kernel that is what its version says.</summary>
    internal static KernelDistribution? Find(KernelRelease release)
    {
        if (EnterpriseForm().Match(release.Suffix) is { Success: true } el)
        {
            int build = int.Parse(el.Groups["build"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            return (el.Groups["major"].Value, release.Major, release.Minor) switch
            {
                ("7", 3, 10) => s_el7,
                ("8", 4, 18) => build < El82 ? s_el80
                : build < El83 ? s_el82
                : s_el83,
                ("9", 5, 14) => build < El92 ? s_el90 : s_el92,
                ("10", 6, 12) => s_el10,
                _ => null,
            };
        }
        if (!release.Suffix.StartsWith('-') || !release.Suffix.EndsWith("-default", StringComparison.Ordinal))
            return null;
        return (release.Major, release.Minor, release.Patch ?? 0) switch
        {
            (4, 12, 14) => s_sles151,
            (5, 3, 18) => s_sles153,
            (5, 14, 21) => s_sles155,
            (6, 4, 0) => s_sles157,
            _ => null,
        };
    }

    /// <summary><c>-427.13.1.el9_4</c>, and not Oracle's <c>.el9uek</c>, whose version is the upstream one.</summary>
    [GeneratedRegex(@"^-(?<build>[0-9]{1,6})[0-9.]*\.el(?<major>[0-9]{1,2})(?![0-9a-z])", RegexOptions.CultureInvariant)]
    private static partial Regex EnterpriseForm();
}
