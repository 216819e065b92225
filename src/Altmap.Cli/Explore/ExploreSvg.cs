using Altmap.Cli.Output;
using Altmap.Model.Explore;

namespace Altmap.Cli.Explore;

/// <summary>A trace as a picture: a lane for each actor, time downwards, and the sections beside each step that changes them.</summary>
internal static class ExploreSvg
{
    private const double Row = 30;
    private const double Top = 96;

    public static SvgPicture Draw(ExplorerModel model, Violation violation)
    {
        string[] actors = [.. violation.Trace.Select(s => s.Actor).Distinct()];
        int sections = model.Boot.Pages.Length / (int)Scenario.Geometry.PagesPerSection.Pages;
        double lane = 330,
            left = SvgPicture.Margin + 30,
            memory = left + (lane * actors.Length) + 20;
        var picture = new SvgPicture(
            $"{model.Scenario.Policy.Name}: {violation.Property.Title}",
            memory + (sections * 250) + SvgPicture.Margin
        );
        picture.Text(SvgPicture.Margin, 52, violation.Case.Detail, SvgType.Small);
        for (int a = 0; a < actors.Length; a++)
        {
            double middle = left + (a * lane) + 8;
            picture.Text(left + (a * lane), Top - 12, actors[a], SvgType.Bold);
            picture.Line(middle, Top, middle, Top + (violation.Trace.Length * Row));
        }
        for (int s = 0; s < sections; s++)
            picture.Text(memory + (s * 250), Top - 12, $"section {s}", SvgType.Bold);
        MemoryPicture before = model.Boot;
        for (int i = 0; i < violation.Trace.Length; i++)
        {
            TraceStep step = violation.Trace[i];
            double y = Top + (i * Row),
                x = left + (Array.IndexOf(actors, step.Actor) * lane);
            picture.Text(SvgPicture.Margin, y + 15, (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), SvgType.Small);
            bool isLast = i == violation.Trace.Length - 1;
            picture.Box(
                x,
                y + 2,
                lane - 14,
                Row - 8,
                new BarPart(1, isLast ? Tone.Bad : Tone.Data, step.Step, $"{step.Operation}: {step.Step}: {step.Effect} ({step.Source})")
            );
            string[] old = [.. Pictures.Sections(before, Scenario.Geometry)],
                now = [.. Pictures.Sections(step.After, Scenario.Geometry)];
            for (int s = 0; s < now.Length; s++)
            {
                if (i == 0 || old[s] != now[s])
                    picture.Text(memory + (s * 250), y + 15, now[s], SvgType.Small);
            }
            before = step.After;
        }
        return picture;
    }
}
