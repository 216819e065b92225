using System.Collections.Immutable;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Cli.Images;

/// <summary>An image for people, level by level, each indented under the one it is in.</summary>
internal static class ImageInfoText
{
    public static void Write(CliHost host, OpenedImage image, ImmutableArray<ImmutableArray<ImageVerdict>> verdicts)
    {
        ImageLayout layout = image.Layout;
        host.Out.WriteLine($"{image.Path}: {layout.Size}");
        if (layout.Outer is { } outer)
        {
            host.Out.WriteLine($"  in front, for who takes it for a plain disk: {outer.What.Description}");
            foreach ((Partition partition, _) in outer.Partitions)
                host.Out.WriteLine($"    {Words(partition)} from {partition.Start} on");
        }
        foreach ((ImageNamespace ns, ImmutableArray<ImageVerdict> kernels) in layout.Namespaces.Zip(verdicts))
            WriteNamespace(host, ns, kernels, layout.Namespaces.Length == 1 && layout.Labels is null);
        foreach (NamespaceLabel label in layout.Interleaved)
            host.Out.WriteLine($"  label {label.Uuid}: a piece of a namespace on {label.LabelCount} DIMMs: unknown: needs the others");
        if (layout.Labels is { } labels)
            host.Out.WriteLine(
                $"  label area from {labels.Start} on: {layout.Size - (labels.Start - new MediaOffset(0))}, labels "
                    + $"{(labels.Area.Version == LabelVersion.V1_1 ? "1.1" : "1.2")}, {labels.Area.ActiveLabels.Length} in use"
            );
    }

    private static void WriteNamespace(CliHost host, ImageNamespace ns, ImmutableArray<ImageVerdict> kernels, bool isWhole)
    {
        string name = ns.Place.Name.Length > 0 ? $" \"{ns.Place.Name}\"" : "";
        string label = ns.Place.Label is { IsZero: false } uuid ? $", label {uuid}" : "";
        if (!isWhole || ns.Place.Start.Bytes > 0)
            host.Out.WriteLine($"  namespace{name} from {ns.Place.Start} on: {ns.Place.Size}{label}");
        host.Out.WriteLine($"  {ModeWords(ns)}");
        string data =
            ns.DataStart is { } start && ns.DataSize is { } size ? $"data from {start} on: {size}"
            : ns is { Mode: "sector", DataSize: { } disk } ? $"data through the map: {disk}"
            : "no data can be found";
        host.Out.WriteLine($"  {data}");
        if (ns.Content is { } content)
            WriteContent(host, content, ns.DataSize!.Value, ns.DataStart, "    ");
        foreach (IGrouping<string, ImageVerdict> same in kernels.GroupBy(k => k.Text))
            host.Out.WriteLine($"  {KernelWords([.. same.Select(k => k.Kernel)])}: {same.Key}");
    }

    private static string KernelWords(KernelProfile[] kernels) =>
        kernels.Length == KernelProfiles.All.Length ? $"every kernel, {kernels[0].Name} to {kernels[^1].Name}"
        : kernels.Length == 1 ? $"kernel {kernels[0].Name}"
        : $"kernels {string.Join(", ", kernels.Select(k => k.Name))}";

    private static string ModeWords(ImageNamespace ns)
    {
        if (ns.Settings is { } settings)
        {
            InfoBlockView view = ns.View;
            string pads =
                (settings.StartPad.IsZero ? "" : $", start_pad {settings.StartPad.ToHuman()}")
                + (settings.EndTrunc.IsZero ? "" : $", end_trunc {settings.EndTrunc.ToHuman()}");
            return $"{ns.Mode}: info-block {view.VersionMajor}.{view.VersionMinor}, map {settings.Mode.Word()}, align "
                + $"{settings.Align.ToOption()}{pads}, uuid {settings.Uuid}";
        }
        if (ns.Mode == "sector")
        {
            BttReport btt = ns.Btt;
            string state = btt.IsConsistent ? "consistent" : "damaged: altmap image check says how";
            return $"sector: BTT {btt.Version!.Major}.{btt.Version.Minor}, {Numbers.Count(btt.Arenas.Length, "arena")}, "
                + $"{btt.Sectors} sectors of {(btt.Arenas.IsEmpty ? 0 : btt.Arenas[0].SectorBytes)} bytes, {state}";
        }
        return ns.View.IsWhole && ns.View.Kind is not null ? "raw: the checksum of its info-block is wrong" : "raw: no info-block";
    }

    private static void WriteContent(CliHost host, ImageContent content, ByteSize size, MediaOffset? start, string indent)
    {
        host.Out.WriteLine($"{indent}{Words(content, size)}");
        foreach ((Partition partition, ImageContent? inner) in content.Partitions)
        {
            MediaOffset? at = start + new ByteSize(partition.Start.Bytes);
            host.Out.WriteLine($"{indent}{Words(partition)}{(at is { } place ? $" from {place} on" : "")}");
            if (inner is null)
                host.Out.WriteLine($"{indent}  beyond the end of the disk");
            else
                WriteContent(host, inner, partition.Size, at, indent + "  ");
        }
    }

    private static string Words(ImageContent content, ByteSize size)
    {
        string what = content.What.IsBlank ? "nothing recognised: it begins with zeroes" : content.What.Description;
        if (content.FileSystemSize is not { } used)
            return content.Table is { Kind: PartitionTableKind.Gpt } ? "GPT partition table" : what;
        return used > size ? $"{what} of {used}: larger than its device"
            : used < size ? $"{what} of {used}, {new ByteSize(size.Bytes - used.Bytes)} unused"
            : $"{what} of {used}";
    }

    private static string Words(Partition partition) =>
        $"partition {partition.Number}{(partition.Name.Length > 0 ? $" \"{partition.Name}\"" : "")}, "
        + $"type {partition.Type}: {partition.Size}";
}
