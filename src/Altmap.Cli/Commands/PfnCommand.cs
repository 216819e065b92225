using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap pfn</c>: what each check of pfn_to_online_page() says of a page.</summary>
internal static class PfnCommand
{
    private sealed record Answer(string Kernel, PhysicalAddress Address, PfnStory Story, string? Owner);

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = "a machine file, or a capture directory" };
        var pages = new Argument<string[]>("PFN|ADDRESS")
        {
            Description = "a page: its number in decimal, or an address in it, as 0x187c000000 or 4G",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption(), json = JsonOutput.Option();
        var command = new Command("pfn", "Tells the story of a page: which check of pfn_to_online_page() says what, and whether the kernel gets it right.") { machine, pages, kernel, all, json };
        command.SetAction(p => Run(host, p.GetRequiredValue(machine), p.GetRequiredValue(pages), p.GetValue(kernel), p.GetValue(all), p.GetValue(json)));
        CommandHelp.SetExamples(command, "altmap pfn machine.json 0x100000000", "altmap pfn machine.json 1048576 --all-kernels");
        return command;
    }

    private static int Run(CliHost host, string path, string[] pages, string? kernel, bool all, bool isJson)
    {
        if (kernel is not null && all) throw CliError.Usage("--kernel and --all-kernels exclude each other");
        IEnumerable<string?> kernels = all ? KernelProfiles.All.Select(k => (string?)k.Name) : new[] { kernel };
        ImmutableArray<Answer> answers = [.. kernels.SelectMany(k => OnKernel(host, path, k, pages))];
        if (isJson) JsonOutput.Write(host, json => WriteJson(json, answers));
        else foreach (Answer answer in answers) WriteText(host, answer);
        return ExitCode.Success;
    }

    private static IEnumerable<Answer> OnKernel(CliHost host, string path, string? kernel, string[] pages)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        MemoryMap map = MemoryMap.Of(machine);
        ByteSize page = machine.Mm.PageSize;
        foreach (string text in pages)
        {
            Pfn pfn = Values.Page(text, "PFN|ADDRESS", page);
            yield return new Answer(machine.Kernel.Name, pfn.ToAddress(page), PfnStory.Of(machine, pfn), pfn < map.End ? map[pfn].Owner : null);
        }
    }

    private static void WriteText(CliHost host, Answer answer)
    {
        PfnStory story = answer.Story;
        host.Out.WriteLine($"kernel {answer.Kernel}: pfn {story.Pfn.Number} ({answer.Address}), section {story.SectionNumber.Number}, owner {answer.Owner ?? "none"}: {(story.IsOnline ? "online" : "not online")}");
        foreach (PfnCheck check in story.Checks) host.Out.WriteLine($"  {check.Name}: {(check.Passes ? "passes" : $"stops here: {check.Reason}")}");
        host.Out.WriteLine($"  {(story.IsWrong ? "WRONG: " : "")}{story.Reason}");
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> answers)
    {
        json.WriteStartArray();
        foreach (Answer answer in answers)
        {
            PfnStory story = answer.Story;
            json.WriteStartObject();
            json.WriteString("kernel", answer.Kernel);
            json.WriteNumber("pfn", story.Pfn.Number);
            json.WriteString("address", JsonOutput.Hex(answer.Address.Bytes));
            json.WriteNumber("section", story.SectionNumber.Number);
            json.WriteString("owner", answer.Owner);
            json.WriteBoolean("valid", story.IsValid);
            json.WriteBoolean("section_valid", story.IsSubSectionValid);
            json.WriteBoolean("online", story.IsOnline);
            json.WriteBoolean("wrong", story.IsWrong);
            json.WriteString("zone", story.Memmap.Zone == ZoneKind.None ? null : story.Memmap.Zone.Name());
            json.WriteString("reason", story.Reason);
            json.WriteStartArray("checks");
            foreach (PfnCheck check in story.Checks)
            {
                json.WriteStartObject();
                json.WriteString("name", check.Name);
                json.WriteBoolean("passes", check.Passes);
                json.WriteString("reason", check.Reason);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
