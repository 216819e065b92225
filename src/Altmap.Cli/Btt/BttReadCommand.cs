using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Formats.Btt.Device;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt read</c>: sectors as the disk shows them.</summary>
internal static class BttReadCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var lba = new Argument<string>("LBA") { Description = "first sector" };
        var count = new Option<string?>("--count") { Description = "how many sectors (default: 1)", HelpName = "N" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "file to write to (default: standard output)",
            HelpName = "FILE",
        };
        var ignore = new Option<bool>("--ignore-error") { Description = "read what is there of sectors marked as unreadable" };
        var command = new Command("read", "Reads sectors through the map.");
        options.AddTo(command);
        command.Add(lba);
        command.Add(count);
        command.Add(output);
        command.Add(ignore);
        command.SetAction(p =>
            options.With(
                p,
                input =>
                    Run(
                        host,
                        input,
                        Values.Number(p.GetRequiredValue(lba), "LBA") ?? 0,
                        Values.Number(p.GetValue(count), "--count") ?? 1,
                        p.GetValue(output),
                        p.GetValue(ignore)
                    )
            )
        );
        CommandHelp.SetExamples(command, "altmap btt read disk.img 20 | hexdump -C", "altmap btt read disk.img 0 --count 8 -o head.bin");
        return command;
    }

    private static int Run(CliHost host, BttInput input, ulong lba, ulong count, string? output, bool ignoreError)
    {
        if (output is not null)
            NewFile.Require(output);
        IMediaReader media = input.Open();
        BttDevice device = input.OpenDevice(media, null);
        if (lba >= device.Sectors || count > device.Sectors - lba)
            throw CliError.Usage($"{input.Path}: the disk has {device.Sectors} sectors; asked for {count} from {lba} on");
        if (output is null)
        {
            host.Out.Flush();
            Copy(host.OutputBytes);
            host.OutputBytes.Flush();
        }
        else
        {
            NewFile.Write(output, Copy);
        }
        return ExitCode.Success;

        void Copy(Stream stream)
        {
            byte[] sector = new byte[device.SectorBytes];
            for (ulong at = lba; at < lba + count; at++)
            {
                if (device.Read(at, sector, ignoreError) == BttReadResult.Error)
                    throw new CliError(
                        ExitCode.HostError,
                        $"{input.Path}: sector {at} cannot be read (EIO); with --ignore-error what its block holds"
                    );
                stream.Write(sector);
            }
        }
    }
}
