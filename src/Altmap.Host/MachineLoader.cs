using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Host.Captures;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Host;

/// <summary>A machine with the bytes of its files, or why there is none.</summary>
/// <param name="Source">Null when there are errors.</param>
/// <param name="Errors">What a person has to mend.</param>
/// <param name="Notes">What the machine does not say, and what is assumed instead; to be told with every answer.</param>
public sealed record LoadResult(MachineSource? Source, ImmutableArray<HostError> Errors, ImmutableArray<string> Notes)
{
    /// <summary>Where each step stands, as <c>machine.json:12</c>; empty for a capture, which has none.</summary>
    public ImmutableArray<string> StepPlaces { get; init; } = [];
}

/// <summary>Loads a machine from its file or from a capture directory, with label areas and media.</summary>
public static class MachineLoader
{
    /// <summary>Loads <paramref name="path"/>: a machine file, a capture directory, or a directory with a <c>machine.json</c>. Opens files
    /// for reading only.</summary>
    /// <param name="path">File or directory.</param>
    /// <param name="kernelOverride">The kernel instead of the one the machine names; null: that one.</param>
    /// <param name="isKernel">Says whether a kernel name is known; null: the profiles that ship and paths of profile files.</param>
    public static LoadResult Load(string path, string? kernelOverride = null, Func<string, bool>? isKernel = null)
    {
        if (Directory.Exists(path))
        {
            string inside = Path.Combine(path, "machine.json");
            if (CaptureLoader.IsCapture(path) || !File.Exists(inside))
                return CaptureLoader.Load([new RepeatedInput(path)], kernelOverride);
            path = inside;
        }
        var input = new RepeatedInput(path);
        if (IsPiece(input))
            return CaptureLoader.Load([input], kernelOverride);
        HostResult<byte[]> text = ReadText(input);
        if (text.Error is { } unreadable)
            return Fail(unreadable);
        MachineFileResult parsed = MachineFile.Parse(text.Value, path, isKernel, kernelOverride);
        if (parsed.Description is not { } description)
            return new(null, [.. parsed.Errors.Select(HostError.Of)], []);
        (description, ImmutableArray<string> notes) = MachineDefaults.Fill(description);
        return WithFiles(
            description,
            Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".",
            [.. notes.Select(n => $"{path}: {n}")],
            null
        ) with
        {
            StepPlaces = [.. parsed.StepLines.Select(line => string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"))],
        };
    }

    /// <summary>Makes a machine of several pieces together: files, folders, archives.</summary>
    /// <param name="paths">At least one.</param>
    /// <param name="kernelOverride">The kernel instead of the one that ran; null: that one.</param>
    public static LoadResult LoadPieces(IReadOnlyList<string> paths, string? kernelOverride = null) =>
        paths is [var one] ? Load(one, kernelOverride) : CaptureLoader.Load([.. paths.Select(p => new RepeatedInput(p))], kernelOverride);

    /// <summary>True when the bytes, inflated, start an archive of pieces: a machine, though its first bytes are no text.</summary>
    public static bool IsArchive(ReadOnlySpan<byte> head) => PieceArchive.IsArchive(head);

    /// <summary>False for a machine file, and for what cannot be read, of which its reader says why.</summary>
    private static bool IsPiece(RepeatedInput input)
    {
        try
        {
            using Stream file = input.Open();
            byte[] head = new byte[64 << 10];
            int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            ReadOnlySpan<byte> start = head.AsSpan(0, count);
            if (!start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) && start.TrimStart(" \t\r\n\ufeff"u8) is [(byte)'{', ..])
            {
                // JSON is judged as a whole: a list of a tool, or a machine file.
                HostResult<byte[]> all = ReadText(input);
                return all.Value is { } bytes && PieceKinds.Of(Path.GetFileName(input.Path), bytes) is PieceKind.List or PieceKind.Unknown;
            }
            return true;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return false;
        }
    }

    private static HostResult<byte[]> ReadText(RepeatedInput input)
    {
        try
        {
            using Stream file = input.Open();
            return BoundedFile.Read(input.Path, file, MachineFile.SizeBytesMax);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(input.Path, e));
        }
    }

