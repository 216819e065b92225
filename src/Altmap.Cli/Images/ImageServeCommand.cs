using System.CommandLine;
using System.Runtime.InteropServices;
using Altmap.Cli.Btt;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Images;
using Altmap.Host;
using Altmap.Host.Media;
using Altmap.Host.Nbd;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image serve</c>: the data of a namespace for NBD clients.</summary>
internal static class ImageServeCommand
{
    public static Command Create(CliHost host)
    {
        var options = new ImageOptions();
        var readOnly = new Option<bool>("--read-only", "-r") { Description = "let nobody write" };
        var socket = new Option<string?>("--socket", "-U") { Description = "listen on a Unix socket, which is made", HelpName = "PATH" };
        var port = new Option<string?>("--port", "-p")
        {
            Description = $"listen on a port of 127.0.0.1 (default: {NbdServer.DefaultPort}; 0: one that is free)",
            HelpName = "N",
        };
        var run = new Option<string?>("--run")
        {
            Description = "run this with sh, with $uri set to where the disk is, and end with it and its exit code",
            HelpName = "COMMAND",
        };
        var command = new Command("serve", "Serves the data of an fsdax, devdax, sector or raw image over NBD.");
        options.AddTo(command);
        foreach (Option option in (Option[])[readOnly, socket, port, run])
            command.Add(option);
        command.SetAction(p =>
        {
            if (p.GetValue(socket) is not null && p.GetValue(port) is not null)
                throw CliError.Usage("--socket and --port: it listens at one place; give one of them");
            using Served served = p.GetValue(readOnly) ? Served.ForReading(options, p) : Served.ForWriting(host, options, p);
            return Run(host, served.Disk, p.GetValue(socket), Values.Number(p.GetValue(port), "--port"), p.GetValue(run));
        });
        CommandHelp.SetExamples(
            command,
            "altmap image serve disk.img --read-only --socket /tmp/disk.sock",
            "altmap image serve disk.img --run 'nbdinfo $uri'",
            "altmap image serve disk.img --run 'qemu-img convert -O qcow2 $uri data.qcow2'"
        );
        return command;
    }

    private static int Run(CliHost host, NbdDisk disk, string? socket, ulong? port, string? command)
    {
        if (port > 65535)
            throw CliError.Usage($"--port: {port}; expected at most 65535");
        string? folder = null;
        if (command is not null && socket is null && port is null)
        {
            folder = Directory.CreateTempSubdirectory("altmap-nbd-").FullName;
            socket = Path.Combine(folder, "disk.sock");
        }
        try
        {
            HostResult<NbdServer> opened = socket is null
                ? NbdServer.OnPort((int)(port ?? NbdServer.DefaultPort), disk)
                : NbdServer.OnSocket(socket, disk);
            using NbdServer server = opened.Value ?? throw CliError.Of(opened.Error!);
            return command is null ? Serve(host, disk, server) : NbdRun.With(host, server, command);
        }
        catch (MediaException e)
        {
            throw new CliError(ExitCode.HostError, $"what was written last may be lost: {e.Message}");
        }
        finally
        {
            if (folder is not null)
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Until SIGINT or SIGTERM, which is how a server ends.</summary>
    private static int Serve(CliHost host, NbdDisk disk, NbdServer server)
    {
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            // The handler has a thread of its own; the main one waits for the clients.
            new Thread(server.Stop).Start();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        host.Out.WriteLine($"{new ByteSize(disk.SizeBytes)}, {(disk.IsReadOnly ? "read-only" : "read and write")}: {server.Uri}");
        host.Out.Flush();
        server.Run();
        return ExitCode.Success;
    }

    /// <summary>What is served, and what must stay open for it.</summary>
    private sealed class Served(NbdDisk disk, IDisposable image, WritableTarget? target) : IDisposable
    {
        public NbdDisk Disk => disk;

        public static Served ForReading(ImageOptions options, ParseResult parse)
        {
            var image = OpenedImage.Open(options, parse);
            return Kept(image, null, () => DiskOf(image, null));
        }

        public static Served ForWriting(CliHost host, ImageOptions options, ParseResult parse)
        {
            string path = parse.GetRequiredValue(options.Image);
            if (path.EndsWith(".gz", StringComparison.Ordinal))
            {
                host.Note("a packed image is only read: nobody can write");
                return ForReading(options, parse);
            }
            HostResult<WritableTarget> opened = WritableTarget.Open(path);
            WritableTarget target = opened.Value ?? throw CliError.Of(opened.Error!);
            OpenedImage image;
            try
            {
                image = OpenedImage.Of(options, parse, target);
            }
            catch
            {
                target.Dispose();
                throw;
            }
            return Kept(image, target, () => DiskOf(image, target.Media));
        }

        public void Dispose()
        {
            image.Dispose();
            target?.Dispose();
        }

        private static Served Kept(OpenedImage image, WritableTarget? target, Func<NbdDisk> disk)
        {
            try
            {
                return new Served(disk(), image, target);
            }
            catch
            {
                image.Dispose();
                target?.Dispose();
                throw;
            }
        }

        private static NbdDisk DiskOf(OpenedImage image, FileMedia? media)
        {
            ImageNamespace ns = image.One();
            if (ns.Mode == "sector")
            {
                if (!ns.Btt.IsUsable)
                    throw image.NoData(ns);
                NamespaceWriter? writer = media is null ? null : new(media, ns.Place.Start.Bytes, ns.Place.Size.Bytes);
                return NbdDisk.Of(BttDevice.Open(ns.Media, writer, ns.Btt), isReadOnly: media is null);
            }
            IMediaReader data = ns.OpenData() ?? throw image.NoData(ns);
            return NbdDisk.Of(data, media is null ? null : new NamespaceWriter(media, ns.DataStart!.Value.Bytes, data.LengthBytes));
        }
    }
}
