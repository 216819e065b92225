using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model;
using Altmap.Model.Planning;
using Altmap.Model.StructPages;

namespace Altmap.Cli.StructPages;

/// <summary><c>altmap struct-page</c>: its fields and size by configuration, and what the size costs.</summary>
internal static class StructPageCommand
{
    /// <summary>A struct page, and what it makes of a machine.</summary>
    internal sealed record Answer(StructPageLayout Layout, KernelProfile Kernel, MachineStructPages? Machine);

    private sealed record Wanted(string? Machine, string? Config, string? Architecture, string? PageSize);

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string?>("MACHINE")
        {
            Description = MachineSession.Meaning + ": what the size costs it",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var config = new Option<string?>("--config", "-c")
        {
            Description = "what differs from a distribution's kernel, as KMSAN,MEMCG=n,NR_CPUS=256",
            HelpName = "WORDS",
        };
        config.CompletionSources.Add([.. StructPageOptions.All.Select(o => o.Name)]);
        var sizes = new Option<bool>("--sizes")
        {
            Description = "every size that the optional fields can give, against each kernel's zeroing switch",
        };
        Option<string?> kernel = KernelChoice.Option(),
            arch = Values.ArchitectureOption(),
            page = Values.PageSizeOption();
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var command = new Command(
            "struct-page",
            "Shows struct page field by field, whether the kernel zeroes all of it, and what it costs in RAM and on persistent memory."
        )
        {
            machine,
            config,
            sizes,
            kernel,
            all,
            arch,
            page,
            json,
        };
        command.SetAction(p =>
        {
            var wanted = new Wanted(p.GetValue(machine), p.GetValue(config), p.GetValue(arch), p.GetValue(page));
            return p.GetValue(sizes)
                ? Sizes(host, wanted, p.GetValue(kernel), p.GetValue(json))
                : Run(host, wanted, p.GetValue(kernel), p.GetValue(all), p.GetValue(json));
        });
        CommandHelp.SetExamples(
            command,
            "altmap struct-page",
            "altmap struct-page --kernel 6.12 --config KMSAN",
            "altmap struct-page machine.json --config KMSAN",
            "altmap struct-page --config KMSAN,SPARSEMEM_VMEMMAP=n --all-kernels",
            "altmap struct-page --sizes",
            "altmap struct-page --arch aarch64 --config KASAN_SW_TAGS,NODES_SHIFT=10,NR_CPUS=4096 --json"
        );
        return command;
    }

    private static int Sizes(CliHost host, Wanted wanted, string? kernel, bool isJson)
    {
        if (wanted != new Wanted(null, null, null, null))
            throw CliError.Usage("--sizes walks every configuration of x86_64: without MACHINE, --config, --arch and --page-size");
        ImmutableArray<KernelProfile> kernels = kernel is null ? KernelProfiles.All : KernelChoice.Select(kernel, false);
        ImmutableArray<StructPageRow> rows = StructPageSizes.Of(kernels);
        if (isJson)
            JsonOutput.Write(host, json => StructPageJson.WriteSizes(json, rows));
        else
            StructPageText.WriteSizes(host, kernels, rows);
        return ExitCode.Success;
    }

