using System.CommandLine;
using System.Text;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;
using Altmap.Host;

namespace Altmap.Cli.Reports;

/// <summary><c>altmap report</c>: everything about a machine as one page.</summary>
internal static class ReportCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = MachineSession.Meaning };
        var output = new Option<string>("--output", "-o")
        {
            Description = "the HTML file",
            HelpName = "FILE",
            Required = true,
        };
        var compare = new Option<string?>("--compare")
        {
            Description = "beside it another machine (a path), or the same one under another kernel (a name)",
            HelpName = "OTHER",
        };
        Option<bool> force = NewFile.ForceOption();
        Option<string?> kernel = KernelChoice.Option();
        var command = new Command("report", "Writes everything about a machine as one HTML file that needs nothing: map, books, findings.")
        {
            machine,
            output,
            compare,
            force,
            kernel,
        };
        command.SetAction(p =>
            Run(host, p.GetRequiredValue(machine), p.GetRequiredValue(output), p.GetValue(compare), p.GetValue(force), p.GetValue(kernel))
        );
        CommandHelp.SetExamples(
            command,
            "altmap report machine.json -o report.html",
            "altmap report capture/ -o report.html --compare 6.12",
            "altmap report before.json -o report.html --compare after.json"
        );
        return command;
    }

    private static int Run(CliHost host, string path, string output, string? compare, bool isForced, string? kernel)
    {
        NewFile.Require(output, isForced || OutputFile.IsOurs(output), path);
        ReportContent first = Modelled.Answer(() => ReportContent.Of(path, kernel));
        ReportContent? second =
            compare is null ? null
            : Path.Exists(compare) ? Modelled.Answer(() => ReportContent.Of(compare, kernel))
            : Modelled.Answer(() => ReportContent.Of(path, compare));
        byte[] page = Encoding.UTF8.GetBytes(second is null ? ReportPage.Of(first) : ReportPage.Of(first, second));
        NewFile.Write(output, stream => stream.Write(page));
        host.Out.WriteLine($"{output}: {first.View.Title}{(second is null ? "" : $"; {second.View.Title}")}");
        return ExitCode.Success;
    }
}
