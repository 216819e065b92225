using System.Globalization;

namespace Altmap.Bench;

/// <summary>What is asked of figures, a line each: met or not.</summary>
internal sealed class Demands
{
    private int _missed;

    /// <summary>0: all were met.</summary>
    public int ExitCode => _missed == 0 ? 0 : 1;

    /// <summary>A figure that must not be smaller.</summary>
    public void AtLeast(string what, double figure, double least) => Tell(what, figure, $"at least {least}", figure >= least);

    /// <summary>A figure that must not be larger.</summary>
    public void AtMost(string what, double figure, double most) => Tell(what, figure, $"at most {most}", figure <= most);

    /// <summary>Something was not met that is no figure; the caller says what.</summary>
    public void Miss() => _missed++;

    private void Tell(string what, double figure, string asked, bool isMet)
    {
        if (!isMet)
            Miss();
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{figure, 8:0.00} {what} (asked: {asked}): {(isMet ? "met" : "NOT MET")}")
        );
    }
}
