using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Units;
using Altmap.Model.MachineFiles;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a piece of a machine, told apart by content, alone and as every kind at once: a machine or errors, never an
/// exception; every machine passes the checks of a machine file.</summary>
public static class PieceTarget
{
    /// <summary>Runs one input. Throws only when something is wrong with Altmap.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        PieceKind kind = PieceKinds.Of("piece", bytes);
        ReadOnlyMemory<byte> json = PieceKinds.JsonPart(bytes);
        string text = Encoding.UTF8.GetString(bytes);
        Check(
            new CaptureTexts
            {
                Name = "fuzz",
                Sysfs = kind == PieceKind.Sysfs ? text : null,
                Iomem = kind == PieceKind.Iomem ? text : null,
                Lists = kind == PieceKind.List ? [("list.json", json)] : [],
                CommandLine = kind == PieceKind.CommandLine ? text : null,
                Dmesg = kind == PieceKind.Log ? text : null,
                Version = kind == PieceKind.Version ? text : null,
                FirmwareMap = kind == PieceKind.FirmwareMap ? text : null,
                Tables = kind == PieceKind.Table ? [bytes] : [],
            }
        );
        // Parts of one input, cut by lines of its own, as the pieces of one machine: a list beside a map, with labels and media told.
        string[] parts = text.Split("\n---\n");
        if (parts.Length < 2)
            return;
        Check(
            new CaptureTexts
            {
                Name = "fuzz",
                Iomem = parts[0],
                Lists = [("list.json", Encoding.UTF8.GetBytes(parts[1]))],
                Dmesg = parts.ElementAtOrDefault(2),
                Sysfs = parts.ElementAtOrDefault(3),
                Media = ["region0"],
                LabelAreas = ImmutableSortedDictionary<string, ByteSize>.Empty.Add("nmem1", ByteSize.KiB(128)),
            }
        );
    }

    /// <summary>A piece of each kind, and several together.</summary>
    public static IEnumerable<byte[]> Seeds() =>
        (
            (string[])
                [
                    "00001000-0009fbff : System RAM\n00100000-3fffffff : System RAM\n100000000-13fffffff : Persistent Memory\n",
                    "[    0.000000] Linux version 6.8.0-45-generic\n[    0.0] Command line: memmap=1G!1G\n[    0.000000] BIOS-e820: [mem "
                        + "0x0000000000100000-0x00000000bffdffff] usable\n[    0.0] BIOS-e820: [mem 0x100000000-0x13fffffff] persistent "
                        + "(type 7)\n[    0.0] ACPI: SRAT: Node 1 PXM 1 [mem 0x100000000-0x13fffffff]\n",
                    "[{\"dev\":\"region0\",\"size\":1073741824,\"available_size\":0,\"iset_id\":-5,\"mappings\":[{\"dimm\":\"nmem0\","
                        + "\"length\":1073741824}],\"namespaces\":[{\"dev\":\"namespace0.0\",\"mode\":\"fsdax\",\"map\":\"dev\",\"size\":"
                        + "1054867456,\"align\":2097152,\"uuid\":\"f893a2ee-fb32-455e-b1c1-8690ee42c90b\"}]}]",
                    "/sys/devices/LNXSYSTM:00/ndbus0/region0/size:4096\n==> /sys/bus/nd/devices/region0/resource <==\n0x1000\n",
                    "/sys/bus/nd/devices/ndbus0/provider:e820\n/sys/bus/nd/devices/region0/resource:0x100000000\n"
                        + "/sys/bus/nd/devices/region0/size:67108864\n/sys/bus/nd/devices/region0/numa_node:0\n"
                        + "/sys/bus/nd/devices/namespace0.0/resource:0x100000000\n/sys/bus/nd/devices/namespace0.0/size:67108864\n"
                        + "/sys/bus/nd/devices/namespace0.0/mode:safe\n/sys/bus/nd/devices/namespace0.0/holder:btt0.0\n"
                        + "/sys/bus/nd/devices/btt0.0/namespace:namespace0.0\n/sys/bus/nd/devices/btt0.0/size:66424832\n"
                        + "/sys/bus/nd/devices/btt0.0/sector_size:[512] 520 528 4096\n"
                        + "/sys/bus/nd/devices/btt0.0/uuid:4f0394a6-ac40-4384-a6a1-270e6bca90c0\n",
                    "{\"memory\":[{\"range\":\"0x0-0x7ffffff\",\"block\":\"0\"}]}",
                    "00100000-3fffffff : System RAM\n100000000-13fffffff : Persistent Memory\n  100000000-13fffffff : namespace0.0\n---\n"
                        + "[{\"dev\":\"region0\",\"size\":1073741824,\"available_size\":0,\"iset_id\":7,\"namespaces\":[{\"dev\":"
                        + "\"namespace0.0\",\"mode\":\"fsdax\",\"map\":\"dev\",\"size\":1054867456,\"align\":2097152,\"uuid\":"
                        + "\"f893a2ee-fb32-455e-b1c1-8690ee42c90b\",\"raw_uuid\":\"a893a2ee-fb32-455e-b1c1-8690ee42c90b\"}]},{\"dev\":"
                        + "\"nmem0\",\"id\":\"8680-56341200\"}]\n---\n[ 0.0] Linux version 6.1.0\n",
                ]
        )
            .Select(Encoding.UTF8.GetBytes)
            .Append([
                .. "SRAT"u8,
                88,
                0,
                0,
                0,
                .. new byte[40],
                1,
                40,
                1,
                0,
                .. new byte[9],
                1,
                .. new byte[10],
                1,
                .. new byte[3],
                1,
                .. new byte[11],
            ])
            .Append([.. "CEDT"u8, 60, 0, 0, 0, .. new byte[28], 1, 0, 24, 0, .. new byte[8], 1, .. new byte[7], 1, .. new byte[3]])
            .Append([.. "NFIT"u8, 96, 0, 0, 0, .. new byte[32], 0, 0, 56, 0, .. new byte[52]]);

    private static void Check(CaptureTexts texts)
    {
        CaptureResult result = CaptureReader.Read(texts);
        if (result.Description is null == result.Errors.IsEmpty)
            throw new InvalidOperationException("neither a machine nor an error, or both");
        foreach (var error in result.Errors)
            _ = error.ToString();
        if (result.Description is not { } machine)
            return;
        string written = MachineFile.Write(machine);
        MachineFileResult again = MachineFile.Parse(Encoding.UTF8.GetBytes(written), "written", _ => true);
        if (again.Description is not { } same || MachineFile.Write(same) != written)
            throw new InvalidOperationException("the machine does not come back: " + string.Join("; ", again.Errors));
    }
}
