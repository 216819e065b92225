namespace Altmap.Core.Findings;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Works today, and may lose something or fail elsewhere.</summary>
    Warning,

    /// <summary>Some kernel or tool refuses it, or misreads it.</summary>
    Error,
}

/// <summary>Words about <see cref="Severity"/>.</summary>
public static class SeverityText
{
    /// <summary><c>note</c>, <c>warning</c> or <c>error</c>.</summary>
    public static string Word(this Severity severity) =>
        severity switch
        {
            Severity.Note => "note",
            Severity.Warning => "warning",
            Severity.Error => "error",
            _ => throw new ArgumentOutOfRangeException(nameof(severity), severity, "a severity without a word"),
        };
}
