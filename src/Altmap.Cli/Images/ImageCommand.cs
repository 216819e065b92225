using System.CommandLine;
using Altmap.Cli.Common;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image</c>: whole images and devices.</summary>
internal static class ImageCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("image", "Looks into, checks, mends and makes whole images: disks of micro-VMs, copies of NVDIMMs.")
        {
            ImageCreateCommand.Create(host),
            ImageInfoCommand.Create(host),
            ImageCheckCommand.Create(host),
            ImageRepairCommand.Create(host),
            ImageConvertCommand.Create(host),
            ImageResumeCommand.Create(host),
            ImageExtractCommand.Create(host),
            ImageScanCommand.Create(host),
            ImageServeCommand.Create(host),
        };
        CommandHelp.SetExamples(command, "altmap image info disk.img", "altmap image check disk.img");
        return command;
    }
}
