using System.Globalization;
using System.Text.RegularExpressions;

namespace Altmap.Core.Kernels;

/// <summary>
/// A kernel's name as people have it: a version (<c>6.8</c>, <c>v6.12.9</c>, <c>6.17-rc3</c>) or what <c>uname -r</c> prints
/// (<c>5.14.0-427.el9.x86_64</c>).
/// </summary>
/// <param name="Text">As given, without <c>Linux version</c> and <c>v</c>.</param>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Patch">Third number; null where there is none, or where it is no patch level (<see cref="IsDistribution"/>).</param>
/// <param name="Candidate">Number of a release candidate, or 0.</param>
/// <param name="Suffix">What stands behind the numbers.</param>
internal sealed partial record KernelRelease(string Text, int Major, int Minor, int? Patch, int Candidate, string Suffix)
{
    private const int LengthMax = 128;

    /// <summary>True for a package that counts its own builds behind <c>x.y.0-</c>: the third number says nothing then (Debian 12's
    /// 6.1.0-56-amd64 is 6.1.192).</summary>
    public bool IsDistribution { get; private init; }

    /// <summary>For comparison: series 4 went to 4.20, 5 and 6 to x.19, so a series counts as 20 of the next number.</summary>
    public double Age => AgeOf(Major, Minor);

    /// <summary>See <see cref="Age"/>.</summary>
    public static double AgeOf(int major, int minor) => (major * 20.0) + minor;

    /// <summary>The parts, or null for what is no kernel's name.</summary>
    public static KernelRelease? Parse(string name)
    {
        if (name.Length > LengthMax)
            return null;
        Match match = Form().Match(name.Trim());
        if (!match.Success)
            return null;
        string suffix = match.Groups["suffix"].Value;
        Match candidate = CandidateForm().Match(suffix);
        bool isDistribution = match.Groups["patch"].Value == "0" && PackageForm().IsMatch(suffix);
        int? patch =
            match.Groups["patch"] is { Success: true } given && !isDistribution
                ? int.Parse(given.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
                : null;
        return new(
            match.Groups["text"].Value,
            int.Parse(match.Groups["major"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            int.Parse(match.Groups["minor"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            patch,
            candidate.Success ? int.Parse(candidate.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0,
            suffix
        )
        {
            IsDistribution = isDistribution,
        };
    }

    /// <summary>Also the first words of /proc/version, which people copy; what follows the release there is not read.</summary>
    [GeneratedRegex(
        @"^(?:Linux version )?v?(?<text>(?<major>[0-9]{1,3})\.(?<minor>[0-9]{1,3})(?:\.(?<patch>[0-9]{1,5}))?"
            + @"(?<suffix>(?:(?:[-+_~]|\.[a-z])[0-9A-Za-z+_.~-]*)?))(?:\s.*)?$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();

    [GeneratedRegex(@"^[-.~]rc([0-9]{1,3})(?![0-9A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex CandidateForm();

    /// <summary><c>-56-amd64</c>, <c>-45-generic</c>, <c>-427.el9</c>: a build's number; not <c>-061203-generic</c>, which repeats the
    /// version, and no <c>-rc4+</c>.</summary>
    [GeneratedRegex(@"^-[0-9]{1,5}(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex PackageForm();
}
