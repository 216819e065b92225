using System.Globalization;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Commands;

/// <summary>The answer of <c>altmap kmsan</c> for people.</summary>
internal static class KmsanText
{
    private const int TornShownMax = 10;

    public static void Write(CliHost host, KmsanAnswer answer, bool hasBlocks)
    {
        CarveOut carveOut = answer.CarveOut;
        ByteSize page = answer.Architecture.PageSize;
        if (answer.Boot is { } boot) WriteBoot(host, answer, boot);
        host.Out.WriteLine($"kernel {answer.Kernel.Name} with KMSAN: of {N(carveOut.Pages)} pages ({Human(carveOut.Pages)}) that memblock hands over, {N(carveOut.Released)} ({Human(carveOut.Released)}) reach the page allocator");
        var totals = new TextTable("what", ">pages", ">size", ">share");
        Row("released", carveOut.Released);
        Row("shadow", carveOut.Released);
        Row("origins", carveOut.Released);
        Row("lost", new((ulong)carveOut.Leftover.Length));
        Row("total", carveOut.Pages);
        totals.Write(host);
        if (answer.FreedLaterPages.Pages > 0) host.Out.WriteLine($"freed later: {N(answer.FreedLaterPages)} pages ({Human(answer.FreedLaterPages)})");
        host.Out.WriteLine($"MemTotal: {Kib(answer.MemTotal)} kB, though only {Kib(answer.Managed)} kB (managed) can be allocated");

        host.Out.WriteLine();
        var orders = new TextTable(">order", ">handed over", ">released at boot", ">released of leftovers");
        foreach (OrderTotals order in carveOut.Orders) orders.Add(N(order.Order), N(order.Handed), N(order.ReleasedAtBoot), N(order.ReleasedLater));
        orders.Write(host);

        host.Out.WriteLine();
        var zones = new TextTable("zone", ">handed over", ">released", ">share");
        foreach ((BuddySpan zone, PfnCount pages, PfnCount released) in answer.PerZone)
            zones.Add($"{zone.Kind.Name()}, node {N(zone.Node)}", N(pages), N(released), Share(released, pages));
        zones.Write(host);

        host.Out.WriteLine();
        WriteTorn(host, answer);
        if (!hasBlocks) return;
        host.Out.WriteLine();
        var blocks = new TextTable(">pfn", ">order", ">shadow", ">origins", "released");
        foreach ((ReleasedBlock block, ReleasePhase phase) in carveOut.Blocks())
            blocks.Add(N(block.Block.Start.Number), N(block.Block.Order), N(block.Shadow.Number), N(block.Origin.Number), phase == ReleasePhase.Boot ? "at boot" : "of leftovers");
        blocks.Write(host);

        void Row(string what, PfnCount pages) => totals.Add(what, N(pages), Human(pages), Share(pages, carveOut.Pages));
        string Human(PfnCount pages) => pages.ToBytes(page).ToHuman();
        string Kib(PfnCount pages) => N(pages.ToBytes(page).Bytes / 1024);
    }

    private static void WriteBoot(CliHost host, KmsanAnswer answer, BootMemory boot)
    {
        ByteSize free = answer.CarveOut.Pages.ToBytes(answer.Architecture.PageSize);
        ByteSize ram = boot.Uses.Aggregate(free, (sum, u) => sum + u.Size);
        var table = new TextTable("RAM before the page allocator", ">bytes", ">", ">share");
        foreach (BootUse use in boot.Uses) Row(use.What, use.Size);
        Row("handed over", free);
        Row("total", ram);
        table.Write(host);
        host.Out.WriteLine();

        void Row(string what, ByteSize size) => table.Add(what, N(size.Bytes), size.ToHuman(), Share(new(size.Bytes), new(ram.Bytes)));
    }

    /// <summary>The torn blocks, or that there is none.</summary>
    internal static void WriteTorn(CliHost host, KmsanAnswer answer)
    {
        Contiguity contiguity = answer.Contiguity;
        string unless = answer.FreedLater.IsEmpty ? " (memory that is freed after boot can change that: --initrd, --freed-later)" : "";
        if (contiguity.Torn.IsEmpty) host.Out.WriteLine($"metadata side by side in every free block{unless}");
        foreach (TornBlock torn in contiguity.Torn.Take(TornShownMax)) Describe(host, torn, answer.CarveOut);
        if (contiguity.Torn.Length > TornShownMax) host.Out.WriteLine($"and {N(contiguity.Torn.Length - TornShownMax)} more torn blocks (--json lists them)");
    }

    internal static void Describe(CliHost host, TornBlock torn, CarveOut carveOut)
    {
        host.Out.WriteLine($"TORN{(torn.IsCertain ? "" : " (unless by chance)")}: free block at pfn {N(torn.Block.Start.Number)}, order {N(torn.Block.Order)}: {N(torn.ShadowPages)} shadow and {N(torn.OriginPages)} origin pages of {N(torn.Block.Count)} not side by side");
        foreach (MetadataSegment part in torn.Segments)
        {
            string where = part.Place is { } place ? $"shadow from {N(place.Shadow.Number)}, origins from {N(place.Origin.Number)}" : "shadow and origins from memblock, at places not known";
            host.Out.WriteLine($"  {KmsanCommand.Text(part.Pages)} ({part.Owner}): {where}");
        }
        foreach (Overrun wrong in torn.Overruns(carveOut))
        {
            host.Out.WriteLine($"  a request of order {N(torn.Block.Order)} writes the shadow of {KmsanCommand.Text(wrong.Pages)} to {KmsanCommand.Text(wrong.Shadow)} ({Role(torn, wrong.Shadow, wrong.ShadowRole)}),");
            host.Out.WriteLine($"  and their origins to {KmsanCommand.Text(wrong.Origin)} ({Role(torn, wrong.Origin, wrong.OriginRole)})");
        }
    }

    private static string Role(TornBlock torn, PfnRange target, PageRole role) => torn.Block.Pages.Contains(target.Start) ? "the block itself" : $"{role}";

    internal static string N(PfnCount pages) => N(pages.Pages);

    internal static string N(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string N(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Share(PfnCount part, PfnCount whole) =>
        whole.Pages == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part.Pages / whole.Pages:0.00} %");
}
