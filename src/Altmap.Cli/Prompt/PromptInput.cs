using RadLine;

namespace Altmap.Cli.Prompt;

/// <summary>
/// Keys one at a time. The editor reads ahead all that is there, and forgets with its line what was pasted or typed for the next; so it is
/// told after each key that there is no other yet.
/// </summary>
/// <param name="isAvailable">A key waits.</param>
/// <param name="read">Takes it.</param>
internal sealed class PromptInput(Func<bool> isAvailable, Func<ConsoleKeyInfo> read) : IInputSource
{
    private bool _hasJustRead;

    /// <summary>Lines that are pasted are lines: none becomes part of the one before.</summary>
    public bool ByPassProcessing => true;

    public static PromptInput OfTerminal() => new(() => Console.KeyAvailable, () => Console.ReadKey(intercept: true));

    public bool IsKeyAvailable()
    {
        bool pauses = _hasJustRead;
        _hasJustRead = false;
        return !pauses && isAvailable();
    }

    public ConsoleKeyInfo ReadKey()
    {
        _hasJustRead = true;
        return read();
    }
}
