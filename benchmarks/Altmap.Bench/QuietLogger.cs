using BenchmarkDotNet.Loggers;

namespace Altmap.Bench;

/// <summary>All that BenchmarkDotNet says goes into a file; people see one line for each case as it ends, and mistakes.</summary>
internal sealed class QuietLogger(TextWriter file, TextWriter people) : ILogger, IDisposable
{
    private const string Case = "// Benchmark: ",
        Mean = "Mean = ";
    private string _case = "";

    public string Id => nameof(QuietLogger);

    public int Priority => 0;

    public void Write(LogKind logKind, string text)
    {
        file.Write(text);
        if (logKind == LogKind.Error)
            people.Write(text);
    }

    public void WriteLine() => file.WriteLine();

    public void WriteLine(LogKind logKind, string text)
    {
        file.WriteLine(text);
        if (logKind == LogKind.Error)
            people.WriteLine(text);
        if (text.StartsWith(Case, StringComparison.Ordinal))
            _case = NameOf(text[Case.Length..]);
        if (!text.StartsWith(Mean, StringComparison.Ordinal) || _case.Length == 0)
            return;
        people.WriteLine($"{_case, -80} {text[Mean.Length..].Split(',')[0], 12}");
        _case = "";
    }

    public void Flush() => file.Flush();

    public void Dispose() => file.Dispose();

    /// <summary><c>Type.Method: Job(…) [A=1, B=2]</c> without the job.</summary>
    private static string NameOf(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal),
            parameters = text.LastIndexOf('[');
        return colon < 0 ? text : text[..colon] + (parameters > colon ? " " + text[parameters..] : "");
    }
}
