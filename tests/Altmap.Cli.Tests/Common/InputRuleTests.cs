using System.Diagnostics;
using System.Runtime.Versioning;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Common;

/// <summary>What may be given as a file to read: never a wait without end, never words of the runtime.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InputRuleTests : IDisposable
{
    private static readonly string Machine = Path.GetFullPath(Path.Combine(Golden.Root, "..", "..", "examples", "nvdimm.json"));

    private readonly Scratch _scratch = new();

    public InputRuleTests()
    {
        foreach (string pipe in (string[])["pipe", "pipe.gz"])
            Process.Start("mkfifo", _scratch[pipe]).WaitForExit();
        File.CreateSymbolicLink(_scratch["loop"], "loop");
        Directory.CreateDirectory(_scratch["folder"]);
        Assert.Equal(0, Cli.Run("btt", "create", _scratch["btt.img"], "--size", "20M").ExitCode);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>Every command that reads a file; IN is what is wrong.</summary>
    public static TheoryData<string> Readers =>
        [
            "doctor IN",
            "map IN",
            "machine IN iomem",
            "infoblock read IN",
            "infoblock check IN",
            "labels read IN",
            "labels check IN",
            "labels repair IN",
            "undo IN btt.img",
            "undo --dry-run IN btt.img",
            "undo btt.img IN",
            "btt check IN",
            "btt write btt.img 0 -i IN",
            "btt import btt.img -i IN",
            "replay MACHINE IN",
            "run MACHINE --script IN",
            "kmsan --ranges IN",
            "explore --policy IN",
            "kernels ./IN",
        ];

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_pipe_that_nobody_writes_to_is_an_error(string words)
    {
        foreach (string pipe in (string[])["pipe", "pipe.gz"])
        {
            CliResult result = await Run(words, pipe);
            Assert.Equal(words.StartsWith("undo btt.img", StringComparison.Ordinal) ? 8 : 16, result.ExitCode);
            Assert.True(
                result.Error.Contains("this is a pipe, and nothing writes to it", StringComparison.Ordinal)
                    || result.Error.Contains("this is neither a file nor a block device", StringComparison.Ordinal),
                result.Error
            );
        }
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task What_the_system_refuses_is_told_in_words(string words)
    {
        CliResult loop = await Run(words, "loop"),
            folder = await Run(words, "folder");
        Assert.Equal((8, ""), (loop.ExitCode, loop.Output));
        Assert.True(
            loop.Error.Contains("too many symbolic links", StringComparison.Ordinal)
                || loop.Error.Contains("there is no such file", StringComparison.Ordinal),
            loop.Error
        );
        Assert.True(folder.ExitCode is 8 or 16, $"{folder.ExitCode}");
        foreach (CliResult result in (CliResult[])[loop, folder])
            Assert.DoesNotContain(result.Error, e => e == '\'');
    }

    [Fact]
    public async Task A_pipe_with_a_writer_is_read_once()
    {
        string text = File.ReadAllText(Machine);
        foreach (string words in (string[])["map IN", "doctor IN", "run IN -- true"])
        {
            using Process writer = Process.Start("sh", ["-c", "cat \"$0\" > \"$1\"", Machine, _scratch["pipe"]]);
            CliResult result = await Run(words, "pipe");
            await writer.WaitForExitAsync();
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
        }
    }

    [Fact]
    public async Task What_has_no_end_is_bounded()
    {
        foreach (
            string words in (string[])["map IN", "labels read IN", "replay MACHINE IN", "run MACHINE --script IN", "kmsan --ranges IN"]
        )
        {
            CliResult result = await Run(words, "/dev/zero");
            Assert.Equal(16, result.ExitCode);
            Assert.Contains("is this the right file?", result.Error, StringComparison.Ordinal);
        }
    }

    private async Task<CliResult> Run(string words, string input)
    {
        string path = input.StartsWith('/') ? input : _scratch[input];
        string[] args =
        [
            .. words
                .Split(' ')
                .Select(w =>
                    w switch
                    {
                        "IN" or "./IN" => path,
                        "MACHINE" => Machine,
                        "btt.img" => _scratch["btt.img"],
                        _ => w,
                    }
                ),
        ];
        Task<CliResult> run = Task.Run(() => Cli.Run(args));
        Assert.Same(run, await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(60))));
        return await run;
    }
}
