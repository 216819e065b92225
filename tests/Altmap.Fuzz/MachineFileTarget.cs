using System.Text;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Fuzz;

/// <summary>Any bytes as machine file, kernel profile, command line and capture: an answer, never an exception.</summary>
public static class MachineFileTarget
{
    /// <summary>Runs one input. Throws only when something is wrong with Altmap.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        MachineFileResult result = MachineFile.Parse(bytes, "fuzz");
        if (result.Description is null == result.Errors.IsEmpty)
            throw new InvalidOperationException("neither a machine nor an error, or both");
        foreach (var error in result.Errors)
            _ = error.ToString();
        if (result.Description is { } machine)
            CheckMachine(machine);

        ProfileFileResult profile = ProfileFile.Parse(bytes, "fuzz");
        if (profile.Profile is null == profile.Errors.IsEmpty)
            throw new InvalidOperationException("neither a profile nor an error, or both");

        string text = Encoding.UTF8.GetString(bytes);
        var capture = CaptureReader.Read(
            new CaptureTexts
            {
                Name = "fuzz",
                Sysfs = text,
                Iomem = text,
                Lists = [("fuzz.json", bytes)],
                CommandLine = text,
                Dmesg = text,
            }
        );
        if (capture.Description is { } captured)
            CheckMachine(captured);
    }

    /// <summary>A machine file, a kernel profile, and texts of a capture.</summary>
    public static IEnumerable<byte[]> Seeds() =>
        (
            (string[])
                [
                    """
                        {"format": "altmap-machine/1", "name": "seed", "kernel": "6.1", "arch": "x86_64", "page_size": 4096, "cmdline": "memmap=256M!1G mem=4G",
                         "config": {"struct_page_size": 80}, "memory": [{"start": "0x100000", "end": "0xffffffff", "type": "System RAM", "node": 0}],
                         "buses": [{"dev": "ndbus0", "provider": "ACPI.NFIT"}, {"dev": "ndbus1", "provider": "e820"}],
                         "dimms": [{"dev": "nmem0", "handle": "0x1", "phys_id": "0x0", "serial": "0x56341200", "id": "8680-56341200", "label_bytes": "128K"}],
                         "regions": [{"dev": "region1", "bus": "ndbus0", "type": "pmem", "start": "0x100000000", "size": "1G",
                          "mappings": [{"dimm": "nmem0", "offset": 0, "size": "1G", "position": 0}]}], "steps": ["ndctl list"]}
                        """,
                    """{"format": "altmap-kernel/1", "name": "mine", "based_on": "6.1", "rules": {"info-block.max-struct-page-size": 128}}""",
                    """
                        00001000-0009fbff : System RAM
                        00100000-3fffffff : System RAM
                        100000000-13fffffff : Persistent Memory
                          100000000-13fffffff : namespace0.0
                        /sys/bus/nd/devices/ndbus0/provider:ACPI.NFIT
                        /sys/bus/nd/devices/region0/resource:0x100000000
                        /sys/bus/nd/devices/region0/size:1073741824
                        /sys/bus/nd/devices/region0/mapping0:nmem0,0,1073741824,0
                        /sys/bus/nd/devices/nmem0/nfit/handle:0x1
                        [    0.000000] Linux version 6.1.0-56-amd64
                        [    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000003fffffff] usable
                        """,
                ]
        ).Select(Encoding.UTF8.GetBytes);

    private static void CheckMachine(MachineDescription machine)
    {
        string written = MachineFile.Write(machine);
        MachineFileResult again = MachineFile.Parse(Encoding.UTF8.GetBytes(written), "written", _ => true);
        if (again.Description is not { } same || MachineFile.Write(same) != written)
            throw new InvalidOperationException("the machine does not come back");
        FirmwareMap map = FirmwareMap.Apply(machine.Memory, machine.CommandLine, machine.Architecture);
        for (int i = 1; i < map.Entries.Length; i++)
        {
            if (map.Entries[i].Range.Overlaps(map.Entries[i - 1].Range))
                throw new InvalidOperationException("the memory map overlaps itself");
        }
        _ = E820Regions.Resolve(machine);
    }
}
