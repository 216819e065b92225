using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Altmap.Formats.InfoBlocks;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.InfoBlocks;

public partial class InfoBlockCommandTests
{
    private const string Usage = "usage: ndctl write-infoblock <namespace> [<options>]";

    public static TheoryData<string> Kernels => ["5.10", "6.1", "6.12", "7.2"];

    /// <summary>Every recorded run of ndctl write-infoblock: bytes, messages, exit code.</summary>
    [Fact]
    public void Write_does_what_ndctl_was_recorded_to_do()
    {
        using var scratch = new Scratch();
        int count = 0;
        foreach (string[] row in Rows("j_infoblock", "infoblocks.tsv"))
        {
            string[] words = row[3].Split(' ')[2..];
            int length = int.Parse(row[2], CultureInfo.InvariantCulture);
            int file = Array.IndexOf(words, "-o") + 1;
            if (file > 0)
            {
                words[file] = scratch[row[0]];
                using FileStream image = File.Create(words[file]);
                image.SetLength(length);
            }
            CliResult result = Cli.Run(["infoblock", "write", .. words]);
            byte[] written = result.Bytes;
            if (file > 0)
            {
                Assert.Equal(length, new FileInfo(words[file]).Length);
                written = File.ReadAllBytes(words[file])[..8192];
            }
            Assert.Equal((row[0], int.Parse(row[1], CultureInfo.InvariantCulture)), (row[0], result.ExitCode));
            Assert.Equal(OneLine(row[4]), OneLine(result.Error));
            Assert.Equal(row[5] == "-" ? [] : Decode(row[5], 8192), written);
            count++;
        }
        Assert.True(count > 90, $"{count} runs");
    }

