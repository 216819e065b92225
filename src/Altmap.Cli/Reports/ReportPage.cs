using System.Globalization;
using System.Text;
using System.Text.Json;
using Altmap.Advice.Doctor;
using Altmap.Cli.Maps;
using Altmap.Cli.Output;
using Altmap.Cli.Planning;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.Planning;

namespace Altmap.Cli.Reports;

/// <summary>A report as one HTML file that needs nothing: every fact is text or a table, and the maps are drawn on top.</summary>
internal sealed class ReportPage
{
    private readonly StringBuilder _page = new();
    private readonly ReportContent[] _sides;

    private ReportPage(ReportContent[] sides) => _sides = sides;

    /// <summary>One machine, or two beside each other.</summary>
    public static string Of(params ReportContent[] sides) => new ReportPage(sides).Write();

    private bool IsPair => _sides.Length == 2;

    private string Write()
    {
        string title = string.Join(" and ", _sides.Select(s => $"{s.Description.Name}, Linux {s.Machine.Kernel.Name}"));
        _page.Append(
            $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="generator" content="{OutputFile.Mark}"><title>{E(title)}</title>
            <style>
            {Resource("report.css")}{Tints()}</style></head>
            <body><main>

            """
        );
        if (IsPair)
        {
            _page.Append($"<h1>{E(title)}</h1>\n");
            Differences();
        }
        _page.Append(IsPair ? "<div class=\"sides two\">\n" : "<div class=\"sides\">\n");
        for (int i = 0; i < _sides.Length; i++)
            Side(_sides[i], i);
        _page.Append("</div></main>\n<footer><p>Made by <code>altmap report</code>: a model of the machine, compared with real kernels. ");
        _page.Append("What it does not know is marked as unknown. Nothing in this file is loaded from anywhere.</p></footer>\n<script>\n");
        return _page.Append(Resource("report.js")).Append("</script></body></html>\n").ToString();
    }

    private void Side(ReportContent side, int number)
    {
        MapView view = side.View;
        int errors = Count(side, Severity.Error),
            warnings = Count(side, Severity.Warning);
        string heading = IsPair ? "h2" : "h1";
        _page.Append(
            $"<section aria-label=\"{E(view.Title)}\"><{heading}>{E(view.Title)}</{heading}>\n<p class=\"soft\">{E(view.Subtitle)}. "
        );
        _page.Append($"{E(view.Totals)}.</p>\n");
        if (!side.IsVerified)
            _page.Append(
                $"<p><strong>No real kernel confirmed all rules of {E(side.Machine.Kernel.Name)} that this rests on.</strong></p>\n"
            );
        _page.Append("<dl class=\"facts\">");
        Fact("Persistent memory", $"{side.Ledger.Size.ToHuman()} in {Numbers.Count(side.Ledger.Regions.Length, "region")}");
        Fact("Namespaces", Numbers.Of((ulong)side.Ledger.Namespaces.Length));
        Fact("Findings", $"{Numbers.Count(errors, "error")}, {Numbers.Count(warnings, "warning")}");
        Fact("Unknown", Numbers.Count(side.Examination.Unknown.Length, "question"));
        Fact("Command line", side.Description.CommandLine.Length == 0 ? "(empty)" : side.Description.CommandLine);
        _page.Append("</dl>\n");
        Map(side, number);
        Findings(side);
        Books(side);
        Upgrades(side);
        Origins(side);
        _page.Append("</section>\n");
    }

    private void Map(ReportContent side, int number)
    {
        _page.Append("<h2>Physical memory</h2>\n<ul class=\"key\">");
        foreach (BarPart part in side.View.Legend)
            _page.Append($"<li><i class=\"{part.Tone.CssClass()}\"></i>{E(part.Label)}</li>");
        _page.Append("</ul>\n<div class=\"map\"><canvas tabindex=\"0\" role=\"img\" hidden aria-label=\"");
        _page.Append(E($"Map of physical memory in true proportion; the parts in view stand in the table below. {side.View.Totals}. "));
        _page.Append("Plus and minus zoom, arrows move, s shows one section, 0 all.\"></canvas>\n<div class=\"tools\" hidden>");
        foreach (
            (string move, string word) in new[]
            {
                ("in", "Zoom in"),
                ("out", "Zoom out"),
                ("left", "Left"),
                ("right", "Right"),
                ("section", "One section"),
                ("all", "All"),
            }
        )
            _page.Append($"<button type=\"button\" data-move=\"{move}\">{word}</button>");
        _page.Append(
            "</div>\n<p class=\"view\" role=\"status\"></p>\n"
                + "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Parts of the map\">"
        );
        Table(
            "Parts of physical memory",
            ["first byte", "last byte", ">size", ">section", "what"],
            side.Parts.Take(100)
                .Select(p =>
                {
                    PhysicalRange range = RangeOf(side, p);
                    string section = Numbers.Of(p.Pages.Start.Number / side.Machine.Mm.Geometry.PagesPerSection.Pages);
                    return new[] { $"{range.Start}", Hex(range.End.Bytes - 1), range.Size.ToHuman(), section, p.Describe(range.Size) };
                })
        );
        if (side.Parts.Length > 100)
            _page.Append($"<p class=\"soft\">{side.Parts.Length - 100} more, which the drawing shows.</p>\n");
        _page.Append($"</div>\n<script type=\"application/json\" id=\"map{number}\">{MapData(side)}</script></div>\n");
        foreach (MapNote note in side.View.Notes)
            _page.Append($"<p>{E(note.Text)}</p>\n");
    }

    private static string MapData(ReportContent side)
    {
        var kinds = new Dictionary<(Tone, string, string, string), int>();
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) // escapes what could end a script element
        {
            json.WriteStartObject();
            json.WriteNumber("page_size", side.Machine.Mm.PageSize.Bytes);
            json.WriteNumber("section_pages", side.Machine.Mm.Geometry.PagesPerSection.Pages);
            json.WriteNumber("sub_section_pages", side.Machine.Mm.Geometry.PagesPerSubSection.Pages);
            json.WriteStartArray("parts");
            foreach (MapPart part in side.Parts)
            {
                (Tone, string, string, string) kind = (part.Tone, part.Label, part.Zone, part.State);
                if (!kinds.TryGetValue(kind, out int number))
                    kinds[kind] = number = kinds.Count;
                json.WriteStartArray();
                json.WriteNumberValue(part.Pages.Start.Number);
                json.WriteNumberValue(part.Pages.End.Number);
                json.WriteNumberValue(number);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteStartArray("kinds");
            foreach ((Tone tone, string label, string zone, string state) in kinds.Keys)
            {
                json.WriteStartObject();
                json.WriteString("label", label);
                json.WriteString("words", string.Join(", ", new[] { label, zone, state }.Where(w => w.Length > 0)));
                json.WriteString("light", tone.Look().Light);
                json.WriteString("dark", tone.Look().Dark);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private void Findings(ReportContent side)
    {
        _page.Append("<h2>What the doctor says</h2>\n");
        if (side.Examination.Findings.IsEmpty)
            _page.Append(side.Examination.Unknown.IsEmpty ? "<p>Nothing is wrong.</p>\n" : "<p>Nothing is wrong in what is known.</p>\n");
        foreach (Finding finding in side.Examination.Findings)
        {
            string severity = finding.Severity.Word();
            _page.Append($"<article class=\"finding {severity}\"><h3><span class=\"severity\">{severity}</span> {E(finding.Code.Title)}: ");
            _page.Append(
                $"{E(finding.Subject.Name)}</h3>\n<p class=\"soft\"><code>{E(finding.Code.Name)}</code>"
                    + $"{(finding.Place is { } at ? E($" at {at}") : "")}</p>\n"
            );
            foreach (Evidence evidence in finding.Evidence)
                _page.Append($"<p>{E($"{evidence.What}: {Found(evidence)}")}</p>\n");
            if (finding.Consequence.Length > 0)
                _page.Append($"<p>{E(finding.Consequence)}</p>\n");
            if (finding.Remedy.Loses.Length > 0)
                _page.Append($"<p class=\"loses\">May lose: {E(finding.Remedy.Loses)}</p>\n");
            if (finding.Remedy.Advice.Length > 0)
                _page.Append($"<p>{E(finding.Remedy.Advice)}</p>\n");
            if (finding.Remedy.CommandLine is { } line)
                _page.Append($"<p>Boot with</p><pre>{E(line)}</pre>\n");
            if (finding.Remedy.Commands.Length > 0)
                _page.Append($"<pre>{string.Join('\n', finding.Remedy.Commands.Select(E))}</pre>\n");
            if (finding.Remedy.After.Length > 0)
                _page.Append(
                    $"<p class=\"soft\">Tried on the model: {E(string.Join("; ", finding.Remedy.Before))} became "
                        + $"{E(string.Join("; ", finding.Remedy.After))}</p>\n"
                );
            if (finding.Source.Length > 0)
                _page.Append($"<p class=\"soft\">Source: {E(finding.Source)}</p>\n");
            _page.Append("</article>\n");
        }
    }

    private static string Found(Evidence evidence) =>
        evidence.Expected.Length == 0 ? evidence.Actual : $"{evidence.Actual}, expected {evidence.Expected}";

    private void Books(ReportContent side)
    {
        if (side.Ledger.Regions.IsEmpty)
            return;
        _page.Append("<h2>Where the bytes of persistent memory are</h2>\n");
        Bar(side.Ledger.Totals, side.Ledger.Size);
        Scroll("Totals");
        Table(
            "All regions",
            ["what", ">bytes", ">", ">of the machine"],
            side.Ledger.Totals.Select(e =>
                new[] { e.What.Word(), Numbers.Of(e.Bytes), e.Bytes.ToHuman(), Numbers.Share(e.Bytes, side.Ledger.Size) }
            )
        );
        _page.Append("</div>\n<h2>Namespaces</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Namespaces\">");
        _page.Append(
            "<table><caption>Each byte of each namespace</caption><thead><tr><th scope=\"col\">namespace</th><th scope=\"col\">as</th>"
        );
        _page.Append(
            "<th scope=\"col\">first byte</th><th scope=\"col\" class=\"n\">size</th>"
                + "<th scope=\"col\" class=\"n\">usable</th><th scope=\"col\">ledger</th></tr></thead><tbody>\n"
        );
        foreach (NamespaceLedger ns in side.Ledger.Namespaces)
        {
            _page.Append($"<tr><th scope=\"row\">{E(ns.Namespace.Name)}</th>");
            if (ns.Plan is not { } plan)
            {
                _page.Append($"<td colspan=\"5\">not modelled: {E(ns.NotModelled ?? "")}</td></tr>\n");
                continue;
            }
            _page.Append(
                $"<td>{E(PlanText.Device(plan))}{(plan.IsAccepted ? "" : E($", refused ({plan.Errno})"))}</td>"
                    + $"<td>{E($"{plan.Range.Start}")}</td>"
            );
            _page.Append(
                $"<td class=\"n\">{E($"{plan.Range.Size}")}</td><td class=\"n\">{(plan.IsAccepted ? E($"{plan.Usable}") : "-")}</td><td>"
            );
            Bar(plan.Ledger, plan.Range.Size);
            _page.Append(E(string.Join("; ", plan.Ledger.Where(e => !e.Bytes.IsZero).Select(e => $"{e.What.Word()} {e.Bytes.ToHuman()}"))));
            _page.Append("</td></tr>\n");
        }
        _page.Append("</tbody></table></div>\n");
    }

    private void Bar(IEnumerable<LedgerEntry> entries, ByteSize whole)
    {
        _page.Append("<div class=\"bar\" aria-hidden=\"true\">");
        foreach (LedgerEntry entry in entries.Where(e => !e.Bytes.IsZero))
        {
            string share = ((double)entry.Bytes.Bytes / whole.Bytes).ToString("0.#####", CultureInfo.InvariantCulture);
            _page.Append($"<span class=\"{PlanText.ToneOf(entry.What).CssClass()}\" style=\"flex-grow:{share}\"></span>");
        }
        _page.Append("</div>\n");
    }

    private void Upgrades(ReportContent side)
    {
        if (side.Upgrades.Count == 0 || side.Kernels.IsEmpty)
            return;
        _page.Append("<h2>Under other kernels</h2>\n");
        Scroll("Under other kernels");
        // What is the same everywhere is one line.
        Table(
            "What each kernel makes of the namespaces as they are",
            ["namespaces", .. side.Kernels.Select(k => k.Name)],
            side.Upgrades.GroupBy(u => string.Join('|', u.Value.Select(c => c.Word)))
                .Select(g =>
                    (string[])
                        [
                            g.Count() <= 4 ? string.Join(", ", g.Select(u => u.Key)) : $"{g.First().Key} and {g.Count() - 1} more",
                            .. g.First().Value.Select(c => c.Word),
                        ]
                )
        );
        _page.Append("</div>\n");
        foreach (string why in side.Upgrades.Values.SelectMany(c => c).Select(c => c.Why).Where(w => w.Length > 0).Distinct().Take(20))
            _page.Append($"<p class=\"soft\">{E(why)}</p>\n");
    }

    private void Origins(ReportContent side)
    {
        Fact[] facts = [.. side.Facts];
        if (facts.Length == 0 && side.Examination.Unknown.IsEmpty && side.Notes.IsEmpty)
            return;
        _page.Append("<h2>What is not known, and what was assumed</h2>\n");
        if (!side.Examination.Unknown.IsEmpty)
        {
            _page.Append("<ul>");
            foreach (OpenQuestion question in side.Examination.Unknown)
                _page.Append($"<li>unknown, {E(question.Subject.Name)}: needs {E(question.Needs)}</li>\n");
            _page.Append("</ul>\n");
        }
        if (facts.Length > 0)
        {
            Scroll("Assumed and derived");
            Table(
                "Facts that nobody gave",
                ["what", "of", "is", "from", "what would tell it"],
                facts.Take(500).Select(f => new[] { f.Topic.Word(), f.Of, f.Origin.Word(), f.From, f.Needs })
            );
            _page.Append("</div>\n");
        }
        foreach (string note in side.Notes)
            _page.Append($"<p class=\"soft\">{E(note)}</p>\n");
    }

    /// <summary>What two sides do not have in common: namespaces and findings.</summary>
    private void Differences()
    {
        (Dictionary<string, string> left, Dictionary<string, string> right) = (Lines(_sides[0]), Lines(_sides[1]));
        string[] keys = [.. left.Keys.Union(right.Keys).Where(k => left.GetValueOrDefault(k) != right.GetValueOrDefault(k)).Take(500)];
        _page.Append("<h2>What differs</h2>\n");
        if (keys.Length == 0)
        {
            _page.Append("<p>Nothing that this report shows.</p>\n");
            return;
        }
        Scroll("What differs");
        Table(
            "Namespaces, totals and findings that are not the same",
            ["what", .. _sides.Select(s => $"{s.Description.Name}, {s.Machine.Kernel.Name}")],
            keys.Select(k => new[] { k, left.GetValueOrDefault(k, "-"), right.GetValueOrDefault(k, "-") }),
            changed: true
        );
        _page.Append("</div>\n");
    }

    private static Dictionary<string, string> Lines(ReportContent side)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kernel"] = side.Machine.Kernel.Name,
            ["page size"] = side.Machine.Mm.PageSize.ToHuman(),
            ["memory block"] = side.Machine.Mm.BlockSize.ToHuman(),
            ["physical memory"] = side.View.Totals,
        };
        foreach (NamespaceLedger ns in side.Ledger.Namespaces)
            lines[ns.Namespace.Name] = ns.Plan is not { } plan
                ? "not modelled"
                : $"{PlanText.Device(plan)}: {plan.Range.Size} from {plan.Range.Start} on, "
                    + (plan.IsAccepted ? $"usable {plan.Usable}" : $"refused ({plan.Errno})");
        foreach (Finding finding in side.Examination.Findings)
            lines[$"{finding.Code.Name}, {finding.Subject.Name}"] = finding.Severity.Word();
        return lines;
    }

    private void Fact(string what, string value) => _page.Append($"<div><dt>{E(what)}</dt><dd>{E(value)}</dd></div>");

    private void Scroll(string name) => _page.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{E(name)}\">");

    /// <summary>A heading that begins with &gt; is that of numbers.</summary>
    private void Table(string caption, string[] headings, IEnumerable<string[]> rows, bool changed = false)
    {
        _page.Append($"<table><caption>{E(caption)}</caption><thead><tr>");
        foreach (string heading in headings)
            _page.Append(
                heading.StartsWith('>') ? $"<th scope=\"col\" class=\"n\">{E(heading[1..])}</th>" : $"<th scope=\"col\">{E(heading)}</th>"
            );
        _page.Append("</tr></thead><tbody>\n");
        foreach (string[] row in rows)
        {
            _page.Append(changed ? "<tr class=\"changed\">" : "<tr>");
            for (int i = 0; i < row.Length; i++)
                _page.Append(headings[i].StartsWith('>') ? "<td class=\"n\">" : "<td>").Append(E(row[i])).Append("</td>");
            _page.Append("</tr>\n");
        }
        _page.Append("</tbody></table>\n");
    }

    private static int Count(ReportContent side, Severity severity) => side.Examination.Findings.Count(f => f.Severity == severity);

    private static PhysicalRange RangeOf(ReportContent side, MapPart part) =>
        new(part.Pages.Start.ToAddress(side.Machine.Mm.PageSize), part.Pages.Count.ToBytes(side.Machine.Mm.PageSize));

    private static string Hex(ulong value) => JsonOutput.Hex(value);

    private static string Tints()
    {
        var css = new StringBuilder();
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".{tone.CssClass()} {{ background: {tone.Look().Light}; }}\n");
        css.Append("@media (prefers-color-scheme: dark) {\n");
        foreach (Tone tone in Enum.GetValues<Tone>())
            css.Append($".{tone.CssClass()} {{ background: {tone.Look().Dark}; }}\n");
        return css.Append("}\n").ToString();
    }

    private static string Resource(string name)
    {
        using Stream stream =
            typeof(ReportPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string E(string text) => SvgPicture.Escape(text);
}
