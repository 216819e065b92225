using System.Globalization;
using System.Text.Json;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Sessions;
using Altmap.Core.Units;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Planning;

/// <summary><c>altmap plan MACHINE --ram</c>: where RAM goes between the firmware's map and MemTotal.</summary>
internal static class PlanRam
{
    private const string Unknown =
        "MemTotal itself: needs what the kernel takes for itself at boot (image, initrd, page tables, per-CPU areas), which is in no "
        + "machine file: grep MemTotal /proc/meminfo";

    public static int Run(CliHost host, string path, string? kernel, bool isJson)
    {
        MachineSession session = MachineSession
            .Open(host, path, kernel, uuidSeed: 0)
            .Answering(host, FactTopic.Memory, FactTopic.CommandLine);
        RamPlan plan = Modelled.Answer(() => RamPlan.Of(session.State.Machine));
        string name = session.State.Machine.Kernel.Name;
        if (isJson)
            JsonOutput.Write(host, json => Write(json, name, plan));
        else
            Write(host, name, plan);
        return ExitCode.Success;
    }

    private static void Write(CliHost host, string kernel, RamPlan plan)
    {
        string sections = string.Create(CultureInfo.InvariantCulture, $"struct pages of {plan.Sections} sections"),
            straddled = string.Create(
                CultureInfo.InvariantCulture,
                $"  of them for holes; sections that RAM fills in part: {plan.Straddled}"
            );
        var rows = new List<(string What, ByteSize? Size)>
        {
            ("System RAM of the firmware's map", plan.Firmware),
            ("set apart by the command line, or no whole page", plan.SetApart),
            ($"RAM that the kernel has (dmesg: Memory: …/{plan.Present.Bytes / 1024}K available)", plan.Present),
            (sections, plan.Memmap),
            (straddled, plan.MemmapOfHoles),
        };
        foreach (BootReservation each in plan.Reservations)
            rows.Add(($"{each.Word}{(each.IsInTotal ? ", counted in MemTotal" : "")}", each.Size));
        rows.Add(("MemTotal is below", plan.TotalBelow));
        int width = rows.Max(r => r.What.Length),
            digits = rows.Max(r => r.Size is { } s ? s.Bytes.ToString(CultureInfo.InvariantCulture).Length : 0);
        host.Out.WriteLine($"kernel {kernel}: where RAM goes");
        foreach ((string what, ByteSize? size) in rows)
            host.Out.WriteLine(
                size is { } s
                    ? $"{what.PadRight(width)}  {s.Bytes.ToString(CultureInfo.InvariantCulture).PadLeft(digits)}  {s.ToHuman()}"
                    : $"{what.PadRight(width)}  {"not read".PadLeft(digits)}"
            );
        host.Out.WriteLine($"unknown: {Unknown}");
    }

    private static void Write(Utf8JsonWriter json, string kernel, RamPlan plan)
    {
        json.WriteStartObject();
        json.WriteString("kernel", kernel);
        json.WriteNumber("firmware", plan.Firmware.Bytes);
        json.WriteNumber("set_apart", plan.SetApart.Bytes);
        json.WriteNumber("present", plan.Present.Bytes);
        json.WriteNumber("sections", plan.Sections);
        json.WriteNumber("straddled_sections", plan.Straddled);
        json.WriteNumber("memmap", plan.Memmap.Bytes);
        json.WriteNumber("memmap_of_holes", plan.MemmapOfHoles.Bytes);
        json.WriteObjects(
            "reservations",
            plan.Reservations,
            each =>
            {
                json.WriteString("word", each.Word);
                if (each.Size is { } size)
                    json.WriteNumber("bytes", size.Bytes);
                else
                    json.WriteNull("bytes");
                json.WriteBoolean("in_total", each.IsInTotal);
            }
        );
        json.WriteNumber("mem_total_below", plan.TotalBelow.Bytes);
        json.WriteString("unknown", Unknown);
        json.WriteEndObject();
    }
}
