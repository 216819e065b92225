using System.Collections.Immutable;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model.Planning;
using Altmap.Model.StructPages;

namespace Altmap.Cli.StructPages;

/// <summary>The answers of <c>altmap struct-page</c> for people.</summary>
internal static class StructPageText
{
    public static void Write(CliHost host, StructPageCommand.Answer answer)
    {
        StructPageLayout layout = answer.Layout;
        host.Out.WriteLine(
            $"kernel {layout.Kernel.Name}, {KernelChoice.Name(layout.Architecture.Architecture)}: struct page of {layout.Size.Bytes} "
                + $"bytes, aligned to {layout.Alignment.Bytes}"
        );
        foreach (string why in layout.Impossible)
            host.Out.WriteLine($"no such kernel can be built: {why}");
        var table = new TextTable(">offset", ">bytes", "field", "what for");
        foreach (StructPageField field in layout.Fields)
            table.Add(Numbers.Of(field.Offset), Numbers.Of(field.Size), field.Name, field.Purpose);
        table.Write(host);
        if (layout.Flags is { } flags)
            host.Out.WriteLine(
                $"flags word: {string.Join(", ", flags.Parts.Select(p => $"{p.What} {p.Bits}"))}, free {flags.Free}{Cpupid(flags)}"
            );
        host.Out.WriteLine($"zeroing: {Zeroing(layout)}");
        if (answer.Machine is { } machine)
            WriteMachine(host, machine);
        else
            WritePerTerabyte(host, answer);
    }

    public static void WriteKernels(CliHost host, ImmutableArray<StructPageCommand.Answer> answers)
    {
        var table = new TextTable(
            "kernel",
            ">struct page",
            ">aligned to",
            "zeroed whole",
            ">memmap per TiB of RAM",
            ">page map per TiB, map=dev",
            ">map=mem",
            "remarks"
        );
        foreach (StructPageCommand.Answer answer in answers)
        {
            StructPageLayout layout = answer.Layout;
            if (layout.Impossible.IsEmpty)
                table.Add(
                    layout.Kernel.Name,
                    Numbers.Of(answer.Kernel.Get(Rules.StructPageSize)),
                    Numbers.Of(layout.Alignment),
                    layout.IsZeroed ? "yes" : "no",
                    Memmap(answer).ToHuman(),
                    Reserve(answer, PageMapMode.Pmem),
                    Reserve(answer, PageMapMode.Ram),
                    PageMapRefusal(answer) ?? ""
                );
            else
                table.Add(layout.Kernel.Name, "-", "-", "-", "-", "-", "-", string.Join("; ", layout.Impossible));
        }
        table.Write(host);
        foreach (StructPageCommand.Answer answer in answers.Where(a => a.Machine is not null))
        {
            host.Out.WriteLine($"kernel {answer.Layout.Kernel.Name}:");
            WriteMachine(host, answer.Machine!);
        }
    }

    public static void WriteSizes(CliHost host, ImmutableArray<KernelProfile> kernels, ImmutableArray<StructPageRow> rows)
    {
        var table = new TextTable([">aligned to", "MEMCG", "last_cpupid a field", "KMSAN", .. kernels.Select(k => ">" + k.Name)]);
        foreach (StructPageRow row in rows)
            table.Add([Numbers.Of(row.Alignment), YesNo(row.Memcg), YesNo(row.Cpupid), YesNo(row.Kmsan), .. row.Cells.Select(Cell)]);
        table.Write(host);
        host.Out.WriteLine(
            "-: that kernel has no such field or alignment; (…): no x86_64 configuration gives it; !: mm_zero_struct_page() does "
                + "not cover it"
        );
    }

    private static string Cell(StructPageCell cell)
    {
        if (cell.Size is not { } size)
            return "-";
        string text = Numbers.Of(size) + (cell.IsZeroed ? "" : "!");
        return cell.IsPossible ? text : $"({text})";
    }

    private static string Cpupid(PageFlagsWord flags) =>
        flags.CpupidBits == 0 ? "; no last_cpupid (NUMA_BALANCING=n)"
        : flags.CpupidSpills ? $"; the {flags.CpupidBits} bits of last_cpupid do not fit"
        : "";

    private static string Zeroing(StructPageLayout layout) =>
        layout.Kernel.Get(Rules.ZeroedMax) is not { } max ? "memset, whatever the size"
        : layout.IsZeroed
            ? $"covered: the switch of mm_zero_struct_page() goes from {StructPageLayout.ZeroedMin.Bytes} to {max.Bytes} bytes"
        : $"NOT covered: the switch of mm_zero_struct_page() goes from {StructPageLayout.ZeroedMin.Bytes} to {max.Bytes} bytes; such "
            + $"a kernel does not build (BUILD_BUG_ON; \"no case matching constant switch condition '{layout.Size.Bytes}'\")";

