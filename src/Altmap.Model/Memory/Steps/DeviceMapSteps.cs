using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model.Memory.States;

namespace Altmap.Model.Memory.Steps;

/// <summary>
/// memremap_pages() and memunmap_pages() as steps (mm/memremap.c, mm/memory_hotplug.c, mm/sparse.c; 6.1.192, the same order in 5.10, 6.12
/// and 7.2). A map that fails in a later piece leaves the earlier ones behind: the kernel has no roll-back for them.
/// </summary>
public static class DeviceMapSteps
{
    private const SectionBits Word = (SectionBits)0xff;
    private const string Sparse = "mm/sparse.c section_activate()";
    private const string Remap = "mm/memremap.c pagemap_range()";
    private const string Move = "mm/memory_hotplug.c move_pfn_range_to_zone()";
    private const string EntryGone = "m8 range entry gone";

    /// <summary>memremap_pages() of a range. With an altmap its first pages are never initialised.</summary>
    public static Transition Map(DeviceMapRequest request)
    {
        PfnRange range = request.Range;
        var steps = new TransitionBuilder($"memremap_pages {range}");
        AddChecks(steps, request);
        steps.OnFailure(EntryGone).Begin(LockName.Hotplug, LockMode.Exclusive);
        AddLimits(steps, request);
        foreach (MapPiece piece in request.Pieces.IsEmpty ? request.Geometry.Pieces(range).Select(p => new MapPiece(p)) : request.Pieces)
            AddPiece(steps, request, piece);
        AddPages(steps, request);
        return steps
            .WayBack()
            .OnFailure(null)
            .Begin(LockName.Rcu, LockMode.Exclusive)
            .Step(EntryGone, "mm/memremap.c pgmap_array_delete()", [Effect.SetPgmap(range, Pgmap.None)])
            .End()
            .Build();
    }

    private static void AddChecks(TransitionBuilder steps, DeviceMapRequest request)
    {
        PfnRange range = request.Range;
        foreach (Pfn end in (Pfn[])[range.Start, range.End - new PfnCount(1)])
            steps.Refuse([Guard.PgmapIs(end, Pgmap.Live)], Errno.ENOMEM, "Conflicting mapping in same section");
        steps.Step("m0 no map at the ends", Remap, []);
        if (request.MeetsRam is { } ram)
            steps.Refuse([], ram.Errno, ram.Text);
        else
            steps.Refuse([Guard.AnyMemmap(range, MemmapContents.Ram)], Errno.ENXIO);
        steps.Step("m1 range entry live", Remap, [Effect.SetPgmap(range, Pgmap.Live)]);
    }

