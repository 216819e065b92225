using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;

namespace Altmap.Cli.Maps;

/// <summary><c>altmap pfn</c>: what each check of pfn_to_online_page() says of a page.</summary>
internal static class PfnCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = MachineSession.Meaning };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption();
        var command = new Command(
            "pfn",
            "Tells the story of pages: which check of pfn_to_online_page() says what, and whether the kernel gets it right."
        )
        {
            machine,
        };
        var request = new PfnRequest();
        request.AddTo(command, kernel, all);
        command.SetAction(p =>
            request.Show(
                host,
                p,
                KernelChoice
                    .Names(p.GetValue(kernel), p.GetValue(all))
                    .Select(k => MachineSession.Open(host, p.GetRequiredValue(machine), k).Answering(host, Provenance.Layout).State.Machine)
            )
        );
        CommandHelp.SetExamples(
            command,
            "altmap pfn machine.json 0x100000000",
            "altmap pfn machine.json 0x40000000-0x47ffffff --kernel 5.10",
            "altmap pfn machine.json 4G+128M",
            "altmap pfn machine.json 1048576 --all-kernels",
            "altmap pfn machine.json --policy ./mine.json",
            "altmap pfn machine.json 4G-8G --kernel 6.1 --policy sub-section --json"
        );
        return command;
    }
}
