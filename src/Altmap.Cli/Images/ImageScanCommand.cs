using System.Collections.Immutable;
using System.CommandLine;
using System.Numerics;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image scan</c>: info-blocks, BTT arenas and label indexes anywhere.</summary>
internal static class ImageScanCommand
{
    private const int PlacesMax = 100_000;

    public static Command Create(CliHost host)
    {
        var image = new Argument<string>("IMAGE") { Description = "an image, a dump of memory (raw, .gz or .sparse.gz) or a block device" };
        var align = new Option<string?>("--align")
        {
            Description = "bytes between possible places: a power of two up to 4K (default: 256, the smallest that the formats have)",
            HelpName = "BYTES",
        };
        Option<bool> progress = ImageProgress.Option(),
            json = JsonOutput.Option();
        var command = new Command(
            "scan",
            "Finds info-blocks, BTT arenas and label indexes anywhere in an image or a dump of memory; holes are passed over."
        )
        {
            image,
            align,
            progress,
            json,
        };
        command.SetAction(p => Run(host, p.GetRequiredValue(image), Step(p.GetValue(align)), p.GetValue(progress), p.GetValue(json)));
        CommandHelp.SetExamples(command, "altmap image scan disk.img", "altmap image scan /proc/kcore.copy --align 1 --json");
        return command;
    }

    private static int Step(string? text)
    {
        ulong step = Values.Size(text, "--align")?.Bytes ?? ScanSignatures.StepBytes;
        return step is > 0 and <= 4096 && BitOperations.IsPow2(step)
            ? (int)step
            : throw CliError.Usage($"--align: {step}; expected a power of two from 1 to 4096");
    }

    private static int Run(CliHost host, string path, int step, bool isAsked, bool isJson)
    {
        IMediaReader media = ImageInput.Open(path);
        using var owned = media as IDisposable;
        SignatureSearchResult found;
        using (Progress progress = ImageProgress.Start(host, "scanning", new ByteSize(media.LengthBytes), isAsked))
            found = SignatureSearch.Run(media, step, PlacesMax, (done, _) => progress.Report(done));
        ImmutableArray<ScanHit> hits = [.. ImageScan.Describe(media, found.Places)];
        if (!found.IsWhole)
            host.Note($"{path}: {PlacesMax} places and more; only the first are shown");
        if (isJson)
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("file", path);
                    json.WriteNumber("size", media.LengthBytes);
                    json.WriteNumber("searched", found.Searched.Bytes);
                    json.WriteBoolean("complete", found.IsWhole);
                    json.WriteObjects(
                        "hits",
                        hits,
                        hit =>
                        {
                            json.WriteNumber("offset", hit.Offset.Bytes);
                            json.WriteString("kind", Word(hit.Kind));
                            json.WriteBoolean("checksum", hit.IsRight);
                            json.WriteString("version", hit.Version);
                            json.WriteString("uuid", hit.Uuid.ToString());
                            json.WriteString("parent_uuid", hit.ParentUuid.ToString());
                            json.WriteOptional("start", hit.Start?.Bytes);
                            json.WriteOptional("data_offset", hit.DataStart?.Bytes);
                            json.WriteOptional("size", hit.Size?.Bytes);
                            json.WriteString(
                                "part",
                                hit.Part switch
                                {
                                    0 => "first",
                                    1 => "second",
                                    _ => null,
                                }
                            );
                        }
                    );
                    json.WriteEndObject();
                }
            );
        else
            WriteText(host, path, found, hits);
        return hits.IsEmpty ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static void WriteText(CliHost host, string path, SignatureSearchResult found, ImmutableArray<ScanHit> hits)
    {
        if (hits.IsEmpty)
        {
            host.Out.WriteLine($"{path}: no info-block, BTT or label index in {found.Searched} of data");
            return;
        }
        var table = new TextTable(">offset", "what", "checksum", "belongs to", "uuid");
        foreach (ScanHit hit in hits)
            table.Add(
                hit.Offset.ToString(),
                What(hit),
                hit.IsRight ? "right" : "wrong",
                BelongsTo(hit),
                hit.Uuid.IsZero ? "" : hit.Uuid.ToString()
            );
        table.Write(host);
    }

    private static string What(ScanHit hit) =>
        hit.Kind switch
        {
            ScanKind.Pfn => $"fsdax info-block {hit.Version}",
            ScanKind.Dax => $"devdax info-block {hit.Version}",
            ScanKind.Btt => $"BTT {hit.Version} info-block{(hit.Part == 1 ? ", copy" : "")}",
            _ => $"label index {hit.Version}{(hit.Part is { } part ? $", {(part == 0 ? "first" : "second")}" : "")}",
        };

    private static string BelongsTo(ScanHit hit) =>
        hit.Start is not { } start ? "what starts before the image"
        : hit.Kind == ScanKind.Btt ? $"arena from {start} on{(hit.Size is { } size ? $", {size.ToHuman()}" : "")}"
        : hit.Kind == ScanKind.LabelIndex ? $"label area from {start} on"
        : $"namespace from {start} on{(hit.DataStart is { } data ? $", data from {data}" : "")}";

    private static string Word(ScanKind kind) =>
        kind switch
        {
            ScanKind.Pfn => "fsdax",
            ScanKind.Dax => "devdax",
            ScanKind.Btt => "btt",
            _ => "label-index",
        };
}
