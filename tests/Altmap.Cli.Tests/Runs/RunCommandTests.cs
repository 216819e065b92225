using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Runs;

public class RunCommandTests
{
    private static readonly string Machine = Golden.Path("d_multi", "machine.json");

    [Fact]
    public void A_command_gives_output_and_exit_code_of_the_tool()
    {
        CliResult result = Cli.Run("run", Machine, "--", "ndctl", "disable-region", "all");
        Assert.Equal((0, "", "disabled 2 regions\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(129, Cli.Run("run", Machine, "--", "ndctl", "create-namespace", "--nosuch").ExitCode);
    }

    [Fact]
    public void A_word_with_an_arrow_redirects()
    {
        CliResult result = Cli.Run("run", Machine, "--", "echo", "namespace0.0", ">", "/sys/bus/nd/drivers/nd_pmem/unbind");
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(1, Cli.Run("run", Machine, "--", "sh", "-c", "echo nosuch > /sys/bus/nd/drivers/nd_pmem/unbind").ExitCode);
    }

    [Fact]
    public void What_is_not_modelled_is_said()
    {
        CliResult result = Cli.Run("run", Machine, "--", "fdisk", "/dev/pmem0");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("unsupported: the command fdisk; known are cat, daxctl, diff, dmesg, ", result.Error);
        Assert.Contains("ls knows the nd and dax buses", Cli.Run("run", Machine, "--", "ls", "/sys/class").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_goes_on_after_an_error_and_ends_with_the_last_exit_code()
    {
        CliResult result = Cli.RunWith("ndctl destroy-namespace namespace9.9\nndctl disable-region all\n", "run", Machine, "--script", "-");
        Assert.Equal((0, "disabled 2 regions"), (result.ExitCode, result.Error.TrimEnd('\n').Split('\n')[^1]));
    }

    [Fact]
    public void Without_a_terminal_standard_input_is_the_script() =>
        Assert.Equal("disabled 2 regions\n", Cli.RunWith("ndctl disable-region all", "run", Machine).Error);

    [Fact]
    public void A_script_with_a_mistake_runs_nothing()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["s.sh"], "ndctl disable-region all\nndctl list | cat\n");
        CliResult result = Cli.Run("run", Machine, "--script", scratch["s.sh"], "--save", scratch["out.json"]);
        Assert.Equal(
            (16, "", $"altmap: {scratch["s.sh"]}:2:12: pipes and || are not supported: one command a line\n"),
            (result.ExitCode, result.Output, result.Error)
        );
        Assert.False(File.Exists(scratch["out.json"]));
    }

    /// <summary>The commands of a recording, run as a script, give the recording.</summary>
    [Fact]
    public void A_transcript_is_as_a_recorded_session()
    {
        string[] recorded = File.ReadAllLines(Path.Combine(Golden.Root, "..", "..", "examples", "tour", "session.log"));
        string script = string.Join('\n', recorded.Where(l => l.StartsWith("+ ", StringComparison.Ordinal)).Select(l => l[2..]));
        string[] ours = Cli.RunWith($"## a remark\n# not one\n{script}", "run", Machine, "--script", "-", "--transcript")
            .Output.TrimEnd('\n')
            .Split('\n');
        Assert.Equal("## a remark", ours[0]);
        Assert.Equal(recorded.Select(WithoutUuid), ours[1..].Select(WithoutUuid));
    }

    [Fact]
    public void A_seed_makes_uuids_repeatable()
    {
        string[] command = ["--", "ndctl", "create-namespace", "-e", "namespace0.0", "-m", "fsdax", "-f"];
        string Run(string seed) => Cli.Run(["run", Machine, "--uuid-seed", seed, .. command]).Output;
        Assert.Equal(Run("1"), Run("1"));
        Assert.NotEqual(Run("1"), Run("2"));
    }

    /// <summary>load(save(m)) is m, for label areas, info-blocks and the UUIDs that the tools picked; also when it was saved twice,
    /// elsewhere.</summary>
    [Fact]
    public void A_saved_machine_is_the_machine()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["sub"]);
        string script =
            "ndctl disable-region all\nndctl init-labels -V 1.2 -f all\nndctl enable-region all\nndctl create-namespace -r region0 -m "
            + "devdax -s 1G -n 'a b'\nreboot\n";
        Assert.Equal(0, Cli.RunWith(script, "run", Machine, "-s", "-", "--save", scratch["one.json"]).ExitCode);
        CliResult second = Cli.RunWith(
            "ndctl create-namespace -r region1 -m fsdax -M mem -s 512M\nndctl list -BRDNiv\n",
            "run",
            scratch["one.json"],
            "-s",
            "-",
            "--save",
            scratch["sub/two.json"],
            "--transcript"
        );
        string listed = second.Output[second.Output.IndexOf("+ ndctl list", StringComparison.Ordinal)..];
        CliResult third = Cli.RunWith("ndctl list -BRDNiv\n", "run", scratch["sub/two.json"], "-s", "-", "--transcript");
        Assert.Contains("devdax", listed);
        Assert.Equal(listed, third.Output);
    }

