using System.Text.RegularExpressions;
using Altmap.Cli.Tests.Images;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Formats.Writes.Journals;
using Altmap.Host.Media;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Docs;

/// <summary>The table of docs/README.md: what a script learns from each command. Each row is run.</summary>
public sealed partial class ExitCodeTests : IDisposable
{
    private const string Torn = "1 3\n4 5\n5 8\n";
    private static readonly string Checkout = Path.GetFullPath(Path.Combine(Golden.Root, "..", ".."));

    private readonly Scratch _scratch = new();

    /// <summary>A command, its exit code, and words that give it; files of this test are $NAME.</summary>
    private static readonly (string Command, int Code, string Words)[] Rows =
    [
        ("run", 0, "run examples/nvdimm.json -- true"),
        ("run", 1, "run examples/nvdimm.json -- mount /dev/pmem0 /mnt"),
        ("replay", 0, "replay golden/a_fsdax/machine.json golden/a_fsdax/session.create.log"),
        ("replay", 1, "replay examples/nvdimm.json $unknown.log"),
        ("replay", 4, "replay examples/nvdimm.json $different.log"),
        ("replay", 16, "replay examples/nvdimm.json $damaged.log"),
        ("sandbox", 0, "sandbox examples/nvdimm.json -- true"),
        ("machine", 0, "machine examples/pieces/list.json --explain"),
        ("capture", 0, "capture --script"),
        ("infoblock read", 0, "infoblock read $block.img"),
        ("infoblock read", 4, "infoblock read $ext4.img"),
        ("infoblock check", 0, "infoblock check $block.img --start 4G --size 64M"),
        ("infoblock check", 4, "infoblock check $damaged.img --start 4G --size 64M"),
        ("infoblock write", 0, "infoblock write -o $new.img -s 64M"),
        ("labels read", 0, "labels read $labels.bin"),
        ("labels read", 4, "labels read $zero.bin"),
        ("labels check", 0, "labels check $labels.bin"),
        ("labels check", 4, "labels check $broken.bin"),
        ("labels repair", 0, "labels repair golden/d_multi/4-full/labels.nmem0.bin.gz"),
        ("labels repair", 2, "labels repair golden/d_multi/4-full/labels.nmem0.bin.gz -o $repaired.bin"),
        ("labels repair", 4, "labels repair $zero.bin"),
        ("doctor", 0, "doctor examples/nvdimm.json"),
        ("doctor", 1, "doctor golden/a_fsdax/create"),
        ("doctor", 4, "doctor golden/p_online/6.1/mis-1M/machine.json"),
        ("labels init", 0, "labels init $new.bin --size 128K"),
        ("btt info", 0, "btt info golden/h_btt/images/legacy4096-good.sparse.gz"),
        ("btt info", 4, "btt info $ext4.img"),
        ("btt check", 0, "btt check golden/h_btt/images/legacy4096-good.sparse.gz"),
        ("btt check", 1, "btt check golden/h_btt/images/v2-4096.sparse.gz --size 32M"),
        ("btt check", 4, "btt check golden/h_btt/images/legacy4096-map-dup.sparse.gz"),
        ("btt map", 0, "btt map golden/h_btt/images/legacy4096-good.sparse.gz"),
        ("btt repair", 0, "btt repair $btt.img"),
        ("btt repair", 2, "btt repair $nocopy.img --undo none"),
        ("btt repair", 4, "btt repair golden/h_btt/images/legacy4096-map-dup.sparse.gz --dry-run"),
        ("btt create", 0, "btt create $new.btt --size 20M"),
        ("btt read", 0, "btt read $btt.img 0"),
        ("btt read", 4, "btt read golden/h_btt/images/legacy4096-map-dup.sparse.gz 0"),
        ("btt write", 0, "btt write $btt.img 3 -i $torn.txt"),
        ("btt import", 0, "btt import $btt.img -i $torn.txt"),
        ("btt export", 0, "btt export $btt.img $exported.img"),
        ("btt export", 4, "btt export golden/h_btt/images/legacy4096-map-error.sparse.gz $marked.img --ignore-error"),
        ("btt extract", 0, "btt extract golden/h_btt/images/legacy4096-map-dup.sparse.gz --orphans -o $orphans"),
        ("image info", 0, "image info $btt.img"),
        ("image info", 4, "image info $btt.img --data-offset"),
        ("image check", 0, "image check $btt.img"),
        ("image check", 1, "image check golden/h_btt/images/v2-4096.sparse.gz --size 32M"),
        ("image check", 4, "image check golden/h_btt/images/legacy4096-map-dup.sparse.gz"),
        ("image create", 0, "image create $made.img --mode fsdax --size 64M"),
        ("image create", 4, "image create $made.img --mode sector --size 1M"),
        ("image repair", 0, "image repair $btt.img"),
        ("image repair", 2, "image repair $nocopy.img --undo none"),
        ("image repair", 4, "image repair golden/h_btt/images/legacy4096-info1-zero.sparse.gz --dry-run"),
        ("image extract", 0, "image extract $btt.img $data.img"),
        ("image extract", 4, "image extract golden/h_btt/images/legacy4096-map-dup.sparse.gz $data.img"),
        ("image scan", 0, "image scan $btt.img"),
        ("image scan", 4, "image scan $ext4.img"),
        ("image convert", 0, "image convert $btt.img $converted.img --to raw"),
        ("image convert", 4, "image convert $full.img $converted.img --to fsdax --out-size 2M"),
        ("image resume", 0, "image resume $cut.img"),
        ("image resume", 4, "image resume $back.img"),
        ("image serve", 0, "image serve $btt.img --run true"),
        ("image serve", 4, "image serve golden/h_btt/images/legacy4096-map-dup.sparse.gz --run true"),
        ("undo", 0, "undo $undo.e2undo $undone.img"),
        ("plan", 0, "plan examples/nvdimm.json --usable 1G"),
        ("plan", 1, "plan --start 0x102000000 --size 4G --mode hotplug"),
        ("plan", 4, "plan --start 0x100001000 --size 1G"),
        ("upgrade", 0, "upgrade examples/start-pad.json --to 6.12"),
        ("upgrade", 1, "upgrade examples/pieces/server --to 7.2"),
        ("upgrade", 4, "upgrade examples/start-pad.json --from 6.1 --to 4.19"),
        ("map", 0, "map examples/nvdimm.json"),
        ("map", 1, "map examples/pieces/dmesg.txt"),
        ("map", 4, "map golden/p_online/6.12/both-vmdebug/machine.json --kernel 5.10 --json"),
        ("pfn", 0, "pfn examples/nvdimm.json 0x100000"),
        ("pfn", 1, "pfn examples/pieces/dmesg.txt 4G"),
        ("pfn", 4, "pfn golden/p_online/6.12/both-vmdebug/machine.json 1G+128M --kernel 5.10"),
        ("report", 0, "report examples/nvdimm.json -o $new.html"),
        ("struct-page", 0, "struct-page --kernel 6.12"),
        ("struct-page", 4, "struct-page --kernel 5.10 --config KMSAN"),
        ("kmsan", 0, "kmsan examples/nvdimm.json --kernel 6.12"),
        ("kmsan", 1, "kmsan examples/carve-out-arm64-4k.json"),
        ("kmsan", 4, "kmsan --ranges $torn.txt --kernel 6.12"),
        ("explore", 0, "explore --policy current"),
        ("explore", 1, "explore --policy current --bounds depth=5"),
        ("explore", 4, "explore --policy section-flag"),
        ("kernels", 0, "kernels 6.12"),
        ("explain", 0, "explain"),
        ("completion", 0, "completion bash"),
        ("man", 0, "man plan"),
    ];

