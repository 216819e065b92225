using System.Text;
using Altmap.Model.MachineFiles;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.MachineFiles;

/// <summary>One test for each kind of error, with the words a person sees.</summary>
public class MachineFileErrorTests
{
    private const string Head = "{\"format\":\"altmap-machine/1\",\"kernel\":\"6.1\",\n";
    private const string Bus = "\"buses\":[{\"dev\":\"ndbus0\",\"provider\":\"ACPI.NFIT\"}],\n";

    [Theory]
    [InlineData(
        "\"regons\":[]}",
        "m:2: unknown key \"regons\"; expected one of format, name, kernel, arch, page_size, cmdline, config, memory, cxl_windows, buses, dimms, "
            + "regions, steps, kmsg, facts; did you mean \"regions\"?"
    )]
    [InlineData("\"name\":\"a\",\n\"name\":\"b\"}", "m:3: the key \"name\" stands twice; it is already in line 2: keep one")]
    [InlineData("\"name\":7}", "m:2: \"name\" is the number 7; expected a string")]
    [InlineData("\"name\":\"a\\u0000b\"}", "m:2: \"name\" has a control character in it; expected printable text")]
    [InlineData("\"arch\":\"sparc\"}", "m:2: the architecture \"sparc\" is not modelled; expected one of x86_64, aarch64, ppc64le")]
    [InlineData("\"page_size\":8192}", "m:2: x86_64 has no pages of 8192 bytes; expected 4096")]
    [InlineData("\"page_size\":4097}", "m:2: x86_64 has no pages of 4097 bytes; expected 4096")]
    [InlineData(
        "\"page_size\":\"4X\"}",
        "m:2: \"page_size\" is the string \"4X\"; expected a size: an integer, or a string as \"256M\" (K, M, G, T are 1024-based)"
    )]
    [InlineData(
        "\"page_size\":4096.5}",
        "m:2: \"page_size\" is the number 4096.5; expected a size: an integer, or a string as \"256M\" (K, M, G, T are 1024-based)"
    )]
    [InlineData(
        "\"config\":{\"struct_page\":64}}",
        "m:2: unknown key \"struct_page\"; expected one of struct_page_size, max_struct_page_size, nvdimm_kmsan, section_bits, "
            + "memory_block_bytes, physmem_bits, hypervisor, debug_vm, auto_online_blocks, zone_dma, vmemmap_optimize; did you mean "
            + "\"struct_page_size\"?"
    )]
    [InlineData("\"config\":{\"nvdimm_kmsan\":2}}", "m:2: \"nvdimm_kmsan\" cannot be 2; expected 0 or 1")]
    [InlineData(
        "\"config\":{\"memory_block_bytes\":\"3M\"}}",
        "m:2: \"memory_block_bytes\" cannot be 3145728; expected a power of two from 2097152 to 1099511627776"
    )]
    [InlineData("\"config\":[]}", "m:2: \"config\" is a list; expected an object {…}")]
    [InlineData("\"memory\":{}}", "m:2: \"memory\" is an object; expected a list […]")]
    [InlineData("\"memory\":[7]}", "m:2: a memory range is the number 7; expected an object {…}")]
    [InlineData("\"memory\":[{\"end\":\"0xfff\",\"type\":\"Reserved\"}]}", "m:2: a memory range has no \"start\"; add \"start\"")]
    [InlineData(
        "\"memory\":[{\"start\":\"fff\",\"end\":\"0xfff\",\"type\":\"Reserved\"}]}",
        "m:2: \"start\" is the string \"fff\"; expected an address: a hex string as \"0x1000\", one with a unit as \"4G\", or an "
            + "integer, at most 0xffffffffffffff"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x0\",\"end\":\"0xffffffffffffffff\",\"type\":\"Reserved\"}]}",
        "m:2: \"end\" is the string \"0xffffffffffffffff\"; expected an address: a hex string as \"0x1000\", one with a unit as "
            + "\"4G\", or an integer, at most 0xffffffffffffff"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x0\",\"end\":\"0xfff\",\"type\":\"RAM\"}]}",
        "m:2: there is no memory type \"RAM\"; expected one of \"System RAM\", \"Reserved\", \"Soft Reserved\", \"Persistent "
            + "Memory (legacy)\""
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x1000\",\"end\":\"0x1fff\",\"size\":4096,\"type\":\"Reserved\"}]}",
        "m:2: the range has both \"end\" and \"size\"; expected one of them"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x1000\",\"size\":0,\"type\":\"Reserved\"}]}",
        "m:2: a range at 0x1000 cannot have 0 bytes; expected a size above 0 that ends below 2^56"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x1000\",\"end\":\"0xfff\",\"type\":\"Reserved\"}]}",
        "m:2: the range ends at 0xfff, before its start 0x1000; \"end\" is the last byte of the range, as in /proc/iomem"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x0\",\"end\":\"0x1000\",\"type\":\"Reserved\"},\n{\"start\":\"0x1000\",\"end\":\"0x1fff\",\"type\":\"Reserved\"}]}",
        "m:3: the range 0x1000-0x1fff overlaps 0x0-0x1000; expected ranges without overlap; \"end\" is the last byte of a range, not "
            + "the one after it"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x0\",\"end\":\"0xfff\",\"type\":\"Reserved\",\"node\":-1}]}",
        "m:2: \"node\" is the number -1; expected an integer from 0 to 1023"
    )]
    [InlineData("\"buses\":[{\"dev\":\"bus0\",\"provider\":\"e820\"}]}", "m:2: \"bus0\" is no device name here; expected \"ndbusN\"")]
    [InlineData("\"buses\":[{\"dev\":\"ndbus0\",\"provider\":\"\"}]}", "m:2: \"provider\" is empty")]
    [InlineData(
        "\"buses\":[{\"dev\":\"ndbus0\",\"provider\":\"e820\"},{\"dev\":\"ndbus0\",\"provider\":\"e820\"}]}",
        "m:2: there are two buses ndbus0; expected each once"
    )]
    [InlineData(
        "\"dimms\":[{\"dev\":\"nmem0\",\"handle\":\"0x1\"},\n{\"dev\":\"nmem1\",\"handle\":1}]}",
        "m:3: two DIMMs have the handle 0x1; expected each once"
    )]
    [InlineData(
        "\"dimms\":[{\"dev\":\"nmem0\",\"vendor\":\"0x18680\"}]}",
        "m:2: \"vendor\" is the string \"0x18680\"; expected a hex string as \"0x1000\" or an integer, at most 0xffff"
    )]
    [InlineData(
        "\"dimms\":[{\"dev\":\"nmem0\",\"label_bytes\":1023}]}",
        "m:2: a label area of 1023 cannot be; expected 0 (none), or 1K to 64M"
    )]
    [InlineData(
        "\"dimms\":[{\"dev\":\"nmem0\",\"label_bytes\":\"65M\"}]}",
        "m:2: a label area of 68157440 (65 MiB) cannot be; expected 0 (none), or 1K to 64M"
    )]
    [InlineData(
        "\"dimms\":[{\"dev\":\"nmem0\",\"labels\":\"x\"}]}",
        "m:2: nmem0 has \"labels\" and no label area; set \"label_bytes\" to the size of the file's content"
    )]
    [InlineData(
        Bus + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus1\",\"start\":\"0x0\",\"size\":1}]}",
        "m:3: region0 is on the bus \"ndbus1\", which is not there; expected one of ndbus0; add it to \"buses\""
    )]
    [InlineData(
        Bus + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":0}]}",
        "m:3: region0 has no bytes; expected a size above 0"
    )]
    [InlineData(
        Bus + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":\"0xffffffffffffffff\"}]}",
        "m:3: region0 ends beyond the physical addresses that there are; expected an end up to 0xffffffffffffff"
    )]
    [InlineData(
        Bus + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"type\":\"blk\",\"start\":\"0x0\",\"size\":1}]}",
        "m:3: a region of type \"blk\" is not modelled; expected \"pmem\""
    )]
    [InlineData(
        Bus
            + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":2},\n{\"dev\":\"region1\",\"bus\":\"ndbus0\",\"start\":\"0x1\",\"size\":2}]}",
        "m:4: region1 (0x1-0x2) overlaps region0 (0x0-0x1); expected regions without overlap"
    )]
    [InlineData(
        Bus
            + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":4096,\"mappings\":[{\"dimm\":\"nmem0\",\"size\":4096}]}]}",
        "m:3: region0 uses the DIMM \"nmem0\", which is not there; add it to \"dimms\""
    )]
    [InlineData(
        Bus
            + "\"dimms\":[{\"dev\":\"nmem0\"}],\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":2,\"mappings\":[{\"dimm\":\"nmem0\",\"size\":3}]}]}",
        "m:3: the mappings of region0 do not add up to its size of 2; expected 1 of 2 bytes"
    )]
    [InlineData(
        Bus
            + "\"dimms\":[{\"dev\":\"nmem0\"},{\"dev\":\"nmem1\"}],\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":8192,\"mappings\":[{\"dimm\":\"nmem0\",\"size\":4096},\n{\"dimm\":\"nmem1\",\"size\":4096}]}]}",
        "m:4: region0: position 0 is taken or too high; expected each of 0 to 1 once"
    )]
    [InlineData(
        "\"page_size\":0,\n"
            + Bus
            + "\"dimms\":[{\"dev\":\"nmem0\"}],\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":4096,\"mappings\":[{\"dimm\":\"nmem0\",\"size\":4096}]}]}",
        "m:2: x86_64 has no pages of 0 bytes; expected 4096"
    )]
    [InlineData(
        Bus
            + "\"dimms\":[{\"dev\":\"nmem0\"}],\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":4096,\"mappings\":[{\"dimm\":\"nmem0\",\"offset\":512,\"size\":4096}]}]}",
        "m:3: the share of nmem0 in region0 is not made of whole pages; expected a multiple of 4096"
    )]
    [InlineData(
        Bus
            + "\"dimms\":[{\"dev\":\"nmem0\"}],\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x0\",\"size\":8192,\"mappings\":[{\"dimm\":\"nmem0\",\"size\":8192}]},\n{\"dev\":\"region1\",\"bus\":\"ndbus0\",\"start\":\"0x2000\",\"size\":8192,\"mappings\":[{\"dimm\":\"nmem0\",\"offset\":4096,\"size\":8192}]}]}",
        "m:4: region0 and region1 share bytes of nmem0; expected shares without overlap"
    )]
    [InlineData(
        "\"memory\":[{\"start\":\"0x0\",\"end\":\"0xffffff\",\"type\":\"System RAM\"}],\n"
            + Bus
            + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0xffffff\",\"size\":1}]}",
        "m:4: region0 (0xffffff-0xffffff) lies on the System RAM 0x0-0xffffff of line 2; expected a range that is not System RAM; "
            + "move the region, or end the System RAM before it"
    )]
    [InlineData(
        "\"cmdline\":\"memmap=16M@0\",\"memory\":[{\"start\":\"0x40000000\",\"end\":\"0x40000fff\",\"type\":\"Reserved\"}],"
            + Bus
            + "\"regions\":[{\"dev\":\"region0\",\"bus\":\"ndbus0\",\"start\":\"0x200000\",\"size\":1}]}",
        "m:3: region0 (0x200000-0x200000) lies on the System RAM 0x100000-0xffffff of \"cmdline\"; expected a range that is not "
            + "System RAM; move the region, or end the System RAM before it"
    )]
    [InlineData("\"steps\":[1]}", "m:2: \"steps\" is the number 1; expected a string")]
    [InlineData("\"name\":\"a\"} x", "m:2: this is not JSON; look for a comma, quote or bracket too many or missing, here or just before")]
    [InlineData("\"name\":\"a\",}", "m:2: this is not JSON; look for a comma, quote or bracket too many or missing, here or just before")]
    [InlineData(
        "\"name\":\"\\ud800\"}",
        "m:2: a string with an escape that is no character (half a surrogate pair); expected valid Unicode"
    )]
    [InlineData("\"name\":\"\0\"}", "m:2: a NUL byte; expected JSON text; is this the right file?")]
    public void Message(string rest, string expected) => Assert.Equal([expected], Errors(Head + rest));

