using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Formats.Tests.InfoBlocks;

public class NdctlInfoBlockTests
{
    private const string Refusal = "unable to satisfy requested alignment";

    [Fact]
    public void Recorded_runs_of_write_infoblock_are_the_same_to_the_byte()
    {
        int blocks = 0,
            refusals = 0;
        foreach (string[] row in RecordedBlocks.Rows("j_infoblock", "infoblocks.tsv"))
        {
            if (row[1] is not ("0" or "250"))
                continue; // usage errors are the command line's
            NdctlInfoBlockResult result = NdctlInfoBlock.Create(Request(row[3], row[2]));
            if (row[1] == "0")
            {
                Assert.Equal(RecordedBlocks.Decode(row[5], NdctlInfoBlock.OutputBytes), NdctlInfoBlock.ToOutput(result.Block!));
                blocks++;
            }
            else
            {
                Assert.Equal((Errno.ENXIO, Refusal), (result.Errno, result.Message));
                Assert.Contains(Refusal, row[4], StringComparison.Ordinal);
                refusals++;
            }
        }
        Assert.True(blocks > 80 && refusals > 15, $"{blocks} blocks, {refusals} refusals");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(4096UL)]
    [InlineData(ulong.MaxValue)]
    public void Sizes_out_of_bounds_end_in_an_answer(ulong size)
    {
        var request = new NdctlInfoBlockRequest(
            InfoBlockKind.Pfn,
            PageMapMode.Pmem,
            new ByteSize(size),
            ByteSize.MiB(2),
            new MediaOffset(ulong.MaxValue),
            Uuid.Zero,
            Uuid.Zero,
            ByteSize.KiB(4)
        );
        NdctlInfoBlockResult result = NdctlInfoBlock.Create(request);
        Assert.Equal(result.Block is null, result.Errno == Errno.ENXIO);
    }

    private static NdctlInfoBlockRequest Request(string command, string fileSize)
    {
        string[] words = command.Split(' ');
        string Option(string name, string otherwise) => Array.IndexOf(words, name) is var i and >= 0 ? words[i + 1] : otherwise;
        static ulong Size(string text) => ByteSize.TryParse(text, out ByteSize size) ? size.Bytes : throw new FormatException(text);
        return new(
            Option("-m", "fsdax") == "fsdax" ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
            Option("-M", "dev") == "dev" ? PageMapMode.Pmem : PageMapMode.Ram,
            new ByteSize(Size(Option("-s", fileSize))),
            new ByteSize(Size(Option("-a", "2M"))),
            new MediaOffset(Size(Option("-O", "0"))),
            Uuid.Parse(Option("-u", "")),
            Uuid.Zero,
            ByteSize.KiB(4)
        );
    }
}
