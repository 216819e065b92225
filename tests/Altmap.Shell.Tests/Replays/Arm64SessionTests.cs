using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Replays;

/// <summary>pmem carved out of RAM by the device tree, 4K, 16K and 64K pages: what arm64 kernels accept, refuse, lose and print.</summary>
public class Arm64SessionTests(ITestOutputHelper output)
{
    public static TheoryData<string> Sessions() =>
        [
            .. Directory
                .EnumerateFiles(Golden.Path("s_arm64"), "session.log.gz", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Golden.Root, Path.GetDirectoryName(f)!))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [Trait("problem", "D1")]
    [MemberData(nameof(Sessions))]
    public void The_session_is_as_recorded(string folder)
    {
        var session = new Arm64Session(RecordedMachine.Boot(folder), folder);
        session.Run();
        output.WriteLine($"{session.Compared} compared, {session.Unsupported} unsupported");
        Assert.True(session.Compared > 0);
        Assert.True(session.Differences.Count == 0, string.Join('\n', session.Differences));
        Assert.True(
            session.Unsupported == 0 || folder.EndsWith("offboot", StringComparison.Ordinal),
            "only boot memory's offlining is not modelled"
        );
    }
}
