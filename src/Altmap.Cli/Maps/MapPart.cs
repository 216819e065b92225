using Altmap.Cli.Output;
using Altmap.Core.Units;

namespace Altmap.Cli.Maps;

/// <summary>Pages that are one thing to who looks at a map.</summary>
/// <param name="Pages">Half-open.</param>
/// <param name="Tone">How they are shown.</param>
/// <param name="Kind">What the tone stands for, as a legend says it.</param>
/// <param name="Label">Whose they are, as <c>namespace0.0</c>.</param>
/// <param name="Zone">Zone, and node where there are several; empty where it says nothing.</param>
/// <param name="State">As <c>online</c>, <c>no memmap</c>.</param>
/// <param name="IsWrong">The kernel gives a wrong struct page here, or has damaged it.</param>
internal sealed record MapPart(PfnRange Pages, Tone Tone, string Kind, string Label, string Zone, string State, bool IsWrong)
{
    /// <summary>Where nothing is.</summary>
    public const string Nothing = "nothing there";

    /// <summary>The same thing, wherever it lies.</summary>
    public bool IsLike(MapPart other) =>
        (Tone, Label, Zone, State, IsWrong) == (other.Tone, other.Label, other.Zone, other.State, other.IsWrong);

    /// <summary>The pages of it in a range; the range must meet it.</summary>
    public MapPart Within(PfnRange range) =>
        this with
        {
            Pages = new PfnRange(Pages.Start > range.Start ? Pages.Start : range.Start, Pages.End < range.End ? Pages.End : range.End),
        };

    /// <summary>A part of a bar.</summary>
    public BarPart ToBar(ByteSize page)
    {
        PhysicalAddress start = Pages.Start.ToAddress(page);
        ByteSize size = Pages.Count.ToBytes(page);
        return new BarPart(Pages.Count.Pages, Tone, Label, $"{new PhysicalRange(start, size)}: {Describe(size)}");
    }

    /// <summary><c>System RAM 96 MiB, DMA32</c>.</summary>
    public string Describe(ByteSize size) =>
        $"{Label} {size.ToHuman()}{(Zone.Length > 0 ? $", {Zone}" : "")}{(State.Length > 0 ? $", {State}" : "")}";
}
