using System.Globalization;
using System.Text.Json;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Planning;

/// <summary>
/// On random machines: what <c>plan</c> prints, in each of its forms, is accepted by <c>run</c> and gives what was promised; nothing
/// smaller
/// does.
/// </summary>
public sealed class PlanPropertyTests : IDisposable
{
    private const long MiB = 1 << 20;
    private const long StartAlign = 16 * MiB;
    private static readonly string[] Kernels = ["5.4", "5.10", "6.1", "6.6", "6.12", "7.2"];
    private static readonly string[] Modes = ["fsdax", "devdax", "system-ram", "sector", "raw"];

    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [Trait("problem", "A1")]
    public void What_is_planned_is_accepted_and_nothing_smaller_is(int seed)
    {
        int planned = 0;
        for (int i = 0; i < 6; i++)
            planned += Check(new Random((seed * 1000) + i), $"seed {seed}, machine {i}") ? 1 : 0;
        Assert.True(planned > 0, $"seed {seed}: nothing was planned: nothing was checked");
    }

    /// <summary>The other forms: a range of a machine, a namespace as something else, a comparison.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [Trait("problem", "A1")]
    public void Every_form_of_a_plan_is_accepted(int seed)
    {
        int planned = 0;
        for (int i = 0; i < 4; i++)
            planned += CheckForms(new Random((seed * 77_000) + i), $"seed {seed}, machine {i}");
        Assert.True(planned > 0, $"seed {seed}: nothing was planned: nothing was checked");
    }

    [Fact(Explicit = true)]
    public void What_is_planned_is_accepted_on_a_thousand_machines()
    {
        for (int i = 0; i < 1000; i++)
            Check(new Random(900_000 + i), $"machine {i}");
    }

    [Fact(Explicit = true)]
    public void Every_form_of_a_plan_is_accepted_on_hundreds_of_machines()
    {
        for (int i = 0; i < 300; i++)
            CheckForms(new Random(800_000 + i), $"machine {i}");
    }

