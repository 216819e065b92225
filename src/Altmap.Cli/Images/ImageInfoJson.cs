using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Shell.Json;

namespace Altmap.Cli.Images;

/// <summary>The same as JSON. Offsets count from the first byte of the image unless their name says otherwise.</summary>
internal static class ImageInfoJson
{
    public static void Write(Utf8JsonWriter json, OpenedImage image, ImmutableArray<ImmutableArray<ImageVerdict>> verdicts)
    {
        ImageLayout layout = image.Layout;
        ImageNamespace? only = layout.Namespaces is [var one] ? one : null;
        json.WriteStartObject();
        json.WriteString("file", image.Path);
        json.WriteNumber("size", layout.Size.Bytes);
        json.WriteString("mode", only?.Mode);
        json.WriteOptional("data_offset", only?.DataStart?.Bytes);
        json.WriteOptional("data_size", only?.DataSize?.Bytes);
        WriteInfoBlocks(json, only, image.Path);
        json.WriteObjects("namespaces", layout.Namespaces.Zip(verdicts), pair => WriteNamespace(json, pair.First, pair.Second, image.Path));
        WriteLabels(json, layout);
        if (layout.Outer is { } outer)
        {
            json.WriteStartObject("front");
            WriteContent(json, outer, null, null);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("front");
        }
        json.WriteEndObject();
    }

    private static void WriteNamespace(Utf8JsonWriter json, ImageNamespace ns, ImmutableArray<ImageVerdict> verdicts, string path)
    {
        json.WriteNumber("offset", ns.Place.Start.Bytes);
        json.WriteNumber("size", ns.Place.Size.Bytes);
        json.WriteString("label", ns.Place.Label?.ToString());
        json.WriteString("name", ns.Place.Name);
        json.WriteString("mode", ns.Mode);
        json.WriteString("map", ns.Settings?.Mode.Word());
        json.WriteOptional("align", ns.Settings?.Align.Bytes);
        json.WriteOptional("sector_size", ns.Mode == "sector" && !ns.Btt.Arenas.IsEmpty ? ns.Btt.Arenas[0].SectorBytes : null);
        json.WriteOptional("data_offset", ns.DataStart?.Bytes);
        json.WriteOptional("data_size", ns.DataSize?.Bytes);
        WriteInfoBlocks(json, ns, path);
        if (ns.Content is { } content)
        {
            json.WriteStartObject("content");
            WriteContent(json, content, ns.DataStart, ns.DataSize);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("content");
        }
        json.WriteObjects(
            "kernels",
            verdicts,
            verdict =>
            {
                json.WriteString("kernel", verdict.Kernel.Name);
                json.WriteString("verdict", verdict.Word);
                json.WriteStrings("needs", verdict.Needs is { } needs ? [needs] : []);
                json.WriteString("mode", verdict.Mode);
                json.WriteOptional("size", verdict.Size?.Bytes);
                json.WriteOptional("data_offset", verdict.DataOffset?.Bytes);
                json.WriteOptional("align", verdict.Align?.Bytes);
                json.WriteNumber("errno", verdict.Errno);
                json.WriteStrings("messages", verdict.Messages);
            }
        );
    }

    /// <summary>The objects of <c>ndctl read-infoblock -j</c>.</summary>
    private static void WriteInfoBlocks(Utf8JsonWriter json, ImageNamespace? ns, string path) =>
        json.WriteObjects(
            "infoblocks",
            ns is null ? [] : InfoBlockJson.Read(ns.Head, "file", path, default),
            block =>
            {
                foreach (JsonMember member in block.Members)
                {
                    json.WritePropertyName(member.Key);
                    if (member.Value.Kind == JsonKind.String)
                        json.WriteStringValue(member.Value.Text);
                    else
                        json.WriteRawValue(member.Value.Text);
                }
            }
        );

    private static void WriteLabels(Utf8JsonWriter json, ImageLayout layout)
    {
        if (layout.Labels is not { } labels)
        {
            json.WriteNull("labels");
            return;
        }
        json.WriteStartObject("labels");
        json.WriteNumber("offset", labels.Start.Bytes);
        json.WriteNumber("size", layout.Size.Bytes - labels.Start.Bytes);
        json.WriteString("version", labels.Area.Version == LabelVersion.V1_1 ? "1.1" : "1.2");
        json.WriteObjects(
            "labels",
            labels.Area.ActiveLabels,
            label =>
            {
                json.WriteString("uuid", label.Uuid.ToString());
                json.WriteString("name", label.NameText);
                json.WriteNumber("dpa", label.Dpa.Bytes);
                json.WriteNumber("rawsize", label.RawSize.Bytes);
                json.WriteNumber("nlabel", label.LabelCount);
            }
        );
        json.WriteEndObject();
    }

    /// <param name="json">Inside an object.</param>
    /// <param name="content">What is there.</param>
    /// <param name="start">First byte in the image; null: through a map, or from the image's own start.</param>
    /// <param name="size">Of the disk or partition; null: not asked for.</param>
    private static void WriteContent(Utf8JsonWriter json, ImageContent content, MediaOffset? start, ByteSize? size)
    {
        json.WriteString("content", content.What.Description);
        json.WriteOptional("file_system_size", content.FileSystemSize?.Bytes);
        json.WriteOptional(
            "unused",
            content.FileSystemSize is { } used && size is { } whole && used <= whole ? whole.Bytes - used.Bytes : null
        );
        json.WriteString("partition_table", content.Table?.Kind.ToString().ToLowerInvariant());
        json.WriteObjects(
            "partitions",
            content.Partitions,
            p =>
            {
                MediaOffset? at = size is null ? p.Partition.Start : start + new ByteSize(p.Partition.Start.Bytes);
                json.WriteNumber("number", p.Partition.Number);
                json.WriteOptional("offset", at?.Bytes);
                json.WriteNumber("size", p.Partition.Size.Bytes);
                json.WriteString("type", p.Partition.Type);
                json.WriteString("name", p.Partition.Name);
                json.WriteString("holds", p.Content?.What.Description);
                json.WriteOptional("file_system_size", p.Content?.FileSystemSize?.Bytes);
            }
        );
    }
}
