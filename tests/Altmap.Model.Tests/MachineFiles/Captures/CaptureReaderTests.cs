using System.Text;
using Altmap.Core.Units;
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
        "dmesg.txt:1: kernel \"3.10.0-123-generic\" has no libnvdimm, which came with 4.2; expected a version as 6.8, what uname -r prints, a "
            + "profile (altmap kernels), or the path of a profile file; choose one with --kernel"
    )]
    [InlineData(
        "",
        null,
        "dmesg.txt:1: the capture does not say which kernel ran; expected a line \"Linux version …\" in dmesg.txt or version.txt; "
            + "name the kernel with --kernel"
    )]
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
        "iomem.txt:1: all addresses are zero; expected /proc/iomem with addresses; read it as root"
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

    [Fact]
    public void Info_blocks_that_the_media_would_need()
    {
        string sysfs = Encoding.UTF8.GetString(Golden.Gunzip(Golden.Path("q_kernels", "6.1", "x_align1g", "after", "sysfs.txt.gz")));
        CaptureResult result = Read(sysfs: sysfs, iomem: "00000000-00000fff : Reserved\n00001000-0fffffff : System RAM\n");
        CapturedPfnDevice device = result.PfnDevices.First(d => d.Device == "pfn0.0");
        Assert.Equal(
            ("namespace0.0", "region0", "pmem", 4096UL, new PhysicalAddress(0x18000000), new PhysicalAddress(0x18600000)),
            (device.Namespace, device.Region, device.Mode, device.Align.Bytes, device.NamespaceRange.Start, device.DataRange.Start)
        );
        Assert.Contains($"the media of namespace0.0 (pfn0.0) are not in the capture: they are taken as empty", result.Notes);
    }

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
