using System.Text.RegularExpressions;

namespace Altmap.Core.Tests.Architecture;

/// <summary>
/// The folders of a project have no circle: who reads one folder needs those below it and no other. A folder is a subject; what lies in
/// its sub-folders belongs to it, and the sub-folders are looked at among themselves. Files at the root of a project put its folders
/// together and are left out.
/// </summary>
public partial class FolderTests
{
    public static TheoryData<string> Projects => [.. Checkout.Files("src", "*.csproj").Select(p => Path.GetFileNameWithoutExtension(p))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_have_no_circle(string project) =>
        Assert.Empty(
            Circles(project, Checkout.Files($"src/{project}", "*.cs").Select(p => (p[$"src/{project}/".Length..], Checkout.Read(p))))
        );

    [Fact]
    public void A_planted_circle_is_seen()
    {
        (string, string)[] planted =
        [
            ("Front.cs", "namespace P;\nusing P.A; using P.B;"),
            ("A/One.cs", "using P.B;\nnamespace P.A;\nclass One;"),
            ("B/Deep/Two.cs", "namespace P.B.Deep;\n/// <see cref=\"P.A.One\"/>\nclass Two { C.Three _three; string s = \"A.One\"; }"),
            ("C/Three.cs", "using static P.A.One;\nnamespace P.C;\nclass Three;"),
        ];
        Assert.Equal(["A > B > C > A (A/One.cs, B/Deep/Two.cs, C/Three.cs)"], Circles("P", planted));
        Assert.Empty(Circles("P", planted.Take(3)));
    }

    [Fact]
    public void Sub_folders_are_looked_at_among_themselves()
    {
        (string, string)[] planted =
        [
            ("A/X/One.cs", "using P.A.Y;\nnamespace P.A.X;\nclass One;"),
            ("A/Y/Two.cs", "namespace P.A.Y;\nclass Two { X.One _one; }"),
        ];
        Assert.Equal(["A/X > A/Y > A/X (A/X/One.cs, A/Y/Two.cs)"], Circles("P", planted));
    }

    /// <summary>One line for each folder that can be reached from itself, the shortest way round first.</summary>
    private static List<string> Circles(string project, IEnumerable<(string Path, string Text)> files)
    {
        (string Path, string Text)[] all = [.. files.Select(f => (f.Path, Code(f.Text)))];
        var found = new List<string>();
        var parents = all.Select(f => Path.GetDirectoryName(f.Path)!).SelectMany(Above).ToHashSet();
        foreach (string parent in parents.Order(StringComparer.Ordinal))
        {
            Dictionary<string, Dictionary<string, string>> uses = Uses(project, parent, all);
            var told = new HashSet<string>();
            foreach (string start in uses.Keys.Order(StringComparer.Ordinal))
            {
                if (told.Contains(start) || ShortestCircle(start, uses) is not { } circle)
                    continue;
                told.UnionWith(circle);
                IEnumerable<string> evidence = circle.Zip([.. circle.Skip(1), start], (from, to) => uses[from][to]);
                found.Add($"{string.Join(" > ", circle)} > {start} ({string.Join(", ", evidence)})");
            }
        }
        return found;
    }

    /// <summary>The folders in which a folder lies, the project's root among them.</summary>
    private static IEnumerable<string> Above(string folder)
    {
        while (folder.Length > 0)
        {
            folder = Path.GetDirectoryName(folder) ?? "";
            yield return folder;
        }
    }

    /// <summary>For each folder in <paramref name="parent"/> the ones beside it that it uses, each with a file that shows it.</summary>
    private static Dictionary<string, Dictionary<string, string>> Uses(string project, string parent, (string Path, string Text)[] files)
    {
        var byFolder = files.ToLookup(f => FolderIn(parent, f.Path));
        string[] folders = [.. byFolder.Select(g => g.Key).OfType<string>()];
        string space = project + (parent.Length == 0 ? "" : "." + parent.Replace('/', '.'));
        var uses = folders.ToDictionary(f => f, _ => new Dictionary<string, string>());
        foreach (string to in folders)
        {
            string name = Path.GetFileName(to);
            var types = byFolder[to].SelectMany(f => TypeName().Matches(f.Text)).Select(m => m.Groups[1].Value).ToHashSet();
            // Using directives and full names, and names that begin with the folder's own, which a folder beside it may write.
            var full = new Regex($@"\b{Regex.Escape(space)}\.{name}\b");
            var relative = new Regex($@"(?<![.\w""]){name}\.[A-Z]\w*");
            foreach (string from in folders.Where(f => f != to))
            {
                if (byFolder[from].FirstOrDefault(f => full.IsMatch(f.Text) || IsRelative(f.Text)) is { Path: { } shown })
                    uses[from][to] = shown;
            }

            // A name that begins like a folder can also be a type or a property of that name.
            bool IsRelative(string text) => relative.Matches(text).Any(m => types.Contains(m.Value.Split('.')[1]));
        }
        return uses;
    }

    private static string? FolderIn(string parent, string path)
    {
        string prefix = parent.Length == 0 ? "" : parent + "/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        string[] rest = path[prefix.Length..].Split('/');
        return rest.Length < 2 ? null : prefix + rest[0];
    }

    private static List<string>? ShortestCircle(string start, Dictionary<string, Dictionary<string, string>> uses)
    {
        var before = new Dictionary<string, string>();
        var queue = new Queue<string>([start]);
        while (queue.TryDequeue(out string? at))
        {
            foreach (string next in uses[at].Keys.Order(StringComparer.Ordinal))
            {
                if (next == start)
                {
                    List<string> circle = [at];
                    while (circle[0] != start)
                        circle.Insert(0, before[circle[0]]);
                    return circle;
                }
                if (before.TryAdd(next, at))
                    queue.Enqueue(next);
            }
        }
        return null;
    }

    /// <summary>Without comments and texts.</summary>
    private static string Code(string text) => Text().Replace(Comment().Replace(text, ""), "\"\"");

    [GeneratedRegex(@"(?<!:)//.*")]
    private static partial Regex Comment();

    [GeneratedRegex("\"(?:[^\"\\\\\n]|\\\\.)*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record)\s+(?:struct\s+|class\s+)?([A-Z]\w*)")]
    private static partial Regex TypeName();
}