    /// <summary>Reads the files that a description names, from <paramref name="directory"/> when their paths are relative.</summary>
    /// <param name="description">The machine.</param>
    /// <param name="directory">Where the machine file lies.</param>
    /// <param name="notes">Notes so far.</param>
    /// <param name="labelAreas">Label areas that are read already; null: none.</param>
    /// <param name="mediaBytes">Media that are there already; null: none.</param>
    internal static LoadResult WithFiles(
        MachineDescription description,
        string directory,
        ImmutableArray<string> notes,
        ImmutableSortedDictionary<string, SparseBytes>? labelAreas,
        ImmutableSortedDictionary<string, SparseBytes>? mediaBytes = null
    )
    {
        var errors = new List<HostError>();
        ImmutableArray<string>.Builder allNotes = notes.ToBuilder();
        ImmutableSortedDictionary<string, SparseBytes>.Builder labels = (labelAreas ?? Empty).ToBuilder(),
            media = (mediaBytes ?? Empty).ToBuilder();
        foreach (DimmDescription dimm in description.Dimms)
        {
            if (dimm.LabelsFile is not { } file || labels.ContainsKey(dimm.Name))
                continue;
            HostResult<SparseBytes> area = ReadLabels(Path.Combine(directory, file), dimm.LabelAreaSize, dimm.Name);
            if (area.Error is { } error)
                errors.Add(error);
            else
                labels[dimm.Name] = area.Value!;
        }
        ulong left = SparseImage.StoredBytesMax; // of all media together: a hundred images may be hostile as well as one
        foreach (RegionDescription region in description.Regions)
        {
            if (region.MediaFile is not { } file)
                continue;
            HostResult<SparseBytes> image = ReadMedia(Path.Combine(directory, file), region, description, left, allNotes);
            if (image.Error is { } error)
            {
                errors.Add(error);
            }
            else
            {
                media[region.Name] = image.Value!;
                left -= Math.Min(left, image.Value!.StoredBytes);
            }
        }
        return errors.Count > 0
            ? new(null, [.. errors], allNotes.ToImmutable())
            : new(new MachineSource(description, labels.ToImmutable(), media.ToImmutable()), [], allNotes.ToImmutable());
    }

    /// <summary>An image of a region or device: <c>.sparse.gz</c>, gzipped or raw, by the end of its name. What is packed is held in memory
    /// and must not hold more than <paramref name="storedBytesMax"/>; a raw image may be of any size.</summary>
    public static HostResult<SparseBytes> ReadImage(string path, ulong storedBytesMax = SparseImage.StoredBytesMax) =>
        path.EndsWith(".sparse.gz", StringComparison.Ordinal) ? SparseImage.Read(path, storedBytesMax)
        : path.EndsWith(".gz", StringComparison.Ordinal) ? RawImage.ReadGzip(path, SparseImage.SizeBytesMax, storedBytesMax)
        : RawImage.Read(path);

    private static readonly ImmutableSortedDictionary<string, SparseBytes> Empty = ImmutableSortedDictionary.Create<string, SparseBytes>(
        StringComparer.Ordinal
    );

    private static LoadResult Fail(HostError error) => new(null, [error], []);

    private static HostResult<SparseBytes> ReadLabels(string path, ByteSize size, string dimm)
    {
        HostResult<byte[]> bytes = BoundedFile.ReadNamed(path, (int)size.Bytes);
        if (bytes.Error is { } error)
        {
            return error.What.StartsWith("more than ", StringComparison.Ordinal)
                ? new(
                    null,
                    error with
                    {
                        Expected = string.Create(CultureInfo.InvariantCulture, $"the {size.Bytes} bytes of {dimm}'s label area"),
                        Todo = "correct \"label_bytes\", or give the right file",
                    }
                )
                : new(null, error);
        }
        return (ulong)bytes.Value!.Length == size.Bytes
            ? new(SparseBytes.From(bytes.Value), null)
            : new(
                null,
                new HostError(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"{bytes.Value.Length} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"the {size.Bytes} bytes of {dimm}'s label area"),
                    "correct \"label_bytes\", or give the right file"
                )
            );
    }

    private static HostResult<SparseBytes> ReadMedia(
        string path,
        RegionDescription region,
        MachineDescription machine,
        ulong storedBytesMax,
        ImmutableArray<string>.Builder notes
    )
    {
        if (BoundedFile.RefuseWaiting(path) is { } waiting)
            return new(null, waiting);
        HostResult<SparseBytes> read = ReadImage(path, storedBytesMax);
        if (read.Value is not { } image)
            return read;
        ulong size = region.Range.Size.Bytes;
        // QEMU keeps an NVDIMM's label area behind its data, in the same file.
        ulong labels =
            region.Mappings.Length == 1
                ? machine.Dimms.FirstOrDefault(d => d.Name == region.Mappings[0].Dimm)?.LabelAreaSize.Bytes ?? 0
                : 0;
        if (image.LengthBytes > size && image.LengthBytes - size != labels)
        {
            return new(
                null,
                new HostError(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"{image.LengthBytes} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"the {size} bytes of {region.Name}"),
                    "correct the region's \"size\", or give the right file"
                )
            );
        }
        if (image.LengthBytes < size)
            notes.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: only {image.LengthBytes} of the {size} bytes of {region.Name}: the rest is taken as zero"
                )
            );
        return new(image.Resize(size), null);
    }
}
