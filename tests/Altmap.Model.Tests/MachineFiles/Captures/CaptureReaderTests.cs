using System.Text;
using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles.Captures;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.MachineFiles.Captures;

public class CaptureReaderTests
{
    private const string Iomem = "00000000-00000fff : Reserved\n00001000-3fffffff : System RAM\n";
    private const string Log = "[    0.000000] Linux version 6.1.0-56-amd64 (debian)\n";
    private const string Sysfs = "/sys/bus/nd/devices/ndbus0/provider:e820\n";

    [Theory]
    [InlineData("Linux version 6.12.107+deb13-amd64 (x)", "6.12", null)]
    [InlineData("Linux version 5.10.0-32-amd64 (x)", "5.10", null)]
    [InlineData("Linux version 6.8.0-45-generic (x)", "6.8.0-45-generic", null)]
    [InlineData("Linux version 5.14.0-427.el9.x86_64 (x)", "5.14.0-427.el9.x86_64", null)]
    [InlineData(
        "Linux version 3.10.0-123-generic (x)",
        null,
        "dmesg.txt:1: kernel \"3.10.0-123-generic\" has no libnvdimm, which came with 4.2; expected a version as 6.8, what uname -r "
            + "prints, a profile (altmap kernels), or the path of a profile file; choose one with --kernel"
    )]
    [InlineData("", "6.1", null)]
    public void The_kernel_that_ran(string log, string? kernel, string? error)
    {
        CaptureResult result = Read(log: log);
        Assert.Equal(kernel, result.Description?.Kernel);
        Assert.Equal(error, result.Errors.SingleOrDefault()?.ToString());
        Assert.Equal("6.6", CaptureReader.Read(Texts(log: log), "6.6").Description!.Kernel);
    }

    [Theory]
    [InlineData(
        "00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n",
        "iomem.txt:1: all addresses are zero; expected /proc/iomem with addresses; read it as root: sudo cat /proc/iomem"
    )]
    [InlineData("hello\n", "iomem.txt:1: this is no line of /proc/iomem: \"hello\"; expected \"start-end : name\"")]
    public void Iomem_that_cannot_be(string iomem, string error) =>
        Assert.Equal(error, Assert.Single(Read(iomem: iomem).Errors).ToString());

    [Theory]
    [InlineData(
        "/sys/bus/nd/devices/region0/size:x\n/sys/bus/nd/devices/region0/resource:0x0\n",
        "sysfs.txt:2: region0/size is \"x\"; expected a number up to 72057594037927935"
    )]
    [InlineData(
        "/sys/bus/nd/devices/region0/size:4096\n",
        "sysfs.txt:1: region0 has no address or size; expected \"resource\" and \"size\"; read sysfs as root"
    )]
    [InlineData(
        "/sys/bus/nd/devices/region0/size:4096\n/sys/bus/nd/devices/region0/resource:0x0\n/sys/bus/nd/devices/region0/mappings:1\n/sys/bus/nd/devices/region0/mapping0:nmem0\n",
        "sysfs.txt:5: region0/mapping0 is \"nmem0\"; expected \"nmemN,OFFSET,SIZE,POSITION\""
    )]
    public void Sysfs_that_cannot_be(string sysfs, string error) =>
        Assert.Contains(error, Read(sysfs: Sysfs + sysfs).Errors.Select(e => e.ToString()));

    [Fact]
    public void Persistent_memory_that_no_command_line_explains_is_the_firmwares()
    {
        CaptureResult result = Read(iomem: Iomem + "40000000-7fffffff : Persistent Memory (legacy)\n");
        Assert.Equal("PersistentLegacy", result.Description!.Memory[^1].Type.ToString());
        Assert.Equal(
            "SystemRam",
            Read(iomem: Iomem + "40000000-7fffffff : Persistent Memory (legacy)\n", commandLine: "memmap=1G!1G")
                .Description!.Memory[^1]
                .Type.ToString()
        );
    }

