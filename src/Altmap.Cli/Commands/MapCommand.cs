using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;

namespace Altmap.Cli.Commands;

/// <summary><c>altmap map</c>: who owns each page, which struct page it has and whether it counts as online.</summary>
internal static class MapCommand
{
    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = "a machine file, or a capture directory" };
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> json = JsonOutput.Option();
        var command = new Command("map", "Shows the physical memory map, page ranges that are alike as one: owner, section, struct pages, zone, and what pfn_to_online_page() says.")
        {
            machine, kernel, json,
        };
        command.SetAction(p => Run(host, p.GetRequiredValue(machine), p.GetValue(kernel), p.GetValue(json)));
        CommandHelp.SetExamples(command, "altmap map machine.json", "altmap map machine.json --kernel 5.10 --json");
        return command;
    }

    private static int Run(CliHost host, string path, string? kernel, bool isJson)
    {
        Machine machine = MachineSession.Open(host, path, kernel).State.Machine;
        if (isJson) JsonOutput.Write(host, json => MemoryMapJson.Write(json, machine, KernelChoice.Name(machine.Architecture.Architecture)));
        else Table(machine).Write(host);
        return ExitCode.Success;
    }

    private static TextTable Table(Machine machine)
    {
        var table = new TextTable(">first byte", ">last byte", ">size", ">section", "struct pages", "zone", "online", "owner");
        foreach (MemoryRange range in MemoryMap.Of(machine).Ranges)
        {
            PhysicalAddress start = range.Pages.Start.ToAddress(machine.Mm.PageSize);
            ByteSize size = range.Pages.Count.ToBytes(machine.Mm.PageSize);
            table.Add($"{start}", $"{start + size - new ByteSize(1)}", ReadableSize(size), $"{range.SectionFirst.Number}", range.MemmapWord, ZoneText(range.Memmap),
                range.IsOnline ? "yes" : "no", range.Owner ?? "-");
        }
        return table;
    }

    private static string ZoneText(in Memmap memmap) => memmap.Zone == ZoneKind.None ? "-" : memmap.Node < 0 ? memmap.Zone.Name() : $"{memmap.Zone.Name()}, node {memmap.Node}";

    private static string ReadableSize(ByteSize size)
    {
        string text = size.ToString();
        int bracket = text.IndexOf('(', StringComparison.Ordinal);
        return bracket < 0 ? text : text[(bracket + 1)..].TrimEnd(')');
    }
}
