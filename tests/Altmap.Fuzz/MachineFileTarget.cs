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
        if (result.Description is null == result.Errors.IsEmpty) throw new InvalidOperationException("neither a machine nor an error, or both");
        foreach (var error in result.Errors) _ = error.ToString();
        if (result.Description is { } machine) CheckMachine(machine);

        ProfileFileResult profile = ProfileFile.Parse(bytes, "fuzz");
        if (profile.Profile is null == profile.Errors.IsEmpty) throw new InvalidOperationException("neither a profile nor an error, or both");

        string text = Encoding.UTF8.GetString(bytes);
        var capture = CaptureReader.Read(new CaptureTexts { Name = "fuzz", Sysfs = text, Iomem = text, List = bytes, CommandLine = text, Dmesg = text });
        if (capture.Description is { } captured) CheckMachine(captured);
    }

    private static void CheckMachine(MachineDescription machine)
    {
        string written = MachineFile.Write(machine);
        MachineFileResult again = MachineFile.Parse(Encoding.UTF8.GetBytes(written), "written", _ => true);
        if (again.Description is not { } same || MachineFile.Write(same) != written) throw new InvalidOperationException("the machine does not come back");
        FirmwareMap map = FirmwareMap.Apply(machine.Memory, machine.CommandLine, machine.Architecture);
        for (int i = 1; i < map.Entries.Length; i++)
        {
            if (map.Entries[i].Range.Overlaps(map.Entries[i - 1].Range)) throw new InvalidOperationException("the memory map overlaps itself");
        }
        _ = E820Regions.Resolve(machine);
    }
}