    [Fact]
    public void A_capture_is_saved_with_its_label_areas()
    {
        using var scratch = new Scratch();
        string capture = Golden.Path("d_multi", "2-beta-destroyed");
        Assert.SkipUnless(Directory.Exists(capture), "the capture is not here");
        CliResult before = Cli.RunWith("ndctl list -Dv\n", "run", capture, "--save", scratch["c.json"]);
        Assert.Equal(
            (before.ExitCode, before.Output),
            Cli.Run("run", scratch["c.json"], "--", "ndctl", "list", "-Dv") is var r ? (r.ExitCode, r.Output) : default
        );
    }

    [Fact]
    public void Only_what_changed_something_is_saved()
    {
        using var scratch = new Scratch();
        Cli.RunWith(
            "ndctl list\nndctl destroy-namespace namespace9.9\ndmesg\nndctl disable-region all\ncat /proc/iomem\n",
            "run",
            Machine,
            "-s",
            "-",
            "--save",
            scratch["o.json"]
        );
        using var saved = System.Text.Json.JsonDocument.Parse(File.ReadAllText(scratch["o.json"]));
        Assert.Equal(["ndctl disable-region all"], saved.RootElement.GetProperty("steps").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(8, Cli.Run("run", Machine, "--save", scratch["no/such/o.json"], "--", "true").ExitCode);
    }

    /// <summary>The machine of a refused command differs by a line of the kernel's log.</summary>
    [Fact]
    public void A_refused_dimm_stays_in_its_slot_and_is_a_step()
    {
        using var scratch = new Scratch();
        string machine = Path.Combine(Golden.Root, "..", "..", "examples", "nvdimm.json");
        CliResult result = Cli.RunWith(
            "hotplug add-dimm 0x900000000 1M\ndmesg\n",
            "run",
            machine,
            "-s",
            "-",
            "-t",
            "--save",
            scratch["o.json"]
        );
        Assert.Contains(
            "unaligned hotplug range",
            result.Output[result.Output.IndexOf("+ dmesg", StringComparison.Ordinal)..],
            StringComparison.Ordinal
        );
        Assert.Contains("add-dimm", File.ReadAllText(scratch["o.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memmap=4G!0", 16, "this kernel does not boot with this memory map: memmap= and mem= leave no System RAM")]
    [InlineData("memmap=100P!2G", 1, "-0x19000007fffffff: it ends beyond 2^56")]
    public void A_command_line_that_leaves_no_machine_is_told(string line, int exitCode, string message)
    {
        using var scratch = new Scratch();
        File.WriteAllText(
            scratch["m.json"],
            $$"""{"format":"altmap-machine/1","kernel":"6.1","cmdline":"{{line}}","memory":[{"start":"1M","end":"0xbfffffff","type":"System RAM"}]}"""
        );
        CliResult result = Cli.Run("map", scratch["m.json"]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_cannot_turn_the_line_around()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], """{"format":"altmap-machine/1","kernel":"6.1","name":"a\u202eb"}""");
        Assert.Contains("\"name\" has a control character in it", Cli.Run("map", scratch["m.json"]).Error, StringComparison.Ordinal);
    }

    /// <summary>The attribute came with 5.7; without it ndctl and kernel take sizes of whole pages.</summary>
    [Theory]
    [InlineData("5.4", 0, false)]
    [InlineData("5.10", 234, true)]
    public void Only_kernels_with_the_align_attribute_refuse_sizes_by_it(string kernel, int exitCode, bool hasAlign)
    {
        string machine = Path.Combine(Golden.Root, "..", "..", "examples", "nvdimm.json");
        Assert.Equal(
            exitCode,
            Cli.Run("run", machine, "--kernel", kernel, "--", "ndctl", "create-namespace", "-m", "fsdax", "-s", "1042M").ExitCode
        );
        Assert.Equal(
            hasAlign,
            Cli.Run("run", machine, "--kernel", kernel, "--", "ndctl", "list", "-R").Output.Contains("\"align\"", StringComparison.Ordinal)
        );
        Assert.Equal(
            hasAlign ? 0 : 1,
            Cli.Run("run", machine, "--kernel", kernel, "--", "cat", "/sys/bus/nd/devices/region0/align").ExitCode
        );
    }

    [Theory]
    [InlineData("hotplug add-dimm 0x100000000000 1T", true)]
    [InlineData("hotplug add-dimm 0x100000000000 1G", false)]
    public void Struct_pages_that_no_RAM_can_hold_are_noticed(string command, bool isTooMuch)
    {
        string machine = Path.Combine(Golden.Root, "..", "..", "examples", "nvdimm.json");
        Assert.Equal(
            isTooMuch,
            Cli.Run("run", machine, "--", command)
                .Error.Contains("struct pages need 16 GiB, more than the RAM that there is", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Notes_can_be_left_out()
    {
        Assert.Equal("", Cli.Run("run", Machine, "--kernel", "6.6", "--quiet", "--", "true").Error);
        Assert.Equal("", Cli.Run("-q", "map", Machine, "--kernel", "6.6").Error);
    }

    [Fact]
    public void What_zoneinfo_leaves_out_is_told_beside_it()
    {
        CliResult result = Cli.Run("run", Machine, "--", "cat", "/proc/zoneinfo");
        Assert.StartsWith("note: /proc/zoneinfo is without `managed`", result.Error);
        Assert.DoesNotContain("note", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_quoted_word_is_a_line() =>
        Assert.Equal(
            Cli.Run("run", Machine, "--", "ndctl", "list", "-Ru").Output,
            Cli.Run("run", Machine, "--", "ndctl list -Ru") is { ExitCode: 0 } r ? r.Output : ""
        );

    [Fact]
    public void A_recorded_session_is_no_script()
    {
        string session = Path.Combine(Golden.Root, "..", "..", "examples", "tour", "session.log");
        CliResult result = Cli.Run("run", Machine, "--script", session);
        Assert.Equal((16, 1), (result.ExitCode, result.Error.TrimEnd('\n').Split('\n').Length));
        Assert.EndsWith($"altmap replay MACHINE {session}\n", result.Error);
    }

    [Theory]
    [InlineData(16, "altmap run: there is no option \"--all-kernels\" here", "run", "m.json", "--all-kernels", "--", "ndctl", "list")]
    [InlineData(16, "altmap: what does \"x\" mean here? A command of the machine stands after --", "run", "m.json", "x", "--", "true")]
    [InlineData(
        16,
        "altmap: --uuid-seed: \"abc\" is no number; expected 0 to 18446744073709551615",
        "run",
        "m.json",
        "--uuid-seed",
        "abc",
        "--",
        "true"
    )]
    [InlineData(16, "altmap run: there is no option \"--scrip\" here; did you mean \"--script\"?", "run", "m.json", "--scrip", "x")]
    [InlineData(
        16,
        "altmap: what does \"ndctl\" mean here? A command of the machine stands after --: altmap run m.json -- ndctl list",
        "run",
        "m.json",
        "ndctl",
        "list"
    )]
    [InlineData(
        16,
        "altmap run: a command of the machine stands after --: altmap run m.json -- ndctl list -R",
        "run",
        "m.json",
        "ndctl",
        "list",
        "-R"
    )]
    [InlineData(16, "altmap: MACHINE is a path: a machine is not read from standard input; write it into a file", "map", "-")]
    [InlineData(8, "altmap: a\\x1bb: there is no such file", "map", "a\u001bb")]
    [InlineData(8, "altmap: nosuch.json: there is no such file", "run", "nosuch.json", "--", "true")]
    [InlineData(16, "altmap: there is no command \"rum\" here; did you mean \"run\"?", "rum")]
    [InlineData(16, "altmap: --script and a command after -- exclude each other", "run", "m.json", "--script", "x", "--", "true")]
    public void Wrong_use_is_told(int exitCode, string message, params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.Equal((exitCode, message), (result.ExitCode, result.Error.Split('\n')[0]));
    }

    [Fact]
    public void Mistakes_in_a_machine_file_have_their_line()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["m.json"], "{\n \"format\": \"altmap-machine/1\",\n \"kernle\": \"6.1\"\n}");
        CliResult result = Cli.Run("run", scratch["m.json"], "--", "true");
        Assert.Equal(16, result.ExitCode);
        Assert.Contains($"{scratch["m.json"]}:3: ", result.Error);
        Assert.Contains("did you mean \"kernel\"?", result.Error);
    }

    [Fact]
    public void A_kernel_nobody_ran_is_marked()
    {
        Assert.Equal(
            "note: kernel 6.6: read in part as 6.6.57, the rest interpolated between 6.1 and 6.12; never run; not "
                + "verified on this kernel\n",
            Cli.Run("run", Machine, "--kernel", "6.6", "--", "true").Error
        );
        Assert.Equal(
            "note: kernel 6.1.192 is taken as 6.1: the profile of its series (Debian 12, 6.1.12 and later; run as 6.1.192)\n",
            Cli.Run("run", Machine, "--kernel", "6.1.192", "--", "true").Error
        );
        CliResult unknown = Cli.Run("run", Machine, "--kernel", "6_1", "--", "true");
        Assert.Equal(16, unknown.ExitCode);
        Assert.Equal(
            "altmap: there is no kernel \"6_1\"; expected a version as 6.8, what uname -r prints, a profile (altmap kernels), or the path "
                + "of a profile file; did you mean \"6.1\"?\n",
            unknown.Error
        );
    }

    private static string WithoutUuid(string line) => line.Contains("\"uuid\":", StringComparison.Ordinal) ? "uuid" : line;
}
