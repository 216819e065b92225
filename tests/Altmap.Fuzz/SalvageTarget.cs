using Altmap.Advice.Explain;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Labels;
using Altmap.Formats.Recognition;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a damaged label area, as the start of a device, and as a pasted log.</summary>
public static class SalvageTarget
{
    private const int BytesMax = 8192;

    /// <summary>The first byte chooses what the wish is; the rest is the dump.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        byte[] bytes = input[1..Math.Min(input.Length, BytesMax + 1)].ToArray();
        var wish = new SalvageWish((input[0] & 1) != 0 ? [1] : [], (input[0] & 2) != 0 ? [0] : [], (input[0] & 4) != 0);
        LabelSalvage salvage = LabelSalvage.Of(bytes, wish);
        if (salvage.Repaired is { } repaired)
        {
            SparseBytes media = SparseBytes.From([.. repaired]);
            var area = LabelArea.Parse(media, KernelProfiles.Default);
            Demand(area.HasCurrentIndex, "a repaired area has an index");
            Demand(
                area.ActiveLabels.Select(l => l.Slot)
                    .SequenceEqual(salvage.Labels.Where(l => l.State == SalvageState.Kept).Select(l => l.Slot)),
                "what is kept counts, and nothing else"
            );
        }
        Demand(MediaContent.Of(bytes).Description.Length > 0, "a name");
    }

    /// <summary>Any bytes as text: lines with a page, in order.</summary>
    public static void RunText(ReadOnlySpan<byte> input)
    {
        int last = 0;
        foreach (ExplainedLine line in ExplainedLine.All(System.Text.Encoding.UTF8.GetString(input)))
        {
            Demand(line.Number > last && line.Count > 0, "lines in order");
            last = line.Number;
        }
    }

    /// <summary>A small area with labels, and some lines.</summary>
    public static IEnumerable<byte[]> Seeds() => LabelTarget.Seeds().Select(s => (byte[])[0, .. s.Skip(1)]);

    /// <summary>Lines that have a page.</summary>
    public static IEnumerable<byte[]> TextSeeds() =>
        MessagePages
            .All.Take(40)
            .Select(p => System.Text.Encoding.UTF8.GetBytes($"[ 1.0] nd_pmem namespace0.0: {p.Pattern.Replace("*", "0x2000")}\n"));

    private static void Demand(bool holds, string promise)
    {
        if (!holds)
            throw new InvalidOperationException($"broken promise: {promise}");
    }
}
