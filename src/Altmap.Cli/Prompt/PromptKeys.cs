using RadLine;

namespace Altmap.Cli.Prompt;

/// <summary>Why the editor gave a line back.</summary>
internal enum LineEnd
{
    Entered,
    Abandoned,
    Listing,
}

/// <summary>The keys of a shell that the editor has not got, and how the line they ended is to be taken.</summary>
/// <param name="complete">What a Tab makes of the text before the cursor.</param>
internal sealed class PromptKeys(Func<string, PromptCompletion.Step> complete)
{
    /// <summary>How the line ended; the candidates where it was to list them.</summary>
    public LineEnd End { get; private set; }

    public IReadOnlyList<string> Listed { get; private set; } = [];

    public void AddTo(KeyBindings keys)
    {
        Bind(keys, ConsoleKey.Tab, null, Tab);
        // A line feed (Ctrl-J, and what pipes and expect send) is Enter with Control, or J, by terminal.
        Bind(keys, ConsoleKey.J, ConsoleModifiers.Control, c => c.Submit(SubmitAction.Submit));
        Bind(keys, ConsoleKey.Enter, ConsoleModifiers.Control, c => c.Submit(SubmitAction.Submit));
        Bind(keys, ConsoleKey.C, ConsoleModifiers.Control, Abandon);
        Bind(keys, ConsoleKey.D, ConsoleModifiers.Control, EndOfInput);
        Bind(keys, ConsoleKey.U, ConsoleModifiers.Control, c => Cut(c, 0, c.Buffer.Position));
        Bind(keys, ConsoleKey.K, ConsoleModifiers.Control, c => Cut(c, c.Buffer.Position, c.Buffer.Length));
        Bind(
            keys,
            ConsoleKey.W,
            ConsoleModifiers.Control,
            c => Cut(c, StartOfWord(c.Buffer.Content, c.Buffer.Position), c.Buffer.Position)
        );
        Bind(keys, ConsoleKey.A, ConsoleModifiers.Control, c => c.Buffer.MoveHome());
        Bind(keys, ConsoleKey.E, ConsoleModifiers.Control, c => c.Buffer.MoveEnd());
        Bind(keys, ConsoleKey.UpArrow, null, c => c.Submit(SubmitAction.PreviousHistory));
        Bind(keys, ConsoleKey.DownArrow, null, c => c.Submit(SubmitAction.NextHistory));
    }

    private static void Bind(KeyBindings keys, ConsoleKey key, ConsoleModifiers? modifiers, Action<LineEditorContext> act)
    {
        keys.Remove(key, modifiers);
        if (modifiers is { } held)
            keys.Add(key, held, () => new Command(act));
        else
            keys.Add(key, () => new Command(act));
    }

    private void Tab(LineEditorContext context)
    {
        PromptCompletion.Step step = complete(context.Buffer.Content[..context.Buffer.Position]);
        if (step.Insert.Length > 0)
        {
            int after = context.Buffer.Position + step.Insert.Length;
            context.Buffer.Insert(step.Insert);
            context.Buffer.Move(after);
        }
        else if (!step.Listed.IsEmpty)
        {
            // The editor cannot print below its line: it gives the line back, and gets it again after the list.
            (End, Listed) = (LineEnd.Listing, step.Listed);
            context.Submit(SubmitAction.Submit);
        }
    }

    private void Abandon(LineEditorContext context)
    {
        End = LineEnd.Abandoned;
        context.Buffer.MoveEnd();
        context.Buffer.Insert("^C");
        context.Submit(SubmitAction.Submit);
    }

    /// <summary>Ctrl-D ends the session as in a shell: only on an empty line.</summary>
    private static void EndOfInput(LineEditorContext context)
    {
        if (context.Buffer.Length > 0)
            return;
        context.Buffer.Insert("exit");
        context.Submit(SubmitAction.Submit);
    }

    private static void Cut(LineEditorContext context, int from, int to)
    {
        if (to <= from)
            return;
        context.Buffer.Clear(from, to - from);
        context.Buffer.Move(from);
    }

    private static int StartOfWord(string text, int position)
    {
        while (position > 0 && text[position - 1] == ' ')
            position--;
        while (position > 0 && text[position - 1] != ' ')
            position--;
        return position;
    }

    private sealed class Command(Action<LineEditorContext> act) : LineEditorCommand
    {
        public override void Execute(LineEditorContext context) => act(context);
    }
}