    /// <summary>Why a page map cannot be on the device; null: it can.</summary>
    internal static string? PageMapRefusal(StructPageCommand.Answer answer)
    {
        StructPageLayout layout = answer.Layout;
        if (!layout.Config.Vmemmap)
            return "no page map of persistent memory at all: ZONE_DEVICE needs SPARSEMEM_VMEMMAP";
        if (
            answer.Kernel.Get(Rules.LargeStructPage) == LargeStructPage.BuildError
            && answer.Kernel.Get(Rules.StructPageSize) > answer.Kernel.Get(Rules.MaxStructPageSize)
        )
            return "does not build with CONFIG_NVDIMM_PFN: struct page is above MAX_STRUCT_PAGE_SIZE, "
                + $"{answer.Kernel.Get(Rules.MaxStructPageSize).Bytes} bytes (BUILD_BUG_ON in nd_pfn_init())";
        return StructPageCommand.PerTerabyte(answer, PageMapMode.Pmem) is { IsAccepted: false } refused
            ? $"map=dev: {Refusal(refused)}"
            : null;
    }

    private static void WritePerTerabyte(CliHost host, StructPageCommand.Answer answer)
    {
        ByteSize terabyte = ByteSize.GiB(1024),
            memmap = Memmap(answer);
        host.Out.WriteLine($"memmap of 1 TiB of RAM: {memmap} ({Numbers.Share(memmap, terabyte, 3)})");
        if (PageMapRefusal(answer) is { } refusal)
            host.Out.WriteLine($"page map of 1 TiB of persistent memory, {refusal}");
        else
            WritePageMap(host, answer, PageMapMode.Pmem);
        if (answer.Layout.Config.Vmemmap)
            WritePageMap(host, answer, PageMapMode.Ram);
    }

    private static void WritePageMap(CliHost host, StructPageCommand.Answer answer, PageMapMode map)
    {
        NamespacePlan plan = StructPageCommand.PerTerabyte(answer, map);
        string ram = plan.StructPagesInRam.IsZero ? "" : $", {plan.StructPagesInRam} of RAM";
        host.Out.WriteLine(
            $"page map of 1 TiB of persistent memory, {Word(map)}: {plan.Settings!.Value.DataOffset} before the data, {plan.Usable} "
                + $"usable{ram}"
        );
    }

    private static void WriteMachine(CliHost host, MachineStructPages machine)
    {
        host.Out.WriteLine($"memmap at boot: {machine.Memmap}, {Numbers.Share(machine.Memmap, machine.Ram, 3)} of {machine.Ram} of RAM");
        if (!machine.Regions.IsEmpty)
        {
            var table = new TextTable("region", ">size", ">map=dev: before the data", ">usable", ">map=mem: usable", ">RAM for it");
            foreach (RegionPageMap region in machine.Regions)
            {
                NamespacePlan dev = region.OnDevice,
                    mem = region.InRam;
                table.Add(
                    region.Region,
                    dev.Range.Size.ToHuman(),
                    Reserve(dev),
                    dev.IsAccepted ? Numbers.Of(dev.Usable) : "-",
                    mem.IsAccepted ? Numbers.Of(mem.Usable) : "-",
                    mem.IsAccepted ? mem.StructPagesInRam.ToHuman() : "-"
                );
            }
            table.Write(host);
            foreach (RegionPageMap region in machine.Regions.Where(r => !r.OnDevice.IsAccepted))
                host.Out.WriteLine($"{region.Region}, map=dev: {Refusal(region.OnDevice)}");
        }
        foreach (ExistingPageMap block in machine.Blocks)
        {
            string verdict = block.Outcome.Verdict switch
            {
                BindingVerdict.Bound => $"opens{(block.Stranded.IsZero ? "" : $"; {block.Stranded} of its page map are never used")}",
                BindingVerdict.Raw => "comes up raw: its info-block is not taken",
                _ => $"refused: {block.Outcome.Errno.Describe()} ({block.Outcome.Errno})",
            };
            host.Out.WriteLine($"{block.Namespace}, {Word(block.Map)}, made for {block.Recorded.Bytes} bytes a page: {verdict}");
            foreach (string message in block.Outcome.Messages)
                host.Out.WriteLine($"  logged: {message}");
        }
    }

    /// <summary>struct pages of 1 TiB of RAM.</summary>
    internal static ByteSize Memmap(StructPageCommand.Answer answer) =>
        answer.Kernel.Get(Rules.StructPageSize) * (ByteSize.GiB(1024) / answer.Layout.Architecture.PageSize);

    private static string Reserve(StructPageCommand.Answer answer, PageMapMode map) =>
        !answer.Layout.Config.Vmemmap || (map == PageMapMode.Pmem && PageMapRefusal(answer) is not null)
            ? "-"
            : Reserve(StructPageCommand.PerTerabyte(answer, map));

    private static string Reserve(NamespacePlan plan) => plan.IsAccepted ? plan.Settings!.Value.DataOffset.ToHuman() : "refused";

    private static string Refusal(NamespacePlan plan) =>
        $"{plan.Errno.Describe()} ({plan.Errno}){(plan.Message is null ? "" : $": {plan.Message}")}";

    private static string Word(PageMapMode map) => map == PageMapMode.None ? "no map" : $"map={map.Word()}";

    private static string YesNo(bool value) => value ? "yes" : "no";
}
