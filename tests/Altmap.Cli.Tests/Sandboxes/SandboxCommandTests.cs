using System.Diagnostics;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Sandboxes;

/// <summary>Programs that run on a modelled machine. Their standard streams are the test's own, so they write into files.</summary>
public sealed class SandboxCommandTests : IDisposable
{
    private static readonly string s_machine = Golden.Path("r_tools", "machine.json");
    private readonly string _folder = Directory.CreateTempSubdirectory("altmap-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_script_sees_the_tools_of_one_machine()
    {
        (int exitCode, string output) = Sandbox(
            """
            set -e
            ndctl list -D >before
            "$NDCTL" disable-region all
            ndctl init-labels -f all
            "$NDCTL" enable-region all
            ndctl create-namespace -m fsdax -r region1 | sed -n 's/.*"mode":"\(.*\)".*/\1/p'
            modprobe nd_pmem
            daxctl list || true
            lsmem | grep -c 'Memory block size'
            """
        );
        Assert.Equal(0, exitCode);
        Assert.Contains("fsdax\n", output, StringComparison.Ordinal);
        Assert.EndsWith("1\n", output, StringComparison.Ordinal);
        Assert.Contains("\"dev\":\"nmem0\"", File.ReadAllText(Path.Combine(_folder, "before")), StringComparison.Ordinal);
    }

    [Fact]
    public void Exit_codes_are_those_of_the_tools_and_the_program()
    {
        Assert.Equal(7, Sandbox("exit 7").ExitCode);
        Assert.Equal("237\n", Sandbox("ndctl create-namespace -r region1 -m fsdax >/dev/null 2>&1; echo $?").Output);
        Assert.Equal(127, Sandbox("no-such-program 2>/dev/null").ExitCode);
        CliResult missing = Cli.Run("sandbox", s_machine, "--", "no-such-program");
        Assert.Equal(8, missing.ExitCode);
        Assert.Contains("no-such-program: there is no such program", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_the_host_are_read_and_written_where_the_caller_is()
    {
        string output = Sandbox(
            """
            mkdir sub && cd sub
            ndctl read-labels nmem0 -o area.bin 2>/dev/null
            wc -c <area.bin
            ndctl disable-region all >/dev/null 2>&1
            ndctl write-labels nmem0 -i area.bin 2>&1
            ndctl write-labels nmem1 <area.bin 2>&1
            """
        ).Output;
        Assert.StartsWith("131072\n", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "sub", "area.bin")));
        Assert.Equal(2, output.Split("wrote 1 nmem").Length - 1);
    }

    [Fact]
    public void Paths_of_the_machine_are_read_by_cat_and_written_by_tee()
    {
        string output = Sandbox(
            """
            cat /sys/bus/nd/devices/region0/size
            echo hello >plain; cat plain
            echo namespace0.0 | tee /sys/bus/nd/drivers/nd_pmem/unbind
            cat /sys/bus/nd/devices/namespace0.0/holder | wc -l
            ls /sys/bus/nd/devices | grep -c region
            """
        ).Output;
        Assert.Equal("134217728\nhello\nnamespace0.0\n1\n5\n", output);
    }

    [Fact]
    public void A_shell_reads_and_writes_files_of_the_machine_itself()
    {
        string output = Sandbox(
            """
            n=/sys/bus/nd/devices
            read -r size <$n/region0/size; echo $size
            echo namespace0.0 >/sys/bus/nd/drivers/nd_pmem/unbind; echo $?
            cat $n/namespace0.0/force_raw; echo 1 >$n/namespace0.0/force_raw; cat $n/namespace0.0/force_raw
            (echo 3 >$n/region0/align) 2>/dev/null || echo refused
            (echo 3 >$n/region0/size) 2>no; grep -o 'ermission denied' no
            (echo 3 >$n/region0/nosuch) 2>no; grep -o 'ermission denied' no
            (read -r x <$n/region0/nosuch) 2>/dev/null || echo none
            echo plain >file; read -r word <file; echo $word
            """
        ).Output;
        Assert.Equal("134217728\n0\n0\n1\nrefused\nermission denied\nermission denied\nnone\nplain\n", output);
    }

    [Fact]
    public void Callers_at_the_same_time_wait_for_each_other()
    {
        string output = Sandbox(
            """
            for i in 1 2 3 4 5 6 7 8; do ndctl list -R >out$i & done; wait
            cmp out1 out8 && echo same
            """
        ).Output;
        Assert.Equal("same\n", output);
    }

    [Fact]
    public void The_machine_afterwards_can_be_saved()
    {
        string saved = Path.Combine(_folder, "after.json");
        CliResult result = Cli.Run(
            "sandbox",
            s_machine,
            "--save",
            saved,
            "--",
            "sh",
            "-c",
            "ndctl disable-namespace namespace0.0 2>/dev/null"
        );
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("ndctl disable-namespace namespace0.0", File.ReadAllText(saved), StringComparison.Ordinal);
        CliResult refused = Cli.Run(
            "sandbox",
            s_machine,
            "--save",
            saved,
            "--",
            "sh",
            "-c",
            $"cd {_folder}; (ndctl read-labels nmem0 -o a; ndctl disable-region all; ndctl write-labels nmem0 -i a) >log 2>&1"
        );
        Assert.Equal(16, refused.ExitCode);
        Assert.Contains("a step read a file of this computer", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_modelled_is_said_twice()
    {
        string script = Path.Combine(_folder, "s.sh");
        File.WriteAllText(script, $"ndctl list -R --no-such 2>{_folder}/a; modprobe -r nfit 2>{_folder}/b; true");
        CliResult result = Cli.Run("sandbox", s_machine, "--", "sh", script);
        Assert.Contains("unsupported: modprobe -r nfit", File.ReadAllText(Path.Combine(_folder, "b")), StringComparison.Ordinal);
        Assert.Contains("something that is not modelled", result.Error, StringComparison.Ordinal);
    }

    /// <summary>The design's bound is 30 ms on an idle machine; a start of the whole program each time costs 60 and more.</summary>
    [Fact]
    public void A_call_costs_no_start_of_everything()
    {
        long began = Stopwatch.GetTimestamp();
        Sandbox("i=0; while [ $i -lt 40 ]; do ndctl list -R >/dev/null; i=$((i+1)); done");
        TimeSpan all = Stopwatch.GetElapsedTime(began);
        Assert.True(all < TimeSpan.FromSeconds(40), $"40 calls took {all.TotalSeconds:f1} s");
    }

    private (int ExitCode, string Output) Sandbox(string script)
    {
        string file = Path.Combine(_folder, "script.sh"),
            output = Path.Combine(_folder, "output");
        File.WriteAllText(file, $"cd '{_folder}'\n(\n{script}\n) >'{output}'\n");
        CliResult result = Cli.Run("sandbox", s_machine, "--", "sh", file);
        Assert.DoesNotContain("altmap:", result.Error, StringComparison.Ordinal);
        return (result.ExitCode, File.Exists(output) ? File.ReadAllText(output) : "");
    }
}
