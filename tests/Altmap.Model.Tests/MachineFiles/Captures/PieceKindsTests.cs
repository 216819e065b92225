using System.Text;
using Altmap.Model.MachineFiles.Captures;

namespace Altmap.Model.Tests.MachineFiles.Captures;

public class PieceKindsTests
{
    [Theory]
    [InlineData("00001000-0009fbff : System RAM\n00100000-bffdffff : System RAM\n", PieceKind.Iomem)]
    [InlineData("$ sudo cat /proc/iomem\n00001000-0009fbff : System RAM\n  00100000-bffdffff : x\n", PieceKind.Iomem)]
    [InlineData("[    0.000000] Linux version 6.1.0-56-amd64 (x)\n[    0.000000] Command line: quiet\n", PieceKind.Log)]
    [InlineData("Nov 26 01:00:00 host kernel: BIOS-e820: [mem 0x0-0x9fbff] usable\nmore\n", PieceKind.Log)]
    [InlineData("BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable", PieceKind.Log)]
    [InlineData("BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro memmap=4G!12G\n", PieceKind.CommandLine)]
    [InlineData("memmap=4G!12G", PieceKind.CommandLine)]
    [InlineData("6.8.0-45-generic\n", PieceKind.Version)]
    [InlineData("Linux version 5.14.0-427.el9.x86_64 (mockbuild@x) #1 SMP\n", PieceKind.Version)]
    [InlineData("Linux box 6.8.0-45-generic #45-Ubuntu SMP x86_64 GNU/Linux\n", PieceKind.Version)]
    [InlineData("/sys/bus/nd/devices/region0/size:4096\n", PieceKind.Sysfs)]
    [InlineData("==> /sys/bus/nd/devices/region0/size <==\n4096\n", PieceKind.Sysfs)]
    [InlineData("[{\"dev\":\"region0\",\"size\":4096}]", PieceKind.List)]
    [InlineData("{\"dev\":\"namespace0.0\",\"mode\":\"raw\",\"size\":4096}", PieceKind.List)]
    [InlineData("[{\"chardev\":\"dax0.0\",\"size\":4096}]", PieceKind.List)]
    [InlineData("{\"memory\":[{\"range\":\"0x0-0x7ffffff\",\"size\":\"128M\",\"state\":\"online\",\"block\":\"0\"}]}", PieceKind.List)]
    [InlineData("{\"decoder\":\"decoder0.0\",\"resource\":4294967296,\"size\":1073741824}", PieceKind.List)]
    [InlineData("# ndctl list -R\n[\n  {\n    \"dev\":\"region0\"\n  }\n]\n", PieceKind.List)]
    [InlineData("{\"format\":\"altmap-machine/1\"}", PieceKind.MachineFile)]
    [InlineData("{\"kernel\":\"6.1\"}", PieceKind.MachineFile)]
    [InlineData("{\"format\":\"altmap-machine/1\",}", PieceKind.MachineFile)]
    [InlineData("{\"blockdevices\":[{\"name\":\"sda\"}]}", PieceKind.Unknown)]
    [InlineData("NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS\nsda 8:0 0 10G 0 disk\n", PieceKind.Unknown)]
    [InlineData("", PieceKind.Empty)]
    [InlineData(" \n\n", PieceKind.Empty)]
    [InlineData("[]\n", PieceKind.Empty)]
    [InlineData("hello world", PieceKind.Unknown)]
    [InlineData("a\0b", PieceKind.Unknown)]
    [InlineData("NAMESPACE_INDEX\0rest", PieceKind.LabelArea)]
    public void Content_tells_what_a_file_is(string text, PieceKind kind) =>
        Assert.Equal(kind, PieceKinds.Of("file", Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("labels.nmem0.bin", "nmem0")]
    [InlineData("nmem12.bin", "nmem12")]
    [InlineData("labels.nmem0.json", null)]
    [InlineData("labels.bin", null)]
    public void Names_of_label_areas(string name, string? dimm) => Assert.Equal(dimm, PieceKinds.LabelDimm(name));

    [Theory]
    [InlineData("media.namespace0.1.4096.bin", "namespace0.1", 4096UL)]
    [InlineData("media.region3.0.bin", "region3", 0UL)]
    public void Names_of_media(string name, string device, ulong offset) => Assert.Equal((device, offset), PieceKinds.MediaDevice(name));

    [Theory]
    [InlineData("media.sda.0.bin")]
    [InlineData("media.region0.bin")]
    [InlineData("media.region0.99999999999999999999.bin")]
    public void No_names_of_media(string name) => Assert.Null(PieceKinds.MediaDevice(name));

    [Fact]
    public void Json_is_taken_out_of_what_was_copied_from_a_terminal() =>
        Assert.Equal("[\n1\n]", Encoding.UTF8.GetString(PieceKinds.JsonPart(Encoding.UTF8.GetBytes("$ ndctl list\n[\n1\n]\n$ ")).Span));
}
