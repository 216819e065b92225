using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt export</c>: the disk as a plain image.</summary>
internal static class BttExportCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var output = new Argument<string>("OUT") { Description = "the disk image to write: it appears when it is complete" };
        var ignore = new Option<bool>("--ignore-error")
        {
            Description = "write what is there of sectors marked as unreadable, and count them",
        };
        var command = new Command("export", "Writes the disk that a BTT shows into a plain sparse image.");
        options.AddTo(command);
        command.Add(output);
        command.Add(ignore);
        command.SetAction(p => options.With(p, input => Run(host, input, p.GetRequiredValue(output), p.GetValue(ignore))));
        CommandHelp.SetExamples(command, "altmap btt export disk.img data.img", "altmap btt export pmem.img.gz data.img --ignore-error");
        return command;
    }

    private static int Run(CliHost host, BttInput input, string output, bool ignoreError)
    {
        NewFile.Require(output);
        IMediaReader media = input.Open();
        BttDevice device = input.OpenDevice(media, null);
        ulong bad = 0;
        NewFile.Write(
            output,
            stream =>
            {
                byte[] chunk = new byte[device.SectorBytes * 64],
                    sector = new byte[device.SectorBytes];
                using var progress = new Progress(host, "exporting", new ByteSize(device.Sectors * (ulong)device.SectorBytes));
                for (ulong at = 0; at < device.Sectors; )
                {
                    int fill = 0;
                    for (; fill < 64 && at < device.Sectors; fill++, at++)
                    {
                        Span<byte> place = chunk.AsSpan(fill * sector.Length, sector.Length);
                        if (device.Read(at, place) != BttReadResult.Error)
                            continue;
                        if (!ignoreError)
                            throw new CliError(
                                ExitCode.HostError,
                                $"{input.Path}: sector {at} cannot be read (EIO); with --ignore-error what its block holds"
                            );
                        bad++;
                        if (device.Read(at, place, ignoreError: true) == BttReadResult.Error)
                            place.Clear();
                    }
                    Span<byte> bytes = chunk.AsSpan(0, fill * sector.Length);
                    if (stream.CanSeek && !bytes.ContainsAnyExcept((byte)0))
                        stream.Seek(bytes.Length, SeekOrigin.Current);
                    else
                        stream.Write(bytes);
                    progress.Report(new ByteSize(at * (ulong)sector.Length));
                }
                if (stream.CanSeek)
                    stream.SetLength(stream.Position);
            }
        );
        host.Out.WriteLine($"{device.Sectors} sectors of {device.SectorBytes} bytes in {output}");
        if (bad > 0)
            host.Out.WriteLine($"{bad} of them are marked as unreadable: what their blocks hold was taken");
        return bad > 0 ? ExitCode.ErrorsLeft : ExitCode.Success;
    }
}
