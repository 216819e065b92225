using System.Globalization;
using Altmap.Core.Units;
using Altmap.Model.Explore;
using Altmap.Model.Memory.States;
using Altmap.Model.Memory.Steps;

namespace Altmap.Cli.Explore;

/// <summary>What a search found, as a person reads it: for each property that does not hold the story of a shortest trace.</summary>
internal static class ExploreText
{
    public static void Write(CliHost host, ExplorerModel model, ExploreRequest request, Exploration found)
    {
        Scenario scenario = model.Scenario;
        host.Out.WriteLine($"policy {scenario.Policy.Name}: {scenario.Policy.Title}");
        host.Out.WriteLine($"  {Conditions(scenario)}; {scenario.Bounds}");
        foreach (string line in Places(scenario))
            host.Out.WriteLine($"  {line}");
        foreach (Violation violation in found.Violations)
        {
            host.Out.WriteLine();
            WriteViolation(host, model, violation);
        }
        host.Out.WriteLine();
        host.Out.WriteLine(Summary(found, request.Limits));
    }

    /// <summary>The last line: how much was searched, and what that says.</summary>
    public static string Summary(Exploration found, SearchLimits limits)
    {
        string states = string.Create(CultureInfo.InvariantCulture, $"{found.States:N0} states, {found.Edges:N0} steps");
        if (limits.Reductions != Reductions.None)
            states += $" (reduced: {ExploreRequest.WordsOf(limits.Reductions)})";
        string verdict = found.Violations.IsEmpty
            ? "no violation"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Violations.Length} {(found.Violations.Length == 1 ? "property does" : "properties do")} not hold"
            );
        string depth = found.Depth.ToString(CultureInfo.InvariantCulture);
        return found.IsComplete
            ? $"{states}, all there are (depth {depth}): {verdict}"
            : $"{states}, {(found.Stopped == "interrupted" ? "interrupted" : $"bound reached ({found.Stopped})")}: "
                + (
                    limits.Reductions.HasFlag(Reductions.PartialOrder)
                        ? $"{verdict} in what was searched"
                        : $"{verdict} up to depth {depth}"
                );
    }

    /// <summary>Locks, faults, poison in words.</summary>
    public static string Conditions(Scenario scenario)
    {
        var words = new List<string>
        {
            !scenario.WalkersLocked ? "walkers hold no lock"
            : scenario.Without.Contains(LockName.Device) ? "walkers hold the hotplug lock"
            : "walkers hold the hotplug lock and the device lock",
            scenario.Faults ? "maps may fail half-way" : "every map succeeds",
            scenario.Poisons ? "struct pages are poisoned" : "no poisoning",
        };
        words.AddRange(ExploreRequest.Locks.Where(l => scenario.Without.Contains(l.Lock)).Select(l => $"nobody takes {l.Word}"));
        return string.Join(", ", words);
    }

    private static IEnumerable<string> Places(Scenario scenario)
    {
        ulong per = Scenario.Geometry.PagesPerSection.Pages;
        string ram = string.Join(" and ", scenario.Ram.Select(Text).DefaultIfEmpty("nowhere"));
        yield return $"a section is {per} pages, a sub-section {Scenario.Geometry.PagesPerSubSection.Pages}; RAM {ram}"
            + string.Concat(scenario.Devices.Select(d => $"; {d.Name} {Text(d.Range)}{(d.Altmap is null ? "" : " with an altmap")}"))
            + string.Concat(scenario.Blocks.Select(b => $"; memory block {Text(b)} comes and goes"));
    }

    private static void WriteViolation(CliHost host, ExplorerModel model, Violation violation)
    {
        host.Out.WriteLine($"{violation.Property.Name}: does not hold: {violation.Property.Title}");
        host.Out.WriteLine($"  {violation.Case.Detail}");
        if (Missing(model.Scenario, violation) is { } missing)
            host.Out.WriteLine($"  {missing}");
        host.Out.WriteLine("  [..] valid sub-section; R RAM, o hole, D ZONE_DEVICE, P poison, u not initialised, . no memmap");
        int actor = violation.Trace.Max(s => s.Actor.Length);
        MemoryPicture before = model.Boot;
        int number = 0;
        string operation = "";
        foreach (TraceStep step in violation.Trace)
        {
            if (step.Actor + step.Operation != operation)
                host.Out.WriteLine($"      {step.Actor.PadRight(actor)}  {step.Operation}");
            operation = step.Actor + step.Operation;
            host.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"  {++number, 3} {step.Actor.PadRight(actor)}  {step.Step}: {step.Effect}")
            );
            foreach (string line in Pictures.Changes(before, step.After, Scenario.Geometry))
                host.Out.WriteLine($"      {"".PadRight(actor)}    {line}");
            before = step.After;
        }
    }

    /// <summary>Which lock would have kept them apart.</summary>
    public static string? Missing(Scenario scenario, Violation violation)
    {
        if (
            violation.Property.Name
            is not ("online-answer" or "online-while-unmapping" or "stays-while-used" or "not-initialised-under-reader")
        )
            return null;
        string[] missing =
        [
            .. ExploreRequest.Locks.Where(l => scenario.Without.Contains(l.Lock)).Select(l => l.Word),
            .. scenario.WalkersLocked ? [] : new[] { "the walker's hotplug-lock and device-lock" },
        ];
        return missing.Length == 0 || violation.Case.AtRest ? null : $"missing: {string.Join(", ", missing)}";
    }

    private static string Text(PfnRange range) => range.ToString();
}

