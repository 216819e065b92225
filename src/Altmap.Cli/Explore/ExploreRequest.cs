using System.Collections.Immutable;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Json;
using Altmap.Model.Explore;
using Altmap.Model.Explore.Search;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Explore;

/// <summary>What <c>altmap explore</c> is asked, read once.</summary>
/// <param name="Scenario">World and rules.</param>
/// <param name="Limits">How far.</param>
internal sealed record ExploreRequest(Scenario Scenario, SearchLimits Limits)
{
    /// <summary>Locks that can be taken away, with what that means.</summary>
    public static readonly ImmutableArray<(string Word, LockName Lock, string Meaning)> Locks =
    [
        ("hotplug-lock", LockName.Hotplug, "mem_hotplug_begin() of operations, get_online_mems() of walkers"),
        ("device-lock", LockName.Device, "the device lock around probe and remove, which locked walkers hold too"),
        ("pagemap-reference", LockName.PagemapReference, "the wait of memunmap_pages() for references of get_dev_pagemap()"),
        ("rcu", LockName.Rcu, "rcu_read_lock() around the look-up of a device map"),
    ];

    private static readonly (string Word, long Max)[] BoundWords =
    [
        ("sections", 8),
        ("devices", 4),
        ("walkers", 6),
        ("pages", 12),
        ("hotplug", 2),
        ("states", long.MaxValue),
        ("depth", int.MaxValue),
    ];

    /// <summary>Words of <c>--reduce</c>; several with commas.</summary>
    public static readonly ImmutableArray<(string Word, Reductions What)> Reducing =
    [
        ("symmetry", Reductions.Symmetry),
        ("partial-order", Reductions.PartialOrder),
    ];

    /// <summary>As <c>symmetry,partial-order</c>; <c>none</c>.</summary>
    public static string WordsOf(Reductions reductions) =>
        reductions == Reductions.None ? "none" : string.Join(",", Reducing.Where(r => reductions.HasFlag(r.What)).Select(r => r.Word));

    /// <summary>Reads the words of options; an error names the option and what it may be.</summary>
    public static ExploreRequest Of(
        string? policy,
        string? poison,
        string? walkers,
        string? faults,
        string[] without,
        string? bounds,
        string? memory,
        string? reduce
    )
    {
        (Bounds size, SearchLimits limits) = ReadBounds(bounds);
        return new ExploreRequest(
            new Scenario
            {
                Policy = PolicyChoice.Of(policy ?? "current"),
                Poisons = Word(poison ?? "off", "--poison", "off", "on") == "on",
                WalkersLocked = Word(walkers ?? "locked", "--walkers", "locked", "unlocked") == "locked",
                Faults = Word(faults ?? "none", "--faults", "none", "map-failure") == "map-failure",
                Without =
                [
                    .. without
                        .SelectMany(w => w.Split(','))
                        .Select(w => Word(w, "--without", [.. Locks.Select(l => l.Word)]))
                        .Select(w => Locks.First(l => l.Word == w).Lock),
                ],
                Bounds = size,
            },
            limits with
            {
                BytesMax = (long)(Values.Size(memory, "--memory")?.Bytes ?? long.MaxValue),
                Reductions = ReductionsOf(reduce ?? "none"),
            }
        );
    }

    /// <summary>The scenario laid out and packed; a world that is too large is an error.</summary>
    public ExplorerModel Model()
    {
        try
        {
            var model = new ExplorerModel(Scenario);
            _ = new ExplorerSearch(model, Reductions.None); // its size alone matters here
            return model;
        }
        catch (WorldTooLargeException e)
        {
            throw CliError.Usage($"--bounds: {e.Message}; give smaller bounds than {Scenario.Bounds}");
        }
    }

    private static (Bounds Size, SearchLimits Limits) ReadBounds(string? text)
    {
        var size = new Bounds();
        var limits = new SearchLimits();
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = part.Split('=');
            (string Word, long Max) known = BoundWords.FirstOrDefault(b => b.Word == words[0].Trim());
            long least = known.Word is "devices" or "walkers" or "pages" or "hotplug" ? 0 : 1;
            if (
                known.Word is null
                || words.Length != 2
                || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value)
                || value > known.Max
                || value < least
            )
                throw CliError.Usage(
                    $"--bounds: {Quote.Text(part)} is no bound; expected WORD=NUMBER, with one of "
                        + string.Join(
                            ", ",
                            BoundWords.Select(b =>
                                b.Max > 1000 ? b.Word : string.Create(CultureInfo.InvariantCulture, $"{b.Word} (up to {b.Max})")
                            )
                        )
                );
            (size, limits) = known.Word switch
            {
                "sections" => (size with { Sections = (int)value }, limits),
                "devices" => (size with { Devices = (int)value }, limits),
                "walkers" => (size with { Walkers = (int)value }, limits),
                "pages" => (size with { Pages = (int)value }, limits),
                "hotplug" => (size with { Hotplug = (int)value }, limits),
                "states" => (size, limits with { StatesMax = value }),
                _ => (size, limits with { DepthMax = (int)value }),
            };
        }
        if (size.Walkers > 0 && size.Pages == 0)
            throw CliError.Usage("--bounds: walkers need a page to ask for; expected pages=1 or more, or walkers=0");
        return (size, limits);
    }

    private static Reductions ReductionsOf(string text) =>
        text == "none"
            ? Reductions.None
            : text.Split(',')
                .Select(w => Word(w, "--reduce", ["none", .. Reducing.Select(r => r.Word)]))
                .Select(w =>
                    w == "none"
                        ? throw CliError.Usage($"--reduce: {Quote.Text(text)}; none goes with no other word")
                        : Reducing.First(r => r.Word == w).What
                )
                .Aggregate((a, b) => a | b);

    private static string Word(string text, string option, params string[] words) =>
        words.Contains(text)
            ? text
            : throw CliError.Usage(
                $"{option}: {Quote.Text(text)}; expected {string.Join(" or ", words)} {NearestWord.Hint(text, words)}".TrimEnd()
            );
}
