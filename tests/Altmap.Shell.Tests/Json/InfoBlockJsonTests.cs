using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Tests.InfoBlocks;
using Altmap.Shell.Json;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Json;

public class InfoBlockJsonTests
{
    [Fact]
    public void Recorded_output_of_read_infoblock_is_the_same()
    {
        Dictionary<string, string> outputs = RecordedBlocks
            .Rows("j_infoblock", "infoblocks.tsv")
            .Where(r => r[1] == "0")
            .ToDictionary(r => r[0], r => r[5]);
        int count = 0;
        foreach (
            string record in File.ReadAllText(Golden.Path("j_infoblock", "read-infoblock.txt"))
                .Split("== ", StringSplitOptions.RemoveEmptyEntries)
        )
        {
            int eol = record.IndexOf('\n', StringComparison.Ordinal);
            if (!outputs.TryGetValue(record[..eol], out string? runs))
                continue;
            string text = record[(eol + 1)..].TrimEnd('\n');
            string file = text.Split("\"file\":\"")[1].Split('"')[0];
            Assert.Equal(
                text,
                JsonPrinter.Pretty(JsonArray.Of(InfoBlockJson.Read(RecordedBlocks.Decode(runs, 8192), "file", file, default)))
            );
            count++;
        }
        Assert.True(count > 80, $"{count}");
    }

    [Fact]
    public void Human_numbers_are_hex_strings_but_for_mode()
    {
        JsonObject entries = InfoBlockJson.Read(Head(InfoBlock.Parse(RecordedBlocks.Good.Bytes)!), "dev", "namespace0.0", new(Human: true))[
            0
        ];
        Assert.Equal(
            "dev=namespace0.0 signature=NVDIMM_PFN_INFO uuid=b68f6698-2a4e-4e12-acc8-0f447e360510 "
                + "parent_uuid=a0000000-0000-4000-8000-000000000000 "
                + "flags=0 version=1.4 dataoff=0x600000 npfns=0xfa00 mode=2 start_pad=0 end_trunc=0 align=0x1000 page_size=0x1000 "
                + "page_struct_size=0x40",
            string.Join(' ', entries.Members.Select(m => $"{m.Key}={m.Value.Text}"))
        );
        Assert.Equal(["mode"], entries.Members.Where(m => m.Value.Kind != JsonKind.String).Select(m => m.Key));
    }

    [Fact]
    public void Numbers_beyond_63_bits_are_capped_in_hex_only()
    {
        byte[] head = Head(
            new InfoBlock
            {
                Kind = InfoBlockKind.Dax,
                PageCount = ulong.MaxValue,
                Mode = uint.MaxValue,
                VersionMinor = 4,
            }
        );
        static string Value(JsonObject entries, string key) => entries[key]!.Text;
        Assert.Equal("0x7fffffffffffffff", Value(InfoBlockJson.Read(head, "file", "f", new(Human: true))[0], "npfns"));
        Assert.Equal("18446744073709551615", Value(InfoBlockJson.Read(head, "file", "f", default)[0], "npfns"));
        Assert.Equal("-1", Value(InfoBlockJson.Read(head, "file", "f", default)[0], "mode"));
    }

    [Fact]
    public void A_version_that_does_not_fit_four_bytes_makes_the_object_vanish()
    {
        Assert.Single(InfoBlockJson.Read(Head(new InfoBlock { Kind = InfoBlockKind.Pfn, VersionMinor = 9 }), "file", "f", default));
        Assert.Empty(InfoBlockJson.Read(Head(new InfoBlock { Kind = InfoBlockKind.Pfn, VersionMinor = 10 }), "file", "f", default));
    }

    [Fact]
    public void Verify_drops_a_wrong_checksum_and_looks_at_the_first_byte_of_the_parent()
    {
        byte[] head = Head(InfoBlock.Parse(RecordedBlocks.Good.Bytes)!);
        Assert.Single(InfoBlockJson.Read(head, "dev", "n", new(false, true, Uuid.Parse("a0ffffff-0000-0000-0000-000000000000"))));
        Assert.Empty(InfoBlockJson.Read(head, "dev", "n", new(false, true, Uuid.Parse("a1000000-0000-4000-8000-000000000000"))));
        head[5000] ^= 1;
        Assert.Empty(InfoBlockJson.Read(head, "file", "f", new(false, Verify: true)));
        Assert.Single(InfoBlockJson.Read(head, "file", "f", default));
    }

    [Fact]
    public void Btt_blocks_at_both_places_come_first()
    {
        byte[] head = new byte[8192];
        "BTT_ARENA_INFO"u8.CopyTo(head);
        "BTT_ARENA_INFO"u8.CopyTo(head.AsSpan(4096));
        head[4096 + 0x38] = 2; // external_lbasize = 0x202
        head[4096 + 0x39] = 2;
        IReadOnlyList<JsonObject> objects = InfoBlockJson.Read(head, "file", "f", default);
        Assert.Equal(2, objects.Count);
        Assert.Equal(
            [
                "file",
                "signature",
                "uuid",
                "parent_uuid",
                "flags",
                "version",
                "external_lbasize",
                "external_nlba",
                "internal_lbasize",
                "internal_nlba",
                "nfree",
                "infosize",
                "nextoff",
                "dataoff",
                "mapoff",
                "logoff",
                "info2off",
            ],
            objects[0].Members.Select(m => m.Key)
        );
        Assert.Equal("514", objects[0]["external_lbasize"]!.Text);
        Assert.Equal("0", objects[1]["external_lbasize"]!.Text);
    }

    [Fact]
    public void A_short_head_gives_nothing() => Assert.Empty(InfoBlockJson.Read(new byte[8191], "file", "f", default));

    private static byte[] Head(InfoBlock block) => NdctlInfoBlock.ToOutput(block);
}
