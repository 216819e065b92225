using System.CommandLine;
using Altmap.Cli.Common;

namespace Altmap.Cli.InfoBlocks;

/// <summary><c>altmap infoblock</c>: info-blocks of fsdax and devdax namespaces in images and devices.</summary>
internal static class InfoBlockCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("infoblock", "Reads, checks and writes the info-block of an fsdax or devdax namespace.")
        {
            InfoBlockReadCommand.Create(host),
            InfoBlockCheckCommand.Create(host),
            InfoBlockWriteCommand.Create(host),
        };
        CommandHelp.SetExamples(
            command,
            "altmap infoblock read disk.img",
            "altmap infoblock check disk.img --start 4G --size 256M --all-kernels",
            "altmap infoblock write -o disk.img -s 256M -m fsdax -M mem -a 2M"
        );
        return command;
    }

    public static Argument<string> FileArgument() =>
        new("FILE")
        {
            Description = "the namespace from its first byte: an image (raw, .gz or .sparse.gz) or a block device; - is standard input",
        };
}
