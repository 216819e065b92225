using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;
using Altmap.Host;
using Altmap.Host.Media;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt import</c>: a disk image becomes the contents of a BTT.</summary>
internal static class BttImportCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var from = new Option<string?>("--input", "-i") { Description = "the disk image (default: standard input)", HelpName = "FILE" };
        var command = new Command(
            "import",
            "Writes a whole disk image through map and log; sectors that are zero on both sides are left alone."
        );
        options.AddTo(command);
        command.Add(from);
        command.SetAction(p => options.With(p, input => Run(host, input, p.GetValue(from))));
        CommandHelp.SetExamples(command, "altmap btt import disk.img -i rootfs.ext4");
        return command;
    }

    private static int Run(CliHost host, BttInput input, string? from)
    {
        using Stream source = OpenSource(host, from);
        using WritableTarget target = input.OpenForWriting();
        IMediaReader ns = input.Namespace(target.Media);
        BttDevice device = input.OpenDevice(ns, new NamespaceWriter(target.Media, input.Start.Bytes, ns.LengthBytes));
        ulong disk = device.Sectors * (ulong)device.SectorBytes;
        ulong? length = source.CanSeek ? (ulong)source.Length : null;
        if (length > disk)
            throw CliError.Usage($"{from}: {new ByteSize(length.Value)}; the disk in {input.Path} has {new ByteSize(disk)}");
        BttCopied copied = Copy(host, source, device, 0, keepHoles: true, new ByteSize(length ?? 0), input.Path);
        RequireBytes(copied, from);
        if (copied.WasPadded)
            host.Note($"the last sector was filled up with zeros to {device.SectorBytes} bytes");
        if (copied.Taken < device.Sectors)
            host.Note(
                $"{NameOf(from)} ends after {copied.Taken} of {device.Sectors} sectors: the others keep what they held "
                    + "(is it the whole disk?)"
            );
        host.Out.WriteLine($"wrote {copied.Written} of {device.Sectors} sectors");
        return ExitCode.Success;
    }

    internal static Stream OpenSource(CliHost host, string? path)
    {
        if (path is null or "-")
            return host.OpenInput();
        HostResult<Stream> opened = InputFile.TryOpen(path);
        return opened.Value ?? throw CliError.Of(opened.Error!);
    }

    /// <summary>No byte at all is a slip, whoever made it.</summary>
    internal static void RequireBytes(BttCopied copied, string? from)
    {
        if (copied.Taken == 0)
            throw CliError.Usage($"{NameOf(from)}: there is no byte in it; nothing was written");
    }

    private static string NameOf(string? from) => from is null or "-" ? "<stdin>" : from;

    /// <summary>Writes a stream from a sector on. With <paramref name="keepHoles"/> a sector of zeros is written only where the disk has
    /// something else.</summary>
    internal static BttCopied Copy(CliHost host, Stream source, BttDevice device, ulong lba, bool keepHoles, ByteSize whole, string path)
    {
        using var progress = new Progress(host, "writing", whole);
        byte[] there = new byte[device.SectorBytes];
        ulong written = 0,
            at = lba;
        bool wasPadded = false;
        device.WriteMany(Sectors());
        return new(written, at - lba, wasPadded);

        IEnumerable<(ulong, ReadOnlyMemory<byte>)> Sectors()
        {
            while (true)
            {
                byte[] sector = new byte[device.SectorBytes];
                int got = source.ReadAtLeast(sector, sector.Length, throwOnEndOfStream: false);
                if (got == 0)
                    yield break;
                if (at >= device.Sectors)
                    throw CliError.Usage($"{path}: the disk has {device.Sectors} sectors; what is given goes on behind its end");
                wasPadded = got < sector.Length;
                bool isThere =
                    keepHoles
                    && !sector.AsSpan().ContainsAnyExcept((byte)0)
                    && device.Read(at, there) is not BttReadResult.Error
                    && !there.AsSpan().ContainsAnyExcept((byte)0);
                if (!isThere)
                {
                    written++;
                    yield return (at, sector);
                }
                at++;
                progress.Report(new ByteSize((at - lba) * (ulong)device.SectorBytes));
                if (wasPadded)
                    yield break;
            }
        }
    }
}

/// <summary>What was copied onto a BTT's disk.</summary>
/// <param name="Written">Sectors that were written.</param>
/// <param name="Taken">Sectors that were given; those that need no write among them.</param>
/// <param name="WasPadded">The last of them was not whole.</param>
internal readonly record struct BttCopied(ulong Written, ulong Taken, bool WasPadded);