    [Theory]
    [InlineData(
        "{\"format\":\"altmap-machine/2\",\"kernel\":\"6.1\"}",
        "m:1: the format is \"altmap-machine/2\"; expected \"altmap-machine/1\"; is this a machine file, and of this version of Altmap?"
    )]
    [InlineData("{\"kernel\":\"6.1\"}", "m:1: the machine has no \"format\"; add \"format\"")]
    [InlineData("{\"format\":\"altmap-machine/1\"}", "m:1: the machine has no \"kernel\"; add \"kernel\"")]
    [InlineData(
        "{\"format\":\"altmap-machine/1\",\"kernel\":\"6_1\"}",
        "m:1: there is no kernel \"6_1\"; expected a version as 6.8, what uname -r prints, a profile (altmap kernels), or the path of a "
            + "profile file; did you mean \"6.1\"?"
    )]
    [InlineData("[]", "m:1: the machine is a list; expected an object {…}")]
    [InlineData("", "m:1: this is not JSON; look for a comma, quote or bracket too many or missing, here or just before")]
    public void Message_of_a_whole_file(string text, string expected) => Assert.Equal([expected], Errors(text));

    [Fact]
    public void Bytes_that_are_not_utf8() =>
        Assert.Equal(
            "m:2: the byte 0xff is not UTF-8; expected JSON text in UTF-8",
            Assert.Single(MachineFile.Parse(new byte[] { (byte)'{', (byte)'\n', 0xff }, "m").Errors).ToString()
        );

