using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Buddy;
using Altmap.Model.Kmsan;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Kmsan;

/// <summary>The answer of <c>altmap kmsan</c> for people.</summary>
internal static class KmsanText
{
    private const int TornShownMax = 10;

    public static void Write(CliHost host, KmsanAnswer answer, bool hasBlocks)
    {
        CarveOut carveOut = answer.CarveOut;
        ByteSize page = answer.Architecture.PageSize;
        if (answer.Boot is { } boot)
            WriteBoot(host, answer, boot);
        string kernel = answer.Kernel.Name + (answer.Kernel.Get(Rules.IsKmsanBuild) ? "" : " with KMSAN");
        host.Out.WriteLine(
            $"kernel {kernel}: of {Numbers.Of(carveOut.Pages)} pages ({Human(carveOut.Pages)}) that memblock hands over, "
                + $"{Numbers.Of(carveOut.Released)} ({Human(carveOut.Released)}) reach the page allocator"
        );
        var totals = new TextTable("what", ">pages", ">size", ">share");
        Row("released", carveOut.Released);
        Row("shadow", carveOut.Released);
        Row("origins", carveOut.Released);
        Row("leftover", new((ulong)carveOut.Leftover.Length));
        Row("total", carveOut.Pages);
        totals.Write(host);
        if (answer.FreedLaterPages.Pages > 0)
            host.Out.WriteLine($"freed later: {Numbers.Of(answer.FreedLaterPages)} pages ({Human(answer.FreedLaterPages)})");
        host.Out.WriteLine($"MemTotal: {Kib(answer.MemTotal)} kB, though only {Kib(answer.Managed)} kB (managed) can be allocated");

        host.Out.WriteLine();
        var orders = new TextTable(">order", ">handed over", ">released at boot", ">released at discard");
        foreach (OrderTotals order in carveOut.Orders)
            orders.Add(
                Numbers.Of(order.Order),
                Numbers.Of(order.Handed),
                Numbers.Of(order.ReleasedAtBoot),
                Numbers.Of(order.ReleasedLater)
            );
        orders.Write(host);

        host.Out.WriteLine();
        var zones = new TextTable("zone", ">handed over", ">released", ">share");
        foreach ((BuddySpan zone, PfnCount pages, PfnCount released) in answer.PerZone)
            zones.Add(
                $"{zone.Kind.Name()}, node {Numbers.Of(zone.Node)}",
                Numbers.Of(pages),
                Numbers.Of(released),
                Numbers.Share(released, pages)
            );
        zones.Write(host);

        host.Out.WriteLine();
        WriteTorn(host, answer);
        if (!hasBlocks)
            return;
        host.Out.WriteLine();
        // Millions of rows may come of a few words: none is kept.
        new TextTable(">pfn", ">order", ">shadow", ">origins", "released").WriteLong(
            host,
            () =>
                carveOut
                    .Blocks()
                    .Select(b =>
                        new[]
                        {
                            Numbers.Of(b.Block.Block.Start.Number),
                            Numbers.Of(b.Block.Block.Order),
                            Numbers.Of(b.Block.Shadow.Number),
                            Numbers.Of(b.Block.Origin.Number),
                            b.Phase == ReleasePhase.Boot ? "at boot" : "at discard",
                        }
                    )
        );

        void Row(string what, PfnCount pages) => totals.Add(what, Numbers.Of(pages), Human(pages), Numbers.Share(pages, carveOut.Pages));
        string Human(PfnCount pages) => pages.ToBytes(page).ToHuman();
        string Kib(PfnCount pages) => Numbers.Of(pages.ToBytes(page).Bytes / 1024);
    }

    private static void WriteBoot(CliHost host, KmsanAnswer answer, BootMemory boot)
    {
        ByteSize free = answer.CarveOut.Pages.ToBytes(answer.Architecture.PageSize);
        ByteSize ram = boot.Uses.Aggregate(free, (sum, u) => sum + u.Size);
        var table = new TextTable("RAM before the page allocator", ">bytes", ">", ">share");
        foreach (BootUse use in boot.Uses)
            Row(use.What, use.Size);
        Row("handed over", free);
        Row("total", ram);
        table.Write(host);
        host.Out.WriteLine();

        void Row(string what, ByteSize size) => table.Add(what, Numbers.Of(size.Bytes), size.ToHuman(), Numbers.Share(size, ram));
    }

    /// <summary>The torn blocks, or that there is none.</summary>
    internal static void WriteTorn(CliHost host, KmsanAnswer answer)
    {
        Contiguity contiguity = answer.Contiguity;
        string unless = answer.FreedLater.IsEmpty ? " (memory that is freed after boot can change that: --initrd, --freed-later)" : "";
        if (contiguity.Torn.IsEmpty)
            host.Out.WriteLine($"metadata side by side in every free block{unless}");
        foreach (TornBlock torn in contiguity.Torn.Take(TornShownMax))
            Describe(host, torn, answer.CarveOut);
        if (contiguity.Torn.Length > TornShownMax)
            host.Out.WriteLine($"and {Numbers.Of(contiguity.Torn.Length - TornShownMax)} more torn blocks (--json lists them)");
    }

    internal static void Describe(CliHost host, TornBlock torn, CarveOut carveOut)
    {
        host.Out.WriteLine(
            $"TORN{(torn.IsCertain ? "" : " (unless by chance)")}: free block at pfn {Numbers.Of(torn.Block.Start.Number)}, order "
                + $"{Numbers.Of(torn.Block.Order)}: {Numbers.Of(torn.ShadowPages)} shadow and {Numbers.Of(torn.OriginPages)} origin "
                + $"pages of {Numbers.Of(torn.Block.Count)} not side by side"
        );
        foreach (MetadataSegment part in torn.Segments)
        {
            string where = part.Place is { } place
                ? $"shadow from {Numbers.Of(place.Shadow.Number)}, origins from {Numbers.Of(place.Origin.Number)}"
                : "shadow and origins from memblock, at places not known";
            host.Out.WriteLine($"  {KmsanCommand.Text(part.Pages)} ({part.Owner}): {where}");
        }
        if (torn.Segments[0].Place is null)
            host.Out.WriteLine(
                $"  a request of order {Numbers.Of(torn.Block.Order)} writes the metadata of all its pages behind those of pfn "
                    + $"{Numbers.Of(torn.Block.Start.Number)}, wherever they are: over other memory, and "
                    + $"{KmsanCommand.Text(torn.Segments[1].Pages)} keeps its old ones"
            );
        foreach (Overrun wrong in torn.Overruns(carveOut))
        {
            host.Out.WriteLine(
                $"  a request of order {Numbers.Of(torn.Block.Order)} writes the shadow of {KmsanCommand.Text(wrong.Pages)} to "
                    + $"{KmsanCommand.Text(wrong.Shadow)} ({Role(torn, wrong.Shadow, wrong.ShadowRole)}),"
            );
            host.Out.WriteLine($"  and their origins to {KmsanCommand.Text(wrong.Origin)} ({Role(torn, wrong.Origin, wrong.OriginRole)})");
        }
    }

    private static string Role(TornBlock torn, PfnRange target, PageRole role) =>
        torn.Block.Pages.Contains(target.Start) ? "the block itself" : $"{role}";
}