    [Fact]
    public void Nodes_cut_ranges()
    {
        string log =
            Log
            + "[    0.0]   node   0: [mem 0x0000000000001000-0x000000001fffffff]\n[    0.0]   node   1: [mem "
            + "0x0000000020000000-0x000000003fffffff]\n";
        Assert.Equal(
            [(0UL, 0), (0x1000UL, 0), (0x20000000UL, 1)],
            Read(log: log).Description!.Memory.Select(m => (m.Range.Start.Bytes, m.Node))
        );
    }

    /// <summary>What sysfs shows of the devices gives their blocks back, to the byte that the kernel wrote (uuids are shown too).</summary>
    [Fact]
    public void Info_blocks_that_sysfs_determines_are_made_again()
    {
        string sysfs = Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("a_fsdax", "create", "sysfs.txt.gz")));
        CaptureResult result = Read(sysfs: sysfs, iomem: "00000000-00000fff : Reserved\n00001000-0fffffff : System RAM\n");
        Assert.Empty(result.Errors);
        Assert.Equal(14, result.Rebuilt.Length);
        Assert.All(result.Rebuilt, m => Assert.Equal(4096UL, m.OffsetBytes));
        Assert.Equal(
            14,
            result.Description!.Facts.Count(f =>
                f is { Topic: FactTopic.Media, Origin: FactOrigin.Derived } && f.Of.StartsWith("namespace")
            )
        );
        foreach (RebuiltBytes bytes in result.Rebuilt)
        {
            var block = InfoBlock.Parse(bytes.Bytes.AsSpan())!;
            Assert.Equal((4, 64, 4096U), ((int)block.VersionMinor, (int)block.PageStructSize, block.PageSize));
        }
    }

    [Fact]
    public void What_the_layout_does_not_give_stays_assumed()
    {
        string sysfs = Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("a_fsdax", "create", "sysfs.txt.gz")));
        string other = System.Text.RegularExpressions.Regex.Replace(sysfs, @"(/pfn\d+\.0/size:)\d+", "${1}4096");
        CaptureResult result = Read(sysfs: other, iomem: "00000000-00000fff : Reserved\n00001000-0fffffff : System RAM\n");
        Assert.Empty(result.Rebuilt);
        Assert.Equal(
            14,
            result.Description!.Facts.Count(f =>
                f is { Topic: FactTopic.Media, Origin: FactOrigin.Assumed } && f.Of.StartsWith("namespace")
            )
        );
    }

    [Theory]
    [InlineData("/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region3/namespace3.0/size:4096", "namespace3.0", "size", "4096")]
    [InlineData("/sys/devices/platform/e820_pmem/ndbus0/region0/resource:0x100000000", "region0", "resource", "0x100000000")]
    [InlineData("/sys/devices/pci0000:00/x/ndbus1/nmem2/nfit/handle:0x10", "nmem2", "nfit/handle", "0x10")]
    [InlineData("/sys/bus/nd/devices/ndbus0/provider:ACPI.NFIT", "ndbus0", "provider", "ACPI.NFIT")]
    [InlineData("==> /sys/bus/nd/devices/region0/size <==\n1024", "region0", "size", "1024")]
    [InlineData("==> <==\n/sys/bus/nd/devices/region0/size:1024", "region0", "size", "1024")]
    [InlineData("/sys/devices/platform/e820_pmem/ndbus0/region0/dax0.0/dax0.0/size:7", "dax0.0", "dax0.0/size", "7")]
    public void Sysfs_paths_of_every_form(string text, string device, string attribute, string value) =>
        Assert.Equal(value, new SysfsListing(text, new InputErrors("sysfs.txt")).Text(device, attribute));

    private static CaptureTexts Texts(string? sysfs = null, string? iomem = null, string? log = null, string? commandLine = null) =>
        new()
        {
            Name = "c",
            Sysfs = sysfs ?? Sysfs,
            Iomem = iomem ?? Iomem,
            Dmesg = log ?? Log,
            CommandLine = commandLine ?? "quiet",
        };

    private static CaptureResult Read(string? sysfs = null, string? iomem = null, string? log = null, string? commandLine = null) =>
        CaptureReader.Read(Texts(sysfs, iomem, log, commandLine));
}
