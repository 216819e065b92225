using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Altmap.Core.Units;
using Altmap.Model.Hardware;
using Altmap.TestSupport;

namespace Altmap.Host.Tests;

public class PieceTests
{
    private const string Iomem =
        "00001000-0009fbff : System RAM\n00100000-3fffffff : System RAM\n100000000-13fffffff : Persistent Memory\n";

    public static TheoryData<string> Lists() =>
        new(
            Directory
                .EnumerateFiles(Golden.Root, "list.json*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
                .Where(d => File.Exists(Golden.Path(d, "iomem.txt")) || File.Exists(Golden.Path(d, "iomem.txt.gz")))
                .Order()
        );

    /// <summary>A tar of /proc/iomem and ndctl list alone gives a machine with the regions of the recorded one; what they do not tell is
    /// assumed and says so.</summary>
    [Theory]
    [MemberData(nameof(Lists))]
    public void A_tar_of_iomem_and_list_is_enough_to_begin(string capture)
    {
        using var d = new TemporaryDirectory();
        string tar = d["pieces.tar"];
        using (var writer = new TarWriter(File.Create(tar)))
        {
            Add(writer, "iomem", Text(capture, "iomem.txt"));
            Add(writer, "some/where/ndctl.out", Text(capture, "list.json"));
        }
        LoadResult pieces = MachineLoader.Load(tar);
        Assert.Empty(pieces.Errors);
        MachineDescription got = pieces.Source!.Description,
            want = MachineLoader.Load(Golden.Path(capture)).Source!.Description;
        Dictionary<string, RegionDescription> recorded = E820Regions.Resolve(want).ToDictionary(r => r.Name);
        foreach (RegionDescription region in E820Regions.Resolve(got))
        {
            Assert.Equal(recorded[region.Name].Range.Size, region.Range.Size);
            if (!got.Facts.Any(f => f is { Topic: FactTopic.Regions, Origin: FactOrigin.Assumed } && f.Of == region.Name))
                Assert.Equal(recorded[region.Name].Range, region.Range);
        }
        Assert.Equal(FactOrigin.Assumed, got.Facts.Single(f => f.Topic == FactTopic.Kernel).Origin);
        Assert.Contains(pieces.Notes, n => n.StartsWith("assumed: kernel (taken as 6.1)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_alone_has_stand_ins_that_are_told()
    {
        LoadResult result = MachineLoader.Load(Golden.Path("pieces", "list-only.json"));
        Assert.Empty(result.Errors);
        MachineDescription machine = result.Source!.Description;
        Assert.Equal(["region0", "region1", "region2", "region3"], machine.Regions.Select(r => r.Name));
        Assert.Equal(unchecked((ulong)-2683441690301669376), machine.Regions[0].SetCookie);
        Assert.Equal(["nmem0", "nmem1", "nmem2", "nmem3"], machine.Dimms.Select(d => d.Name));
        Assert.Equal(
            ["kernel", "arch", "cmdline", "memory", "nodes", "buses", "regions", "mappings", "media"],
            machine.Facts.Where(f => f.Origin == FactOrigin.Assumed).Select(f => f.Topic).Distinct().Order().Select(t => t.Word())
        );
        // Regions with an interleave-set id and all of it available have an index and no label; those without have none.
        Assert.All(machine.Facts.Where(f => f.Topic == FactTopic.Labels), f => Assert.Equal(FactOrigin.Derived, f.Origin));
        Assert.Equal(["nmem0", "nmem1"], result.Source.LabelAreas.Keys);
    }

    [Fact]
    public void A_log_alone_has_memory_kernel_and_command_line()
    {
        MachineDescription machine = MachineLoader.Load(Golden.Path("pieces", "dmesg-only.txt")).Source!.Description;
        Assert.Equal(
            ("5.4", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 memmap=16G!4G", "e820"),
            (machine.Kernel, machine.CommandLine, Assert.Single(machine.Buses).Provider)
        );
        RegionDescription region = Assert.Single(E820Regions.Resolve(machine));
        Assert.Equal((ByteSize.GiB(4).Bytes, ByteSize.GiB(16)), (region.Range.Start.Bytes, region.Range.Size));
    }

    [Fact]
    public void Several_files_together_make_one_machine()
    {
        using var d = new TemporaryDirectory();
        string[] files =
        [
            d.Put("a", Iomem),
            d.Put("b", "[{\"dev\":\"region0\",\"size\":1073741824,\"available_size\":0,\"type\":\"pmem\"}]"),
            d.Put("c", "6.8.0-45-generic\n"),
            d.Put("d", "console=ttyS0 quiet\n"),
        ];
        LoadResult result = MachineLoader.LoadPieces(files);
        Assert.Empty(result.Errors);
        MachineDescription machine = result.Source!.Description;
        Assert.Equal(("6.8.0-45-generic", "console=ttyS0 quiet"), (machine.Kernel, machine.CommandLine));
        Assert.Equal("0x100000000-0x13fffffff", Assert.Single(machine.Regions).Range.ToString());
    }

    [Fact]
    public void Pieces_that_contradict_each_other_are_refused()
    {
        using var d = new TemporaryDirectory();
        string one = d.Put("a", "[{\"dev\":\"region0\",\"size\":1073741824}]"),
            other = d.Put("b", "[{\"dev\":\"region0\",\"size\":2147483648}]");
        Assert.Contains(
            "region0 has 2147483648 bytes here and 1073741824 elsewhere",
            Assert.Single(MachineLoader.LoadPieces([one, other]).Errors).What
        );
        string iomem = d.Put("c", Iomem),
            shorter = d.Put("d", "00100000-2fffffff : System RAM\n");
        Assert.Contains(
            "another piece of the same kind says otherwise",
            Assert.Single(MachineLoader.LoadPieces([iomem, shorter]).Errors).What
        );
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("NAME MAJ:MIN RM SIZE\nsda 8:0 0 1G\n", "this is no piece of a machine; it starts with \"NAME MAJ:MIN RM SIZE\"")]
    [InlineData("{\"blockdevices\":[]}", "this is no piece of a machine; it starts with \"{\"blockdevices\":[]}\"")]
    [InlineData("00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n", "all addresses are zero")]
    public void What_is_no_piece_is_refused_in_words(string text, string what)
    {
        using var d = new TemporaryDirectory();
        Assert.StartsWith(what, Assert.Single(MachineLoader.Load(d.Put("x", text)).Errors).What);
    }

    [Fact]
    public void Empty_and_unknown_files_beside_pieces_are_told()
    {
        using var d = new TemporaryDirectory();
        d.Put("iomem.txt", Iomem);
        d.Put("sysfs.txt", "");
        d.Put("junk", "hello world\n");
        string[] notes = [.. MachineLoader.Load(d.Root).Notes];
        Assert.Contains("empty: sysfs.txt (collect it again, as root)", notes);
        Assert.Contains("not recognised: junk", notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hostile_names_and_links_in_archives_do_nothing(bool isGzip)
    {
        using var d = new TemporaryDirectory();
        string tar = d["h.tar"];
        using (Stream file = isGzip ? new GZipStream(File.Create(tar), CompressionMode.Compress) : File.Create(tar))
        using (var writer = new TarWriter(file))
        {
            Add(writer, "../../escape/iomem.txt", Encoding.UTF8.GetBytes(Iomem));
            Add(writer, "/etc/cmdline.txt", "quiet\n"u8.ToArray());
            Add(writer, "x\u001b[31m/version.txt", "Linux version 6.1.0-56-amd64 (x)\n"u8.ToArray());
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "dmesg.txt") { LinkName = "/etc/passwd" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "list.json") { LinkName = "/etc/passwd" });
        }
        string[] before = Directory.GetFileSystemEntries(d.Root, "*", SearchOption.AllDirectories);
        LoadResult result = MachineLoader.Load(tar);
        Assert.Empty(result.Errors);
        Assert.Equal(("6.1", "quiet"), (result.Source!.Description.Kernel, result.Source.Description.CommandLine));
        Assert.Contains($"{tar}: 2 links and devices passed over", result.Notes);
        Assert.Equal(before, Directory.GetFileSystemEntries(d.Root, "*", SearchOption.AllDirectories));
        Assert.False(Path.Exists(d["../escape"]));
    }

    [Fact]
    public void An_archive_that_claims_more_than_it_holds_is_damaged()
    {
        using var d = new TemporaryDirectory();
        byte[] header = new byte[512];
        using (var memory = new MemoryStream())
        {
            using (var writer = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
                Add(writer, "iomem.txt", Encoding.UTF8.GetBytes(Iomem));
            memory.ToArray().AsSpan(0, 512).CopyTo(header);
        }
        "77777777777"u8.CopyTo(header.AsSpan(124)); // 8 GiB
        int sum = 0;
        "        "u8.CopyTo(header.AsSpan(148));
        foreach (byte b in header)
            sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header.AsSpan(148));
        File.WriteAllBytes(d["big.tar"], header);
        LoadResult result = MachineLoader.Load(d["big.tar"]);
        Assert.NotEmpty(result.Errors);
        for (int cut = 1; cut < 512; cut += 37)
        {
            File.WriteAllBytes(d["cut.tar"], header[..cut]);
            Assert.NotEmpty(MachineLoader.Load(d["cut.tar"]).Errors);
        }
    }

    /// <summary>The library reads a long name into as much memory as its header claims.</summary>
    [Theory]
    [InlineData('L', "10000000000\0")]
    [InlineData('x', "10000000000\0")]
    [InlineData('x', "302274202\00\0")] // 49 MiB, and a digit behind the end
    public void A_name_of_many_mebibytes_is_refused_before_it_is_read(char type, string size)
    {
        using var d = new TemporaryDirectory();
        byte[] tar = new byte[1024];
        Encoding.ASCII.GetBytes("././@LongLink").CopyTo(tar, 0);
        Encoding.ASCII.GetBytes("0000644\00000000\00000000\0" + size + "00000000000\0        ").CopyTo(tar, 100);
        tar[156] = (byte)type;
        "ustar\000"u8.CopyTo(tar.AsSpan(257));
        int sum = tar.Sum(b => b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
        File.WriteAllBytes(d["names.tar"], tar);
        long before = GC.GetAllocatedBytesForCurrentThread();
        HostError error = Assert.Single(MachineLoader.Load(d["names.tar"]).Errors);
        Assert.Equal("a header of the archive claims a name of more than 1 MiB", error.What);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void A_bomb_is_bounded()
    {
        using var d = new TemporaryDirectory();
        using (var gzip = new GZipStream(File.Create(d["bomb.gz"]), CompressionLevel.Fastest))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 80; i++)
                gzip.Write(zeros);
        }
        Assert.Equal("more than 64 MiB", Assert.Single(MachineLoader.Load(d["bomb.gz"]).Errors).What);
    }

    [Fact]
    public void Media_and_labels_of_a_capture_are_given()
    {
        using var d = new TemporaryDirectory();
        d.Put("iomem.txt", Iomem);
        d.Put(
            "list.json",
            "[{\"dev\":\"region0\",\"size\":1073741824,\"available_size\":0,\"type\":\"pmem\","
                + "\"namespaces\":[{\"dev\":\"namespace0.0\",\"mode\":\"raw\",\"size\":1073741824}]}]"
        );
        File.WriteAllBytes(d["media.namespace0.0.0.bin"], [.. Enumerable.Repeat((byte)7, 8192)]);
        LoadResult result = MachineLoader.Load(d.Root);
        Assert.Empty(result.Errors);
        Assert.Equal(7, result.Source!.Media["region0"].Read(8191, 1)[0]);
        Assert.Equal(FactOrigin.Given, result.Source.Description.Facts.Single(f => f.Topic == FactTopic.Media).Origin);
    }

    /// <summary>A region without a target node has no such file in sysfs; as seen of memmap= at the end of RAM (6.1).</summary>
    [Fact]
    public void A_region_without_target_node_has_none()
    {
        using var d = new TemporaryDirectory();
        d.Put("iomem.txt", Iomem);
        d.Put("list.json", "[{\"provider\":\"e820\",\"dev\":\"ndbus0\",\"regions\":[{\"dev\":\"region0\",\"size\":1073741824}]}]");
        const string region = "/sys/bus/nd/devices/region0";
        string sysfs = $"{region}/resource:0x100000000\n{region}/size:1073741824\n{region}/numa_node:-1\n";
        d.Put("sysfs.txt", sysfs);
        Assert.Equal(-1, MachineLoader.Load(d.Root).Source!.Description.Regions.Single().TargetNode);
        d.Put("version.txt", "Linux version 4.19.0-27-amd64\n"); // which has no such file for any region
        Assert.Equal(0, MachineLoader.Load(d.Root).Source!.Description.Regions.Single().TargetNode);
        File.Delete(d["version.txt"]);
        d.Put("sysfs.txt", sysfs + $"{region}/target_node:0\n");
        Assert.Equal(0, MachineLoader.Load(d.Root).Source!.Description.Regions.Single().TargetNode);
    }

    private static byte[] Text(string capture, string file) =>
        File.Exists(Golden.Path(capture, file))
            ? File.ReadAllBytes(Golden.Path(capture, file))
            : Golden.Gunzip(Golden.Path(capture, file + ".gz"));

    private static void Add(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
}
