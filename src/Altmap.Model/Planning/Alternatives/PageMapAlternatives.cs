using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;

namespace Altmap.Model.Planning.Alternatives;

/// <summary>Where struct pages go, and how much is kept for each: the ways out weighed when KMSAN made struct page grow.</summary>
internal static class PageMapAlternatives
{
    /// <summary>struct page with KMSAN, of the newest kernel that has it.</summary>
    private static readonly ulong KmsanStructPage = KernelProfiles.Kmsan[^1].Get(Rules.StructPageSize).Bytes;

    private const string Thread = "linux-kernel thread \"libnvdimm/pfn_dev: increase MAX_STRUCT_PAGE_SIZE\", January 2023";

    public static AlternativeGroup Of(AlternativesRequest request)
    {
        var rows = ImmutableArray.CreateBuilder<Alternative>();
        rows.Add(
            Reserve(
                request,
                64,
                "what 6.1.12 and later went back to; a kernel with a larger struct page refuses map=dev, new and old",
                "drivers/nvdimm/nd.h MAX_STRUCT_PAGE_SIZE; " + Thread
            )
        );
        rows.Add(Reserve(request, 80, "the first option of the thread: two pointers more, and no room for the next field", Thread));
        rows.Add(
            Reserve(
                request,
                128,
                "everybody pays twice, with KMSAN or without it: reverted for that",
                "6e9f05dc66f9 (\"libnvdimm/pfn_dev: increase MAX_STRUCT_PAGE_SIZE\"); " + Thread
            )
        );
        rows.Add(RealSize(request));
        rows.Add(InRam(request));
        rows.Add(InRamForDebugKernels(request));
        rows.Add(Exclusive(request));
        string elsewhere =
            request.Architecture.Architecture == Architecture.X86_64
                ? ""
                : $" (KMSAN is there for x86-64 and s390 alone: here any kernel with a struct page of {Text(KmsanStructPage)} "
                    + $"bytes is meant)";
        return new("page-map", $"where the struct pages of the namespace go{elsewhere}", rows.ToImmutable());
    }

    private static bool RecordsRealSize(KernelProfile kernel) =>
        kernel.Get(Rules.LargeStructPage) == LargeStructPage.RecordRealSize
        && kernel.Get(Rules.StructPageSize) > kernel.Get(Rules.MaxStructPageSize);

    private static Alternative Reserve(AlternativesRequest request, ulong bytes, string why, string source)
    {
        KernelProfile kernel = With(request.Kernel, bytes, request.Kernel.Get(Rules.StructPageSize).Bytes, LargeStructPage.Refuse);
        NamespacePlan plan = request.Plan(kernel, PageMapMode.Pmem);
        return Row(
            request,
            $"reserve-{Text(bytes)}",
            $"on the device, {Text(bytes)} bytes a page",
            plan,
            request.Having(k => k.Get(Rules.MaxStructPageSize).Bytes == bytes),
            why,
            source
        ) with
        {
            DebugKernel = DebugAnswer(request, With(kernel, bytes, KmsanStructPage, LargeStructPage.Refuse), plan),
            IsPresent =
                request.Kernel.Get(Rules.MaxStructPageSize).Bytes == bytes
                && request.Map == PageMapMode.Pmem
                && !RecordsRealSize(request.Kernel),
        };
    }

    private static Alternative RealSize(AlternativesRequest request)
    {
        KernelProfile kernel = With(request.Kernel, 64, KmsanStructPage, LargeStructPage.RecordRealSize);
        NamespacePlan plan = request.Plan(kernel, PageMapMode.Pmem);
        return Row(
            request,
            "reserve-real",
            $"on the device, real size ({Text(KmsanStructPage)}: KMSAN)",
            plan,
            request.Having(k => k.Get(Rules.LargeStructPage) == LargeStructPage.Refuse),
            "a kernel built with CONFIG_NVDIMM_KMSAN writes its own size into the block, and other kernels keep that reserve; the "
                + "option has no prompt and nothing selects it. Other kernels go on with 64",
            "c91d71363084 (\"nvdimm: Support sizeof(struct page) > MAX_STRUCT_PAGE_SIZE\"); drivers/nvdimm/pfn_devs.c nd_pfn_init()"
        ) with
        {
            DebugKernel = DebugAnswer(request, kernel, plan),
            IsPresent = RecordsRealSize(request.Kernel) && request.Map == PageMapMode.Pmem,
            IsOfOtherBuild = !RecordsRealSize(request.Kernel),
        };
    }

