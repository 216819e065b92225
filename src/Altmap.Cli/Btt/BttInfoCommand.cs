using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt info</c>: what there is, arena by arena; no judgement.</summary>
internal static class BttInfoCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        Option<bool> json = JsonOutput.Option();
        var command = new Command("info", "Shows the arenas of a BTT, the state of its log, and how much of the map is used.");
        options.AddTo(command);
        command.Add(json);
        command.SetAction(p => options.With(p, input => Run(host, input, p.GetValue(json))));
        CommandHelp.SetExamples(command, "altmap btt info disk.img", "altmap btt info region0.img --offset 256M --size 1G --json");
        return command;
    }

    private static int Run(CliHost host, BttInput input, bool isJson)
    {
        IMediaReader media = input.Open();
        BttReport report = input.Check(media);
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("version", $"{report.Version!.Major}.{report.Version.Minor}");
                    json.WriteNumber("sectors", report.Sectors);
                    json.WriteNumber("sector_size", report.Arenas.IsEmpty ? 0 : report.Arenas[0].SectorBytes);
                    json.WriteBoolean("consistent", report.IsConsistent);
                    BttText.WriteArenas(json, report);
                    json.WriteEndObject();
                }
            );
            return ExitCode.Success;
        }
        BttText.Write(host, report);
        foreach (BttArenaReport arena in report.Arenas)
            WriteArena(host, arena);
        return ExitCode.Success;
    }

    private static void WriteArena(CliHost host, BttArenaReport arena)
    {
        string from = arena.Origin switch
        {
            BttInfoOrigin.First => "",
            BttInfoOrigin.Copy => ", as the copy of its info-block says",
            _ => ", computed: no info-block is left",
        };
        host.Out.WriteLine($"arena {arena.Number} at {arena.Start}: {arena.Size}{from}");
        host.Out.WriteLine($"  uuid              {arena.Info.Uuid}");
        host.Out.WriteLine($"  parent_uuid       {arena.Info.ParentUuid}{(arena.Info.ParentUuid.IsZero ? "  fits every namespace" : "")}");
        host.Out.WriteLine(
            $"  external          {arena.Info.ExternalBlocks} sectors of {arena.Info.ExternalLbaSize} bytes, {arena.SectorBytes} of data; "
                + $"from LBA {arena.FirstExternal} on"
        );
        host.Out.WriteLine($"  internal          {arena.Info.InternalBlocks} blocks of {arena.Info.InternalLbaSize} bytes");
        host.Out.WriteLine($"  data              {Place(arena, arena.Info.DataOffset)}");
        host.Out.WriteLine($"  map               {Place(arena, arena.Info.MapOffset)}{Used(arena)}");
        host.Out.WriteLine($"  log               {Place(arena, arena.Info.LogOffset)}{Lanes(arena)}");
        host.Out.WriteLine($"  copy              {Place(arena, arena.Info.Info2Offset)}");
    }

    private static MediaOffset Place(BttArenaReport arena, ulong offset) => arena.Start + new ByteSize(offset);

    private static string Used(BttArenaReport arena) =>
        arena.Map is { } map
            ? $"  {map.Normal} written, {map.Initial} never written, {map.Trimmed} trimmed, {map.Errors} marked as unreadable"
            : "";

    private static string Lanes(BttArenaReport arena) =>
        arena.Flog is { } flog
            ? $"  {flog.Lanes.Count(l => !l.Second.IsZero)} of {flog.Lanes.Length} lanes used"
                + $"{(flog.SecondSlot == 2 ? ", slots 0 and 2 as before 4.15" : "")}"
                + $"{(arena.Pending.IsEmpty ? "" : $", {arena.Pending.Length} with a write to complete")}"
            : "  unreadable";
}
