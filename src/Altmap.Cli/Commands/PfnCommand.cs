using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Maps;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap pfn</c>: what each check of pfn_to_online_page() says of a page.</summary>
internal static class PfnCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = "a machine file, or a capture directory" };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption();
        var command = new Command("pfn", "Tells the story of pages: which check of pfn_to_online_page() says what, and whether the kernel gets it right.") { machine };
        var request = new PfnRequest();
        request.AddTo(command);
        command.Add(kernel);
        command.Add(all);
        command.SetAction(p =>
        {
            string? name = p.GetValue(kernel);
            if (name is not null && p.GetValue(all)) throw CliError.Usage("--kernel and --all-kernels exclude each other");
            IEnumerable<string?> kernels = p.GetValue(all) ? KernelProfiles.All.Select(k => (string?)k.Name) : new[] { name };
            request.Show(host, p, kernels.Select(k => MachineSession.Open(host, p.GetRequiredValue(machine), k).State.Machine));
            return ExitCode.Success;
        });
        CommandHelp.SetExamples(command, "altmap pfn machine.json 0x100000000", "altmap pfn machine.json 0x40000000-0x47ffffff --kernel 5.10", "altmap pfn machine.json 4G+128M", "altmap pfn machine.json 1048576 --all-kernels");
        return command;
    }
}