    /// <summary>How many plans were accepted and run.</summary>
    private int CheckForms(Random random, string where)
    {
        string kernel = Kernels[random.Next(Kernels.Length)],
            machine = _scratch["m.json"];
        string text = MachineOf(random, kernel);
        File.WriteAllText(machine, text);
        where += $" (kernel {kernel})\n{text}\n";
        int planned = 0;
        JsonElement region = First(Cli.Run("run", machine, "--", "ndctl", "list", "-R").Output);
        long size = region.GetProperty("size").GetInt64(),
            start = Convert.ToInt64(Cli.Run("run", machine, "--", "cat", "/sys/bus/nd/devices/region0/resource").Output.Trim(), 16);
        foreach (string mode in Modes)
        {
            long offset = random.Next(0, 8) * 16 * MiB,
                length = random.Next(2) == 0 ? size : random.Next(1, 64) * 16 * MiB;
            planned += RunPlan(
                machine,
                ["plan", machine, "--start", Text(start + (length == size ? 0 : offset)), "--size", Text(length), "--mode", mode],
                where
            );
            planned += RunPlan(machine, ["plan", machine, "namespace0.0", "--mode", mode], where);
        }
        CliResult compared = Cli.Run("plan", "--compare", machine, "namespace0.0", "--json");
        if (compared.ExitCode != 0)
        {
            Assert.True(compared.ExitCode is 1 or 16, where + compared.Error); // no namespace with a size, or not modelled
            return planned;
        }
        foreach (JsonElement way in First(compared.Output).GetProperty("ways").EnumerateArray())
        {
            if (!way.GetProperty("accepted").GetBoolean() || way.GetProperty("present").GetBoolean())
                continue;
            string booted = _scratch["b.json"];
            string word = System.Text.RegularExpressions.Regex.Match(text, "memmap=[^\"]*").Value;
            File.WriteAllText(booted, way.GetProperty("boot").GetString() is { } boot ? text.Replace(word, boot) : text);
            planned += RunCommands(booted, way, "namespace0.0", way.GetProperty("usable").GetInt64(), where);
        }
        return planned;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private int RunPlan(string machine, string[] args, string where)
    {
        CliResult result = Cli.Run([.. args, "--json"]);
        Assert.True(result.ExitCode is 0 or 1 or 4 or 16, $"{where}{string.Join(' ', args)}: {result.Error}");
        if (result.ExitCode != 0)
            return 0;
        JsonElement plan = First(result.Output);
        return RunCommands(machine, plan, null, plan.GetProperty("usable").GetInt64(), $"{where}{string.Join(' ', args)}\n");
    }

    /// <summary>Runs what a plan says and asks the namespace that is there then.</summary>
    private int RunCommands(string machine, JsonElement plan, string? name, long usable, string where)
    {
        if (plan.GetProperty("commands").GetArrayLength() == 0)
            return 0;
        File.WriteAllLines(_scratch["f.sh"], plan.GetProperty("commands").EnumerateArray().Select(c => c.GetString()!));
        string saved = _scratch["f.json"];
        CliResult run = Cli.Run("run", machine, "--transcript", "--script", _scratch["f.sh"], "--save", saved);
        Assert.All(
            run.Output.Split('\n').Where(l => l.StartsWith("# rc=", StringComparison.Ordinal)),
            l => Assert.True(l == "# rc=0", where + plan + run.Output)
        );
        JsonElement there = First(Cli.Run("plan", saved, "--json").Output);
        if (name is null)
        {
            string start = plan.GetProperty("start").GetString()!;
            there = JsonDocument
                .Parse(Cli.Run("plan", saved, "--json").Output)
                .RootElement.EnumerateArray()
                .First(p =>
                    p.GetProperty("start").GetString() == start && p.GetProperty("mode").GetString() == plan.GetProperty("mode").GetString()
                );
        }
        Assert.True(Offered(saved, there) == usable, $"{where}{plan} gives {Offered(saved, there)}");
        return 1;
    }

    public void Dispose() => _scratch.Dispose();

    private bool Check(Random random, string where)
    {
        string kernel = Kernels[random.Next(Kernels.Length)],
            mode = Modes[random.Next(Modes.Length)];
        string machine = _scratch["m.json"];
        File.WriteAllText(machine, MachineOf(random, kernel));
        long wanted = random.Next(20, 3000) * MiB + random.Next(0, 2) * 4096L;
        var args = new List<string> { "plan", machine, "--usable", wanted.ToString(CultureInfo.InvariantCulture), "--mode", mode };
        if (mode is "fsdax" or "devdax" or "system-ram")
            args.AddRange([
                "--map",
                ((string[])["dev", "mem", "any"])[random.Next(3)],
                "--align",
                ((string[])["4K", "2M", "any"])[random.Next(3)],
            ]);
        int count = random.Next(1, 4);
        if (count > 1)
            args.AddRange(["--count", count.ToString(CultureInfo.InvariantCulture)]);
        where += $": {string.Join(' ', args)} (kernel {kernel})\n{File.ReadAllText(machine)}\n";
        string script = _scratch["plan.sh"];
        File.Delete(script);
        CliResult json = Cli.Run([.. args, "--json"]);
        Assert.True(json.ExitCode is 0 or 1 or 4, where + json.Error);
        if (json.ExitCode != 0)
        {
            AskForTheMost(args, json.Error, where);
            return false;
        }
        CliResult text = Cli.Run([.. args, "--script", script]);
        JsonElement root = JsonDocument.Parse(json.Output).RootElement;
        JsonElement[] plans = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        string[] commands = [.. plans.SelectMany(p => p.GetProperty("commands").EnumerateArray()).Select(c => c.GetString()!)];
        Assert.Equal(commands, text.Output.Split('\n').Where(l => l.StartsWith("run: ", StringComparison.Ordinal)).Select(l => l[5..]));
        Assert.Equal(commands, File.ReadAllLines(script).Where(l => !l.StartsWith('#')));
        long[] given = Run(machine, script, plans, where);
        for (int i = 0; i < plans.Length; i++)
        {
            Assert.True(given[i] == plans[i].GetProperty("usable").GetInt64(), $"{where}{plans[i]} gives {given[i]}");
            Assert.True(given[i] >= wanted, $"{where}{plans[i]}");
        }
        CheckSmaller(machine, commands, plans[^1], wanted, where);
        return true;
    }

    /// <summary>Runs a script, saves the machine and gives what the namespaces of the plans offer, as <c>ndctl</c> or <c>daxctl</c>
    /// says.</summary>
    private long[] Run(string machine, string script, JsonElement[] plans, string where)
    {
        string saved = _scratch["s.json"];
        CliResult run = Cli.Run("run", machine, "--transcript", "--script", script, "--save", saved);
        Assert.All(
            run.Output.Split('\n').Where(l => l.StartsWith("# rc=", StringComparison.Ordinal)),
            l => Assert.True(l == "# rc=0", where + run.Output)
        );
        return [.. plans.Select(p => Offered(saved, p))];
    }

    private static long Offered(string machine, JsonElement plan)
    {
        string ns = plan.GetProperty("namespace").GetString()!;
        if (plan.GetProperty("mode").GetString() != "system-ram")
            return First(Cli.Run("run", machine, "--", "ndctl", "list", "-n", ns).Output).GetProperty("size").GetInt64();
        // daxctl counts a block of boot RAM that starts in the device; /proc/iomem does not.
        long start = Convert.ToInt64(plan.GetProperty("start").GetString(), 16),
            last = start + plan.GetProperty("size").GetInt64() - 1;
        return Cli.Run("run", machine, "--", "cat", "/proc/iomem")
            .Output.Split('\n')
            .Where(l => l.Contains(" : System RAM", StringComparison.Ordinal))
            .Select(l => l.Split(" : ")[0].Trim().Split('-').Select(a => Convert.ToInt64(a, 16)).ToArray())
            .Where(r => r[0] >= start && r[1] <= last)
            .Sum(r => r[1] - r[0] + 1);
    }

    private static JsonElement First(string json)
    {
        JsonElement root = JsonDocument.Parse(json).RootElement;
        return root.ValueKind == JsonValueKind.Array ? root[0] : root;
    }

    /// <summary>
    /// The same command with less: refused, or it gives less than wanted. Sizes keep what follows aligned, as the plan does.
    /// </summary>
    private void CheckSmaller(string machine, string[] commands, JsonElement plan, long wanted, string where)
    {
        int last = Array.FindLastIndex(commands, c => c.StartsWith("ndctl create-namespace", StringComparison.Ordinal));
        int at = commands[last].IndexOf(" -s ", StringComparison.Ordinal);
        if (at < 0)
            return; // all of a region
        long size = plan.GetProperty("size").GetInt64(),
            end = Convert.ToInt64(plan.GetProperty("start").GetString(), 16) + size;
        string script = _scratch["less.sh"];
        for (int i = 1, tried = 0; i <= 64 && tried < 3; i++)
        {
            long smaller = size - (i * 2 * MiB);
            if (smaller <= 0)
                return;
            if ((end - (i * 2 * MiB)) % StartAlign != 0)
                continue;
            tried++;
            string[] less = [.. commands];
            less[last] = commands[last][..at] + $" -s {smaller.ToString(CultureInfo.InvariantCulture)}";
            File.WriteAllLines(script, less);
            string saved = _scratch["less.json"];
            CliResult run = Cli.Run("run", machine, "--transcript", "--script", script, "--save", saved);
            if (run.Output.Split('\n').Any(l => l.StartsWith("# rc=", StringComparison.Ordinal) && l != "# rc=0"))
                continue;
            Assert.True(Offered(saved, plan) < wanted, $"{where}{less[last]} does too");
        }
    }

    /// <summary>"The most that one gives" can be had.</summary>
    private static void AskForTheMost(List<string> args, string error, string where)
    {
        const string mark = "the most that one gives is ";
        int at = error.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0 || args.Contains("--count"))
            return;
        string most = error[(at + mark.Length)..].Split(' ', ',')[0];
        string[] asked = [.. args];
        asked[3] = most;
        CliResult had = Cli.Run(asked);
        Assert.True(had.ExitCode == 0, $"{where}{most} cannot be had: {had.Error}");
    }

