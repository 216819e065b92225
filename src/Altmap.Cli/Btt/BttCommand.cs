using System.CommandLine;
using Altmap.Cli.Common;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt</c>: the block translation table of namespaces in sector mode, in images and devices.</summary>
internal static class BttCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("btt", "Looks into, checks, repairs, makes, reads and writes namespaces in sector mode (BTT).")
        {
            BttInfoCommand.Create(host),
            BttCheckCommand.Create(host),
            BttMapCommand.Create(host),
            BttRepairCommand.Create(host),
            BttCreateCommand.Create(host),
            BttReadCommand.Create(host),
            BttWriteCommand.Create(host),
            BttExportCommand.Create(host),
            BttImportCommand.Create(host),
            BttExtractCommand.Create(host),
        };
        CommandHelp.SetExamples(
            command,
            "altmap btt check disk.img",
            "altmap btt repair disk.img --dry-run",
            "altmap btt export disk.img data.img"
        );
        return command;
    }
}
