using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.DebugMetadata;
using Altmap.Model.StructPages;

namespace Altmap.Cli.Kmsan;

/// <summary><c>altmap kmsan --compare</c>: the boot carve-out beside the designs that were discussed instead of it, on the same memory
/// map.</summary>
internal static class KmsanCompare
{
    private const ulong SeedsMax = 100;

    /// <summary>Of all workloads together: about a second and 40 MiB for each GiB.</summary>
    private const ulong WorkMax = 1UL << 34;

    private static readonly ByteSize SimulatedDefault = ByteSize.MiB(256),
        SimulatedMax = ByteSize.GiB(16);

    /// <summary>The options; what only <c>--compare</c> has is refused without it.</summary>
    internal sealed record Options(Option<bool> Compare, Option<string?> Simulate, Option<string?> Seeds, Option<string?> Svg)
    {
        public static Options Create() =>
            new(
                new Option<bool>("--compare")
                {
                    Description =
                        "the boot carve-out beside lazy metadata and page_ext: what each costs on and off, and when requests are refused",
                },
                new Option<string?>("--simulate")
                {
                    Description = "with --compare: run the workloads on so much of the free memory (default: 256M)",
                    HelpName = "S",
                },
                new Option<string?>("--seeds")
                {
                    Description = "with --compare: how many workloads, from --seed on (default: 5)",
                    HelpName = "N",
                },
                new Option<string?>("--svg")
                {
                    Description = "with --compare: also a picture of free memory and of the largest order that is served",
                    HelpName = "FILE",
                }
            );
    }

    /// <summary>The memory that is compared.</summary>
    /// <param name="Kernel">With KMSAN in its source.</param>
    /// <param name="Architecture">x86-64.</param>
    /// <param name="FreeRanges">At hand-over.</param>
    /// <param name="Zones">Hold them.</param>
    /// <param name="Carved">What the carve-out releases of ranges.</param>
    /// <param name="Sections">Sections with a memmap; null: those that the ranges touch.</param>
    internal sealed record Source(
        KernelProfile Kernel,
        ArchitectureRules Architecture,
        ImmutableArray<PfnRange> FreeRanges,
        ImmutableArray<BuddySpan> Zones,
        Func<ImmutableArray<PfnRange>, IEnumerable<PageBlock>> Carved,
        ulong? Sections
    );

    /// <summary>True when asked for. Options that belong to it are a mistake without it.</summary>
    public static bool IsAsked(ParseResult parse, Options options)
    {
        if (parse.GetValue(options.Compare))
            return true;
        return (parse.GetValue(options.Simulate) ?? parse.GetValue(options.Seeds) ?? parse.GetValue(options.Svg)) is null
            ? false
            : throw CliError.Usage("--simulate, --seeds and --svg belong to --compare");
    }

    /// <summary>Compares and writes.</summary>
    public static int Run(CliHost host, Source source, ParseResult parse, Options options, ulong seed, bool isJson)
    {
        ByteSize simulate = Values.Size(parse.GetValue(options.Simulate), "--simulate") ?? SimulatedDefault;
        if (simulate < ByteSize.MiB(1) || simulate > SimulatedMax)
            throw CliError.Usage($"--simulate: {simulate}; expected 1M to 16G: every page of it is asked for");
        ulong count = Values.Number(parse.GetValue(options.Seeds), "--seeds") ?? 5;
        if (count is 0 or > SeedsMax)
            throw CliError.Usage($"--seeds: {count}; expected 1 to {SeedsMax}");
        if (simulate.Bytes * count > WorkMax)
            throw CliError.Usage(
                $"--simulate {simulate.ToOption()} with --seeds {count}: {new ByteSize(simulate.Bytes * count).ToHuman()} in all; "
                    + $"expected at most {new ByteSize(WorkMax).ToHuman()}: --seeds {WorkMax / simulate.Bytes}, or less of --simulate"
            );
        DesignComparison comparison = DesignComparison.Of(InputOf(source, simulate, seed, (int)count));
        if (isJson)
            JsonOutput.Write(host, json => KmsanCompareJson.Write(json, comparison));
        else
            KmsanCompareText.Write(host, comparison);
        if (parse.GetValue(options.Svg) is { } svg)
            SvgFile.WriteSvg(svg, KmsanComparePicture.Of(comparison));
        return ExitCode.Success;
    }

    private static ComparisonInput InputOf(Source source, ByteSize simulate, ulong seed, int count)
    {
        ByteSize page = source.Architecture.PageSize;
        var perSection = new PfnCount(source.Kernel.SectionSize(source.Architecture.Architecture, page) / page);
        ByteSize StructPage(bool kmsan) =>
            StructPageLayout
                .Of(
                    StructPageConfig.DistributionOf(source.Architecture.Architecture) with
                    {
                        Kmsan = kmsan,
                    },
                    source.Kernel,
                    source.Architecture
                )
                .Size;
        return new(
            source.Kernel,
            source.FreeRanges,
            source.Zones,
            source.Carved,
            source.Architecture.PageOrderMax,
            page,
            perSection,
            source.Sections ?? ComparisonInput.SectionsOf(source.FreeRanges, perSection),
            (StructPage(false), StructPage(true)),
            new PfnCount(simulate / page),
            [.. Enumerable.Range(0, count).Select(i => unchecked(seed + (ulong)i))]
        );
    }
}