    [Fact]
    public void Nesting_without_end() => Assert.Equal(["m:1: lists and objects nest more than 32 deep"], Errors(new string('[', 100_000)));

    [Fact]
    public void Values_without_end() =>
        Assert.Equal(
            ["m:1: more than 1000000 values; is this the right file?"],
            Errors("[0" + string.Concat(Enumerable.Repeat(",0", 1_000_001)) + "]")
        );

    [Fact]
    public void A_file_beyond_the_limit() =>
        Assert.Equal(
            "m:1: the file has 67108865 bytes; expected at most 67108864; is this the right file?",
            Assert.Single(MachineFile.Parse(new byte[MachineFile.SizeBytesMax + 1], "m").Errors).ToString()
        );

    [Fact]
    public void All_errors_are_told_in_the_order_of_the_file() =>
        Assert.Equal(
            ["m:1", "m:2", "m:3", "m:4"],
            Errors("{\"kernel\":\"6\",\n\"nam\":1,\n\"arch\":2,\n\"memory\":3, \"format\":\"altmap-machine/1\"}").Select(e => e[..3])
        );

    [Fact]
    public void Every_prefix_and_every_changed_byte_gives_an_answer()
    {
        byte[] good = File.ReadAllBytes(Golden.Path("d_multi", "machine.json"));
        for (int length = 0; length < good.Length; length += 7)
            Answer(good.AsMemory(0, length));
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= (byte)(1 << (i % 8));
            Answer(changed);
        }

        static void Answer(ReadOnlyMemory<byte> text)
        {
            MachineFileResult result = MachineFile.Parse(text, "m");
            Assert.Equal(result.Description is null, !result.Errors.IsEmpty);
        }
    }

    private static IEnumerable<string> Errors(string text) =>
        MachineFile.Parse(Encoding.UTF8.GetBytes(text), "m").Errors.Select(e => e.ToString());
}
