using System.Collections.Immutable;
using System.Text.Json;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Shell;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Conformance.Cases;

/// <summary>
/// <c>capture.sh</c> inside guests that have the recorded machines: what it collects loads, and is the machine of the machine file. After a
/// session the model, booted from the capture's own labels and first bytes, lists the namespaces that the guest's own tools listed.
/// </summary>
internal static class Captures
{
    private const int SecondsMax = 900;

    private static readonly string[] Machines =
    [
        "a_fsdax",
        "c_btt_large",
        "c_sector",
        "d_multi",
        "e_legacy",
        "f_memmap",
        "f_nfit",
        "g_kmem",
        "h_btt",
        "r_tools",
        "p_online/6.1/aligned",
        "p_online/6.1/both-vmdebug",
        "p_online/6.1/holes",
        "p_online/6.1/mis-1M",
        "p_online/6.1/mis-4K",
        "p_online/6.1/mis-end",
        "p_online/6.1/nfit",
        "p_online/6.1/nfit-mom",
        "p_online/6.1/nfit-pair",
        "p_online/6.1/none",
        "p_online/6.1/pair-touch",
        "p_online/6.1/ram-end",
        "p_online/6.1/ram-odd",
        "p_online/6.1/startmid",
        "q_kernels/6.1/x_align1g",
    ];

    private static readonly (string Group, string Boot)[] Sessions =
    [
        ("a_fsdax", "create"),
        ("c_sector", "create"),
        ("d_multi", "steps"),
        ("f_memmap", "fsdax-dev"),
    ];

    public static IEnumerable<ConformanceCase> Cases() =>
        [
            .. Machines.Select(m => new ConformanceCase(
                $"capture/{m}",
                ["6.1"],
                null,
                (laboratory, kernel) => Fresh(laboratory, kernel, m)
            )),
            .. Sessions.Select(s => new ConformanceCase(
                $"capture/{s.Group}/after-{s.Boot}",
                ["6.1"],
                null,
                (laboratory, kernel) => After(laboratory, kernel, s.Group, s.Boot)
            )
            {
                IsSmoke = s.Group == "d_multi",
            }),
        ];

    private static List<string> Fresh(Laboratory laboratory, string kernel, string machine)
    {
        MachineSource recorded = GoldenMachines.Load([.. machine.Split('/')]);
        using LiveGuest guest = LiveGuest.Boot(laboratory, kernel, GoldenMachines.Computer(recorded.Description));
        // What firmware keeps for itself at the end of RAM depends on the emulator's version, and is no part of what is asked here.
        ImmutableArray<FirmwareRange> firmware = ModelMachine.FirmwareOf(guest);
        MachineSource captured = Take(guest, Folder(laboratory, machine));
        recorded = recorded with { Description = recorded.Description with { Memory = firmware } };
        // A capture may know what the machine file leaves out.
        string[] left = recorded.Description.Dimms.All(d => d.Id.Length == 0) ? ["\"id\":"] : [];
        return [.. Differences(Told(recorded), Told(captured)), .. Listed(guest, captured, kernel)];

        List<string> Told(MachineSource source) =>
            [.. Facts(source, kernel).Where(l => !left.Any(w => l.TrimStart().StartsWith(w, StringComparison.Ordinal)))];
    }

    private static List<string> After(Laboratory laboratory, string kernel, string group, string boot)
    {
        MachineSource recorded = GoldenMachines.Load(group);
        using LiveGuest guest = LiveGuest.Boot(laboratory, kernel, GoldenMachines.Computer(recorded.Description));
        RecordedSession session = RecordedSession.Parse(File.ReadAllText(Golden.Path(group, $"session.{boot}.log")));
        guest.Run(
            string.Concat(session.Commands.Select(c => string.Join(' ', c.Words.Select(w => $"'{w}'")) + " >/dev/null 2>&1; settle\n")),
            SecondsMax
        );
        MachineSource captured = Take(guest, Folder(laboratory, $"{group}/after-{boot}"));
        return Listed(guest, captured, kernel);
    }

