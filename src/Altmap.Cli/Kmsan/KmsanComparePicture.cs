using Altmap.Cli.Output;
using Altmap.Model.DebugMetadata;

namespace Altmap.Cli.Kmsan;

/// <summary>Free memory, the largest free order and the largest order that a request gets, over the first workload.</summary>
internal static class KmsanComparePicture
{
    private const double PlotHeight = 220,
        MiB = 1 << 20;

    public static SvgPicture Of(DesignComparison comparison)
    {
        ComparisonInput input = comparison.Input;
        var picture = new SvgPicture($"Debugging metadata on one memory map, kernel {input.Kernel.Name}, seed {input.Seeds[0]}");
        picture.Text(SvgPicture.Margin, 58, $"{comparison.Simulated.Pages} free pages; use grows to a third of them", SvgType.Small);
        double y = SvgPlot.Draw(
            picture,
            76,
            PlotHeight,
            "steps",
            "free memory, MiB",
            Series(comparison, s => s.Free.ToBytes(input.PageSize).Bytes / MiB)
        );
        y = SvgPlot.Draw(
            picture,
            y + 16,
            PlotHeight,
            "steps",
            "largest free order, plus 1 (0: nothing is free)",
            Series(comparison, s => s.LargestFree + 1)
        );
        SvgPlot.Draw(
            picture,
            y + 16,
            PlotHeight,
            "steps",
            "largest order that a request gets, plus 1 (0: none)",
            Series(comparison, s => s.LargestServed + 1)
        );
        return picture;
    }

    private static SvgSeries[] Series(DesignComparison comparison, Func<PoolSample, double> value) =>
        [
            .. comparison.Runs.Select(r => new SvgSeries(
                KmsanCompareText.Name(r.Design),
                ToneOf(r.Design),
                [.. r.Runs[0].Samples.Select(s => ((double)s.Step, value(s)))]
            )),
        ];

    private static Tone ToneOf(MetadataDesign design) =>
        design switch
        {
            MetadataDesign.None => Tone.Reserved,
            MetadataDesign.BootCarveOut => Tone.Ram,
            MetadataDesign.Lazy => Tone.Lost,
            _ => Tone.Data,
        };
}
