using System.IO.Compression;
using System.Text;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.TestSupport;

namespace Altmap.Host.Tests;

public class MachineLoaderTests
{
    [Theory]
    [InlineData("l_bad/machine.json")]
    [InlineData("h_btt/machine.check.json")]
    public void Media_of_golden_machines(string machine)
    {
        LoadResult result = MachineLoader.Load(Golden.Path(machine));
        Assert.Empty(result.Errors);
        Assert.Equal(
            result.Source!.Description.Regions.Where(r => r.MediaFile is not null).Select(r => r.Name).Order(StringComparer.Ordinal),
            result.Source.Media.Keys
        );
        Assert.All(
            result.Source.Description.Regions.Where(r => r.MediaFile is not null),
            r => Assert.Equal(r.Range.Size.Bytes, result.Source.Media[r.Name].LengthBytes)
        );
    }

    [Fact]
    public void A_directory_with_a_machine_file_and_another_kernel()
    {
        LoadResult result = MachineLoader.Load(Golden.Path("d_multi"), "6.12");
        Assert.Equal(("d_multi", "6.12"), (result.Source!.Description.Name, result.Source.Description.Kernel));
    }

    [Fact]
    public void A_kernel_that_is_given_stands_for_one_that_is_missing_or_unknown()
    {
        using var d = new TemporaryDirectory();
        foreach (string file in new[] { Machine().Replace("\"kernel\":\"6.1\",", ""), Machine().Replace("\"6.1\"", "\"nosuch\"") })
        {
            string path = d.Put("machine.json", file);
            Assert.Single(MachineLoader.Load(path).Errors);
            LoadResult result = MachineLoader.Load(path, "6.12");
            Assert.Empty(result.Errors);
            Assert.Equal("6.12", result.Source!.Description.Kernel);
        }
    }

    [Fact]
    public void What_is_filled_in_is_told()
    {
        using var d = new TemporaryDirectory();
        LoadResult result = MachineLoader.Load(d.Put("machine.json", Machine(serial: 0)));
        string note = Assert.Single(result.Notes);
        Assert.StartsWith($"{d["machine.json"]}: region0 has no \"set_cookie\" and its DIMMs no \"serial\"", note);
    }

    [Fact]
    public void Labels_plain_and_gzipped()
    {
        using var d = new TemporaryDirectory();
        byte[] area = new byte[2048];
        area[7] = 9;
        d.Put("plain", area);
        Gzip(d["packed.gz"], area);
        foreach (string file in new[] { "plain", "packed.gz" })
        {
            LoadResult result = MachineLoader.Load(d.Put("machine.json", Machine(labels: file)));
            Assert.Equal(area, result.Source!.LabelAreas["nmem0"].Read(0, 2048));
        }
    }

    [Fact]
    public void Media_raw_gzipped_shorter_and_with_a_label_area_behind()
    {
        using var d = new TemporaryDirectory();
        byte[] media = new byte[8192];
        media[8191] = 5;
        d.Put("raw", media);
        d.Put("short", media[..8000]);
        d.Put("labelled", [.. media, .. new byte[2048]]);
        Gzip(d["packed.gz"], media);
        foreach (string file in new[] { "raw", "packed.gz", "labelled" })
        {
            LoadResult result = MachineLoader.Load(d.Put("machine.json", Machine(media: file)));
            Assert.Equal(media, result.Source!.Media["region0"].Read(0, 8192));
            Assert.Equal(8192UL, result.Source.Media["region0"].LengthBytes);
            Assert.Empty(result.Notes);
        }
        Assert.Equal(
            [$"{d["short"]}: only 8000 of the 8192 bytes of region0: the rest is taken as zero"],
            MachineLoader.Load(d.Put("machine.json", Machine(media: "short"))).Notes
        );
    }

    [Fact]
    public void What_is_wrong_with_files_is_said()
    {
        using var d = new TemporaryDirectory();
        d.Put("large", new byte[8193]);
        d.Put("small.bin", new byte[2047]);
        d.Put("cut.gz", [0x1f, 0x8b, 8, 0]);
        d.Put("empty.gz", Array.Empty<byte>());
        Directory.CreateDirectory(d["dir"]);
        Assert.Equal($"{d["none"]}: there is no such file", Error(null, "none"));
        Assert.Equal($"{d["dir"]}: this is a directory; expected an image file", Error(null, "dir"));
        Assert.Equal(
            $"{d["large"]}: 8193 bytes; expected the 8192 bytes of region0; correct the region's \"size\", or give the right file",
            Error(null, "large")
        );
        Assert.Equal($"{d["none"]}: there is no such file", Error("none", null));
        Assert.Equal($"{d["dir"]}: this is a directory; expected a file", Error("dir", null));
        Assert.Equal(
            $"{d["small.bin"]}: 2047 bytes; expected the 2048 bytes of nmem0's label area; correct \"label_bytes\", or give the right file",
            Error("small.bin", null)
        );
        Assert.Equal(
            $"{d["large"]}: more than 2048 bytes; expected the 2048 bytes of nmem0's label area; correct \"label_bytes\", or give "
                + $"the right file",
            Error("large", null)
        );
        Assert.Equal(
            $"{d["cut.gz"]}: the gzip data is damaged or cut off, or the file has several members; expected a whole gzip file of one "
                + $"member; copy it again, or pack it anew with gzip",
            Error("cut.gz", null)
        );
        Assert.Equal(
            $"{d["empty.gz"]}: the gzip data is damaged or cut off, or the file has several members; expected a whole gzip file of "
                + $"one member; copy it again, or pack it anew with gzip",
            Error("empty.gz", null)
        );

        string Error(string? labels, string? media) =>
            Assert.Single(MachineLoader.Load(d.Put("machine.json", Machine(labels, media))).Errors).ToString();
    }