    public ExitCodeTests()
    {
        File.WriteAllText(_scratch["unknown.log"], "+ true\n# rc=0\n+ mount /dev/pmem0 /mnt\n# rc=0\n");
        File.WriteAllText(_scratch["different.log"], "+ true\n# rc=1\n");
        File.WriteAllText(_scratch["damaged.log"], "+ true\n# rc=0\n+ ndctl list\nBOGUS\n# rc=x7\n");
        byte[] ext4 = new byte[64 << 10];
        (ext4[0x438], ext4[0x439]) = (0x53, 0xef);
        File.WriteAllBytes(_scratch["ext4.img"], ext4);
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", _scratch["block.img"], "-s", "64M").ExitCode);
        byte[] block = File.ReadAllBytes(_scratch["block.img"]);
        block[4096 + 0x38] ^= 1;
        File.WriteAllBytes(_scratch["damaged.img"], block);
        Assert.Equal(0, Cli.Run("labels", "init", _scratch["labels.bin"], "--size", "128K").ExitCode);
        byte[] labels = File.ReadAllBytes(_scratch["labels.bin"]);
        File.WriteAllBytes(_scratch["zero.bin"], new byte[labels.Length]);
        labels[0x10] ^= 0xff;
        labels[0x100 + 0x10] ^= 0xff;
        File.WriteAllBytes(_scratch["broken.bin"], labels);
        File.WriteAllText(_scratch["torn.txt"], Torn);
        Assert.Equal(0, Cli.Run("btt", "create", _scratch["btt.img"], "--size", "20M").ExitCode);
        foreach (string image in (string[])["nocopy.img", "undone.img"])
        {
            File.Copy(_scratch["btt.img"], _scratch[image]);
            using FileStream file = File.OpenWrite(_scratch[image]);
            file.Position = (20 << 20) - 4096;
            file.Write(new byte[4096]);
        }
        byte[] full = new byte[4 << 20];
        full[^1] = 1;
        File.WriteAllBytes(_scratch["full.img"], full);
        Interrupted(_scratch["cut.img"], isUndone: false);
        Interrupted(_scratch["back.img"], isUndone: true);
        Assert.Equal(2, Cli.Run("btt", "repair", _scratch["undone.img"], "--undo", _scratch["undo.e2undo"]).ExitCode);
    }