    private static string? Folder(Laboratory laboratory, string name) =>
        laboratory.RecordTo is { } folder ? Path.Combine(folder, "captures", name) : null;

    /// <summary>What the model of a capture lists, against what the guest's tools did.</summary>
    private static List<string> Listed(LiveGuest guest, MachineSource captured, string kernel)
    {
        string file = Path.Combine(guest.Shared, "captured", "list.json");
        string modelled = Say(Boot(captured, kernel), "ndctl", "list", "-BRNDvvvi");
        return Differences(Namespaces(File.Exists(file) ? File.ReadAllText(file) : ""), Namespaces(modelled));
    }

    /// <summary>Runs the script in the guest, as root, and loads what it left.</summary>
    private static MachineSource Take(LiveGuest guest, string? recordTo)
    {
        using (Stream script = typeof(Captures).Assembly.GetManifestResourceStream("capture.sh")!)
        using (FileStream file = File.Create(Path.Combine(guest.Shared, "capture.sh")))
            script.CopyTo(file);
        string said = guest.Run("sh /host/capture.sh --serials /host/captured", SecondsMax);
        string folder = Path.Combine(guest.Shared, "captured");
        if (recordTo is not null)
            foreach (string file in Directory.GetFiles(folder))
                File.Copy(file, Path.Combine(Directory.CreateDirectory(recordTo).FullName, Path.GetFileName(file)), overwrite: true);
        LoadResult loaded = MachineLoader.Load(folder);
        return loaded.Source
            ?? throw new InvalidOperationException(
                $"the capture cannot be read: {string.Join("; ", loaded.Errors)}; the script said: {said}"
            );
    }

    private static ShellState Boot(MachineSource source, string kernel) =>
        ModelMachine.Of(source.Description with { Kernel = kernel }).Boot(source.Media, source.LabelAreas);

    private static string Say(ShellState state, params string[] command) => CommandShell.Run(state, [.. command]).Stdout;

    /// <summary>The machine in lines: iomem, all that the tools tell of it, and how large label areas are.</summary>
    private static List<string> Facts(MachineSource source, string kernel)
    {
        ShellState state = Boot(source, kernel);
        return
        [
            .. Say(state, "cat", "/proc/iomem").Split('\n').Where(l => !l.Contains("Kernel ", StringComparison.Ordinal)),
            .. Say(state, "ndctl", "list", "-BRNDFHXvvvi").Split('\n').Select(l => l.TrimEnd(',')),
            .. state.Machine.Dimms.Values.Select(d =>
                $"{d.Device.Name}: label area of {d.LabelBytes.LengthBytes} bytes, {d.LabelBytes.StoredBytes} of them not zero"
            ),
        ];
    }

    /// <summary>Each namespace with what decides how it is used. A boot may give it another name.</summary>
    private static List<string> Namespaces(string list)
    {
        using var json = JsonDocument.Parse(list.Length == 0 ? "[]" : list);
        return
        [
            .. from bus in json.RootElement.EnumerateArray()
            from region in bus.TryGetProperty("regions", out JsonElement regions)
                ? [.. regions.EnumerateArray()]
                : Array.Empty<JsonElement>()
            from ns in region.TryGetProperty("namespaces", out JsonElement all) ? [.. all.EnumerateArray()] : Array.Empty<JsonElement>()
            where ns.GetProperty("size").GetUInt64() > 0
            select string.Join(
                ' ',
                ((string[])["mode", "map", "size", "uuid", "sector_size", "align", "name", "numa_node", "target_node"]).Select(name =>
                    ns.TryGetProperty(name, out JsonElement value) ? $"{name}={value}" : ""
                )
            ),
        ];
    }

    private static List<string> Differences(List<string> real, List<string> modelled) =>
        [.. Except(real, modelled).Select(l => $"- {l}"), .. Except(modelled, real).Select(l => $"+ {l}")];

    private static IEnumerable<string> Except(List<string> lines, List<string> others)
    {
        Dictionary<string, int> left = others.GroupBy(l => l, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());
        foreach (string line in lines)
        {
            if (left.GetValueOrDefault(line) > 0)
                left[line]--;
            else
                yield return line;
        }
    }
}
