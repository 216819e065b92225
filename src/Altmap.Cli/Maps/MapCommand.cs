using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;

namespace Altmap.Cli.Maps;

/// <summary><c>altmap map</c>: who owns each page, which struct page it has and whether it counts as online.</summary>
internal static class MapCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = MachineSession.Meaning };
        Option<string?> kernel = KernelChoice.Option();
        var request = new MapRequest();
        var command = new Command(
            "map",
            "Shows the physical memory map: what owns each part of each section, which struct pages there are, and what "
                + "pfn_to_online_page() says."
        )
        {
            machine,
        };
        request.AddTo(command, kernel);
        command.SetAction(p =>
            request.Show(
                host,
                p,
                MachineSession.Open(host, p.GetRequiredValue(machine), p.GetValue(kernel)).Answering(host, Provenance.Layout).State.Machine
            )
        );
        CommandHelp.SetExamples(
            command,
            "altmap map machine.json",
            "altmap map machine.json --section 8",
            "altmap map machine.json --from 4G --to 6G --kernel 5.10",
            "altmap map machine.json --svg map.svg",
            "altmap map machine.json --kernel 5.10 --json"
        );
        return command;
    }
}
