using System.Collections.Immutable;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Model;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan MACHINE</c>: the books of a whole machine.</summary>
internal static class PlanWhole
{
    private const int ExtentsMax = 24;

    public static int Run(CliHost host, string path, ImmutableArray<string?> kernels, bool isJson, bool isWhole, string? svg)
    {
        (Machine Machine, MachineLedger Ledger)[] books =
        [
            .. kernels
                .Select(k => MachineSession.Open(host, path, k).Answering(host, Provenance.Layout).State.Machine)
                .Select(m => (m, MachineLedger.Of(m))),
        ];
        foreach ((_, MachineLedger ledger) in books)
        {
            foreach (NamespaceLedger left in ledger.Namespaces.Where(n => n.Plan is null))
                host.Note($"{left.Namespace} is left out: unsupported: {left.NotModelled}");
        }
        if (svg is not null)
        {
            SvgFile.WriteSvg(
                svg,
                PlanPicture.Draw(
                    $"Where the bytes of {Path.GetFileName(path)} go",
                    string.Join(
                        "; ",
                        books.Select(b => $"{(books.Length > 1 ? $"{b.Machine.Kernel.Name}: " : "")}{PlanPicture.Answer(b.Ledger)}")
                    ),
                    [
                        .. books.SelectMany(b =>
                            b.Ledger.Dimms.Concat(b.Ledger.Regions)
                                .Select(s => PlanPicture.BarOf(s, b.Ledger))
                                .Concat(
                                    b.Ledger.Namespaces.Where(n => n.Plan is not null)
                                        .Select(n => PlanPicture.BarOf(n.Namespace.Name, n.Plan!))
                                )
                        ),
                    ]
                )
            );
        }
        if (isJson)
            JsonOutput.Write(host, json => WriteJson(json, books, isWhole));
        else
            foreach ((Machine machine, MachineLedger ledger) in books)
                WriteText(host, machine, ledger);
        NamespacePlan?[] plans = [.. books.SelectMany(b => b.Ledger.Namespaces).Select(n => n.Plan)];
        return plans.Any(p => p is { IsAccepted: false }) ? ExitCode.ErrorsLeft
            : plans.Contains(null) ? ExitCode.Unsupported
            : ExitCode.Success;
    }

    /// <summary>Without <c>--whole</c>: the namespaces, as <c>plan MACHINE NAMESPACE</c> gives each.</summary>
    private static void WriteJson(System.Text.Json.Utf8JsonWriter json, (Machine Machine, MachineLedger Ledger)[] books, bool isWhole)
    {
        bool isList = !isWhole || books.Length > 1;
        if (isList)
            json.WriteStartArray();
        foreach ((Machine machine, MachineLedger ledger) in books)
        {
            if (isWhole)
                PlanJson.Write(json, machine.Description.Name, machine.Kernel.Name, ledger);
            else
                foreach (NamespaceLedger each in ledger.Namespaces.Where(n => n.Plan is not null))
                    PlanJson.Write(json, each.Namespace.Name, each.Plan!);
        }
        if (isList)
            json.WriteEndArray();
    }

    private static void WriteText(CliHost host, Machine machine, MachineLedger ledger)
    {
        foreach (NamespaceLedger each in ledger.Namespaces.Where(n => n.Plan is not null))
            PlanText.Write(host, each.Plan!, each.Namespace.Name);
        if (ledger.Regions.Length == 0)
        {
            host.Out.WriteLine($"kernel {machine.Kernel.Name}: this machine has no region of persistent memory");
            return;
        }
        host.Out.WriteLine(
            $"kernel {machine.Kernel.Name}: all of the machine: {ledger.Size} in {Numbers.Count(ledger.Regions.Length, "region")}, "
                + $"{Numbers.Count(ledger.Namespaces.Length, "namespace")}"
        );
        PlanText.WriteBar(host, [.. ledger.Totals.Select(e => new BarPart(e.Bytes.Bytes, PlanText.ToneOf(e.What), e.What.Word()))]);
        var totals = new TextTable("what", ">bytes", ">", ">of the machine");
        foreach (LedgerEntry entry in ledger.Totals)
            totals.Add(entry.What.Word(), Numbers.Of(entry.Bytes), entry.Bytes.ToHuman(), Numbers.Share(entry.Bytes, ledger.Size));
        totals.Add("total", Numbers.Of(ledger.Size), ledger.Size.ToHuman(), Numbers.Share(ledger.Size, ledger.Size));
        totals.Write(host);
        var table = new TextTable("device", ">from", ">bytes", ">", "what");
        foreach (SpaceLedger space in ledger.Dimms.Concat(ledger.Regions))
        {
            foreach (SpaceExtent extent in space.Extents.Take(ExtentsMax))
                table.Add(space.Device.Name, JsonOutput.Hex(extent.Start), Numbers.Of(extent.Size), extent.Size.ToHuman(), What(extent));
            if (space.Extents.Length > ExtentsMax)
                table.Add(
                    space.Device.Name,
                    "",
                    "",
                    "",
                    Numbers.Count(space.Extents.Length - ExtentsMax, "more extent") + " (--json --whole)"
                );
            table.Add(space.Device.Name, "", Numbers.Of(space.Total), space.Total.ToHuman(), "total");
        }
        table.Write(host);
    }

    private static string What(SpaceExtent extent) =>
        (extent.What, extent.Owner) switch
        {
            (LedgerItem.Claimed, { } owner) => owner,
            (_, { } owner) => $"{extent.What.Word()} in {owner}",
            _ => extent.What.Word(),
        };
}