    private static int Run(CliHost host, Wanted wanted, string? kernel, bool all, bool isJson)
    {
        if (wanted.Machine is not null)
            Values.RefuseBesideMachine("--arch or --page-size", wanted.Architecture, wanted.PageSize);
        ImmutableArray<Answer> answers = Modelled.Answer(() =>
            wanted.Machine is { } path
                ? OfMachine(host, path, wanted.Config, kernel, all)
                :
                [
                    .. KernelChoice
                        .Select(kernel, all)
                        .Select(k => Of(host, k, Values.Architecture(k, wanted.Architecture, wanted.PageSize), wanted.Config, all)),
                ]
        );
        if (isJson)
            JsonOutput.Write(host, json => StructPageJson.Write(json, answers, all));
        else if (all)
            StructPageText.WriteKernels(host, answers);
        else
            StructPageText.Write(host, answers[0]);
        return answers.Any(IsWrong) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    /// <summary>A kernel that cannot be is told of many, and is an error of the one that was asked for.</summary>
    private static bool IsWrong(Answer answer) =>
        !answer.Layout.Impossible.IsEmpty
        || !answer.Layout.IsZeroed
        || (answer.Machine?.Blocks.Any(b => b.Outcome.Verdict == BindingVerdict.Unbound) ?? false);

    private static ImmutableArray<Answer> OfMachine(CliHost host, string path, string? config, string? kernel, bool all)
    {
        _ = KernelChoice.Names(kernel, all);
        // Boot and steps are the machine's own, so that its blocks are there; the kernel asked for then meets them.
        Machine machine = MachineSession.Open(host, path, null).Answering(host, Provenance.Layout).State.Machine;
        ImmutableArray<KernelProfile> kernels = kernel is null && !all ? [machine.Kernel] : KernelChoice.Select(kernel, all);
        return
        [
            .. kernels.Select(k =>
                Of(
                    host,
                    k,
                    ArchitectureRules.Find(k, machine.Architecture.Architecture, machine.Architecture.PageSize)!,
                    config,
                    all,
                    machine
                )
            ),
        ];
    }

    private static Answer Of(
        CliHost host,
        KernelProfile kernel,
        ArchitectureRules architecture,
        string? words,
        bool isOneOfMany,
        Machine? machine = null
    )
    {
        StructPageConfig config = StructPageConfig.Of(kernel, architecture.Architecture);
        if (words is not null)
        {
            StructPageConfigResult parsed = StructPageOptions.Parse(words, config);
            config = parsed.Config ?? throw CliError.Usage($"--config: {parsed.Error}");
        }
        StructPageLayout layout = StructPageLayout.Of(config, kernel, architecture);
        KernelProfile costs = words is null ? kernel : WithSize(kernel, layout);
        if (!isOneOfMany)
            KernelChoice.NoteUnverified(host, kernel, architecture);
        if (words is null && layout.Size != kernel.Get(Rules.StructPageSize) && !isOneOfMany)
            host.Note(
                $"kernel {kernel.Name} is said to have a struct page of {kernel.Get(Rules.StructPageSize).Bytes} bytes, a distribution's "
                    + $"configuration gives {layout.Size.Bytes}: --config says what differs; costs are counted with "
                    + $"{kernel.Get(Rules.StructPageSize).Bytes}"
            );
        return new(layout, costs, machine is null ? null : MachineStructPages.Of(machine, costs));
    }

    /// <summary>The kernel with the size that the configuration gives; its own where that is the same.</summary>
    private static KernelProfile WithSize(KernelProfile kernel, StructPageLayout layout)
    {
        var changes = new List<RuleChange>();
        if (layout.Size != kernel.Get(Rules.StructPageSize))
            changes.Add(Rules.StructPageSize.To(layout.Size));
        if (layout.Config.NvdimmKmsan && kernel.Get(Rules.LargeStructPage) == LargeStructPage.Refuse)
            changes.Add(Rules.LargeStructPage.To(LargeStructPage.RecordRealSize));
        return changes.Count == 0 ? kernel : kernel.With(kernel.Name, kernel.Description, [.. changes]);
    }

    /// <summary>The page map of 1 TiB from 4 GiB on, with the architecture's default alignment.</summary>
    internal static NamespacePlan PerTerabyte(Answer answer, PageMapMode map) =>
        NamespacePlan.Of(
            new PhysicalRange(new PhysicalAddress(ByteSize.GiB(4).Bytes), ByteSize.GiB(1024)),
            InfoBlockKind.Pfn,
            map,
            answer.Layout.Architecture.PmdSize,
            answer.Kernel,
            answer.Layout.Architecture
        );
}
