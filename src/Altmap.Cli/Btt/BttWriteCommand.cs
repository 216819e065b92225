using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;
using Altmap.Host.Media;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt write</c>: sectors through map and log, safe against a crash at any place.</summary>
internal static class BttWriteCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var lba = new Argument<string>("LBA") { Description = "first sector" };
        var from = new Option<string?>("--input", "-i")
        {
            Description = "file with the bytes (default: standard input)",
            HelpName = "FILE",
        };
        var command = new Command("write", "Writes sectors through map and log; after a crash each has its old or its new contents.");
        options.AddTo(command);
        command.Add(lba);
        command.Add(from);
        command.SetAction(p =>
            options.With(p, input => Run(host, input, Values.Number(p.GetRequiredValue(lba), "LBA") ?? 0, p.GetValue(from)))
        );
        CommandHelp.SetExamples(command, "altmap btt write disk.img 20 -i sector.bin", "printf hello | altmap btt write disk.img 0");
        return command;
    }

    private static int Run(CliHost host, BttInput input, ulong lba, string? from)
    {
        using Stream source = BttImportCommand.OpenSource(host, from);
        using WritableTarget target = input.OpenForWriting();
        IMediaReader ns = input.Namespace(target.Media);
        BttDevice device = input.OpenDevice(ns, new NamespaceWriter(target.Media, input.Start.Bytes, ns.LengthBytes));
        BttCopied copied = BttImportCommand.Copy(host, source, device, lba, keepHoles: false, ByteSize.Zero, input.Path);
        BttImportCommand.RequireBytes(copied, from);
        if (copied.WasPadded)
            host.Note($"the last sector was filled up with zeros to {device.SectorBytes} bytes");
        host.Out.WriteLine($"wrote {copied.Written} sector{(copied.Written == 1 ? "" : "s")} from {lba} on");
        return ExitCode.Success;
    }
}
