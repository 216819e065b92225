using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Altmap.Core.Json;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Host.Captures;

/// <summary>Makes a machine of pieces: files, folders and archives of whatever a person has, told apart by their content.</summary>
internal static class CaptureLoader
{
    private const int FilesMax = 4096,
        NamesShown = 4;
    private const long PieceBytesMax = 64L << 20,
        AllBytesMax = 1L << 30;

    /// <summary>True for a directory that holds a text of a sysfs tree: a capture even where a machine file lies beside it.</summary>
    public static bool IsCapture(string directory) =>
        File.Exists(Path.Combine(directory, "sysfs.txt")) || File.Exists(Path.Combine(directory, "sysfs.txt.gz"));

    /// <summary>Reads all pieces.</summary>
    /// <param name="inputs">Files, folders, archives.</param>
    /// <param name="kernelOverride">The kernel instead of the one that ran; null: that one.</param>
    public static LoadResult Load(IReadOnlyList<RepeatedInput> inputs, string? kernelOverride)
    {
        var notes = new List<string>();
        var files = new List<PieceFile>();
        string[] paths = [.. inputs.Select(i => i.Path)];
        foreach (RepeatedInput input in inputs)
        {
            HostResult<List<PieceFile>> read = Directory.Exists(input.Path) ? OfDirectory(input.Path, notes) : OfFile(input, notes);
            if (read.Error is { } error)
                return new(null, [error], [.. notes]);
            files.AddRange(read.Value!);
        }
        PieceFile[] pieces =
        [
            .. files.Where(f => f.Kind is not (PieceKind.Unknown or PieceKind.Empty or PieceKind.Aside or PieceKind.MachineFile)),
        ];
        if (pieces.Length == 0)
            return new(null, [NothingIn(paths[0], files)], [.. notes]);
        NotePassedOver(files, paths.Length == 1 && Directory.Exists(paths[0]), notes);
        var errors = new List<HostError>();
        CaptureTexts texts = TextsOf(NameOf(paths[0]), pieces, notes, errors);
        if (errors.Count > 0)
            return new(null, [.. errors], [.. notes]);
        CaptureResult result = CaptureReader.Read(texts, kernelOverride);
        notes.AddRange(result.Notes);
        return result.Description is { } description
            ? WithBytes(description, paths[0], pieces, result, notes)
            : new(null, [.. result.Errors.Select(e => HostError.Of(e with { File = PathOf(e.File, pieces) }))], [.. notes]);
    }

