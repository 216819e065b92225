using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Json;

namespace Altmap.Model.StructPages;

/// <summary>A word that a configuration may be described with, as <c>KMSAN</c>, <c>MEMCG=n</c> or <c>NR_CPUS=256</c>.</summary>
/// <param name="Name">As in Kconfig, without CONFIG_.</param>
/// <param name="Meaning">One line for people.</param>
/// <param name="Min">Smallest number; 0 for a yes or no.</param>
/// <param name="Max">Largest number; 1 for a yes or no.</param>
/// <param name="Apply">Sets it.</param>
public sealed record StructPageOption(string Name, string Meaning, int Min, int Max, Func<StructPageConfig, int, StructPageConfig> Apply)
{
    /// <summary>What may stand behind <c>=</c>.</summary>
    public string Allowed => Max == 1 ? "y or n" : string.Create(CultureInfo.InvariantCulture, $"a number from {Min} to {Max}");
}

/// <summary>A configuration, or what is wrong with the words.</summary>
/// <param name="Config">Null when there is an error.</param>
/// <param name="Error">What, what was expected, what to do; null when there is none.</param>
public sealed record StructPageConfigResult(StructPageConfig? Config, string? Error);

/// <summary>The words for a configuration: the one list that parser, messages and help walk.</summary>
public static class StructPageOptions
{
    private const int WordsMax = 64;

    /// <summary>In the order in which messages list them.</summary>
    public static readonly ImmutableArray<StructPageOption> All =
    [
        Flag("KMSAN", "two pointers in every struct page", (c, on) => c with { Kmsan = on }),
        Flag(
            "NVDIMM_KMSAN",
            "a page map on the device is made for the real size (no prompt: cannot be chosen with the ordinary tools)",
            (c, on) => c with { NvdimmKmsan = on }
        ),
        Flag("MEMCG", "the memcg word", (c, on) => c with { Memcg = on }),
        Flag("SLAB_OBJ_EXT", "the memcg word without MEMCG", (c, on) => c with { SlabObjExt = on }),
        Flag("SLUB", "else SLAB or SLOB: struct page is aligned to one word", (c, on) => c with { Slub = on }),
        Flag("NUMA_BALANCING", "last_cpupid, in the flags word or beside it", (c, on) => c with { NumaBalancing = on }),
        Flag(
            "LAST_CPUPID",
            "not a configuration option: last_cpupid is (y) or is not (n) a field; default: as the bits come out",
            (c, on) => c with { LastCpupidField = on }
        ),
        new("NR_CPUS", "processors: bits of last_cpupid", 1, 1 << 20, (c, n) => c with { Cpus = n }),
        new("NODES_SHIFT", "bits of the node number", 1, 10, (c, n) => c with { NodesShift = n }),
        Flag("LRU_GEN", "three bits of the flags word", (c, on) => c with { LruGen = on }),
        Flag("SPARSEMEM_VMEMMAP", "without it the section number is in the flags word", (c, on) => c with { Vmemmap = on }),
        Flag("MEMORY_FAILURE", "a page flag", (c, on) => c with { MemoryFailure = on }),
        Flag("PAGE_IDLE_FLAG", "two page flags", (c, on) => c with { PageIdleFlag = on }),
        Kasan("KASAN", "nothing in struct page", KasanKind.Generic),
        Kasan("KASAN_SW_TAGS", "a tag in the flags word", KasanKind.SoftwareTags),
        Kasan("KASAN_HW_TAGS", "a tag in the flags word", KasanKind.HardwareTags),
        Flag("KCSAN", "nothing in struct page", (c, _) => c),
        Flag("PAGE_OWNER", "nothing in struct page: it is in page_ext", (c, _) => c),
        Flag("PAGE_POISONING", "nothing in struct page", (c, _) => c),
        Flag("DEBUG_PAGEALLOC", "nothing in struct page", (c, _) => c),
        Flag("DEBUG_SPINLOCK", "nothing in struct page: a larger lock becomes a pointer", (c, _) => c),
    ];

    /// <summary>Reads <c>KMSAN,MEMCG=n,NR_CPUS=256</c>; <c>CONFIG_</c> before a name and any case are taken too. Any text gives a
    /// configuration or an error.</summary>
    /// <param name="text">Words with commas between them.</param>
    /// <param name="basis">What is not named stays so.</param>
    public static StructPageConfigResult Parse(string text, StructPageConfig basis)
    {
        string[] words = text.Split(',', WordsMax + 1, StringSplitOptions.TrimEntries);
        if (words.Length > WordsMax)
            return new(null, string.Create(CultureInfo.InvariantCulture, $"more than {WordsMax} words"));
        StructPageConfig config = basis;
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            string[] parts = word.Split('=', 2);
            string name = parts[0].ToUpperInvariant();
            if (name.StartsWith("CONFIG_", StringComparison.Ordinal))
                name = name["CONFIG_".Length..];
            if (All.FirstOrDefault(o => o.Name == name) is not { } option)
            {
                string hint = NearestWord.Hint(name, All.Select(o => o.Name));
                return new(
                    null,
                    $"{Quote.Text(word)} is not known to decide the size of struct page; expected "
                        + $"{string.Join(", ", All.Select(o => o.Name))}{(hint.Length == 0 ? "" : $"; {hint}")}"
                );
            }
            if (Value(option, parts) is not { } value)
                return new(
                    null,
                    $"{Quote.Text(word)}; expected "
                        + $"{option.Name}={option.Allowed.Replace(" or ", $" or {option.Name}=", StringComparison.Ordinal)}"
                );
            if (seen.TryGetValue(name, out int before) && before != value)
                return new(null, $"{name} is given twice, with different values");
            seen[name] = value;
            config = option.Apply(config, value);
        }
        return new(config, null);
    }

    private static int? Value(StructPageOption option, string[] parts)
    {
        if (option.Max == 1)
        {
            return (parts.Length == 1 ? "y" : parts[1].ToLowerInvariant()) switch
            {
                "y" or "yes" or "1" => 1,
                "n" or "no" or "0" => 0,
                _ => null,
            };
        }
        return
            parts.Length == 2
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= option.Min
            && number <= option.Max
            ? number
            : null;
    }

    private static StructPageOption Flag(string name, string meaning, Func<StructPageConfig, bool, StructPageConfig> apply) =>
        new(name, meaning, 0, 1, (c, n) => apply(c, n == 1));

    private static StructPageOption Kasan(string name, string meaning, KasanKind kind) =>
        Flag(
            name,
            meaning,
            (c, on) =>
                on ? c with { Kasan = kind }
                : c.Kasan == kind ? c with { Kasan = KasanKind.None }
                : c
        );
}
