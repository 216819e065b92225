using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;

namespace Altmap.Cli.Machines;

/// <summary><c>altmap machine</c>: a machine file out of whatever a person has of a machine.</summary>
internal static class MachineCommand
{
    public static Command Create(CliHost host)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description =
                "any mix, told apart by content: /proc/iomem, ndctl, daxctl or cxl list JSON, dmesg, a command line or memmap= words, "
                + "uname -r, sysfs, lsmem -J, label areas, a capture or support archive (folder, tar, tar.gz), a machine file",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string?>("--output", "-o") { Description = "write the machine file here", HelpName = "OUT" };
        var force = new Option<bool>("--force", "-f") { Description = "let OUT replace a file" };
        var explain = new Option<bool>("--explain")
        {
            Description = "where each fact is from: given, derived or assumed, and what would tell it",
        };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> json = JsonOutput.Option();
        var command = new Command("machine", "Makes a machine file of what is there, and says what is known, inferred and assumed.")
        {
            files,
            output,
            force,
            explain,
            kernel,
            json,
        };
        command.SetAction(p =>
            Run(
                host,
                p.GetRequiredValue(files),
                p.GetValue(output),
                p.GetValue(force),
                p.GetValue(explain),
                p.GetValue(kernel),
                p.GetValue(json)
            )
        );
        CommandHelp.SetExamples(
            command,
            "altmap machine iomem.txt list.json -o machine.json",
            "altmap machine capture.tar.gz --explain",
            "altmap machine dmesg.txt"
        );
        return command;
    }

    private static int Run(CliHost host, string[] files, string? output, bool isForced, bool explains, string? kernel, bool isJson)
    {
        if (isJson && !explains)
            throw CliError.Usage("--json goes with --explain: a machine file is JSON already");
        if (output is not null)
            NewFile.Require(output, isForced);
        LoadResult loaded = MachineLoader.LoadPieces(files, kernel);
        foreach (string note in NoteGroups.Of(loaded.Notes))
            host.Note(note);
        if (loaded.Source is not { } source)
            throw CliError.Of(loaded.Errors);
        if (output is not null)
            SavedMachine.Write(output, files[0], source, [], isForced);
        if (explains && isJson)
            JsonOutput.Write(host, json => WriteJson(json, source.Description));
        else if (explains)
            Explain(host, source.Description);
        else if (output is null)
        {
            host.Out.Write(MachineFile.Write(source.Description));
            if (source.LabelAreas.Count + source.Media.Count > 0)
                host.Note("label areas and media are not in this text: -o OUT writes them beside it");
        }
        return ExitCode.Success;
    }

    private static void Explain(CliHost host, MachineDescription machine)
    {
        if (machine.Facts.IsEmpty)
        {
            host.Out.WriteLine($"{machine.Name}: all of it is given, in a machine file");
            return;
        }
        var table = new TextTable("what", "of", "is", "from", "what would tell it");
        foreach (Fact fact in machine.Facts.OrderBy(f => f.Topic))
            table.Add(fact.Topic.Word(), fact.Of, fact.Origin.Word(), fact.From, fact.Origin == FactOrigin.Given ? "" : fact.Needs);
        table.Write(host);
    }

    private static void WriteJson(Utf8JsonWriter json, MachineDescription machine)
    {
        json.WriteStartObject();
        json.WriteString("machine", machine.Name);
        json.WriteObjects(
            "facts",
            machine.Facts.OrderBy(f => f.Topic),
            fact =>
            {
                json.WriteString("topic", fact.Topic.Word());
                json.WriteString("of", fact.Of);
                json.WriteString("origin", fact.Origin.Word());
                json.WriteString("from", fact.From);
                json.WriteString("needs", fact.Needs);
            }
        );
        json.WriteEndObject();
    }
}
