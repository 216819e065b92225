using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>
/// memremap_pages() and memunmap_pages() as steps, for any representation (mm/memremap.c, mm/memory_hotplug.c, mm/sparse.c; 6.1.192, the
/// same order in 5.10,
/// 6.12 and 7.2). A map that fails in a later piece leaves the earlier ones behind: the kernel has no roll-back for them.
/// </summary>
public static class DeviceMapSteps
{
    private const SectionBits Word = (SectionBits)0xff;
    private const string Sparse = "mm/sparse.c section_activate()";
    private const string Remap = "mm/memremap.c pagemap_range()";
    private const string Move = "mm/memory_hotplug.c move_pfn_range_to_zone()";

    /// <summary>memremap_pages() of a range. With an altmap its first pages are never initialised.</summary>
    public static Transition<TState> Map<TState>(DeviceMapRequest request)
        where TState : struct, IMemoryState<TState>
    {
        PfnRange range = request.Range;
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        AddChecks(steps, request);
        int lastCheck = steps.Count - 1; // m1 itself
        AddLimits(steps, request);
        foreach (MapPiece piece in request.Pieces.IsEmpty ? request.Geometry.Pieces(range).Select(p => new MapPiece(p)) : request.Pieces)
            AddPiece(steps, request, piece);
        AddPages(steps, request);
        return new($"memremap_pages {range}", steps.ToImmutable(), s => s.SetPgmap(range, Pgmap.None)) { LastCheck = lastCheck };
    }

    private static void AddChecks<TState>(ImmutableArray<MicroStep<TState>>.Builder steps, DeviceMapRequest request)
        where TState : struct, IMemoryState<TState>
    {
        PfnRange range = request.Range;
        Pfn last = range.End - new PfnCount(1);
        steps.Add(
            new("m0 no map at the ends", StepLock.None, Remap, static s => s)
            {
                Precondition = s => s.PgmapOf(range.Start) == Pgmap.Live || s.PgmapOf(last) == Pgmap.Live ? Errno.ENOMEM : Errno.None,
                Text = "Conflicting mapping in same section",
            }
        );
        steps.Add(
            new("m1 range entry live", StepLock.None, Remap, s => s.SetPgmap(range, Pgmap.Live))
            {
                Precondition = s => request.MeetsRam?.Errno ?? (s.AnyMemmap(range, MemmapContent.Ram) ? Errno.ENXIO : Errno.None),
                Text = request.MeetsRam?.Text,
            }
        );
    }

    private static void AddLimits<TState>(ImmutableArray<MicroStep<TState>>.Builder steps, DeviceMapRequest request)
        where TState : struct, IMemoryState<TState>
    {
        void Refuse(string name, Refusal? refusal)
        {
            if (refusal is { } r)
                steps.Add(
                    new(name, StepLock.Hotplug, "mm/memory_hotplug.c __add_pages()", static s => s)
                    {
                        Precondition = _ => r.Errno,
                        Text = r.Text,
                    }
                );
        }

        Refuse("m1a range can be addressed", request.BeyondLimit);
        Refuse("m1b altmap fits", request.BadAltmap);
        if (request.IsMisaligned || !request.Geometry.IsSubSectionAligned(request.Range))
            Refuse(
                "m1c aligned to sub-sections",
                new Refusal(
                    Errno.EINVAL,
                    $"Misaligned __add_pages start: {request.Range.Start} end: #{(request.Range.End - new PfnCount(1)).Number:x}"
                )
            );
    }

    private static void AddPiece<TState>(ImmutableArray<MicroStep<TState>>.Builder steps, DeviceMapRequest request, MapPiece mapPiece)
        where TState : struct, IMemoryState<TState>
    {
        PfnRange piece = mapPiece.Range;
        bool IsReused(TState s) =>
            piece.Count.Pages < request.Geometry.PagesPerSection.Pages && s.SectionOf(piece.Start).HasFlag(SectionBits.Early);
        steps.Add(
            new($"m2 sub-section bits set {piece}", StepLock.Hotplug, "mm/sparse.c fill_subsection_map()", s => s.SetValid(piece, true))
            {
                Precondition = s => s.AnyValid(piece) ? Errno.EEXIST : Errno.None,
            }
        );
        steps.Add(
            new(
                $"m3 memmap there {piece}",
                StepLock.Hotplug,
                Sparse,
                s =>
                    request.Poisons ? s.SetMemmap(piece, Memmap.Poison)
                    : IsReused(s) ? s
                    : s.SetMemmap(piece, Memmap.Uninitialised)
            )
            {
                Precondition = _ => mapPiece.Errno,
                Fault = s => IsReused(s) ? Errno.None : Errno.ENOMEM,
                Undo = s => s.SetValid(piece, false),
            }
        );
        steps.Add(
            new(
                $"m4 section word {piece}",
                StepLock.Hotplug,
                "mm/sparse.c sparse_add_section()",
                s => s.ChangeSections(piece, SectionBits.Present | SectionBits.HasMemmap, SectionBits.None)
            )
        );
    }