    private static void AddLimits(TransitionBuilder steps, DeviceMapRequest request)
    {
        void Refuse(string name, Refusal? refusal)
        {
            if (refusal is { } r)
                steps.Refuse([], r.Errno, r.Text).Close(name, "mm/memory_hotplug.c __add_pages()");
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

    private static void AddPiece(TransitionBuilder steps, DeviceMapRequest request, MapPiece mapPiece)
    {
        PfnRange piece = mapPiece.Range;
        bool isPart = piece.Count.Pages < request.Geometry.PagesPerSection.Pages;
        Guard early = Guard.SectionHas(piece.Start, SectionBits.Early);
        ImmutableArray<Effect> bitsBack = [Effect.SetValid(piece, false)];
        steps
            .Refuse([Guard.AnyValid(piece)], Errno.EEXIST)
            .Step("m2 sub-section bits set", "mm/sparse.c fill_subsection_map()", [Effect.SetValid(piece, true)], piece);

        if (mapPiece.Errno != Errno.None)
            steps.Refuse([], mapPiece.Errno, undo: bitsBack);
        steps.MayFail(isPart ? [!early] : [], Errno.ENOMEM, bitsBack);
        if (isPart && !request.Poisons)
            steps.When([early], []); // the boot memmap is used again as it is
        steps.Step("m3 memmap there", Sparse, [Effect.SetMemmap(piece, request.Poisons ? Memmap.Poison : Memmap.Uninitialised)], piece);

        steps.Step(
            "m4 section word",
            "mm/sparse.c sparse_add_section()",
            [Effect.Sections(piece, SectionBits.Present | SectionBits.HasMemmap, SectionBits.None)],
            piece
        );
    }

    private static void AddPages(TransitionBuilder steps, DeviceMapRequest request)
    {
        Geometry geometry = request.Geometry;
        PfnRange range = request.Range;
        Pfn last = range.End - new PfnCount(1);
        Pfn metadata = request.Altmap?.MetadataStart(range.Start) ?? range.Start;
        Pfn data = request.Altmap?.DataStart(range.Start) ?? range.Start;
        var page = new Memmap(MemmapContent.ZoneDevice, ZoneKind.Device, request.Node);
        var taint = ImmutableArray.CreateBuilder<Effect>(2);
        if (!geometry.IsSectionAligned(range.Start))
            taint.Add(Effect.Sections(Guard.One(range.Start), SectionBits.TaintZoneDevice, SectionBits.None));
        if (!geometry.IsSectionAligned(range.End))
            taint.Add(Effect.Sections(new(last, range.End), SectionBits.TaintZoneDevice, SectionBits.None));
        steps.Step("m5 taint", Move, taint.ToImmutable());
        if (request.Altmap is not null)
            steps.Step("m6 altmap pages initialised", Move, [Effect.SetMemmap(new(metadata, data), page)]);
        steps
            .End()
            .Step(
                "m7 data pages initialised",
                "mm/page_alloc.c memmap_init_zone_device()",
                [Effect.SetMemmap(new(data, range.End + request.Overrun), page)]
            );
    }

    /// <summary>memunmap_pages() of a range that <see cref="Map"/> mapped.</summary>
    public static Transition Unmap(Geometry geometry, PfnRange range, bool poisons)
    {
        var steps = new TransitionBuilder($"memunmap_pages {range}");
        steps
            .Refuse([!Guard.PgmapIs(range.Start, Pgmap.Live)], Errno.ENODEV) // nothing to unmap
            .Step("u1 reference dead", "mm/memremap.c memunmap_pages()", [Effect.SetPgmap(range, Pgmap.Dying)])
            .Begin(LockName.PagemapReference, LockMode.Exclusive, range.Start)
            .Step("u2 users gone", "mm/memremap.c memunmap_pages()", [])
            .End()
            .Begin(LockName.Hotplug, LockMode.Exclusive);
        if (poisons)
            steps.Step("u3 poison", "mm/memory_hotplug.c remove_pfn_range_from_zone()", [Effect.SetMemmap(range, Memmap.Poison)]);
        AddRemoval(steps, geometry, range, "u4", "u5");
        return steps
            .End()
            .Begin(LockName.Rcu, LockMode.Exclusive)
            .Step("u6 range entry gone", "mm/memremap.c pgmap_array_delete()", [Effect.SetPgmap(range, Pgmap.None)])
            .End()
            .Build();
    }

    /// <summary>section_deactivate() piece by piece.</summary>
    internal static void AddRemoval(TransitionBuilder steps, Geometry geometry, PfnRange range, string bits, string memmap)
    {
        foreach (PfnRange piece in geometry.Pieces(range))
        {
            PfnRange sections = geometry.WholeSections(piece);
            steps
                .Step($"{bits} sub-section bits cleared", "mm/sparse.c clear_subsection_map()", [Effect.SetValid(piece, false)], piece)
                .When(
                    [!Guard.AnyValid(sections)],
                    [Effect.Sections(piece, SectionBits.None, Word), Effect.SetMemmap(sections, Memmap.None)]
                )
                .When([Guard.SectionHas(piece.Start, SectionBits.Early)], [])
                .Step($"{memmap} memmap freed", "mm/sparse.c section_deactivate()", [Effect.SetMemmap(piece, Memmap.None)], piece);
        }
    }
}
