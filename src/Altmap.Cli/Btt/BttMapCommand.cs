using System.Buffers.Binary;
using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Media;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt map</c>: which block each sector has, as the map says; runs are one line.</summary>
internal static class BttMapCommand
{
    private sealed record Run(ulong First, ulong Last, uint Block, string Kind, ulong Offset);

    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        Option<bool> json = JsonOutput.Option();
        var from = new Option<string?>("--from") { Description = "first sector (default: 0)", HelpName = "LBA" };
        var count = new Option<string?>("--count") { Description = "how many sectors (default: all)", HelpName = "N" };
        var command = new Command(
            "map",
            "Lists the map: which block of which arena holds which sector, and where that is in the namespace."
        );
        options.AddTo(command);
        command.Add(from);
        command.Add(count);
        command.Add(json);
        command.SetAction(p =>
            options.With(
                p,
                input =>
                    Show(
                        host,
                        input,
                        Values.Number(p.GetValue(from), "--from") ?? 0,
                        Values.Number(p.GetValue(count), "--count") ?? ulong.MaxValue,
                        p.GetValue(json)
                    )
            )
        );
        CommandHelp.SetExamples(command, "altmap btt map disk.img", "altmap btt map disk.img --from 160 --count 8 --json");
        return command;
    }

    private static int Show(CliHost host, BttInput input, ulong from, ulong count, bool isJson)
    {
        IMediaReader media = input.Open();
        BttReport report = input.Check(media);
        if (from >= report.Sectors && report.Sectors > 0)
            throw CliError.Usage($"--from: {from}; the disk has {report.Sectors} sectors");
        ulong end = count > report.Sectors - from ? report.Sectors : from + count;
        IEnumerable<Run> runs = report.Arenas.SelectMany(a => Runs(media, a, from, end));
        if (isJson)
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("sector_size", report.Arenas[0].SectorBytes);
                    json.WriteNumber("sectors", report.Sectors);
                    json.WriteObjects(
                        "runs",
                        runs,
                        r =>
                        {
                            json.WriteNumber("first", r.First);
                            json.WriteNumber("last", r.Last);
                            json.WriteString("kind", r.Kind);
                            json.WriteNumber("block", r.Block);
                            json.WriteNumber("offset", r.Offset);
                        }
                    );
                    json.WriteEndObject();
                }
            );
        else
            foreach (Run run in runs)
                host.Out.WriteLine(Line(run));
        return ExitCode.Success;
    }

    private static string Line(Run run)
    {
        string sectors = run.First == run.Last ? $"{run.First}" : $"{run.First} to {run.Last}";
        return string.Create(CultureInfo.InvariantCulture, $"{sectors}: {run.Kind}, block {run.Block} at 0x{run.Offset:x}");
    }

    /// <summary>Sectors [from, end) that lie in the arena: those that follow each other with blocks that do, as one.</summary>
    private static IEnumerable<Run> Runs(IMediaReader media, BttArenaReport arena, ulong from, ulong end)
    {
        ulong first = Math.Max(from, arena.FirstExternal),
            stop = Math.Min(end, arena.FirstExternal + arena.Info.ExternalBlocks);
        byte[] buffer = new byte[64 * 1024];
        Run? open = null;
        for (ulong at = first; at < stop; )
        {
            uint external = (uint)(at - arena.FirstExternal);
            int count = (int)Math.Min(stop - at, (ulong)buffer.Length / BttMap.EntryBytes);
            media.Read(arena.MapAt(external), buffer.AsSpan(0, count * BttMap.EntryBytes));
            for (int i = 0; i < count; i++, at++)
            {
                uint entry = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(i * BttMap.EntryBytes)),
                    block = BttMap.BlockOf(entry, external + (uint)i);
                string kind = BttMap.KindOf(entry);
                if (open is not null && open.Kind == kind && open.Block + (at - open.First) == block)
                {
                    open = open with { Last = at };
                    continue;
                }
                if (open is not null)
                    yield return open;
                open = new Run(at, at, block, kind, arena.DataAt(block));
            }
        }
        if (open is not null)
            yield return open;
    }
}