    [Fact]
    public void Read_prints_the_json_of_ndctl()
    {
        using var scratch = new Scratch();
        Dictionary<string, string> printed = File.ReadAllText(Golden.Path("j_infoblock", "read-infoblock.txt"))
            .Split("== ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(t => t[..t.IndexOf('\n')], t => t[(t.IndexOf('\n') + 1)..]);
        foreach (string[] row in Rows("j_infoblock", "infoblocks.tsv").Where(r => printed.ContainsKey(r[0])))
        {
            string path = scratch[row[0]];
            File.WriteAllBytes(path, Decode(row[5], 8192));
            CliResult result = Cli.Run("infoblock", "read", path, "--json");
            Assert.Equal(
                FileMember().Replace(printed[row[0]].TrimEnd('\n'), $"\"file\":\"{path.Replace("/", "\\/")}\""),
                result.Output.TrimEnd('\n')
            );
            Assert.Equal((0, "read 1 infoblock\n"), (result.ExitCode, result.Error));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Check_says_what_the_kernel_made_of_edited_blocks(string kernel)
    {
        using var scratch = new Scratch();
        Dictionary<string, string[]> blocks = Rows("l_bad", "infoblocks.tsv").ToDictionary(r => r[0]);
        foreach (string[] row in Rows("l_bad", "infoblock-outcomes.tsv").Where(r => r[0] == kernel))
        {
            string[] block = blocks[row[1]];
            string path = scratch[row[1]];
            byte[] head = new byte[8192];
            Decode(block[3], 4096).CopyTo(head, 4096);
            File.WriteAllBytes(path, head);
            CliResult result = Cli.Run("infoblock", "check", path, "--start", block[1], "--size", block[2], "--kernel", kernel, "--json");
            using JsonDocument json = JsonDocument.Parse(result.Output);
            JsonElement answer = json.RootElement;
            bool isUnbound = row[3].EndsWith("(no driver)", StringComparison.Ordinal),
                isBound = row[4].Length > 0 && !isUnbound;
            Assert.Equal(
                (
                    row[1],
                    isUnbound ? "unbound"
                    : isBound ? "bound"
                    : "raw"
                ),
                (row[1], answer.GetProperty("verdict").GetString())
            );
            Assert.Equal(
                isUnbound ? null
                    : isBound ? row[5]
                    : block[2],
                Number(answer, "size")
            );
            Assert.Equal(
                isUnbound ? null
                    : isBound ? row[6]
                    : "0",
                Number(answer, "data_offset")
            );
            Assert.Equal(kernel, answer.GetProperty("kernel").GetString());
            Assert.True(answer.GetProperty("verified").GetBoolean());
            bool isWrong =
                isUnbound || answer.GetProperty("findings").EnumerateArray().Any(f => f.GetProperty("severity").GetString() == "error");
            Assert.Equal((row[1], isWrong ? 4 : 0), (row[1], result.ExitCode));
        }
    }

    /// <summary>Neither comes from the computer that the command runs on.</summary>
    [Fact]
    public void Page_size_and_uuid_of_a_block_are_inputs()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["a"], "-s", "64M", "--uuid-seed", "7").ExitCode);
        Assert.Equal(0, Cli.Run("infoblock", "write", "--uuid-seed=7", "-o", scratch["b"], "-s", "64M", "--page-size", "4K").ExitCode);
        Assert.Equal(File.ReadAllBytes(scratch["a"]), File.ReadAllBytes(scratch["b"]));
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["c"], "-s", "64M", "--page-size=64K", "--uuid-seed", "8").ExitCode);
        InfoBlock a = InfoBlock.Parse(File.ReadAllBytes(scratch["a"]).AsSpan(4096))!,
            c = InfoBlock.Parse(File.ReadAllBytes(scratch["c"]).AsSpan(4096))!;
        Assert.Equal((4096u, 65536u), (a.PageSize, c.PageSize));
        Assert.NotEqual(a.Uuid, c.Uuid);
        Assert.Equal(16, Cli.Run("infoblock", "write", "-o", scratch["d"], "-s", "64M", "--page-size", "5K").ExitCode);
        Assert.Equal(16, Cli.Run("infoblock", "write", "-o", scratch["d"], "-s", "64M", "--uuid-seed").ExitCode);
        Assert.False(File.Exists(scratch["d"]));
    }

    /// <summary>A terabyte with a hundredth of it allocated is judged by its head.</summary>
    [Fact]
    public void Check_of_a_terabyte_takes_the_memory_of_a_few_pages()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "1T").ExitCode);
        using (FileStream file = File.OpenWrite(scratch["i"]))
            file.SetLength(1L << 40);
        Cli.Run("infoblock", "check", scratch["i"], "--start", "4G");
        long before = GC.GetAllocatedBytesForCurrentThread();
        CliResult result = Cli.Run("infoblock", "check", scratch["i"], "--start", "4G");
        long used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, result.ExitCode);
        Assert.InRange(used, 0, 16 << 20);
    }

    [Fact]
    public void Check_of_all_kernels_is_a_list_and_says_what_is_not_verified()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "64M", "-M", "mem").ExitCode);
        CliResult result = Cli.Run("infoblock", "check", scratch["i"], "--size", "64M", "--start", "4G", "--all-kernels", "--json");
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.Contains(json.RootElement.EnumerateArray(), a => !a.GetProperty("verified").GetBoolean());
        Assert.Contains("not verified on this kernel", result.Error);
        Assert.Contains("--all-kernels goes without kernels built with CONFIG_KMSAN", result.Error);
        Assert.Contains("6.12+kmsan", result.Error);
    }

    /// <summary>A reader of dataoff alone finds the data where 6.1 has it, but for blocks with a start_pad: there it starts that much too
    /// early.</summary>
    [Fact]
    [Trait("problem", "C3")]
    public void A_data_only_reader_misreads_a_start_pad()
    {
        using var scratch = new Scratch();
        Dictionary<string, string[]> blocks = Rows("l_bad", "infoblocks.tsv").ToDictionary(r => r[0]);
        int padded = 0,
            plain = 0;
        foreach (
            string[] row in Rows("l_bad", "infoblock-outcomes.tsv")
                .Where(r => r[0] == "6.1" && r[4].Length > 0 && !r[3].EndsWith("(no driver)", StringComparison.Ordinal))
        )
        {
            string[] block = blocks[row[1]];
            byte[] head = new byte[8192];
            Decode(block[3], 4096).CopyTo(head, 4096);
            File.WriteAllBytes(scratch["i"], head);
            using JsonDocument json = JsonDocument.Parse(
                Cli.Run("infoblock", "check", scratch["i"], "--start", block[1], "--size", block[2], "--all-kernels", "--json").Output
            );
            JsonElement reader = json.RootElement.EnumerateArray().Single(r => r.GetProperty("reader").GetString() == "data-only");
            ulong real = ulong.Parse(row[6], System.Globalization.CultureInfo.InvariantCulture),
                found = reader.GetProperty("data_offset").GetUInt64();
            ulong pad = BitConverter.ToUInt16(head, 4096 + 0x36) < 1 ? 0 : BitConverter.ToUInt32(head, 4096 + 0x4c);
            Assert.Equal((row[1], real - pad, pad == 0 ? "opens" : "misreads"), (row[1], found, reader.GetProperty("reads").GetString()));
            if (pad == 0)
                plain++;
            else
                padded++;
        }
        Assert.True(padded > 0 && plain > 20, $"{padded} {plain}");
    }

    [Fact]
    public void The_label_that_a_block_names_can_be_taken_as_there()
    {
        using var scratch = new Scratch();
        const string label = "11111111-2222-4333-8444-555555555555";
        Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "64M", "-M", "mem", "-p", label);
        string Verdict(params string[] more) =>
            JsonDocument
                .Parse(Cli.Run(["infoblock", "check", scratch["i"], "--start", "4G", "--size", "64M", "--json", .. more]).Output)
                .RootElement.GetProperty("verdict")
                .GetString()!;
        Assert.Equal(
            ["raw", "bound", "bound", "raw"],
            [Verdict(), Verdict("--parent-uuid", "any"), Verdict("--parent-uuid", label), Verdict("--parent-uuid", "any", "--claim", "dax")]
        );
        Assert.Contains($"the label {label}: --parent-uuid any", Cli.Run("infoblock", "check", scratch["i"], "--size", "64M").Error);
    }

    [Fact]
    public void Read_shows_fields_with_place_and_meaning()
    {
        using var scratch = new Scratch();
        Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "64M", "-M", "mem", "-u", "11111111-2222-4333-8444-555555555555");
        Assert.Equal(
            """
            fsdax info-block, version 1.4
            offset  field             value                                 meaning
            0x1000  signature         NVDIMM_PFN_INFO
            0x1010  uuid              11111111-2222-4333-8444-555555555555
            0x1020  parent_uuid       00000000-0000-0000-0000-000000000000  a namespace without label
            0x1030  flags             0
            0x1034  version_major     1
            0x1036  version_minor     4
            0x1038  dataoff           2097152                               data starts 2 MiB behind the start
            0x1040  npfns             15872                                 data pages; informative
            0x1048  mode              1                                     page map in RAM (map=mem)
            0x104c  start_pad         0
            0x1050  end_trunc         0
            0x1054  align             2097152                               2 MiB
            0x1058  page_size         4096                                  of the kernel that wrote it
            0x105c  page_struct_size  64                                    bytes kept for each page's struct page
            0x105e  padding           zeroes
            0x1ff8  checksum          0x7d5395d20512c0d2                    right

            """.Replace("0x7d5395d20512c0d2", ReadChecksum(scratch["i"])),
            Cli.Run("infoblock", "read", scratch["i"]).Output
        );
    }

    [Theory]
    [InlineData("read")]
    [InlineData("check")]
    public void A_missing_file_is_an_io_error(string verb) =>
        Assert.Equal(
            (8, "altmap: nofile: there is no such file\n"),
            Cli.Run("infoblock", verb, "nofile", "--json") is var r ? (r.ExitCode, r.Error) : default
        );

    [Fact]
    public void A_directory_or_a_short_file_is_told()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["short"], new byte[100]);
        Assert.Equal(16, Cli.Run("infoblock", "read", scratch["short"]).ExitCode);
        Assert.Equal(8, Cli.Run("infoblock", "read", scratch[""]).ExitCode);
        Assert.Equal(
            (254, "  Error: failed to open: /nosuch/f\n\nerror checking infoblocks: No such file or directory\nwrote 0 infoblocks\n"),
            Cli.Run("infoblock", "write", "-o", "/nosuch/f", "-s", "64M") is var r ? (r.ExitCode, r.Error) : default
        );
    }

    [Fact]
    public void Standard_input_is_read()
    {
        CliResult result = Cli.RunWith(new string('\0', 8192), "infoblock", "read", "-", "--json");
        Assert.Equal((4, "[\n]\n"), (result.ExitCode, result.Output)); // there is none
        Assert.Equal(16, Cli.RunWith(new string('\0', 8192), "infoblock", "check", "-").ExitCode); // of unknown size
    }

    [Fact]
    public void A_head_alone_is_no_namespace_to_check()
    {
        using var scratch = new Scratch();
        Cli.Run("infoblock", "write", "-o", scratch["i"], "-s", "256M");
        CliResult result = Cli.Run("infoblock", "check", scratch["i"]);
        Assert.Equal(
            (
                16,
                "",
                $"altmap: {scratch["i"]}: the file has 8192 bytes (8 KiB), the head of a namespace alone; give --size SIZE of the "
                    + $"whole namespace\n"
            ),
            (result.ExitCode, result.Output, result.Error)
        );
        Assert.Equal(0, Cli.Run("infoblock", "check", scratch["i"], "--start", "4G", "--size", "256M").ExitCode);
    }

    [Theory]
    [InlineData]
    [InlineData("-m", "fsdax", "-M", "mem")]
    public void Write_without_a_target_speaks_of_its_own_options(params string[] words)
    {
        CliResult result = Cli.Run(["infoblock", "write", .. words]);
        Assert.Equal((16, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("altmap: give -o FILE, or -c for standard output", result.Error);
    }

    private static string ReadChecksum(string path) => $"0x{BitConverter.ToUInt64(File.ReadAllBytes(path), 0x1ff8):x16}";

    private static string? Number(JsonElement answer, string name) =>
        answer.GetProperty(name) is { ValueKind: JsonValueKind.Number } n ? n.GetRawText() : null;

    /// <summary>As the recording has it: one line, without the usage text.</summary>
    private static string OneLine(string error)
    {
        int usage = error.IndexOf(Usage, StringComparison.Ordinal);
        return string.Join(' ', (usage < 0 ? error : error[..usage]).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    private static IEnumerable<string[]> Rows(params string[] path) =>
        File.ReadAllLines(Golden.Path(path)).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t'));

    private static byte[] Decode(string runs, int length)
    {
        byte[] bytes = new byte[length];
        foreach (string run in runs == "-" ? [] : runs.Split(' '))
        {
            string[] parts = run.Split(':');
            Convert
                .FromHexString(parts[1])
                .CopyTo(bytes, int.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        return bytes;
    }

    [GeneratedRegex("\"file\":\"[^\"]*\"")]
    private static partial Regex FileMember();

    /// <summary>What the help of every command offers.</summary>
    [Fact]
    public void Quiet_is_taken_where_words_are_ndctl_s_too()
    {
        using var scratch = new Scratch();
        CliResult result = Cli.Run("infoblock", "write", "-q", "-o", scratch["block.img"], "-s", "64M");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }
}
