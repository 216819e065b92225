using Altmap.Core.Units;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Host.Writes;

namespace Altmap.Cli.Tests.Writes;

public class UndoCommandTests
{
    [Fact]
    public void A_journal_is_told_finished_and_taken_back()
    {
        using var scratch = new Scratch();
        string image = scratch["image"],
            journal = scratch["journal"];
        byte[] before = [.. Enumerable.Range(0, 65536).Select(i => (byte)((i / 3) & 0xff))];
        File.WriteAllBytes(image, before);
        var plan = new WritePlan([new PlanStep.Move(new MediaOffset(0), new MediaOffset(8192), ByteSize.KiB(32))]);
        using (WritableTarget target = WritableTarget.Open(image).Value!)
        {
            // Interrupted as soon as the first stage has its record.
            Assert.Throws<OperationCanceledException>(() =>
                JournalFile.Run(journal, plan, target, null, (_, _) => throw new OperationCanceledException())
            );
        }
        CliResult told = Cli.Run("undo", "--dry-run", journal, image);
        Assert.Equal(0, told.ExitCode);
        Assert.StartsWith("0 of 32768 (32 KiB) are written", told.Output, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("undo", "--resume", journal, image).ExitCode);
        Assert.Equal(before[..32768], File.ReadAllBytes(image)[8192..40960]);
        Assert.Equal(0, Cli.Run("undo", journal, image).ExitCode);
        Assert.Equal(before, File.ReadAllBytes(image));
        CliResult late = Cli.Run("undo", "--resume", journal, image);
        Assert.Equal(16, late.ExitCode);
        Assert.Contains("are being given back", late.Error, StringComparison.Ordinal);
        Assert.Equal(16, Cli.Run("undo", "--resume", image, image).ExitCode);
    }
}