    private static Alternative InRam(AlternativesRequest request)
    {
        NamespacePlan plan = request.Plan(map: PageMapMode.Ram);
        return Row(
            request,
            "ram",
            "in RAM (map=mem)",
            plan,
            request.Having(_ => true),
            "no reserve on the device; the machine's RAM pays for every page, at every boot",
            "drivers/nvdimm/pfn_devs.c nd_pfn_init()"
        ) with
        {
            DebugKernel = DebugAnswer(request, With(request.Kernel, 64, KmsanStructPage, LargeStructPage.Refuse), plan),
            IsPresent = request.Map == PageMapMode.Ram,
        };
    }

    private static Alternative InRamForDebugKernels(AlternativesRequest request)
    {
        KernelProfile debug = With(request.Kernel, 64, KmsanStructPage, LargeStructPage.Refuse);
        NamespacePlan plan = request.Plan(debug, PageMapMode.Ram);
        return Row(
            request,
            "kmsan-ram",
            "KMSAN builds keep them in RAM only",
            plan,
            request.Having(k => k.Get(Rules.LargeStructPage) == LargeStructPage.Refuse),
            "the second option of the thread, and in effect what shipped: the figures are those of a KMSAN build. A block that "
                + "another kernel wrote with map=dev at 64 is refused",
            Thread + "; drivers/nvdimm/pfn_devs.c nd_pfn_init(), nd_pfn_validate()"
        ) with
        {
            DebugKernel = DebugAnswer(request, debug, plan),
            IsOfOtherBuild = request.Kernel.Get(Rules.StructPageSize) <= request.Kernel.Get(Rules.MaxStructPageSize),
        };
    }

    /// <summary>Without CONFIG_NVDIMM_PFN nobody looks for a block: the whole namespace is a raw block device.</summary>
    private static Alternative Exclusive(AlternativesRequest request) =>
        new(
            "kmsan-or-pfn",
            "NVDIMM page maps or KMSAN, not both",
            ByteSize.Zero,
            request.Range.Size,
            ByteSize.Zero,
            new("no", "yes", "-", "no", "-"),
            [],
            "the figures are those of a KMSAN build: it comes up raw, over the block and the page map of a namespace that exists, and "
                + "a file system is not found. Other builds keep 64",
            Thread + ": depends on !KMSAN for CONFIG_NVDIMM_PFN"
        )
        {
            DebugKernel = "raw: misreads a namespace that exists",
        };

    private static Alternative Row(
        AlternativesRequest request,
        string id,
        string what,
        NamespacePlan plan,
        ImmutableArray<KernelProfile> kernels,
        string why,
        string source
    )
    {
        bool isFsdax = request.Kind == InfoBlockKind.Pfn;
        string refusal = plan.IsAccepted ? "" : $"; refused here: {plan.Message ?? plan.Errno.Describe()}";
        return new(
            id,
            what,
            AlternativesRequest.LostOf(plan),
            plan.Usable,
            plan.StructPagesInRam,
            plan.IsAccepted ? new("yes", isFsdax ? "yes" : "no", "-", request.HugePages(plan), "-") : new("no", "no", "-", "-", "-"),
            kernels,
            why + refusal,
            source
        );
    }

    /// <summary>What a kernel with a large struct page says of a block that <paramref name="written"/> stands for.</summary>
    private static string DebugAnswer(AlternativesRequest request, KernelProfile debug, NamespacePlan written)
    {
        if (written.Settings is not { } settings)
            return "-";
        NamespacePlan made = request.Plan(debug, settings.Mode);
        string create = made.IsAccepted ? "makes" : $"does not make ({made.Errno})";
        var layout = new PageMapRequest(
            request.Range,
            settings.Kind,
            settings.Mode,
            request.Align,
            Uuid.Zero,
            Uuid.Zero,
            request.Neighbours
        );
        byte[] head = new byte[NamespaceBinding.HeadBytes];
        if (PfnLayout.Plan(layout, "namespace0.0", written.Kernel, request.Architecture).Block is not { } block)
            return create;
        block.ToBytes().CopyTo(head.AsSpan((int)InfoBlock.StartBytes));
        BindingOutcome opened = NamespaceBinding.Evaluate(
            head,
            new NamespaceExtent(request.Range, Uuid.Zero),
            "namespace0.0",
            ClaimClass.None,
            false,
            debug,
            request.Architecture
        );
        return opened.Verdict == BindingVerdict.Bound ? $"{create}, opens" : $"{create}, refuses to open ({opened.Errno})";
    }

    private static KernelProfile With(KernelProfile kernel, ulong reserve, ulong structPage, LargeStructPage large) =>
        kernel.With(
            kernel.Name,
            kernel.Description,
            Rules.MaxStructPageSize.To(new ByteSize(reserve)),
            Rules.StructPageSize.To(new ByteSize(structPage)),
            Rules.LargeStructPage.To(large)
        );

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
