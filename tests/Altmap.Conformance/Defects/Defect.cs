using System.Text.RegularExpressions;
using Altmap.Conformance.Cases;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Packages;

namespace Altmap.Conformance.Defects;

/// <summary>Something that a kernel or tool does wrong, with the commands that show it.</summary>
internal sealed record Defect
{
    /// <summary>As in <c>./test --kernel 6.1 defect/ID</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is: kernel, ndctl or daxctl.</summary>
    public required string Whose { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>The kernels on which the commands show it here.</summary>
    public required string[] Kernels { get; init; }

    /// <summary>The computer; null: the tool alone shows it, on this one.</summary>
    public GuestMachine? Machine { get; init; }

    /// <summary>What lies on the first NVDIMM before the boot, by offset; on a machine without one, in RAM, by address.</summary>
    public IReadOnlyList<(ulong Offset, byte[] Bytes)> Media { get; init; } = [];

    /// <summary>What the guest runs (busybox sh, with lab.sh).</summary>
    public required string Script { get; init; }

    /// <summary>What its output, the kernel's log behind it, must match: the defect is there.</summary>
    public required string Shows { get; init; }

    /// <summary>True: the guest does not survive; <see cref="Shows"/> is then matched with the kernel's fault.</summary>
    public bool Kills { get; init; }

    /// <summary>What happens, what it costs, and what Altmap does: paragraphs of docs/findings.md.</summary>
    public required string What { get; init; }
    public required string Cost { get; init; }
    public required string Instead { get; init; }

    /// <summary>The defect as a case: it passes where it is seen.</summary>
    public ConformanceCase Case => new($"defect/{Id}", Kernels, null, Run);

    private List<string> Run(Laboratory laboratory, string kernel) =>
        Machine is null ? RunHere(laboratory) : RunInGuest(laboratory, kernel, Machine);

    /// <summary>The tools of the guests, in a folder of their own on this computer.</summary>
    private List<string> RunHere(Laboratory laboratory)
    {
        string folder = Directory.CreateTempSubdirectory("altmap-defect-").FullName;
        try
        {
            string words = string.Join(' ', GuestTools.CommandOf(laboratory.Tools.Tree, "ndctl").Select(w => $"'{w}'"));
            ToolResult result = HostTool.Run("sh", ["-c", $"exec 2>&1\nndctl() {{ {words} \"$@\"; }}\n{Script}"], directory: folder);
            return Regex.IsMatch(result.Text, Shows, RegexOptions.Multiline)
                ? []
                : [$"not seen: /{Shows}/", .. result.Text.TrimEnd('\n').Split('\n').TakeLast(25)];
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private List<string> RunInGuest(Laboratory laboratory, string kernel, GuestMachine machine)
    {
        string folder = Directory.CreateTempSubdirectory("altmap-defect-").FullName;
        try
        {
            if (Media.Count > 0)
            {
                bool isRam = machine.Nvdimms.Count == 0;
                using FileStream file = File.Create(isRam ? GuestMachine.RamFile(folder) : GuestMachine.NvdimmFile(folder, 0));
                file.SetLength(isRam ? (long)machine.RamMib << 20 : (long)(machine.Nvdimms[0].SizeBytes + machine.Nvdimms[0].LabelBytes));
                foreach ((ulong offset, byte[] bytes) in Media)
                {
                    file.Position = (long)offset;
                    file.Write(bytes);
                }
            }
            string seen;
            try
            {
                using LiveGuest guest = LiveGuest.Boot(laboratory, kernel, machine, folder);
                seen = guest.Run($"exec 2>&1\n{Script}\necho @dmesg\ndmesg | sed 's/^\\[[^]]*\\] //'");
                if (Kills)
                    return ["the guest survived", .. Tail(seen)];
            }
            catch (GuestDied died)
            {
                if (!Kills)
                    throw;
                seen = died.Fault;
            }
            return Regex.IsMatch(seen, Shows, RegexOptions.Multiline) ? [] : [$"not seen: /{Shows}/", .. Tail(seen)];
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static IEnumerable<string> Tail(string seen)
    {
        string[] parts = seen.Split("@dmesg\n");
        return parts[0].Split('\n').TakeLast(25).Concat(parts.Length > 1 ? parts[1].TrimEnd('\n').Split('\n').TakeLast(8) : []);
    }
}
