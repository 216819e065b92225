using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Formats.Btt.Check;

namespace Altmap.Cli.Btt;

/// <summary>A BTT in words and as JSON.</summary>
internal static class BttText
{
    public static void Write(CliHost host, BttReport report)
    {
        ulong bytes = report.Arenas.Aggregate(0UL, (sum, a) => sum + ((ulong)a.Info.ExternalBlocks * a.SectorBytes));
        string arenas = report.Arenas.Length == 1 ? "1 arena" : $"{report.Arenas.Length} arenas";
        uint sector = report.Arenas.IsEmpty ? 0 : report.Arenas[0].SectorBytes;
        host.Out.WriteLine(
            $"BTT {report.Version!.Major}.{report.Version.Minor}, {arenas}: {report.Sectors} sectors of {sector} bytes, "
                + $"{new Core.Units.ByteSize(bytes)}"
        );
    }

    public static string Word(BttInfoOrigin origin) =>
        origin switch
        {
            BttInfoOrigin.First => "first",
            BttInfoOrigin.Copy => "copy",
            _ => "computed",
        };

    public static void WriteArenas(Utf8JsonWriter json, BttReport report) =>
        json.WriteObjects(
            "arenas",
            report.Arenas,
            a =>
            {
                json.WriteNumber("start", a.Start.Bytes);
                json.WriteNumber("size", a.Size.Bytes);
                json.WriteString("info_block", Word(a.Origin));
                json.WriteString("uuid", a.Info.Uuid.ToString());
                json.WriteString("parent_uuid", a.Info.ParentUuid.ToString());
                json.WriteNumber("flags", a.Info.Flags);
                json.WriteNumber("external_lbasize", a.Info.ExternalLbaSize);
                json.WriteNumber("external_nlba", a.Info.ExternalBlocks);
                json.WriteNumber("internal_lbasize", a.Info.InternalLbaSize);
                json.WriteNumber("internal_nlba", a.Info.InternalBlocks);
                json.WriteNumber("nfree", a.Info.Lanes);
                json.WriteNumber("nextoff", a.Info.NextOffset);
                json.WriteNumber("dataoff", a.Info.DataOffset);
                json.WriteNumber("mapoff", a.Info.MapOffset);
                json.WriteNumber("logoff", a.Info.LogOffset);
                json.WriteNumber("info2off", a.Info.Info2Offset);
                json.WriteOptional("second_slot", (ulong?)a.Flog?.SecondSlot);
                json.WriteNumber("lanes_used", a.Flog?.Lanes.Count(l => !l.Second.IsZero) ?? 0);
                json.WriteNumber("lanes_damaged", a.BadLanes.Length);
                json.WriteNumber("pending", a.Pending.Length);
                json.WriteOptional("initial", a.Map?.Initial);
                json.WriteOptional("written", a.Map?.Normal);
                json.WriteOptional("trimmed", a.Map?.Trimmed);
                json.WriteOptional("errors", a.Map?.Errors);
                json.WriteOptional("out_of_range", a.Map?.OutOfRange);
                json.WriteOptional("shared", a.Map?.Shared);
                json.WriteOptional("lost", a.Map?.Lost);
            }
        );
}
