using System.Globalization;

namespace Altmap.Conformance.Guests;

/// <summary>An NVDIMM of a guest. Its file holds the region's bytes and, behind them, the label area (QEMU's layout).</summary>
/// <param name="SizeBytes">Of the region.</param>
/// <param name="LabelBytes">Of the label area; 0: none.</param>
/// <param name="Address">Where it lies, or null: the next free place from 4 GiB on.</param>
/// <param name="Options">More QEMU options of the device, as <c>unarmed=on</c>.</param>
internal sealed record GuestNvdimm(ulong SizeBytes, ulong LabelBytes, ulong? Address = null, string Options = "");

/// <summary>A computer to boot: what QEMU and the kernel's command line are told.</summary>
internal sealed record GuestMachine
{
    /// <summary>RAM in MiB.</summary>
    public int RamMib { get; init; } = 1024;

    /// <summary>In order of slots.</summary>
    public IReadOnlyList<GuestNvdimm> Nvdimms { get; init; } = [];

    /// <summary>More kernel parameters (memmap=, memory_hotplug.…).</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>True: RAM lies in a file, so that the host writes into memmap= ranges.</summary>
    public bool RamInFile { get; init; }

    /// <summary>More words for QEMU.</summary>
    public IReadOnlyList<string> QemuOptions { get; init; } = [];

    private const ulong Mib = 1 << 20,
        Gib = 1 << 30;

    /// <summary>QEMU's words for memory and NVDIMMs, with their files in <paramref name="folder"/> (made sparse where they are
    /// missing).</summary>
    public IReadOnlyList<string> QemuMemory(string folder)
    {
        var words = new List<string>();
        ulong top = (ulong)RamMib * Mib;
        string machine = "pc";
        for (int i = 0; i < Nvdimms.Count; i++)
        {
            GuestNvdimm nvdimm = Nvdimms[i];
            ulong bytes = nvdimm.SizeBytes + nvdimm.LabelBytes;
            string file = NvdimmFile(folder, i);
            if (!File.Exists(file))
            {
                using FileStream made = File.Create(file);
                made.SetLength((long)bytes);
            }
            words.AddRange(["-object", N($"memory-backend-file,id=nvmem{i},share=on,mem-path={file},size={bytes}")]);
            string label = nvdimm.LabelBytes == 0 ? "" : N($",label-size={nvdimm.LabelBytes}");
            string address = nvdimm.Address is { } at ? N($",addr={at}") : "";
            string options = nvdimm.Options.Length == 0 ? "" : "," + nvdimm.Options;
            words.AddRange(["-device", N($"nvdimm,id=nv{i},memdev=nvmem{i}{label}{address}{options}")]);
            top += Core.Units.Alignment.Up(bytes, Gib) + Gib;
            top = Math.Max(top, nvdimm.Address is { } from ? from + bytes + Gib : 0);
        }
        if (RamInFile)
        {
            words.AddRange(["-object", N($"memory-backend-file,id=ram,share=on,mem-path={RamFile(folder)},size={(ulong)RamMib * Mib}")]);
            machine += ",memory-backend=ram";
        }
        string memory = N($"{RamMib}M");
        if (Nvdimms.Count > 0)
        {
            memory += N($",slots={Nvdimms.Count},maxmem={Core.Units.Alignment.Up(top, Mib) / Mib}M");
            machine += ",nvdimm=on";
        }
        return ["-M", machine, "-m", memory, .. words, .. QemuOptions];
    }

    /// <summary>The file of an NVDIMM.</summary>
    public static string NvdimmFile(string folder, int slot) => Path.Combine(folder, N($"nvdimm{slot}.img"));

    /// <summary>The file of RAM, where there is one. Guests of this suite have all of it below 3 GiB, at its own address.</summary>
    public static string RamFile(string folder) => Path.Combine(folder, "ram.img");

    private static string N(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