    [Fact]
    public void What_is_wrong_with_the_machine_is_said()
    {
        using var d = new TemporaryDirectory();
        Assert.Equal($"{d["none"]}: there is no such file", Assert.Single(MachineLoader.Load(d["none"]).Errors).ToString());
        Assert.Equal(
            $"{d.Root}: there is no file in it that could be a piece of a machine; expected a machine file, a capture, /proc/iomem, ndctl "
                + "list JSON, a kernel log, memmap= words, or a tar of them; altmap capture --script > capture.sh makes a capture",
            Assert.Single(MachineLoader.Load(d.Root).Errors).ToString()
        );
        string file = d.Put("m.json", "{\"format\":\"altmap-machine/1\",\n\"kernel\":\"9\"}");
        Assert.StartsWith(
            $"{file}:2: there is no kernel \"9\"; expected a version ",
            Assert.Single(MachineLoader.Load(file).Errors).ToString(),
            StringComparison.Ordinal
        );
        using (FileStream huge = File.Create(d["huge"]))
            huge.SetLength(MachineFile.SizeBytesMax + 1L);
        Assert.Equal(
            $"{d["huge"]}: more than 64 MiB; is this the right file?",
            Assert.Single(MachineLoader.Load(d["huge"]).Errors).ToString()
        );
    }

    public static TheoryData<string> Captures() =>
        new(
            Directory
                .EnumerateFiles(Golden.Root, "sysfs.txt.gz", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
                .Order()
        );

    /// <summary>A capture of a machine is that machine: same hardware as in the machine file of its group, the kernel of its log, the
    /// labels of its DIMMs.</summary>
    [Theory]
    [MemberData(nameof(Captures))]
    public void A_capture_is_the_machine_it_was_taken_on(string capture)
    {
        LoadResult result = MachineLoader.Load(Golden.Path(capture));
        Assert.Empty(result.Errors);
        MachineDescription got = result.Source!.Description;
        // A group that booted more than one machine names them after the boots.
        string ofBoot = Golden.Path(capture, "..", $"machine.{Path.GetFileName(capture).Split('-')[0]}.json");
        MachineDescription want = MachineLoader
            .Load(File.Exists(ofBoot) ? ofBoot : Golden.Path(capture, "..", "machine.json"))
            .Source!.Description;
        Assert.Equal(
            (want.Kernel, want.Architecture, want.PageSize, want.CommandLine),
            (got.Kernel, got.Architecture, got.PageSize, got.CommandLine)
        );
        Assert.Equal(want.Memory, got.Memory);
        Assert.Equal(want.Buses.OrderBy(b => b.Name), got.Buses.OrderBy(b => b.Name));
        Assert.Equal(want.Dimms.Select(d => d with { LabelAreaSize = default }), got.Dimms.Select(d => d with { LabelAreaSize = default }));
        Assert.Equal(
            E820Regions
                .Resolve(want)
                .Select(r => (r.Name, r.Bus, r.Range, r.NumaNode, r.TargetNode, r.RangeIndex, string.Join(' ', r.Mappings))),
            E820Regions
                .Resolve(got)
                .Select(r => (r.Name, r.Bus, r.Range, r.NumaNode, r.TargetNode, r.RangeIndex, string.Join(' ', r.Mappings)))
        );
        Assert.Equal(
            got.Dimms.Where(d => !d.LabelAreaSize.IsZero && File.Exists(Golden.Path(capture, $"labels.{d.Name}.bin.gz")))
                .Select(d => d.Name)
                .Order(StringComparer.Ordinal),
            result.Source.LabelAreas.Keys.Where(k =>
                result.Source.Description.Facts.Single(f => f.Topic == FactTopic.Labels && f.Of == k).Origin == FactOrigin.Given
            )
        );
        Assert.Empty(MachineFile.Parse(Encoding.UTF8.GetBytes(MachineFile.Write(got)), "again").Errors);
    }

    [Fact]
    public void A_text_that_ends_inside_a_line_is_told()
    {
        using var d = new TemporaryDirectory();
        foreach (string file in Directory.EnumerateFiles(Golden.Path("d_multi", "1-four")))
            File.Copy(file, d[Path.GetFileName(file)]);
        Assert.DoesNotContain(MachineLoader.Load(d.Root).Notes, n => n.Contains("cut off"));
        File.WriteAllText(d["cmdline.txt"], "console=ttyS0 memm");
        Assert.Contains($"{d["cmdline.txt"]} ends inside a line: it may be cut off", MachineLoader.Load(d.Root).Notes);
    }

    [Fact]
    public void Media_that_a_capture_lacks_are_told() =>
        Assert.Contains(
            MachineLoader.Load(Golden.Path("f_nfit", "create")).Notes,
            n => n.StartsWith("assumed: ", StringComparison.Ordinal) && n.Contains("media of ", StringComparison.Ordinal)
        );

    private static string Machine(string? labels = null, string? media = null, uint serial = 0x56341200) =>
        $$"""
            {"format":"altmap-machine/1","kernel":"6.1","buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
             "dimms":[{"dev":"nmem0","handle":1,"serial":"0x{{serial:x}}","label_bytes":2048{{(
                labels is null ? "" : $",\"labels\":\"{labels}\""
            )}}}],
             "regions":[{"dev":"region0","bus":"ndbus0","start":"0x100000000","size":8192,"mappings":[{"dimm":"nmem0","offset":0,"size":8192,"position":0}]{{(
                media is null ? "" : $",\"media\":\"{media}\""
            )}}}]}
            """;

    private static void Gzip(string path, byte[] bytes)
    {
        using var gzip = new GZipStream(File.Create(path), CompressionMode.Compress);
        gzip.Write(bytes);
    }
}
