using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Images;
using Altmap.Host;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image extract</c>: the data of a namespace as a plain image.</summary>
internal static class ImageExtractCommand
{
    public static Command Create(CliHost host)
    {
        var options = new ImageOptions();
        var output = new Argument<string>("OUT")
        {
            Description = "the file to write, which appears when it is complete; -: standard output",
        };
        var range = new Option<string?>("--range") { Description = "of the data, only S bytes from A on", HelpName = "A+S" };
        var partition = new Option<string?>("--partition") { Description = "of the data, only that partition", HelpName = "N" };
        var ignore = new Option<bool>("--ignore-error")
        {
            Description = "write what is there of sectors marked as unreadable, and count them",
        };
        var force = new Option<bool>("--force") { Description = "replace OUT where it is there already" };
        Option<bool> progress = ImageProgress.Option();
        var command = new Command("extract", "Writes the data of an fsdax, devdax, sector or raw image into a plain sparse file.");
        options.AddTo(command);
        command.Add(output);
        foreach (Option option in (Option[])[range, partition, ignore, force, progress])
            command.Add(option);
        command.SetAction(p =>
        {
            using OpenedImage image = OpenedImage.Open(options, p);
            return Run(
                host,
                image,
                p.GetRequiredValue(output),
                p.GetValue(range),
                (int?)Values.Number(p.GetValue(partition), "--partition"),
                p.GetValue(ignore),
                p.GetValue(force),
                p.GetValue(progress)
            );
        });
        CommandHelp.SetExamples(command, "altmap image extract disk.img data.img", "altmap image extract disk.img - --range 0+4K | file -");
        return command;
    }

    private static int Run(
        CliHost host,
        OpenedImage image,
        string output,
        string? range,
        int? partition,
        bool ignoreError,
        bool isForced,
        bool isAsked
    )
    {
        ImageNamespace ns = image.One();
        IMediaReader data = ns.OpenData(ignoreError) ?? throw image.NoData(ns);
        var disk = data as BttDisk;
        IMediaReader wanted = Part(data, image, ns, range, partition);
        using Progress progress = ImageProgress.Start(host, "extracting", new ByteSize(wanted.LengthBytes), isAsked);
        try
        {
            if (output == "-")
                CopyToOutput(host, wanted, progress);
            else
                CopyToFile(wanted, output, isForced, progress);
        }
        catch (MediaException e) when (disk is not null && e.InnerException is null)
        {
            throw new CliError(
                ExitCode.HostError,
                $"{image.Path}: {e.Message}; nothing was written. --ignore-error takes what its block holds"
            );
        }
        if (output != "-")
            host.Out.WriteLine($"{new ByteSize(wanted.LengthBytes)} in {output}");
        if (disk is not { ErrorCount: > 0 })
            return ExitCode.Success;
        host.Error.WriteLine($"{disk.ErrorCount} sectors are marked as unreadable: what their blocks hold was taken");
        return ExitCode.ErrorsLeft;
    }

    private static IMediaReader Part(IMediaReader data, OpenedImage image, ImageNamespace ns, string? range, int? partition)
    {
        if (partition is { } number)
        {
            Partition? found = ns.Content?.Table?.Partitions.FirstOrDefault(p => p.Number == number);
            if (found is null || found.End.Bytes > data.LengthBytes)
                throw CliError.Usage(
                    $"{image.Path}: {(found is null ? $"there is no partition {number}" : $"partition {number} reaches beyond the data")}"
                );
            data = Slice(data, found.Start.Bytes, found.Size.Bytes);
        }
        if (range is null)
            return data;
        int plus = range.IndexOf('+', StringComparison.Ordinal);
        if (plus <= 0)
            throw CliError.Usage($"--range: \"{range}\"; expected A+S, as 4K+512 or 0x100000+1M");
        ulong start = Values.Size(range[..plus], "--range")!.Value.Bytes,
            size = Values.Size(range[(plus + 1)..], "--range")!.Value.Bytes;
        return size > 0 && start <= data.LengthBytes && size <= data.LengthBytes - start
            ? Slice(data, start, size)
            : throw CliError.Usage($"--range: {range} does not lie in {new ByteSize(data.LengthBytes)} of data");
    }

    private static IMediaReader Slice(IMediaReader media, ulong start, ulong size) => MediaSlice.Of(media, start, size);

    private static void CopyToFile(IMediaReader data, string output, bool isForced, Progress progress)
    {
        if (!isForced)
            NewFile.Require(output);
        HostResult<NewImage> created = NewImage.Create(output, new ByteSize(data.LengthBytes));
        using NewImage image = created.Value ?? throw CliError.Of(created.Error!);
        try
        {
            SparseCopy.Run(data, image.Media, 0, progress.Report);
        }
        catch (MediaException e) when (image.ErrorOf(e) is { } failed)
        {
            throw CliError.Of(failed);
        }
        if (image.Commit(isForced, isDurable: false) is { } error)
            throw CliError.Of(error);
    }

    private static void CopyToOutput(CliHost host, IMediaReader data, Progress progress)
    {
        host.Out.Flush();
        byte[] chunk = new byte[1 << 20];
        for (ulong at = 0; at < data.LengthBytes; at += (ulong)chunk.Length)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min((ulong)chunk.Length, data.LengthBytes - at));
            data.Read(at, bytes);
            host.OutputBytes.Write(bytes);
            progress.Report(new ByteSize(at));
        }
        host.OutputBytes.Flush();
    }
}
