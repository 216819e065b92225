using System.Globalization;
using Altmap.TestSupport;

namespace Altmap.Cli.Tests.Cases;

/// <summary>
/// Machines of public reports answer as is right (tests/golden/README-cases.md). A <c>case.txt</c> has <c>$ WORDS</c> of altmap,
/// <c>&lt;</c> lines of its standard input, <c>= N</c> the exit code, <c>&gt; TEXT</c> what it prints, in this order, and <c>! TEXT</c>
/// what it does not; <c>{}</c> is an empty folder with a blank image, <c>rootfs.img</c> of 128 MiB.
/// </summary>
public class ReportedCaseTests
{
    private const string CaseFile = "case.txt";

    private sealed record Step(string Words)
    {
        public List<string> Input { get; } = [];
        public List<string> Right { get; } = [];
        public List<string> Wrong { get; } = [];
        public int? ExitCode { get; set; }
    }

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Golden.Path("cases")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_reported_machine_answers_as_is_right(string name)
    {
        using var scratch = new Scratch();
        using (FileStream image = File.Create(scratch["rootfs.img"]))
            image.SetLength(128L << 20);
        Step[] steps = [.. Read(Golden.Path("cases", name, CaseFile))];
        Assert.NotEmpty(steps);
        foreach (Step step in steps)
        {
            string[] words = [.. step.Words.Split(' ').Select(w => Word(w, name, scratch))];
            CliResult result = Cli.RunWith(string.Concat(step.Input.Select(l => l + "\n")), words);
            string all = result.Output + result.Error;
            Assert.True(step.ExitCode == result.ExitCode, $"altmap {step.Words}: exit code {result.ExitCode}\n{all}");
            Assert.NotEmpty((IEnumerable<string>)[.. step.Right, .. words.Where(w => w == "-o")]);
            InOrder(step.Words, step.Right, result);
            Assert.All(step.Wrong, text => Assert.DoesNotContain(text, all, StringComparison.Ordinal));
        }
    }

    /// <summary>Each text after the one before it on standard output, or anywhere on standard error.</summary>
    private static void InOrder(string words, List<string> right, CliResult result)
    {
        int at = 0;
        foreach (string text in right)
        {
            int found = result.Output.IndexOf(text, at, StringComparison.Ordinal);
            if (found >= 0)
                at = found + text.Length;
            else
                Assert.True(
                    result.Error.Contains(text, StringComparison.Ordinal),
                    $"altmap {words}: no \"{text}\" in\n{result.Output}{result.Error}"
                );
        }
    }

    /// <summary>A file of the case by its path, <c>{}</c> as the scratch folder.</summary>
    private static string Word(string word, string name, Scratch scratch)
    {
        string inCase = Golden.Path("cases", name, word);
        return word.StartsWith("{}/", StringComparison.Ordinal) ? scratch[word[3..]]
            : word.Length > 0 && (File.Exists(inCase) || Directory.Exists(inCase)) ? inCase
            : word;
    }

    private static IEnumerable<Step> Read(string path)
    {
        Step? step = null;
        foreach (string line in File.ReadLines(path).Where(l => l.Length > 2))
        {
            string rest = line[2..];
            switch (line[0])
            {
                case '#':
                    break;
                case '$':
                    if (step is not null)
                        yield return step;
                    step = new Step(rest);
                    break;
                case '<':
                    step!.Input.Add(rest);
                    break;
                case '=':
                    step!.ExitCode = int.Parse(rest, CultureInfo.InvariantCulture);
                    break;
                case '>':
                    step!.Right.Add(rest);
                    break;
                case '!':
                    step!.Wrong.Add(rest);
                    break;
                default:
                    throw new InvalidDataException($"{path}: {line}");
            }
        }
        if (step is not null)
            yield return step;
    }
}
