using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Model.Planning.Alternatives;

/// <summary>A range whose first or last section holds System RAM or another region too: what each way of keeping them apart
/// costs.</summary>
internal static class SharedSectionAlternatives
{
    private const string PadThread = "linux-mm thread \"libnvdimm/pfn: Fix 'start_pad' implementation\", February 2019";
    private const string OnlineThread =
        "linux-mm thread \"mm: Teach pfn_to_online_page() about ZONE_DEVICE section collisions\", January 2021";

    public static AlternativeGroup Of(AlternativesRequest request)
    {
        ByteSize ram = Shared(request, request.Neighbours.SystemRam),
            regions = Shared(request, request.Neighbours.OtherRegions);
        string shares = (ram.IsZero, regions.IsZero) switch
        {
            (true, true) => "nothing known shares its first or last section",
            (false, true) => $"{ram.ToHuman()} of System RAM lie in its first or last section",
            (true, false) => $"{regions.ToHuman()} of other regions lie in its first or last section",
            _ => $"{ram.ToHuman()} of System RAM and {regions.ToHuman()} of other regions lie in its first or last section",
        };
        return new(
            "shared-sections",
            $"sections of {request.Section.ToHuman()}: {shares}",
            [SubSections(request, ram, regions), Sections(request), ThrowRam(request, ram, regions), ThrowPmem(request, ram, regions)]
        );
    }

    private static Alternative SubSections(AlternativesRequest request, ByteSize ram, ByteSize regions)
    {
        NamespacePlan plan = request.Plan(SubSectionKernel(request));
        string walkers = ram.IsZero
            ? ""
            : "; RAM in a shared block cannot go offline, and pfn walkers need the rule of 5.12 (memory.pfn-to-online-page)";
        return Row(
            request,
            "sub-section",
            "map sub-sections of 2 MiB",
            plan,
            ByteSize.Zero,
            request.Having(k => !k.Get(Rules.DeviceMapsAreSections)),
            $"start_pad is never written{walkers}",
            "ba72b4c8cf60 (\"mm/sparsemem: support sub-section hotplug\")",
            ram.IsZero && regions.IsZero
        ) with
        {
            IsPresent = !request.Kernel.Get(Rules.DeviceMapsAreSections),
        };
    }

    private static Alternative Sections(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan(
            request.Kernel.Get(Rules.DeviceMapsAreSections)
                ? request.Kernel
                : Derive(request, InfoBlockLayout.Section419, mapsSections: true)
        );
        string offsets = plan.Settings is { StartPad.IsZero: false } settings
            ? $"start_pad {settings.StartPad.ToHuman()}: block I/O starts at "
                + $"{plan.Range.Start + settings.StartPad + settings.DataOffset}, the pfns of DAX at "
                + $"{plan.Range.Start + settings.DataOffset}, {settings.StartPad.ToHuman()} before it"
            : "no start_pad here";
        return Row(
            request,
            "section",
            "map whole sections, with start_pad",
            plan,
            ByteSize.Zero,
            request.Having(k => k.Get(Rules.DeviceMapsAreSections)),
            offsets,
            "ae86cbfef381 (\"libnvdimm, pfn: Pad pfn namespaces relative to other regions\"); " + PadThread
        ) with
        {
            IsPresent = request.Kernel.Get(Rules.DeviceMapsAreSections),
        };
    }

    private static Alternative ThrowRam(AlternativesRequest request, ByteSize ram, ByteSize regions)
    {
        NamespacePlan plan = request.Plan(SubSectionKernel(request));
        string left = regions.IsZero ? "" : $"; the {regions.ToHuman()} of other regions still share";
        return Row(
            request,
            "throw-ram",
            "throw away the RAM in its sections",
            plan,
            ram,
            [],
            $"the kernel would never use that RAM; as much code as teaching the walkers{left}",
            OnlineThread,
            regions.IsZero
        );
    }

