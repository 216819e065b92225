using System.CommandLine;
using System.Reflection;
using Altmap.Advice;
using Altmap.Core.Findings;

namespace Altmap.Cli.Manual;

/// <summary>The pages of the manual. Nothing in them is written for them alone: they come from the command tree, the table of findings and
/// docs/machine-file.md.</summary>
internal static class Manual
{
    /// <summary>All, by section.</summary>
    public static IEnumerable<ManualPage> Pages(RootCommand root) =>
        [
            .. CommandPages.Of(root),
            new ManualPage("altmap-machine", 5, "the machine file altmap-machine/1", WriteMachine),
            new ManualPage("altmap-findings", 7, "what altmap finds, and what to do", WriteFindings),
        ];

    private static void WriteMachine(RoffWriter roff)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("machine-file.md")!;
        using var reader = new StreamReader(stream);
        MarkdownPage.Write(roff, reader.ReadToEnd());
        roff.Section("See also");
        roff.Paragraph("`altmap`(1), `altmap-machine`(1), `altmap-capture`(1)");
    }

    private static void WriteFindings(RoffWriter roff)
    {
        roff.Section("Description");
        roff.Paragraph(
            "Each finding of `altmap doctor`, `infoblock check`, `labels check`, `btt check` and `image check` has a name that never "
                + "changes. `altmap explain NAME` shows its page."
        );
        foreach (IGrouping<string, FindingCode> subject in FindingPages.All.GroupBy(c => c.Name.Split('.')[0]))
        {
            roff.Section(subject.Key);
            foreach (FindingCode code in subject)
            {
                string text = $"{code.Severity.Word()}: {code.Title}. Consequence: {code.Consequence}. What to do: {code.Advice}.";
                roff.Term($"`{code.Name}`", code.Source.Length == 0 ? text : $"{text} Source: {code.Source}.");
            }
        }
        roff.Section("See also");
        roff.Paragraph("`altmap`(1), `altmap-explain`(1), `altmap-doctor`(1)");
    }
}