/// <summary>Sections as a line of letters.</summary>
internal static class Pictures
{
    /// <summary>The sections that differ, before and after.</summary>
    public static IEnumerable<string> Changes(MemoryPicture before, MemoryPicture after, Geometry geometry)
    {
        string[] old = [.. Sections(before, geometry)],
            now = [.. Sections(after, geometry)];
        for (int i = 0; i < now.Length; i++)
        {
            if (old[i] != now[i])
                yield return string.Create(CultureInfo.InvariantCulture, $"section {i}: {old[i]}  ->  {now[i]}");
        }
    }

    /// <summary>Each section as <c>[RR][RR] oo [DD] online early taint; map live</c>.</summary>
    public static IEnumerable<string> Sections(MemoryPicture picture, Geometry geometry)
    {
        foreach (PagePicture[] section in picture.Pages.Chunk((int)geometry.PagesPerSection.Pages))
        {
            string pages = string.Concat(
                section
                    .Chunk((int)geometry.PagesPerSubSection.Pages)
                    .Select(s =>
                        $"{(s[0].IsValid ? '[' : ' ')}{string.Concat(s.Select(p => Letter(p.Memmap)))}{(s[0].IsValid ? ']' : ' ')}"
                    )
            );
            string flags = string.Join(' ', Flags(section[0].Section));
            string maps = string.Join(
                ',',
                section.Select(p => p.Pgmap).Where(p => p != Pgmap.None).Distinct().Select(p => p == Pgmap.Live ? "map live" : "map dying")
            );
            yield return $"{pages} {flags}{(maps.Length == 0 ? "" : $"; {maps}")}";
        }
    }

    private static IEnumerable<string> Flags(SectionBits bits)
    {
        if (!bits.HasFlag(SectionBits.Present))
            yield return "absent";
        if (bits.HasFlag(SectionBits.Online))
            yield return "online";
        if (bits.HasFlag(SectionBits.Early))
            yield return "early";
        if (bits.HasFlag(SectionBits.TaintZoneDevice))
            yield return "taint";
    }

    private static char Letter(Memmap memmap) =>
        memmap.Content switch
        {
            MemmapContent.Ram => 'R',
            MemmapContent.Hole => 'o',
            MemmapContent.ZoneDevice => 'D',
            MemmapContent.Poison => 'P',
            MemmapContent.Uninitialised => 'u',
            _ => '.',
        };
}