    private static string NameOf(string path) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) is { Length: > 0 } name ? name : "capture";

    private static string PathOf(string file, PieceFile[] pieces) => pieces.FirstOrDefault(p => p.Name == file)?.Path ?? file;

    private static HostError NothingIn(string path, List<PieceFile> files)
    {
        string what =
            files is [{ Kind: PieceKind.Empty }] ? "the file is empty"
            : files is [var one] ? $"this is no piece of a machine; it starts with {Quote.Text(FirstLine(one.Bytes))}"
            : files.Count == 0 ? "there is no file in it that could be a piece of a machine"
            : string.Create(CultureInfo.InvariantCulture, $"none of its {files.Count} files is a piece of a machine");
        return new HostError(
            path,
            what,
            "a machine file, a capture, /proc/iomem, ndctl list JSON, a kernel log, memmap= words, or a tar of them",
            "altmap capture --script > capture.sh makes a capture"
        );
    }

    private static string FirstLine(byte[] bytes) =>
        Encoding
            .UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 200)))
            .Split('\n')
            .Select(l => l.Trim())
            .FirstOrDefault(l => l.Length > 0)
        ?? "";

    private static void NotePassedOver(List<PieceFile> files, bool isFolder, List<string> notes)
    {
        Say(
            "empty: {0} (collect it again, as root)",
            f => f.Kind == PieceKind.Empty && (!isFolder || f.Name.EndsWith(".txt", StringComparison.Ordinal))
        );
        Say("not recognised: {0}", f => f.Kind is PieceKind.Unknown or PieceKind.MachineFile);

        void Say(string format, Func<PieceFile, bool> which)
        {
            string[] names = [.. files.Where(which).Select(f => f.Name)];
            string more =
                names.Length > NamesShown ? string.Create(CultureInfo.InvariantCulture, $" and {names.Length - NamesShown} more") : "";
            if (names.Length > 0)
                notes.Add(
                    string.Format(
                        CultureInfo.InvariantCulture,
                        format,
                        string.Join(", ", names.Take(NamesShown).Select(Quote.Short)) + more
                    )
                );
        }
    }

    private static CaptureTexts TextsOf(string name, PieceFile[] pieces, List<string> notes, List<HostError> errors)
    {
        foreach (
            PieceFile cut in pieces.Where(p => p.Name is "sysfs.txt" or "iomem.txt" or "cmdline.txt" or "dmesg.txt" && p.Bytes[^1] != '\n')
        )
            notes.Add($"{cut.Path} ends inside a line: it may be cut off");
        return new CaptureTexts
        {
            Name = name,
            Sysfs = All(PieceKind.Sysfs),
            Iomem = One(PieceKind.Iomem),
            Lists =
            [
                .. pieces
                    .Where(p => p.Kind == PieceKind.List)
                    .Select(p => (p.Name, PieceKinds.JsonPart(p.Bytes)))
                    .Where(l => l.Name is not ("daxctl.json" or "cxl.json") || IsJson(l.Item2, l.Name, notes)),
            ],
            CommandLine = pieces.Any(p => p.Kind == PieceKind.CommandLine)
                ? string.Join(' ', pieces.Where(p => p.Kind == PieceKind.CommandLine).Select(p => Text(p).Trim()).Distinct())
                : null,
            Dmesg = pieces.Where(p => p.Kind == PieceKind.Log).Select(Text).MaxBy(t => t.Length),
            FirmwareMap = One(PieceKind.FirmwareMap),
            Tables = [.. pieces.Where(p => p.Kind == PieceKind.Table).Select(p => new ReadOnlyMemory<byte>(p.Bytes))],
            Version = pieces.Where(p => p.Kind == PieceKind.Version).Select(p => VersionOf(Text(p))).MaxBy(t => t.Length),
            LabelAreas = pieces
                .Where(p => p.Kind == PieceKind.LabelArea && PieceKinds.LabelDimm(p.Name) is not null)
                .GroupBy(p => PieceKinds.LabelDimm(p.Name)!)
                .ToImmutableSortedDictionary(g => g.Key, g => new ByteSize((ulong)g.First().Bytes.Length), StringComparer.Ordinal),
            Media =
            [
                .. pieces
                    .Where(p => p.Kind == PieceKind.Media)
                    .Select(p => PieceKinds.MediaDevice(p.Name)!.Value)
                    .Where(m => m.OffsetBytes == 0)
                    .Select(m => m.Device),
            ],
        };

        string? One(PieceKind kind)
        {
            string[] texts = [.. pieces.Where(p => p.Kind == kind).Select(Text).Distinct()];
            if (texts.Length > 1)
                errors.Add(
                    new HostError(
                        pieces.Last(p => p.Kind == kind).Path,
                        "another piece of the same kind says otherwise",
                        "the pieces of one boot"
                    )
                );
            return texts.FirstOrDefault();
        }

        string? All(PieceKind kind) =>
            pieces.Any(p => p.Kind == kind) ? string.Join('\n', pieces.Where(p => p.Kind == kind).Select(Text)) : null;
    }

    private static bool IsJson(ReadOnlyMemory<byte> text, string name, List<string> notes)
    {
        if (text.IsEmpty || JsonText.Parse(text.Span, new InputErrors(name)) is not null)
            return true;
        notes.Add($"{name} is not JSON: not used");
        return false;
    }

    /// <summary><c>uname -r</c> and <c>uname -a</c> as /proc/version has it.</summary>
    private static string VersionOf(string text)
    {
        string line = text.Trim();
        if (line.Contains("Linux version ", StringComparison.Ordinal))
            return line;
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? "" : $"Linux version {(words is ["Linux", _, var release, ..] ? $"{release} ({words[^2]})" : words[0])}";
    }

    private static string Text(PieceFile piece) => Encoding.UTF8.GetString(piece.Bytes);

    /// <summary>Label areas and media: those that pieces hold, then what was made again.</summary>
    private static LoadResult WithBytes(
        MachineDescription description,
        string path,
        PieceFile[] pieces,
        CaptureResult result,
        List<string> notes
    )
    {
        ImmutableSortedDictionary<string, SparseBytes>.Builder labels = result.Labels.ToBuilder(),
            media = ImmutableSortedDictionary.CreateBuilder<string, SparseBytes>(StringComparer.Ordinal);
        foreach (PieceFile piece in pieces.Where(p => p.Kind == PieceKind.LabelArea && p.Bytes.Length > 0))
        {
            if (PieceKinds.LabelDimm(piece.Name) is { } dimm)
                labels[dimm] = SparseBytes.From(piece.Bytes);
            else
                notes.Add($"{piece.Path}: a label area whose name does not say of which DIMM: not used; name it labels.nmemN.bin");
        }
        Dictionary<string, RegionDescription> regions = E820Regions.Resolve(description).ToDictionary(r => r.Name);
        foreach (RebuiltBytes bytes in result.Rebuilt)
            Put(bytes.Region, bytes.OffsetBytes, bytes.Bytes.AsSpan());
        foreach (PieceFile piece in pieces.Where(p => p.Kind == PieceKind.Media))
        {
            (string device, ulong offset) = PieceKinds.MediaDevice(piece.Name)!.Value;
            if (result.Namespaces.TryGetValue(device, out (string Region, ulong OffsetBytes) place))
                Put(place.Region, place.OffsetBytes + offset, piece.Bytes);
            else
                notes.Add($"{piece.Path}: no piece tells where {device} lies: not used");
        }
        string summary = FactSummary.Assumed(description.Facts);
        if (summary.Length > 0)
            notes.Add($"assumed: {summary}; what would tell it: altmap machine {path} --explain");
        string directory = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        return MachineLoader.WithFiles(description, directory, [.. notes], labels.ToImmutable(), media.ToImmutable());

        void Put(string region, ulong offset, ReadOnlySpan<byte> bytes)
        {
            if (!regions.TryGetValue(region, out RegionDescription? found) || offset >= found.Range.Size.Bytes)
                return;
            int count = (int)Math.Min((ulong)bytes.Length, found.Range.Size.Bytes - offset);
            media[region] = (media.GetValueOrDefault(region) ?? SparseBytes.Zero(found.Range.Size.Bytes)).Write(offset, bytes[..count]);
        }
    }

    private static HostResult<List<PieceFile>> OfFile(RepeatedInput input, List<string> notes)
    {
        string path = input.Path;
        HostResult<byte[]> head = ReadHead(input);
        if (head.Error is { } error)
            return new(null, error);
        if (PieceArchive.IsForeign(head.Value))
            return new(
                null,
                new HostError(
                    path,
                    "this is compressed with xz, zstd or bzip2",
                    "a folder, a tar, or one with gzip",
                    "unpack it (tar xf) and give the folder"
                )
            );
        bool isGzip = head.Value is [0x1f, 0x8b, ..];
        try
        {
            using Stream file = input.Open();
            using Stream inflated = isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
            if (PieceArchive.IsArchive(isGzip ? InflatedHead(input) : head.Value))
                return PieceArchive.Read(path, inflated, notes);
            using var bounded = new BoundedStream(inflated, PieceBytesMax);
            using var bytes = new MemoryStream();
            bounded.CopyTo(bytes);
            return new([new PieceFile(path, PieceArchive.BareName(path), bytes.ToArray())], null);
        }
        catch (BoundedStream.TooMuchException)
        {
            return new(
                null,
                new HostError(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"more than {PieceBytesMax >> 20} MiB"),
                    "",
                    "is this the right file?"
                )
            );
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    private static HostResult<byte[]> ReadHead(RepeatedInput input)
    {
        try
        {
            using Stream file = input.Open();
            byte[] head = new byte[512];
            int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return new(head[..count], null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(input.Path, e));
        }
    }

    private static byte[] InflatedHead(RepeatedInput input)
    {
        using Stream file = input.Open();
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        byte[] head = new byte[512];
        int count = gzip.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head[..count];
    }

    /// <summary>The files of a folder; where none of them is a piece, those below it whose names are of interest (a support archive,
    /// unpacked).</summary>
    private static HostResult<List<PieceFile>> OfDirectory(string directory, List<string> notes)
    {
        try
        {
            List<PieceFile> files = Read(Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal), notes);
            if (files.Exists(f => f.Kind is not (PieceKind.Unknown or PieceKind.Empty or PieceKind.Aside or PieceKind.MachineFile)))
                return new(files, null);
            var deep = new EnumerationOptions
            {
                RecurseSubdirectories = true,
                MaxRecursionDepth = 8,
                IgnoreInaccessible = true,
                AttributesToSkip = FileAttributes.ReparsePoint,
            };
            List<PieceFile> below = Read(
                Directory.EnumerateFiles(directory, "*", deep).Where(PieceFile.IsOfInterest).Order(StringComparer.Ordinal),
                notes
            );
            return new(below.Count > 0 ? below : files, null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(directory, e));
        }
    }

    private static List<PieceFile> Read(IEnumerable<string> paths, List<string> notes)
    {
        var files = new List<PieceFile>();
        long all = 0;
        foreach (string path in paths.Take(FilesMax))
        {
            // Images belong to machine files, which name them.
            if (path.EndsWith(".sparse.gz", StringComparison.Ordinal) || FileKinds.Of(path) != FileKind.Regular)
                continue;
            if (new FileInfo(path).Length > PieceBytesMax || all > AllBytesMax)
            {
                notes.Add($"{path}: too large to be a piece, passed over");
                continue;
            }
            HostResult<byte[]> read = BoundedFile.ReadNamed(path, (int)PieceBytesMax);
            if (read.Error is { } error)
            {
                notes.Add($"{error}: not used");
                continue;
            }
            all += read.Value!.Length;
            files.Add(new PieceFile(path, PieceArchive.BareName(path), read.Value));
        }
        return files;
    }
}
