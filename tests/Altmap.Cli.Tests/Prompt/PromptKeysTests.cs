using Altmap.Cli.Prompt;
using Altmap.Cli.Sessions;
using Altmap.TestSupport;
using RadLine;

namespace Altmap.Cli.Tests.Prompt;

public class PromptKeysTests
{
    [Theory]
    [InlineData("ndctl lis", "t ")]
    [InlineData("ndctl destroy-namespace na", "mespace")]
    [InlineData("ndctl destroy-namespace namespace", "", "namespace0.0", "namespace1.0")]
    [InlineData("ndctl destroy-namespace namespace1", ".0 ")]
    [InlineData("cat /sys/bus/nd/devices/region0/siz", "e ")]
    [InlineData("frob ", "")]
    [InlineData("ndctl frob ", "")]
    [InlineData("cat n", "")]
    public void Tab_completes_what_is_certain_and_lists_the_rest(string left, string insert, params string[] listed)
    {
        PromptCompletion.Step step = Complete(left);
        Assert.Equal(insert, step.Insert);
        Assert.Equal(listed, step.Listed);
    }

    [Theory]
    [InlineData(ConsoleKey.U, 10, "-n x", 0)]
    [InlineData(ConsoleKey.K, 10, "ndctl list", 10)]
    [InlineData(ConsoleKey.W, 10, "ndctl -n x", 6)]
    [InlineData(ConsoleKey.W, 11, "ndctl -n x", 6)]
    [InlineData(ConsoleKey.W, 0, "ndctl list -n x", 0)]
    [InlineData(ConsoleKey.A, 10, "ndctl list -n x", 0)]
    [InlineData(ConsoleKey.E, 10, "ndctl list -n x", 15)]
    public void Keys_of_a_shell_edit_the_line(ConsoleKey key, int position, string left, int cursor)
    {
        var buffer = new LineBuffer("ndctl list -n x");
        buffer.Move(position);
        Press(key, ConsoleModifiers.Control, buffer);
        Assert.Equal((left.Replace(" ", ""), cursor), (buffer.Content.Replace(" ", ""), buffer.Position));
    }

    [Theory]
    [InlineData(ConsoleKey.J)]
    [InlineData(ConsoleKey.Enter)]
    public void A_line_feed_is_Enter(ConsoleKey key)
    {
        var bindings = new KeyBindings();
        bindings.AddDefault();
        new PromptKeys(Complete).AddTo(bindings);
        var context = new LineEditorContext(new LineBuffer("ndctl list"), null!);
        bindings.GetCommand(key, ConsoleModifiers.Control)!.Execute(context);
        Assert.Equal("ndctl list", context.Buffer.Content); // no second line
    }

    [Fact]
    public void Ctrl_C_drops_the_line_and_Tab_keeps_it()
    {
        Assert.Equal(LineEnd.Abandoned, Press(ConsoleKey.C, ConsoleModifiers.Control, new LineBuffer("ndctl destroy-namespace all")).End);
        var buffer = new LineBuffer("ndctl destroy-namespace namespace");
        buffer.MoveEnd();
        PromptKeys keys = Press(ConsoleKey.Tab, null, buffer);
        Assert.Equal((LineEnd.Listing, "ndctl destroy-namespace namespace"), (keys.End, buffer.Content));
        Assert.Equal(["namespace0.0", "namespace1.0"], keys.Listed);
        Assert.Equal(LineEnd.Entered, Press(ConsoleKey.UpArrow, null, new LineBuffer("x")).End);
    }

    private static PromptKeys Press(ConsoleKey key, ConsoleModifiers? modifiers, LineBuffer buffer)
    {
        var bindings = new KeyBindings();
        bindings.AddDefault();
        var keys = new PromptKeys(Complete);
        keys.AddTo(bindings);
        bindings.GetCommand(key, modifiers)!.Execute(new LineEditorContext(buffer, null!));
        return keys;
    }

    private static PromptCompletion.Step Complete(string left)
    {
        using var host = new CliHost(Stream.Null, TextWriter.Null, () => Stream.Null);
        return PromptCompletion.Complete(MachineSession.Open(host, Golden.Path("d_multi", "machine.json")).State.Machine, left);
    }
}
