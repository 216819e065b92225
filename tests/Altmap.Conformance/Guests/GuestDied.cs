using System.Text.RegularExpressions;

namespace Altmap.Conformance.Guests;

/// <summary>The guest stopped by itself: it panicked, or did not answer in time.</summary>
internal sealed partial class GuestDied(string what, string console) : Exception(what)
{
    /// <summary>All that the kernel wrote to its console.</summary>
    public string Console { get; } = console;

    /// <summary>The kernel's fault and the function it was in; or the message.</summary>
    public string Fault
    {
        get
        {
            string? kind = FaultLine().Match(Console) is { Success: true } fault ? fault.Groups[1].Value.Trim() : null;
            string? place = PlaceLine().Match(Console) is { Success: true } rip ? rip.Groups[1].Value : null;
            return kind is null ? Message : $"{kind.Split(", address")[0]} in {place ?? "an unknown function"}";
        }
    }

    [GeneratedRegex(@"(?m)^\[ *[0-9.]+\] ((?:BUG: |kernel BUG|general protection|divide error|Oops|Kernel panic)[^\r\n]*)")]
    private static partial Regex FaultLine();

    [GeneratedRegex(@"RIP: 0010:([A-Za-z0-9_.]+)")]
    private static partial Regex PlaceLine();
}
