using System.Text;
using System.Text.RegularExpressions;
using Altmap.Cli.Capture;
using Altmap.Host;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Capture;

public class CaptureScriptTests
{
    private static readonly string[] s_captures = ["d_multi/1-four", "f_memmap/0-before"];

    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        foreach (string capture in s_captures)
        foreach (string shell in (string[])["dash", "bash", "busybox"])
            runs.Add(capture, shell);
        return runs;
    }

    /// <summary>The script on the tree of a recorded machine gives a capture that loads as the recorded one does; it writes below DIR and
    /// nowhere else; folder and tar are the same machine.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void A_capture_of_a_recorded_tree_is_the_recorded_machine(string capture, string shell)
    {
        string program = $"/bin/{shell}";
        if (!File.Exists(program))
            Assert.Skip($"{program} is not here: apt-get install {shell}");
        using var scratch = new Scratch();
        string root = scratch["root"],
            target = scratch["out/machine"];
        Tree(Golden.Path(capture), root);
        Directory.CreateDirectory(scratch["out"]);
        string[] before = Listing(root);
        HostResult<ShellRun> run = ShellRun.Of(
            CaptureCommand.Script(),
            ["--serials", "--tar", "--root", root, target],
            program,
            shell == "busybox" ? ["sh"] : []
        );
        Assert.Equal((0, $"{target}/capture.tar\n"), (run.Value!.ExitCode, run.Value.Output));
        Assert.Equal(before, Listing(root));
        Assert.Equal(["machine"], Directory.GetFileSystemEntries(scratch["out"]).Select(Path.GetFileName));
        string want = Machine(Golden.Path(capture));
        Assert.Equal(want, Machine(target));
        Assert.Equal(want, Machine(Path.Combine(target, "capture.tar")));
    }

    [Fact]
    public void Without_serials_none_are_kept()
    {
        using var scratch = new Scratch();
        string root = scratch["root"],
            target = scratch["c"];
        Tree(Golden.Path("d_multi/1-four"), root);
        CliResult result = Cli.Run("capture", "--root", root, target);
        Assert.Equal((0, target + "\n"), (result.ExitCode, result.Output));
        string all = string.Concat(
            Directory.GetFiles(target).Where(f => !f.EndsWith(".bin", StringComparison.Ordinal)).Select(File.ReadAllText)
        );
        Assert.DoesNotContain("56341200", all);
        Assert.DoesNotContain("/nfit/serial:", all);
        Assert.Contains("/nfit/handle:", all);
        Assert.Contains("not collected:", result.Error);
        Assert.Contains("media of namespace0.0 namespace0.1 ", result.Error);
        // The interleave-set cookies are there, so the labels still count.
        Assert.Equal(
            Cli.Run("run", Golden.Path("d_multi/1-four"), "--", "ndctl", "list", "-N").Output,
            Cli.Run("run", target, "--", "ndctl", "list", "-N").Output
        );
    }

    [Fact]
    public void Media_that_can_be_read_are_kept_and_decide()
    {
        using var scratch = new Scratch();
        string root = scratch["root"],
            target = scratch["c"];
        Tree(Golden.Path("f_memmap/0-before"), root);
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        foreach (
            string ns in Directory
                .GetDirectories(Path.Combine(root, "sys/bus/nd/devices"), "namespace*")
                .Select(Path.GetFileName)
                .OfType<string>()
        )
            File.WriteAllBytes(Path.Combine(root, "dev", "pmem" + ns["namespace".Length..^2]), new byte[16384]);
        Assert.Equal(0, Cli.Run("capture", "--root", root, target).ExitCode);
        Assert.Equal(8192, new FileInfo(Path.Combine(target, "media.namespace0.0.0.bin")).Length);
        CliResult upgrade = Cli.Run("upgrade", target, "--to", "6.12");
        Assert.Equal(4, upgrade.ExitCode); // some of these ranges are refused by both kernels
        Assert.DoesNotContain("unknown", upgrade.Output);
        Assert.Contains("namespace0.0, 268435456 (256 MiB) from 0x18000000 on: opens", upgrade.Output);
    }

    [Theory]
    [InlineData("DIR is missing")]
    [InlineData("there is no option --wrong", "--wrong", "x")]
    [InlineData("one folder is enough: a, b", "a", "b")]
    [InlineData("--root needs a folder", "--root")]
    public void Wrong_use_is_told(string message, params string[] words)
    {
        HostResult<ShellRun> run = ShellRun.Of(CaptureCommand.Script(), words);
        Assert.Equal(16, run.Value!.ExitCode);
        Assert.Contains(message, run.Value.Error);
    }

    [Fact]
    public void A_folder_that_holds_something_is_left_alone()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["c"]);
        File.WriteAllText(scratch["c/.hidden"], "x");
        CliResult result = Cli.Run("capture", scratch["c"]);
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("it is not empty", result.Error);
        Assert.Equal([".hidden"], Directory.GetFileSystemEntries(scratch["c"]).Select(Path.GetFileName));
    }

    [Fact]
    public void A_tree_without_anything_says_what_is_missing()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["root"]);
        CliResult result = Cli.Run("capture", "--root", scratch["root"], scratch["c"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["missing.txt"], Directory.GetFiles(scratch["c"]).Select(Path.GetFileName));
        Assert.All(
            (string[])["sysfs.txt: ", "iomem.txt: ", "cmdline.txt: ", "version.txt: ", "dmesg.txt: "],
            m => Assert.Contains(m, result.Error)
        );
    }

    [Fact]
    public void The_zeros_of_proc_iomem_without_root_are_not_kept()
    {
        using var scratch = new Scratch();
        Tree(Golden.Path("d_multi/1-four"), scratch["root"]);
        File.WriteAllText(scratch["root/proc/iomem"], "00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n");
        CliResult result = Cli.Run("capture", "--root", scratch["root"], scratch["c"]);
        Assert.False(File.Exists(scratch["c/iomem.txt"]));
        Assert.Contains("iomem.txt: its addresses are zero without root", result.Error);
    }

    [Fact]
    public void Names_of_hosts_on_the_command_line_lose_their_value()
    {
        using var scratch = new Scratch();
        Tree(Golden.Path("d_multi/1-four"), scratch["root"]);
        File.WriteAllText(scratch["root/proc/cmdline"], "quiet systemd.hostname=db7 ip=10.0.0.7::db7 nfsroot=nfs1:/x memmap=1G!4G\n");
        Assert.Equal(0, Cli.Run("capture", "--root", scratch["root"], scratch["c"]).ExitCode);
        Assert.Equal(
            "quiet systemd.hostname=removed ip=removed nfsroot=removed memmap=1G!4G\n",
            File.ReadAllText(scratch["c/cmdline.txt"])
        );
    }

    [Fact]
    public void The_script_is_printed_as_it_runs()
    {
        CliResult result = Cli.Run("capture", "--script");
        Assert.Equal(CaptureCommand.Script(), result.Output);
        Assert.StartsWith("#!/bin/sh\n", result.Output);
        // Where it may write: every redirection that makes a file goes below DIR.
        foreach (Match match in Regex.Matches(result.Output, @"(?<![0-9&<-])>{1,2} *(?<to>[^ &;|)]+)"))
            Assert.True(
                match.Groups["to"].Value.StartsWith("\"$dir/")
                    || match.Groups["to"].Value == "/dev/null"
                    || match.Groups["to"].Value.StartsWith("/,"),
                match.Value
            );
    }

    private static string[] Listing(string folder) =>
        [
            .. Directory
                .GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
                .Order()
                .Select(f => $"{f} {(File.Exists(f) ? new FileInfo(f).Length : 0)}"),
        ];

    /// <summary>The machine as a machine file, without its name.</summary>
    private static string Machine(string path)
    {
        CliResult result = Cli.Run("machine", path, "--quiet");
        Assert.Equal(0, result.ExitCode);
        return Regex.Replace(result.Output, "\"name\": \"[^\"]*\"", "");
    }

    /// <summary>The files that a recorded snapshot was made of.</summary>
    private static void Tree(string capture, string root)
    {
        foreach (string line in Text("sysfs.txt").Split('\n').Where(l => l.StartsWith("/sys/", StringComparison.Ordinal)))
        {
            int colon = line.IndexOf(':');
            Put(line[1..colon], line[(colon + 1)..] + "\n");
        }
        Put("proc/iomem", Text("iomem.txt"));
        Put("proc/cmdline", Text("cmdline.txt"));
        Put("proc/version", Regex.Match(Text("dmesg.txt"), "Linux version .*").Value + "\n");
        Put("var/log/dmesg", Text("dmesg.txt"));
        Put("list.json", Text("list.json"));
        foreach (string labels in Directory.GetFiles(capture, "labels.*.bin.gz"))
            File.WriteAllBytes(Path.Combine(root, Path.GetFileNameWithoutExtension(labels)), Golden.Gunzip(labels));

        string Text(string file)
        {
            string path = Path.Combine(capture, file);
            return File.Exists(path) ? File.ReadAllText(path)
                : File.Exists(path + ".gz") ? Encoding.UTF8.GetString(Golden.Gunzip(path + ".gz"))
                : "";
        }

        void Put(string file, string text)
        {
            string path = Path.Combine(root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }
}
