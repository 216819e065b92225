using Altmap.Advice.Sessions;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Advice.Tests.Sessions;

public class SessionTests
{
    private const string Enable = "ndctl enable-region region0";
    private const string Disable = "ndctl disable-region region0";

    [Fact]
    public void Steps_are_the_commands_that_changed_something()
    {
        Session session = Run(Opened(), "ndctl list", Disable, "ndctl lsit", "ndctl list -R", Enable);
        Assert.Equal([Disable, Enable], session.Steps);
    }

    [Fact]
    public void The_way_back_passes_what_only_looked()
    {
        Session opened = Opened(),
            disabled = Run(opened, "ndctl list", Disable, "ndctl list -R");
        Assert.Equal(Disable, disabled.LastChange!.Command);
        Session back = disabled.Undo()!;
        Assert.Same(opened.State.Machine, back.State.Machine);
        Assert.Empty(back.Steps);
        Assert.Null(back.LastChange);
        Assert.Null(back.Undo());
    }

    [Fact]
    public void A_command_that_is_not_supported_is_no_command_of_the_session()
    {
        Session opened = Opened();
        (Session next, var result) = opened.Run(Line("rm x"));
        Assert.True(result.IsUnsupported);
        Assert.Empty(next.Steps);
        Assert.Null(next.Undo());
    }

    [Fact]
    public void An_opening_does_the_steps_and_names_those_that_fail()
    {
        SessionOpening opening = Open(Disable, "ndctl lsit", Enable);
        Assert.Null(opening.Error);
        Assert.Equal([new FailedStep(1, "ndctl lsit", 1, "Unknown command: 'lsit'")], opening.Failed);
    }

    [Theory]
    [InlineData("echo 'a", OpeningFault.StepUnreadable)]
    [InlineData("rm x", OpeningFault.NotModelled)]
    public void An_opening_ends_at_a_step_that_cannot_be_done(string step, OpeningFault fault)
    {
        SessionOpening opening = Open(Disable, step, Enable);
        Assert.Null(opening.State);
        Assert.Equal((fault, 1), (opening.Error!.Fault, opening.Error.Step));
    }

    [Fact]
    public void A_trial_ends_at_the_first_command_that_does_not_succeed()
    {
        var start = Trial.Start(Opened().State);
        Assert.True(start.Then([Disable, Enable]).IsDone);
        Trial failed = start.Then([Disable, "ndctl lsit", Enable]);
        Assert.Equal(("ndctl lsit", 1), (failed.Failed, failed.Failure!.ExitCode));
        Assert.Equal([Disable], failed.Commands);
        Assert.True(start.Then("rm x").Failure!.IsUnsupported);
        Assert.Throws<ArgumentException>(() => start.Then("echo 'a"));
    }

    private static Session Run(Session session, params string[] commands) =>
        commands.Aggregate(session, (s, command) => s.Run(Line(command)).Next);

    private static ScriptLine Line(string command) => ScriptParser.ParseLine(command)!.Value.Line!;

    private static Session Opened() => new(Open().State!);

    private static SessionOpening Open(params string[] steps)
    {
        MachineSource source = MachineLoader.Load(Golden.Path("d_multi", "machine.json")).Source!;
        KernelProfile kernel = KernelProfiles.Find("6.1")!;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, source.Description.Architecture, source.Description.PageSize)!;
        source = source with { Description = source.Description with { Steps = [.. steps] } };
        return SessionOpening.Of(source, kernel, architecture, UuidSource.FromSeed(1));
    }
}
