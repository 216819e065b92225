using Altmap.Shell.Scripts;
using Altmap.TestSupport;

namespace Altmap.Shell.Tests.Options;

/// <summary>tests/golden/ndctl_usage/usage.txt (record.py says how it is written).</summary>
internal sealed record RecordedUsage(string Command, bool IsAnswered, string Stdout, string Stderr, int ExitCode)
{
    public static IReadOnlyList<RecordedUsage> All { get; } = Read(File.ReadAllLines(Golden.Path("ndctl_usage", "usage.txt")));

    public System.Collections.Immutable.ImmutableArray<string> Words => ScriptParser.Parse(Command).Lines.Single().Words;

    private static List<RecordedUsage> Read(string[] lines)
    {
        var all = new List<RecordedUsage>();
        var usages = new Dictionary<string, string>();
        var (command, stdout, stderr) = ("", "", "");
        foreach (var line in lines)
        {
            if (line.StartsWith("+ ") || line.StartsWith("= "))
            {
                (command, stdout, stderr) = (line, "", "");
            }
            else if (line[0] == '>')
            {
                stdout += Line(line);
            }
            else if (line[0] == '!')
            {
                stderr += line == "!usage" ? usages[ToolAndName(command)] : Line(line);
            }
            else
            {
                all.Add(new RecordedUsage(command[2..], command[0] == '+', stdout, stderr, int.Parse(line["# rc=".Length..])));
                if (command.EndsWith(" -h"))
                    usages.TryAdd(ToolAndName(command), stderr);
            }
        }
        return all;
    }

    private static string Line(string line) => line.Length > 1 && line[1] == '\\' ? line[2..] : line[1..] + "\n";

    private static string ToolAndName(string command) => string.Join(' ', command[2..].Split(' ').Take(2));
}
