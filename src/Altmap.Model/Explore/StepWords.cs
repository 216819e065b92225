using Altmap.Core.Findings;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Model.Explore;

/// <summary>Steps in words: one more interpreter of the same data.</summary>
public static class StepWords
{
    /// <summary>What an alternative does, as <c>sub-sections of [0x4, 0x8) valid; hotplug lock taken</c>.</summary>
    public static string Of(Transition transition, int step, Alternative taken)
    {
        var words = new List<string>();
        foreach (LockUse use in taken.Locks.Where(l => l.Acquires && !l.Releases))
            words.Add($"{Name(use)} taken");
        foreach (Effect effect in taken.Effects)
        {
            if (Of(effect) is { } text)
                words.Add(text);
        }
        if (taken.Errno != Errno.None)
            words.Add($"fails with {taken.Errno}");
        int next = transition.Next(step, taken);
        if (next < transition.Steps.Length && next != step + 1)
            words.Add($"goes on with '{transition.Steps[next].Name}'");
        else if (
            next == transition.Steps.Length
            && taken.Errno == Errno.None
            && step + 1 < transition.Steps.Length
            && taken.Goto is not null
            && words.Count == 0
        )
            words.Add("ends");
        foreach (LockUse use in taken.Locks.Where(l => l.Releases && !l.Acquires))
            words.Add($"{Name(use)} given back");
        return words.Count == 0 ? "goes on" : string.Join("; ", words);
    }

    /// <summary>An effect in words, or null for one that nobody sees.</summary>
    public static string? Of(Effect effect) =>
        effect.Kind switch
        {
            _ when effect.Range.IsEmpty && effect.Kind != EffectKind.Register => null,
            EffectKind.Sections => string.Join(
                "; ",
                new[] { (Bits: effect.Clear & ~effect.Set, Word: "cleared"), (Bits: effect.Set, Word: "set") }
                    .Where(b => b.Bits != SectionBits.None)
                    .Select(b => $"{Flags(b.Bits)} {b.Word} in the sections of {effect.Range}")
            ),
            EffectKind.Valid => $"sub-sections of {effect.Range} {(effect.Valid ? "valid" : "not valid")}",
            EffectKind.Memmap => $"struct pages of {effect.Range}: {Of(effect.Memmap)}",
            EffectKind.Pgmap =>
                $"device map of {effect.Range}: {effect.Pgmap switch
            {
                Pgmap.Live => "live",
                Pgmap.Dying => "being taken down",
                _ => "none",
            }}",
            _ => effect.Register switch
            {
                Walk.Page => "the page is given",
                Walk.Null => "NULL",
                _ => null,
            },
        };

    /// <summary>A struct page in words.</summary>
    public static string Of(Memmap memmap) =>
        memmap.Content switch
        {
            MemmapContent.None => "no memmap",
            MemmapContent.Uninitialised => "not initialised",
            MemmapContent.Poison => "poisoned",
            MemmapContent.Hole => $"a hole in zone {memmap.Zone.Name()}",
            MemmapContent.Ram => $"RAM in zone {memmap.Zone.Name()}",
            _ => "ZONE_DEVICE",
        };

    private static string Flags(SectionBits bits) => bits == (SectionBits)0xff ? "all flags" : bits.ToString();

    private static string Name(LockUse use) =>
        use.Name switch
        {
            LockName.Hotplug => use.Mode == LockMode.Shared ? "hotplug lock (reader)" : "hotplug lock",
            LockName.Device => $"device lock of {use.Of}",
            LockName.PagemapReference => use.Mode == LockMode.Shared ? "reference to the device map" : "all references to the device map",
            _ => use.Mode == LockMode.Shared ? "RCU read lock" : "RCU grace period",
        };
}