    private static string MachineOf(Random random, string kernel)
    {
        bool isLegacy = random.Next(4) == 0;
        long unit = random.Next(3) == 0 ? 2 * MiB : 64 * MiB;
        if (isLegacy)
        {
            long start = (4L << 30) + (random.Next(0, 64) * unit),
                size = random.Next(64, 3000) * (random.Next(3) == 0 ? 2 : 16) * MiB / 4 / (2 * MiB) * (2 * MiB);
            return $$"""
                {"format":"altmap-machine/1","name":"m","kernel":"{{kernel}}","cmdline":"memmap={{size}}!{{start}}",
                 "buses":[{"dev":"ndbus0","provider":"e820"}],
                 "memory":[{"start":"0x0","end":"0xbfffffff","type":"System RAM"},
                           {"start":"0x100000000","end":"0x8ffffffff","type":"System RAM"}]}
                """;
        }
        int ways = ((int[])[1, 1, 2, 4])[random.Next(4)];
        bool labels = random.Next(4) != 0;
        long first = (8L << 30) + (random.Next(0, 64) * unit),
            length = random.Next(8, 600) * 16 * MiB * ways;
        string labelBytes = labels ? "128K" : "0";
        string dimms = string.Join(
            ",",
            Enumerable
                .Range(1, ways)
                .Select(i => $$"""{"dev":"nmem{{i - 1}}","handle":"0x{{i}}","serial":"0x{{i}}","label_bytes":"{{labelBytes}}"}""")
        );
        string mappings = string.Join(
            ",",
            Enumerable.Range(0, ways).Select(i => $$"""{"dimm":"nmem{{i}}","offset":0,"size":{{length / ways}},"position":{{i}}}""")
        );
        string names = string.Join(' ', Enumerable.Range(0, ways).Select(i => $"nmem{i}"));
        var steps = new List<string>();
        if (labels && random.Next(4) != 0)
            steps.AddRange(["ndctl disable-region region0", $"ndctl init-labels -f {names}", "ndctl enable-region region0"]);
        if (steps.Count > 0 && random.Next(2) == 0)
            steps.Add($"ndctl create-namespace -m raw -s {random.Next(1, 8) * 16 * ways}M");
        int node = random.Next(6) == 0 ? -1 : 0;
        return $$"""
            {"format":"altmap-machine/1","name":"m","kernel":"{{kernel}}","config":{"hypervisor":{{random.Next(2)}}},
             "memory":[{"start":"0x100000","end":"0x7fffffff","type":"System RAM","node":0}],
             "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],"dimms":[{{dimms}}],
             "regions":[{"dev":"region0","bus":"ndbus0","type":"pmem","start":"0x{{first:x}}","size":{{length}},
                         "numa_node":0,"target_node":{{node}},"mappings":[{{mappings}}]}],
             "steps":[{{string.Join(',', steps.Select(s => $"\"{s}\""))}}]}
            """;
    }
}
