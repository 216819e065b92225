namespace Altmap.Core.Json;

/// <summary>A mistake in a text that a person wrote: where, what, what would be right and what to do. Returned, never thrown.</summary>
/// <param name="File">Name of the file as the person gave it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">In bytes, from 1.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Expected">What may stand there; empty when <paramref name="What"/> says it.</param>
/// <param name="Todo">What to do; empty when it is plain.</param>
public sealed record InputError(string File, int Line, int Column, string What, string Expected = "", string Todo = "")
{
    /// <summary><c>machine.json:12: unknown key "regons"; expected one of …; did you mean "regions"?</c></summary>
    public override string ToString() =>
        $"{File}:{Line}: {What}{(Expected.Length == 0 ? "" : $"; expected {Expected}")}{(Todo.Length == 0 ? "" : $"; {Todo}")}";
}

/// <summary>Collects the errors of one file, up to a limit, so that a hostile file cannot fill memory with complaints.</summary>
public sealed class InputErrors(string file)
{
    /// <summary>How many errors are kept.</summary>
    public const int CountMax = 20;

    private readonly List<InputError> _errors = [];

    /// <summary>The file all errors are about.</summary>
    public string File { get; } = file;

    /// <summary>The errors in the order in which they stand in the file, at most <see cref="CountMax"/>.</summary>
    public IReadOnlyList<InputError> Sorted => [.. _errors.OrderBy(e => e.Line).ThenBy(e => e.Column)];

    /// <summary>True when nothing is wrong.</summary>
    public bool IsEmpty => _errors.Count == 0;

    /// <summary>True when no more are kept; a parser may stop.</summary>
    public bool IsFull => _errors.Count >= CountMax;

    /// <summary>Adds an error at <paramref name="line"/> and <paramref name="column"/>.</summary>
    public void Add(int line, int column, string what, string expected = "", string todo = "")
    {
        if (!IsFull)
            _errors.Add(new InputError(File, line, column, what, expected, todo));
    }

    /// <summary>Adds an error where <paramref name="value"/> starts.</summary>
    public void Add(JsonValue value, string what, string expected = "", string todo = "") =>
        Add(value.Line, value.Column, what, expected, todo);
}