    /// <summary>The namespace then covers whole sections where something shares the first or last one.</summary>
    private static Alternative ThrowPmem(AlternativesRequest request, ByteSize ram, ByteSize regions)
    {
        ulong section = request.Section.Bytes,
            start = request.Range.Start.Bytes,
            end = request.Range.End.Bytes;
        bool sharesFirst = Meets(request, Alignment.Down(start, section), start),
            sharesLast = Meets(request, end, Alignment.Up(end, section));
        ulong first = sharesFirst ? Alignment.Up(start, section) : start,
            past = sharesLast ? Alignment.Down(end, section) : end;
        if (past <= first)
            return new(
                "throw-pmem",
                "throw away the pmem in shared sections",
                request.Range.Size,
                ByteSize.Zero,
                ByteSize.Zero,
                new("no", "no", "-", "-", "-"),
                [],
                "nothing of the range is left",
                OnlineThread
            );
        NamespacePlan plan = request.Plan(
            SubSectionKernel(request),
            range: new PhysicalRange(new PhysicalAddress(first), new ByteSize(past - first))
        );
        var thrown = new ByteSize(request.Range.Size.Bytes - (past - first));
        return Row(
            request,
            "throw-pmem",
            "throw away the pmem in shared sections",
            plan,
            ByteSize.Zero,
            [],
            $"{thrown.ToHuman()} of the range are left "
                + $"out{(thrown.IsZero || (ram.IsZero && regions.IsZero) ? "" : ", and data that is there already moves with the start")}",
            OnlineThread
        ) with
        {
            Lost = request.Range.Size - plan.Usable,
        };
    }

    private static Alternative Row(
        AlternativesRequest request,
        string id,
        string what,
        NamespacePlan plan,
        ByteSize ram,
        ImmutableArray<KernelProfile> kernels,
        string why,
        string source,
        bool ramCanGo = true
    )
    {
        bool hasPad = plan.Settings is { StartPad.IsZero: false };
        bool isFsdax = request.Kind == InfoBlockKind.Pfn;
        string refusal = plan.IsAccepted ? "" : $"; refused here: {plan.Message ?? plan.Errno.Describe()}";
        AlternativeUses uses = plan.IsAccepted
            ? new(
                hasPad && isFsdax ? "no" : "yes",
                isFsdax ? "yes" : "no",
                ramCanGo ? "yes" : "not the shared block",
                hasPad && isFsdax ? "no" : request.HugePages(plan),
                "-"
            )
            : new("no", "no", "-", "-", "-");
        return new(
            id,
            what,
            AlternativesRequest.LostOf(plan),
            plan.Usable,
            plan.StructPagesInRam + ram,
            uses,
            kernels,
            why + refusal,
            source
        );
    }

    /// <summary>Bytes of <paramref name="ranges"/> in the first and last section, outside the range itself.</summary>
    private static ByteSize Shared(AlternativesRequest request, ImmutableArray<PhysicalRange> ranges)
    {
        if (ranges.IsDefaultOrEmpty)
            return ByteSize.Zero;
        ulong section = request.Section.Bytes,
            start = request.Range.Start.Bytes,
            end = request.Range.End.Bytes,
            sum = 0;
        foreach (PhysicalRange range in ranges.Where(r => !r.IsEmpty))
            sum += Common(range, Alignment.Down(start, section), start) + Common(range, end, Alignment.Up(end, section));
        return new ByteSize(sum);
    }

    private static bool Meets(AlternativesRequest request, ulong from, ulong to) =>
        new[] { request.Neighbours.SystemRam, request.Neighbours.OtherRegions }.Any(all =>
            !all.IsDefaultOrEmpty && all.Any(r => !r.IsEmpty && Common(r, from, to) > 0)
        );

    private static ulong Common(PhysicalRange range, ulong from, ulong to) =>
        range.Common(new PhysicalRange(new PhysicalAddress(from), new ByteSize(to - from))).Bytes;

    /// <summary>The kernel at hand where it maps sub-sections: what it lays out is then what <c>plan</c> says.</summary>
    private static KernelProfile SubSectionKernel(AlternativesRequest request) =>
        request.Kernel.Get(Rules.DeviceMapsAreSections)
            ? Derive(request, InfoBlockLayout.CompatAlign, mapsSections: false)
            : request.Kernel;

    private static KernelProfile Derive(AlternativesRequest request, InfoBlockLayout layout, bool mapsSections) =>
        request.Kernel.With(
            request.Kernel.Name,
            request.Kernel.Description,
            Rules.InfoBlockLayout.To(layout),
            Rules.DeviceMapsAreSections.To(mapsSections)
        );
}