    /// <summary>An image whose plan was begun, or begun to be taken back.</summary>
    private static void Interrupted(string path, bool isUndone)
    {
        File.WriteAllBytes(path, new byte[4 << 20]);
        var plan = new WritePlan([
            new PlanStep.Write(new MediaOffset(0), "one"u8.ToArray()),
            PlanStep.Barrier.Instance,
            new PlanStep.Write(new MediaOffset(0), "two"u8.ToArray()),
        ]);
        using WritableTarget target = WritableTarget.Open(path).Value!;
        using WritableTarget kept = WritableTarget.OpenOrCreate($"{path}.journal", PlanJournal.LengthFor(plan)).Value!;
        var journal = PlanJournal.Create(kept.Media, kept.Media, plan, target.Media);
        if (isUndone)
            journal.Run(target.Media, target.Media);
        var failing = new FailingWriter(target.Media);
        Assert.Throws<MediaException>(() =>
        {
            if (isUndone)
                journal.Undo(target.Media, failing);
            else
                journal.Run(target.Media, failing);
        });
    }

    public static TheoryData<string, int, string> States => [.. Rows.Select(r => (r.Command, r.Code, r.Words))];

    [Theory]
    [MemberData(nameof(States))]
    public void A_command_ends_as_the_table_says(string command, int code, string words)
    {
        Assert.StartsWith(command, words);
        CliResult result = Cli.Run([.. words.Split(' ').Select(Resolve)]);
        Assert.True(result.ExitCode == code, $"{words}: {result.ExitCode}\n{result.Error}");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("replay")]
    [InlineData("machine")]
    [InlineData("infoblock read")]
    [InlineData("infoblock check")]
    [InlineData("labels read")]
    [InlineData("labels check")]
    [InlineData("labels repair")]
    [InlineData("doctor")]
    [InlineData("plan")]
    [InlineData("upgrade")]
    [InlineData("map")]
    [InlineData("pfn")]
    [InlineData("struct-page")]
    [InlineData("kmsan")]
    public void A_missing_file_and_wrong_use_are_the_same_everywhere(string command)
    {
        string[] more = command switch
        {
            "run" or "sandbox" => ["--", "true"],
            "replay" => ["-"],
            "upgrade" => ["--to", "6.12"],
            "pfn" => ["0"],
            _ => [],
        };
        string missing = _scratch["missing.json"];
        Assert.Equal(8, Cli.RunWith("+ true\n# rc=0\n", [.. command.Split(' '), missing, .. more]).ExitCode);
        Assert.Equal(16, Cli.Run([.. command.Split(' '), missing, "--no-such-option", .. more]).ExitCode);
    }

    [Fact]
    public void The_table_has_a_row_for_each_state_and_no_other()
    {
        string page = File.ReadAllText(Path.Combine(Checkout, "docs", "README.md"));
        Assert.Equal(
            Rows.Select(r => (r.Command, r.Code)),
            TableRow()
                .Matches(page)
                .Select(m => (m.Groups[1].Value, int.Parse(m.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)))
        );
    }

    /// <summary>A new command needs its rows.</summary>
    [Fact]
    public void Every_command_is_in_the_table()
    {
        using var host = new CliHost(new MemoryStream(), new StringWriter(), () => new MemoryStream());
        string[] all =
        [
            .. AltmapCommand
                .CreateRoot(host)
                .Subcommands.SelectMany(c =>
                    c.Subcommands.Count == 0 ? (string[])[c.Name] : [.. c.Subcommands.Select(s => $"{c.Name} {s.Name}")]
                ),
        ];
        Assert.Empty(all.Except(Rows.Select(r => r.Command)));
    }

    public void Dispose() => _scratch.Dispose();

    private string Resolve(string word) =>
        word.StartsWith('$') ? _scratch[word[1..]]
        : word.StartsWith("examples/", StringComparison.Ordinal) ? Path.Combine(Checkout, word)
        : word.StartsWith("golden/", StringComparison.Ordinal) ? Golden.Path([.. word["golden/".Length..].Split('/')])
        : word;

    [GeneratedRegex(@"^\| `([a-z -]+)` \| (\d+) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
