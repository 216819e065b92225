using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Nvdimm;

namespace Altmap.Cli.Maps;

/// <summary>Something on a map that wants attention.</summary>
/// <param name="Sections">Where; may be empty.</param>
/// <param name="Text">One or more sentences.</param>
internal sealed record MapNote(ImmutableArray<ulong> Sections, string Text);

/// <summary>Collisions in sections, pages that a kernel hands out wrongly, struct pages that it damages: in words.</summary>
internal static class MapNotes
{
    /// <summary>Damage is told page by page up to so many ranges.</summary>
    private const int RangesMax = 8;

    /// <summary>All notes of a machine, the worst first; collisions only of sections that are shown.</summary>
    public static ImmutableArray<MapNote> Of(Machine machine, IReadOnlyList<MapPart> parts, Func<ulong, bool> isShown) =>
        [.. Damage(machine).Concat(Wrong(machine, parts)).Concat(Pads(machine)).Concat(Collisions(machine, isShown))];

    private static IEnumerable<MapNote> Collisions(Machine machine, Func<ulong, bool> isShown)
    {
        foreach (
            IGrouping<bool, SectionCollision> kind in SectionCollisions
                .Of(machine)
                .Where(c => isShown(c.Section.Number))
                .GroupBy(c => c.Shares[0].Name == SectionCollisions.Ram)
        )
        {
            SectionCollision[] all = [.. kind];
            string places = string.Join(
                ", ",
                all.Take(RangesMax).Select(c => $"{c.Section} ({string.Join(", ", c.Shares.Select(s => $"{s.Name} {s.Size.ToHuman()}"))})")
            );
            if (all.Length > RangesMax)
                places += $" and {all.Length - RangesMax} more";
            string outcome = machine.Kernel.Get(Rules.DeviceMapsAreSections)
                ? "This kernel maps devices in whole sections: a namespace there is padded up to the next boundary, or refused."
                : $"This kernel maps devices in sub-sections of {ArchitectureRules.SubSectionSize.ToHuman()}, so both can be used"
                    + (
                        !kind.Key ? "."
                        : machine.Kernel.Get(Rules.PfnToOnlinePage) == PfnOnlineRule.SectionFlag
                            ? ", but pfn_to_online_page() asks for the section alone and may take device pages for RAM."
                        : "; pfn_to_online_page() tells them apart."
                    );
            ulong cost = all.Aggregate(0UL, (sum, c) => sum + c.Shares.Min(s => s.Size.Bytes));
            yield return new MapNote(
                [.. all.Select(c => c.Section.Number)],
                $"{(kind.Key ? "pmem and System RAM" : "pmem regions")} share {(all.Length == 1 ? "section" : "sections")} {places}. "
                    + $"{outcome} Leaving each to one of them costs {new ByteSize(cost).ToHuman()} at least."
            );
        }
    }

    private static IEnumerable<MapNote> Pads(Machine machine)
    {
        foreach (NamespaceState ndns in machine.Regions.Values.SelectMany(r => r.Namespaces.Values))
        {
            if (PaddedDax.Of(machine, ndns) is { } dax)
                yield return new MapNote(
                    [],
                    $"{ndns.Device} has a start_pad of {dax.StartPad.ToHuman()}. Block I/O starts at {dax.BlockIo} and is right; DAX looks "
                        + $"at {dax.Pages}, {dax.Outcome}."
                );
        }
    }

    private static IEnumerable<MapNote> Wrong(Machine machine, IReadOnlyList<MapPart> parts)
    {
        MapPart[] wrong = [.. parts.Where(p => p.IsWrong && p.Tone != Output.Tone.Bad)];
        if (wrong.Length == 0)
            yield break;
        ulong pages = wrong.Aggregate(0UL, (sum, p) => sum + p.Pages.Count.Pages);
        yield return new MapNote(
            Sections(machine, wrong.Select(p => p.Pages)),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{pages} pages are no online RAM, and pfn_to_online_page() of this kernel gives them all the same: "
                    + $"{Ranges(machine, wrong.Select(p => p.Pages))}. What walks memory (dump, offlining, compaction, hwpoison) may "
                    + $"touch them. altmap pfn tells why."
            )
        );
    }

    private static IEnumerable<MapNote> Damage(Machine machine)
    {
        ImmutableArray<MemmapDamage> damage = MemmapDamage.Of(machine, MemoryMap.Of(machine).Ranges);
        if (damage.IsEmpty)
            yield break;
        string culprits = string.Join(", ", damage.Select(d => d.By ?? "a device that is gone").Distinct());
        ulong pages = damage.Aggregate(0UL, (sum, d) => sum + d.Pages.Count.Pages);
        yield return new MapNote(
            Sections(machine, damage.Select(d => d.Pages)),
            string.Create(
                CultureInfo.InvariantCulture,
                $"KERNEL DEFECT: the struct pages of {pages} pages of System RAM "
                    + $"({new PfnCount(pages).ToBytes(machine.Mm.PageSize).ToHuman()}) are overwritten: "
                    + $"{Ranges(machine, damage.Select(d => d.Pages))}, by {culprits}. "
            )
                + "The last compound page of a device map reaches behind its end where its start is no multiple of its alignment; "
                + $"{MemmapDamage.Kernels} do so where struct pages are not shared. The memory is corrupt until reboot: take page "
                + $"size as --align, or --map=dev, or move the start."
        );
    }

    private static ImmutableArray<ulong> Sections(Machine machine, IEnumerable<PfnRange> ranges)
    {
        ulong section = machine.Mm.Geometry.PagesPerSection.Pages;
        return [.. ranges.SelectMany(r => new[] { r.Start.Number / section, (r.End.Number - 1) / section }).Distinct()];
    }

    private static string Ranges(Machine machine, IEnumerable<PfnRange> ranges)
    {
        PfnRange[] all = [.. ranges];
        string text = string.Join(
            ", ",
            all.Take(RangesMax)
                .Select(r =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"pfn {r.Start.Number}-{r.End.Number - 1} "
                            + $"({new PhysicalRange(r.Start.ToAddress(machine.Mm.PageSize), r.Count.ToBytes(machine.Mm.PageSize))})"
                    )
                )
        );
        return all.Length > RangesMax ? $"{text} and {all.Length - RangesMax} more ranges" : text;
    }
}