    private static void AddPages<TState>(ImmutableArray<MicroStep<TState>>.Builder steps, DeviceMapRequest request)
        where TState : struct, IMemoryState<TState>
    {
        Geometry geometry = request.Geometry;
        PfnRange range = request.Range;
        Pfn last = range.End - new PfnCount(1);
        Pfn metadata = request.Altmap?.MetadataStart(range.Start) ?? range.Start;
        Pfn data = request.Altmap?.DataStart(range.Start) ?? range.Start;
        var page = new Memmap(MemmapContent.ZoneDevice, ZoneKind.Device, request.Node);
        steps.Add(
            new(
                "m5 taint",
                StepLock.Hotplug,
                Move,
                s =>
                {
                    if (!geometry.IsSectionAligned(range.Start))
                        s = s.ChangeSections(
                            new(range.Start, range.Start + new PfnCount(1)),
                            SectionBits.TaintZoneDevice,
                            SectionBits.None
                        );
                    return geometry.IsSectionAligned(range.End)
                        ? s
                        : s.ChangeSections(new(last, range.End), SectionBits.TaintZoneDevice, SectionBits.None);
                }
            )
        );
        if (request.Altmap is not null)
            steps.Add(new("m6 altmap pages initialised", StepLock.Hotplug, Move, s => s.SetMemmap(new(metadata, data), page)));
        steps.Add(
            new(
                "m7 data pages initialised",
                StepLock.None,
                "mm/page_alloc.c memmap_init_zone_device()",
                s => s.SetMemmap(new(data, range.End + request.Overrun), page)
            )
        );
    }

    /// <summary>memunmap_pages() of a range that <see cref="Map"/> mapped. u2, waiting for users of the map, changes nothing
    /// here.</summary>
    public static Transition<TState> Unmap<TState>(Geometry geometry, PfnRange range, bool poisons)
        where TState : struct, IMemoryState<TState>
    {
        var steps = ImmutableArray.CreateBuilder<MicroStep<TState>>();
        steps.Add(
            new("u1 reference dead", StepLock.None, "mm/memremap.c memunmap_pages()", s => s.SetPgmap(range, Pgmap.Dying))
            {
                Precondition = s => s.PgmapOf(range.Start) == Pgmap.Live ? Errno.None : Errno.ENODEV, // nothing to unmap
            }
        );
        if (poisons)
            steps.Add(
                new(
                    "u3 poison",
                    StepLock.Hotplug,
                    "mm/memory_hotplug.c remove_pfn_range_from_zone()",
                    s => s.SetMemmap(range, Memmap.Poison)
                )
            );
        AddRemoval(steps, geometry, range, "u4", "u5");
        steps.Add(new("u6 range entry gone", StepLock.None, "mm/memremap.c pageunmap_range()", s => s.SetPgmap(range, Pgmap.None)));
        return new($"memunmap_pages {range}", steps.ToImmutable(), static s => s);
    }

    /// <summary>section_deactivate() piece by piece.</summary>
    internal static void AddRemoval<TState>(
        ImmutableArray<MicroStep<TState>>.Builder steps,
        Geometry geometry,
        PfnRange range,
        string bits,
        string memmap
    )
        where TState : struct, IMemoryState<TState>
    {
        foreach (PfnRange piece in geometry.Pieces(range))
        {
            steps.Add(
                new(
                    $"{bits} sub-section bits cleared {piece}",
                    StepLock.Hotplug,
                    "mm/sparse.c clear_subsection_map()",
                    s => s.SetValid(piece, false)
                )
            );
            steps.Add(
                new(
                    $"{memmap} memmap freed {piece}",
                    StepLock.Hotplug,
                    "mm/sparse.c section_deactivate()",
                    s =>
                    {
                        PfnRange sections = geometry.WholeSections(piece);
                        if (!s.AnyValid(sections))
                            return s.ChangeSections(piece, SectionBits.None, Word).SetMemmap(sections, Memmap.None);
                        return s.SectionOf(piece.Start).HasFlag(SectionBits.Early) ? s : s.SetMemmap(piece, Memmap.None);
                    }
                )
            );
        }
    }
}
