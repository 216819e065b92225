using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.MachineFiles;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Host;

/// <summary>Reads a capture directory: texts (each may be gzipped) and label areas.</summary>
internal static class CaptureLoader
{
    private const int LabelAreaBytesMax = 64 << 20;

    /// <summary>True for a directory that holds the text of a sysfs tree.</summary>
    public static bool IsCapture(string directory) => Existing(directory, "sysfs.txt") is not null;

    public static LoadResult Load(string directory, string? kernelOverride)
    {
        var errors = new List<HostError>();
        var cut = new List<string>();
        ImmutableSortedDictionary<string, SparseBytes> labels = ReadLabels(
            directory,
            errors,
            out ImmutableSortedDictionary<string, ByteSize> sizes
        );
        var texts = new CaptureTexts
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))) is { Length: > 0 } name
                ? name
                : "capture",
            Sysfs = Text("sysfs.txt"),
            Iomem = Text("iomem.txt"),
            List = Bytes("list.json"),
            CommandLine = Text("cmdline.txt"),
            Dmesg = Text("dmesg.txt"),
            Version = Text("version.txt"),
            LabelAreas = sizes,
        };
        if (errors.Count > 0)
            return new(null, [.. errors], []);
        CaptureResult result = CaptureReader.Read(texts, kernelOverride);
        return result.Description is { } description
            ? MachineLoader.WithFiles(description, directory, result.Notes.AddRange(cut), labels)
            : new(null, [.. result.Errors.Select(e => HostError.Of(e with { File = Path.Combine(directory, e.File) }))], result.Notes);

        string? Text(string file)
        {
            if (Bytes(file) is not { } bytes)
                return null;
            // Every one of these is what a command printed, and ends with a line's end.
            if (bytes.Length > 0 && bytes[^1] != '\n')
                cut.Add($"{Path.Combine(directory, file)} ends inside a line: it may be cut off");
            return Encoding.UTF8.GetString(bytes);
        }

        byte[]? Bytes(string file)
        {
            if (Existing(directory, file) is not { } path)
                return null;
            HostResult<byte[]> read = BoundedFile.Read(path, MachineFile.SizeBytesMax);
            if (read.Error is { } error)
                errors.Add(error);
            return read.Value;
        }
    }

    /// <summary>The files <c>labels.nmemN.bin</c>, plain or gzipped; an empty one is a DIMM that was asked and has no label area.</summary>
    private static ImmutableSortedDictionary<string, SparseBytes> ReadLabels(
        string directory,
        List<HostError> errors,
        out ImmutableSortedDictionary<string, ByteSize> sizes
    )
    {
        ImmutableSortedDictionary<string, SparseBytes>.Builder areas = ImmutableSortedDictionary.CreateBuilder<string, SparseBytes>(
            StringComparer.Ordinal
        );
        ImmutableSortedDictionary<string, ByteSize>.Builder found = ImmutableSortedDictionary.CreateBuilder<string, ByteSize>(
            StringComparer.Ordinal
        );
        string[] files = [];
        try
        {
            files = [.. Directory.EnumerateFiles(directory, "labels.nmem*").Order(StringComparer.Ordinal).Take(4096)];
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            errors.Add(HostError.Of(directory, e));
        }
        foreach (string path in files)
        {
            string[] parts = Path.GetFileName(path).Split('.');
            if (parts is not (["labels", _, "bin"] or ["labels", _, "bin", "gz"]))
                continue;
            HostResult<byte[]> read = BoundedFile.Read(path, LabelAreaBytesMax);
            if (read.Error is { } error)
            {
                errors.Add(error);
                continue;
            }
            found[parts[1]] = new ByteSize((ulong)read.Value!.Length);
            if (read.Value.Length > 0)
                areas[parts[1]] = SparseBytes.From(read.Value);
        }
        sizes = found.ToImmutable();
        return areas.ToImmutable();
    }

    private static string? Existing(string directory, string file) =>
        new[] { file, file + ".gz" }.Select(f => Path.Combine(directory, f)).FirstOrDefault(File.Exists);
}
