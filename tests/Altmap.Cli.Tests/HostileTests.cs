using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.Versioning;
using System.Text;
using Altmap.Cli.Prompt;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests;

/// <summary>Input and use that no command may hang on, grow with, or lose data to.</summary>
public class HostileTests
{
    private static readonly string Examples = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples"));
    private static readonly string Tour = Path.Combine(Examples, "tour", "machine.json");

    [Fact]
    public async Task Pasted_lines_all_run()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1) is not here");
        string[] lines = ["ndctl disable-region region0", "ndctl enable-region region0", "ndctl disable-region region0", "exit"];
        var start = new ProcessStartInfo("/usr/bin/script")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in (string[])["-qec", $"'{Cli.Program}' run '{Tour}'", "/dev/null"])
            start.ArgumentList.Add(word);
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("HOME");
        start.Environment.Remove("XDG_STATE_HOME");
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(string.Join('\r', lines) + "\r"); // at once, and before the prompt is up
        process.StandardInput.Flush();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task ended = process.WaitForExitAsync();
        if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(60))) != ended)
            process.Kill(entireProcessTree: true);
        Assert.Equal(3, (await output).Split("abled 1 region").Length - 1);
    }

    /// <summary>The editor takes all keys that are there, and keeps those behind the end of a line to itself.</summary>
    [Fact]
    public void Keys_come_one_at_a_time()
    {
        var waiting = new Queue<char>("ab");
        var input = new PromptInput(
            () => waiting.Count > 0,
            () => new ConsoleKeyInfo(waiting.Dequeue(), ConsoleKey.A, false, false, false)
        );
        Assert.True(input.IsKeyAvailable());
        Assert.Equal('a', input.ReadKey().KeyChar);
        Assert.False(input.IsKeyAvailable());
        Assert.True(input.IsKeyAvailable());
        Assert.Equal('b', input.ReadKey().KeyChar);
        Assert.False(input.IsKeyAvailable());
        Assert.False(input.IsKeyAvailable());
    }

    [Fact]
    public void A_save_without_a_path_runs_nothing()
    {
        CliResult result = Cli.Run("run", Tour, "--save", "", "--", "ndctl", "list");
        Assert.Equal(
            (16, "", "altmap: --save: \"\": this is no path; expected the path of a file\n"),
            (result.ExitCode, result.Output, result.Error)
        );
    }

    [Fact]
    public void Words_that_are_not_UTF_8_are_refused()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("run", Tour, "--save", scratch["s\ufffd.json"], "--", "true");
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("is not UTF-8", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(scratch[""]));
    }

    /// <summary>Tens of megabytes from a file of 14 bytes, with a heap of 64 MiB.</summary>
    [Theory]
    [InlineData("--blocks")]
    [InlineData("--blocks", "--json")]
    public void Blocks_are_not_kept(params string[] options)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["r.txt"], "1 1073741824\n");
        var start = new ProcessStartInfo(Cli.Program, ["kmsan", "--ranges", scratch["r.txt"], .. options])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = "4000000";
        using Process process = Process.Start(start)!;
        long count = 0;
        byte[] chunk = new byte[1 << 16];
        for (int got = 1; got > 0; count += got)
            got = process.StandardOutput.BaseStream.Read(chunk);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.True(count > 10_000_000, $"{count}");
    }

    [Fact]
    public void Workloads_have_a_bound_in_all()
    {
        CliResult result = Cli.Run(
            "kmsan",
            Path.Combine(Examples, "debug-kernel.json"),
            "--compare",
            "--simulate",
            "16G",
            "--seeds",
            "100"
        );
        Assert.Equal(16, result.ExitCode);
        Assert.Contains("--seeds 1, or less of --simulate", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_of_a_recording_do_not_reach_the_terminal()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["s.log"], "+ true\n\e]0;title\a\e[31mred\n# rc=0\n+ \e[2J\n\e[2Jgone\n# rc=0\n+ echo a\n\tb\n# rc=0\n");
        CliResult result = Cli.Run("replay", Tour, scratch["s.log"]);
        Assert.Equal(4, result.ExitCode);
        Assert.DoesNotContain(result.Output + result.Error, c => char.IsControl(c) && c is not ('\n' or '\t'));
        Assert.Contains("-\\x1b]0;title\\x07\\x1b[31mred", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"label_bytes\": \"128K\"", "\"label_bytes\": \"128K\", \"labels\": \"pipe\"")]
    [InlineData("\"label_bytes\": \"128K\"", "\"label_bytes\": \"128K\", \"labels\": \"pipe.gz\"")]
    [InlineData("\"type\": \"pmem\"", "\"type\": \"pmem\", \"media\": \"pipe\"")]
    [InlineData("\"type\": \"pmem\"", "\"type\": \"pmem\", \"media\": \"pipe.gz\"")]
    [InlineData("\"type\": \"pmem\"", "\"type\": \"pmem\", \"media\": \"pipe.sparse.gz\"")]
    [InlineData("\"kernel\": \"6.1\"", "\"kernel\": \"./pipe\"")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_pipe_that_a_machine_file_names_is_refused(string from, string to)
    {
        using var scratch = new Scratch();
        foreach (string pipe in (string[])["pipe", "pipe.gz", "pipe.sparse.gz"])
            await Process.Start("mkfifo", scratch[pipe]).WaitForExitAsync();
        string text = File.ReadAllText(Path.Combine(Examples, "nvdimm.json"));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(scratch["m.json"], text.Replace(from, to));
        Task<CliResult> run = Task.Run(() => Cli.Run("run", scratch["m.json"], "--", "true"));
        Assert.Same(run, await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(30))));
        Assert.Contains("this is neither a file nor a block device", (await run).Error, StringComparison.Ordinal);
        Assert.Equal(16, (await run).ExitCode);
    }

    [Fact]
    public void UUIDs_of_earlier_steps_are_saved_too()
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["m.json"],
            """
            {
              "format": "altmap-machine/1",
              "kernel": "6.1",
              "cmdline": "memmap=256M!1G",
              "memory": [{"start": "0x100000", "end": "0x7fffffff", "type": "System RAM"}],
              "steps": ["ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev"]
            }
            """
        );
        string shown = Cli.Run("run", scratch["m.json"], "--save", scratch["after.json"], "--", "ndctl", "list").Output;
        Assert.Contains("\"uuid\"", shown, StringComparison.Ordinal);
        Assert.Equal(shown, Cli.Run("run", scratch["after.json"], "--", "ndctl", "list").Output);
        Assert.Equal(shown, Cli.Run("run", scratch["after.json"], "--save", scratch["again.json"], "--", "ndctl", "list").Output);
        Assert.Equal(File.ReadAllText(scratch["after.json"]), File.ReadAllText(scratch["again.json"]));
    }

    /// <summary>More than 1 GiB that is not zero: the whole would be refused.</summary>
    [Fact]
    public void Of_a_packed_image_the_head_is_unpacked()
    {
        using var scratch = new Scratch();
        using (var gzip = new GZipStream(File.Create(scratch["bomb.gz"]), CompressionLevel.Fastest))
        {
            byte[] ones = new byte[1 << 20];
            Array.Fill(ones, (byte)1);
            for (int i = 0; i < 1100; i++)
                gzip.Write(ones);
        }
        Assert.Contains("no info-block", Cli.Run("infoblock", "read", scratch["bomb.gz"]).Output, StringComparison.Ordinal);
        CliResult check = Cli.Run("infoblock", "check", scratch["bomb.gz"]);
        Assert.Contains("only its head was looked at: it holds more than 256 MiB", check.Error, StringComparison.Ordinal);
        Assert.Contains("raw: a plain block device of 1153433600", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_sparse_image_the_runs_of_the_head_are_unpacked()
    {
        using var scratch = new Scratch();
        using (var gzip = new GZipStream(File.Create(scratch["i.sparse.gz"]), CompressionLevel.Fastest))
        {
            gzip.Write("PMEMSPARSE1 68719476736\n4095 2\nab"u8);
            for (ulong at = 1 << 20; at < 300_000UL << 13; at += 1 << 13)
                gzip.Write(Encoding.ASCII.GetBytes($"{at} 1\nx"));
        }
        Assert.Contains("no info-block", Cli.Run("infoblock", "read", scratch["i.sparse.gz"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_history_is_the_users_own()
    {
        using var scratch = new Scratch();
        string path = scratch["state/altmap/history"];
        PromptHistory.Write(path, ["ndctl list"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        PromptHistory.Write(path, ["ndctl list", "exit"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(["ndctl list", "exit"], PromptHistory.Read(path));
    }
}
