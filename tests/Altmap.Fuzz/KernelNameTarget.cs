using System.Text;
using Altmap.Core.Kernels;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a kernel's name: a profile, or words why there is none.</summary>
public static class KernelNameTarget
{
    /// <summary>Runs one input. Throws only when something is wrong with Altmap.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        string name = Encoding.UTF8.GetString(input);
        if (KernelNames.Find(name) is { } match)
            _ = match.ToString();
        else
            _ = KernelNames.Refusal(name);
        _ = KernelNames.Hint(name);
    }

    /// <summary>Names as people have them.</summary>
    public static IEnumerable<byte[]> Seeds() =>
        (
            (string[])
                [
                    "6.1",
                    "5.14.0-427.13.1.el9_4.x86_64",
                    "6.17.0-rc4+",
                    "6.12.5+kmsan",
                    "6.4.0-150600.21-default",
                    "Linux version 5.4.0-90-generic (buildd@lgw01)",
                ]
        ).Select(Encoding.UTF8.GetBytes);
}
