namespace Altmap.Cli.Manual;

/// <summary>A page of the manual.</summary>
/// <param name="Name">As <c>altmap-plan</c>.</param>
/// <param name="Section">1: commands, 5: formats, 7: other.</param>
/// <param name="Title">In one line, as whatis(1) shows it.</param>
/// <param name="Write">Its body, from <c>NAME</c> on.</param>
internal sealed record ManualPage(string Name, int Section, string Title, Action<RoffWriter> Write)
{
    /// <summary>As <c>man1/altmap-plan.1</c>.</summary>
    public string Path => $"man{Section}/{Name}.{Section}";

    /// <summary>The page in the macros of man(7).</summary>
    public string ToRoff()
    {
        var roff = new RoffWriter();
        roff.Title(Name, Section, ProgramVersion.Date, $"altmap {ProgramVersion.Number}");
        roff.Section("Name");
        roff.Paragraph($"{Name} - {Title}");
        Write(roff);
        return roff.ToString();
    }
}
