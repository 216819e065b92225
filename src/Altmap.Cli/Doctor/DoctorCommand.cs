using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Advice.Doctor;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Doctor;

/// <summary><c>altmap doctor</c>: what is wrong with a machine, an image or a label area, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliHost host)
    {
        var machines = new Argument<string[]>("MACHINE")
        {
            Description = "machine files, captures, images of namespaces, label areas; several are examined one after the other",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "MACHINE|IMAGE|FILE",
        };
        Option<string?> kernel = KernelChoice.Option(),
            upgrade = KernelChoice.Option("--upgrade-to", "what becomes of the namespaces under that kernel, too");
        Option<bool> json = JsonOutput.Option();
        var command = new Command("doctor", "Says what is wrong, what follows, and what to do; every remedy was tried on the model.")
        {
            machines,
            upgrade,
            kernel,
            json,
        };
        command.SetAction(p => Run(host, p.GetRequiredValue(machines), p.GetValue(kernel), p.GetValue(upgrade), p.GetValue(json)));
        CommandHelp.SetExamples(
            command,
            "altmap doctor machine.json",
            "altmap doctor capture/ --upgrade-to 6.12",
            "altmap doctor fleet/* --json"
        );
        return command;
    }

    private static int Run(CliHost host, string[] paths, string? kernel, string? upgrade, bool isJson)
    {
        if (paths.Length > 1)
            return DoctorFleet.Run(host, paths, kernel, upgrade, isJson);
        (MachineReport report, ImmutableArray<string> notes) = Examine(paths[0], kernel, upgrade);
        foreach (string note in notes)
            host.Note(note);
        if (report.Failure is { } failure)
            throw failure;
        if (isJson)
            JsonOutput.Write(host, json => DoctorJson.Write(json, report));
        else
            DoctorText.Write(host, report);
        return report.ExitCode;
    }

    /// <summary>One machine or file, start to end. Safe to call on several threads at once; an error becomes part of the report.</summary>
    public static (MachineReport Report, ImmutableArray<string> Notes) Examine(string path, string? kernel, string? upgrade)
    {
        try
        {
            if (MediaReport.Of(path, kernel) is { } media)
                return (media, []);
            OpenedMachine opened = OpenedMachine.Open(path, kernel);
            MachineDescription description = opened.Session.Source.Description;
            (KernelProfile, ArchitectureRules)? to = null;
            if (upgrade is not null)
            {
                KernelProfile next = KernelChoice.Load(upgrade);
                ArchitectureRules architecture =
                    ArchitectureRules.Find(next, description.Architecture, description.PageSize)
                    ?? throw CliError.Usage($"--upgrade-to: {upgrade} has no pages of {description.PageSize.Bytes} bytes");
                to = (next, architecture);
            }
            Machine machine = opened.Session.State.Machine;
            Examination examination = Examination.Of(new Patient(opened.Session.State, opened.Gaps, opened.Log, to));
            return (
                new MachineReport(path, description.Name, machine.Kernel.Name, examination.Findings, examination.Unknown)
                {
                    IsVerified = KernelChoice.IsVerified(machine.Kernel, machine.Architecture),
                },
                opened.Notes
            );
        }
        catch (CliError error)
        {
            return (new MachineReport(path, "", "", [], []) { Failure = error }, []);
        }
    }
}
