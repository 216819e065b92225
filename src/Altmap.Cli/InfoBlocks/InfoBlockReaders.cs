using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Model.Compatibility;

namespace Altmap.Cli.InfoBlocks;

/// <summary>Readers of an info-block that are no kernel: one that only wants the data, and ndctl.</summary>
/// <param name="Mode">By the signature; raw without one.</param>
/// <param name="DataOnly">What a data-only reader makes of it.</param>
/// <param name="HasValidChecksum">What <c>ndctl read-infoblock -V</c> asks; it shows the block without <c>-V</c> all the same.</param>
internal sealed record InfoBlockReaders(string Mode, DataOnlyReading DataOnly, bool HasValidChecksum)
{
    public static InfoBlockReaders Of(byte[] head, NamespaceExtent extent, ClaimClass claim)
    {
        var view = new InfoBlockView(head.Length > (int)InfoBlock.StartBytes ? head.AsSpan((int)InfoBlock.StartBytes) : default);
        string mode = !view.IsWhole
            ? "raw"
            : view.Kind switch
            {
                InfoBlockKind.Pfn => "fsdax",
                InfoBlockKind.Dax => "devdax",
                _ => "raw",
            };
        return new(mode, DataOnlyReader.Read(head, extent, claim, null), view.IsWhole && view.Kind is not null && view.HasValidChecksum);
    }

    public void WriteText(CliHost host)
    {
        host.Out.WriteLine(
            $"data-only reader: {DataOnly.Verdict.Word()}"
                + $"{(DataOnly.DataOffset is { } offset ? $", data from 0x{offset.Bytes:x} on" : "")}: {DataOnly.Why}"
        );
        host.Out.WriteLine($"ndctl: {Ndctl}");
    }

    /// <summary>Two more objects in the list of kernels, with <c>reader</c> where those have <c>kernel</c>.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        string verdict =
            DataOnly.Verdict == ReaderVerdict.Refuses ? "unbound"
            : Mode == "raw" ? "raw"
            : "bound";
        Write(json, "data-only", verdict, DataOnly.Verdict.Word(), DataOnly.DataOffset?.Bytes, DataOnly.Why, isVerified: false);
        Write(
            json,
            "ndctl",
            Mode == "raw" ? "raw" : "bound",
            Mode == "raw" || HasValidChecksum ? "opens" : "misreads",
            null,
            Ndctl,
            isVerified: true
        );
    }

    private string Article => Mode == "fsdax" ? "an" : "a";

    private string Ndctl =>
        Mode == "raw" ? "read-infoblock finds no pfn or dax block"
        : HasValidChecksum ? $"read-infoblock shows {Article} {Mode} block"
        : $"read-infoblock shows {Article} {Mode} block although its checksum is wrong; with -V it does not";

    private void Write(Utf8JsonWriter json, string reader, string verdict, string reads, ulong? dataOffset, string why, bool isVerified)
    {
        json.WriteStartObject();
        json.WriteString("reader", reader);
        json.WriteString("verdict", verdict);
        json.WriteString("mode", Mode);
        json.WriteNull("size");
        json.WriteOptional("data_offset", dataOffset);
        json.WriteNull("align");
        json.WriteNumber("errno", 0);
        json.WriteStartArray("messages");
        json.WriteStringValue(why);
        json.WriteEndArray();
        json.WriteFindings("findings", []);
        json.WriteBoolean("verified", isVerified);
        json.WriteString("reads", reads);
        json.WriteEndObject();
    }
}
