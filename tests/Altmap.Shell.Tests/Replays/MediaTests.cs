using Altmap.Shell.Replays;

namespace Altmap.Shell.Tests.Replays;

/// <summary>What recorded commands left on the media: info-blocks at their places, and nothing anywhere else.</summary>
public class MediaTests
{
    [Theory]
    [InlineData("a_fsdax", "create", "", 16)]
    [InlineData("f_memmap", "fsdax-dev", "fsdax-dev-", 13)]
    [InlineData("f_memmap", "fsdax-mem", "fsdax-mem-", 13)]
    [InlineData("f_memmap", "fsdax-4K", "fsdax-4K-", 13)]
    [InlineData("f_memmap", "devdax-2M", "devdax-2M-", 13)]
    [InlineData("f_memmap", "devdax-4K", "devdax-4K-", 13)]
    public void The_media_equal_the_images(string group, string boot, string prefix, int images)
    {
        ReplayResult result = RecordedMachine.Replay(RecordedMachine.Boot(group), RecordedMachine.Session(group, $"session.{boot}.log"));
        // Labels' own uuids are random and unseen here; -u gave them in these sessions, and e820 has none.
        (int compared, string[] differences) = RecordedMedia.Compare(group, result.State.Machine, prefix);
        Assert.True(differences.Length == 0, string.Join('\n', differences));
        Assert.Equal(images, compared);
    }
}
