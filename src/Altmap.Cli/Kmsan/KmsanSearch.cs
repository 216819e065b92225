using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model.Kmsan;

namespace Altmap.Cli.Kmsan;

/// <summary><c>altmap kmsan --search</c>: on which memory maps blocks are torn.</summary>
internal static class KmsanSearch
{
    private const int RandomMaps = 2000;
    private const int RandomOrderMax = 10;

    private sealed record Searched(SearchedMaps Kind, string Bounds, SearchResult Result);

    public static int Run(CliHost host, ulong seed, bool isJson)
    {
        var all = new List<Searched>();
        foreach (SearchedMaps kind in Enum.GetValues<SearchedMaps>())
        {
            int pages = kind == SearchedMaps.Apart ? 14 : 10;
            foreach (int orderMax in new[] { 1, 2, 3 })
                all.Add(
                    new(kind, $"all maps below page {pages}, largest order {orderMax}", ContiguitySearch.Exhaustive(kind, pages, orderMax))
                );
            all.Add(
                new(
                    kind,
                    $"{RandomMaps} random maps, largest order {RandomOrderMax}, seed {seed}",
                    ContiguitySearch.Random(kind, RandomMaps, RandomOrderMax, seed)
                )
            );
        }
        if (isJson)
            WriteJson(host, all);
        else
            WriteText(host, all);
        return ExitCode.Success;
    }

    private static void WriteText(CliHost host, List<Searched> all)
    {
        var table = new TextTable("free ranges", "searched", ">maps", ">with a torn block");
        foreach (Searched searched in all)
            table.Add(Name(searched.Kind), searched.Bounds, Numbers.Of(searched.Result.Maps), Numbers.Of(searched.Result.TornMaps));
        table.Write(host);
        foreach (IGrouping<SearchedMaps, Searched> kind in all.GroupBy(s => s.Kind))
        {
            TornExample? smallest = kind.Select(s => s.Result.Smallest).OfType<TornExample>().FirstOrDefault();
            host.Out.WriteLine();
            host.Out.WriteLine(
                smallest is null
                    ? $"{Name(kind.Key)}: none within these bounds"
                    : $"{Name(kind.Key)}: smallest example, largest order {smallest.OrderMax}: free "
                        + $"{Text(smallest.FreeRanges)}{(smallest.FreedLater.IsEmpty ? "" : $", freed later {Text(smallest.FreedLater)}")}"
            );
            if (smallest is not null)
                KmsanText.Describe(host, smallest.Torn, CarveOut.Of(smallest.FreeRanges, smallest.OrderMax));
        }
    }

    private static void WriteJson(CliHost host, List<Searched> all) =>
        JsonOutput.Write(
            host,
            json =>
            {
                json.WriteStartArray();
                foreach (Searched searched in all)
                {
                    json.WriteStartObject();
                    json.WriteString("free_ranges", Name(searched.Kind));
                    json.WriteString("searched", searched.Bounds);
                    json.WriteNumber("maps", searched.Result.Maps);
                    json.WriteNumber("torn", searched.Result.TornMaps);
                    json.WriteString(
                        "smallest",
                        searched.Result.Smallest is { } example
                            ? $"free {Text(example.FreeRanges)}; freed later {Text(example.FreedLater)}; block {example.Torn.Block}"
                            : null
                    );
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
        );

    private static string Name(SearchedMaps kind) =>
        kind switch
        {
            SearchedMaps.Apart => "apart",
            SearchedMaps.Touching => "touching",
            _ => "apart, memory freed later",
        };

    private static string Text(IEnumerable<PfnRange> ranges) =>
        string.Join(' ', ranges.Select(r => $"[{Numbers.Of(r.Start.Number)},{Numbers.Of(r.End.Number)})"));
}
