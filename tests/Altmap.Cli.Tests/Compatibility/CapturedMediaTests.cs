using System.Globalization;
using System.Text.Json;
using Altmap.Cli.Sessions;
using Altmap.Core.Media;
using Altmap.Model.Hardware;
using Altmap.Shell;
using Altmap.Shell.Sysfs;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Compatibility;

/// <summary>
/// A capture of the machine with edited info-blocks, its listings made by the model: with the first 8 KiB of each namespace the
/// verdicts are those of the real kernels (l_bad of q_kernels); without them there is none.
/// </summary>
public class CapturedMediaTests
{
    private static readonly string[] Kernels = ["5.10", "6.1", "6.12", "7.2"];

    [Fact]
    [Trait("problem", "C3")]
    public void With_media_upgrade_and_doctor_say_what_the_kernels_did()
    {
        using var scratch = new Scratch();
        string capture = Capture(scratch, hasMedia: true);
        foreach (string kernel in Kernels)
        {
            Dictionary<string, bool> opens = Recorded(kernel);
            Assert.Equal(42, opens.Count);
            using var upgrade = JsonDocument.Parse(Cli.Run("upgrade", capture, "--from", "6.1", "--to", kernel, "--json").Output);
            Dictionary<string, bool> said = upgrade
                .RootElement.GetProperty("namespaces")
                .EnumerateArray()
                .ToDictionary(n => n.GetProperty("namespace").GetString()!, n => n.GetProperty("after").GetProperty("open").GetBoolean());
            Assert.All(opens, o => Assert.Equal((kernel, o.Key, o.Value), (kernel, o.Key, said[o.Key])));

            using var doctor = JsonDocument.Parse(Cli.Run("doctor", capture, "--kernel", kernel, "--json").Output);
            HashSet<string> refused =
            [
                .. doctor
                    .RootElement.GetProperty("findings")
                    .EnumerateArray()
                    .Where(f => f.GetProperty("code").GetString() is "namespace.refused" or "namespace.no-kernel-opens")
                    .Select(f => f.GetProperty("subject").GetString()!),
            ];
            Assert.All(opens, o => Assert.Equal((kernel, o.Key, !o.Value), (kernel, o.Key, refused.Contains(o.Key))));
            Assert.Equal(0, doctor.RootElement.GetProperty("unknown").GetArrayLength());
        }
    }

    [Fact]
    public void Without_media_there_is_no_verdict()
    {
        using var scratch = new Scratch();
        string capture = Capture(scratch, hasMedia: false);
        foreach (string kernel in Kernels)
        {
            CliResult upgrade = Cli.Run("upgrade", capture, "--from", "6.1", "--to", kernel, "--json"),
                doctor = Cli.Run("doctor", capture, "--kernel", kernel, "--json");
            Assert.Equal((1, 1), (upgrade.ExitCode, doctor.ExitCode));
            using var upgraded = JsonDocument.Parse(upgrade.Output);
            JsonElement[] namespaces = [.. upgraded.RootElement.GetProperty("namespaces").EnumerateArray()];
            Assert.NotEmpty(namespaces);
            Assert.All(namespaces, n => Assert.StartsWith("unknown", n.GetProperty("verdict").GetString()!, StringComparison.Ordinal));
            using var examined = JsonDocument.Parse(doctor.Output);
            Assert.NotEqual(0, examined.RootElement.GetProperty("unknown").GetArrayLength());
        }
    }

    /// <summary>Whether the kernel bound a driver, by namespace.</summary>
    private static Dictionary<string, bool> Recorded(string kernel) =>
        File.ReadLines(Golden.Path("l_bad", "infoblock-outcomes.tsv"))
            .Where(l => l[0] != '#')
            .Select(l => l.Split('\t'))
            .Where(r => r[0] == kernel)
            .ToDictionary(r => $"namespace{r[2]["region".Length..]}.0", r => !r[3].EndsWith("(no driver)", StringComparison.Ordinal));

    private static string Capture(Scratch scratch, bool hasMedia)
    {
        string capture = Directory.CreateDirectory(scratch["capture"]).FullName;
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        MachineSession session = MachineSession.Open(host, Golden.Path("l_bad", "machine.json"), "6.1", uuidSeed: 1);
        Write("list.json", Say("ndctl", "list", "-BRNDFHXvvvi")!);
        Write("iomem.txt", Say("cat", "/proc/iomem")!);
        Write("cmdline.txt", Say("cat", "/proc/cmdline")!);
        Write("version.txt", "Linux version 6.1.0-56-amd64\n");
        Write("sysfs.txt", string.Concat(SysfsTree.All(session.State.Machine).Select(a => $"{a.Path}:{a.Value}\n")));
        foreach (RegionDescription region in session.Source.Description.Regions)
        {
            if (!hasMedia)
                continue;
            byte[] head = session.Source.Media.TryGetValue(region.Name, out SparseBytes? media) ? media.Read(0, 8192) : new byte[8192];
            File.WriteAllBytes(Path.Combine(capture, string.Create(CultureInfo.InvariantCulture, $"media.{region.Name}.0.bin")), head);
        }
        return capture;

        void Write(string name, string text) => File.WriteAllText(Path.Combine(capture, name), text);

        string? Say(params string[] command) =>
            CommandShell.Run(session.State, [.. command]) is { ExitCode: 0, IsUnsupported: false } result ? result.Stdout : null;
    }
}
