namespace Altmap.Conformance.Packages;

/// <summary>An archive from which this machine's own distribution takes packages.</summary>
/// <param name="Uri">Its address, as the machine's own lists have it.</param>
/// <param name="Suite">As <c>bookworm</c> or <c>bookworm-security</c>.</param>
/// <param name="SignedBy">Key ring, or null: apt's own.</param>
internal sealed record AptSource(string Uri, string Suite, string? SignedBy)
{
    /// <summary>A line of a sources.list, main only.</summary>
    public string Line => SignedBy is null ? $"deb {Uri} {Suite} main" : $"deb [signed-by={SignedBy}] {Uri} {Suite} main";

    /// <summary>The archives of a machine's lists (one-line and deb822), without those of others than the distribution.</summary>
    /// <param name="etc">Where <c>sources.list</c> and <c>sources.list.d</c> lie.</param>
    /// <param name="codename">The machine's release; only archives of it and of its security updates count.</param>
    public static IReadOnlyList<AptSource> OfMachine(string etc, string codename)
    {
        var found = new List<AptSource>();
        string folder = Path.Combine(etc, "sources.list.d");
        IEnumerable<string> files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];
        foreach (string file in files.Prepend(Path.Combine(etc, "sources.list")).Where(File.Exists))
        {
            string text = File.ReadAllText(file);
            found.AddRange(file.EndsWith(".sources", StringComparison.Ordinal) ? Paragraphs(text) : OneLiners(text));
        }
        return [.. found.Where(s => s.Suite == codename || s.Suite == codename + "-security").Distinct()];
    }

    private static IEnumerable<AptSource> OneLiners(string text)
    {
        foreach (string line in text.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("deb ", StringComparison.Ordinal)))
        {
            string body = line[4..].Trim();
            string? key = null;
            if (body.StartsWith('[') && body.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            {
                key = body[1..end]
                    .Split(' ')
                    .FirstOrDefault(o => o.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase))
                    ?["signed-by=".Length..];
                body = body[(end + 1)..].Trim();
            }
            if (body.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var uri, var suite, ..])
                yield return new AptSource(uri, suite, key);
        }
    }

    private static IEnumerable<AptSource> Paragraphs(string text)
    {
        foreach (string paragraph in text.Replace("\r", "", StringComparison.Ordinal).Split("\n\n"))
        {
            Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
            foreach (string line in paragraph.Split('\n').Where(l => !l.StartsWith('#')))
            {
                if (line.Split(':', 2) is [var name, var value])
                    fields[name.Trim()] = value.Trim();
            }
            if (
                !fields.TryGetValue("Types", out string? types)
                || !types.Split(' ').Contains("deb")
                || fields.GetValueOrDefault("Enabled") == "no"
            )
                continue;
            foreach (string uri in fields.GetValueOrDefault("URIs", "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                foreach (string suite in fields.GetValueOrDefault("Suites", "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    yield return new AptSource(uri, suite, fields.GetValueOrDefault("Signed-By"));
            }
        }
    }
}
