using System.Collections.Immutable;
using Altmap.Advice.Explain;
using Altmap.Cli.Output;
using Altmap.Core.Findings;

namespace Altmap.Cli.Explain;

/// <summary>Pages for people.</summary>
internal static class ExplainText
{
    public static void Write(CliHost host, FindingCode code)
    {
        host.Out.WriteLine($"{code.Name}: {code.Title}");
        host.Out.WriteLine();
        host.Out.WriteLine($"Consequence: {code.Consequence}");
        host.Out.WriteLine($"What to do:  {code.Advice}");
        if (code.Source.Length > 0)
            host.Out.WriteLine($"Source:      {code.Source}");
    }

    public static void Write(CliHost host, ImmutableArray<ExplainedLine> lines, bool isLog)
    {
        var first = new Dictionary<MessagePage, int>();
        for (int i = 0; i < lines.Length; i++)
        {
            ExplainedLine line = lines[i];
            if (i > 0)
                host.Out.WriteLine();
            string times = line.Count > 1 ? $" ({Numbers.Of(line.Count)} times)" : "";
            host.Out.WriteLine(CliHost.Printable($"{(isLog ? $"line {Numbers.Of(line.Number)}: " : "")}{line.Line}{times}"));
            if (!first.TryAdd(line.Page, line.Number))
            {
                host.Out.WriteLine($"  as line {Numbers.Of(first[line.Page])}");
                continue;
            }
            host.Out.WriteLine($"  {line.Page.Severity.Word()}, {line.Page.Speaker}");
            host.Out.WriteLine($"  means: {line.Page.Meaning}");
            if (line.Page.Advice.Length > 0)
                host.Out.WriteLine($"  do:    {line.Page.Advice}");
            if (line.Page.Kernels.Length > 0)
                host.Out.WriteLine($"  seen:  {line.Page.Kernels}");
        }
        if (isLog)
        {
            host.Out.WriteLine();
            host.Out.WriteLine(
                $"{Numbers.Count(lines.Length, "message")} explained, {Numbers.Count(lines.Count(IsError), "error")} among them"
            );
        }

        static bool IsError(ExplainedLine line) => line.Page.Severity == Severity.Error;
    }
}
