using System.Text.RegularExpressions;
using Altmap.Core.Kernels;

namespace Altmap.Core.Tests.Architecture;

/// <summary>A rule that <c>altmap kernels</c> shows decides something, and nothing but rules tells kernels apart.</summary>
public partial class RuleUseTests
{
    private const string Folder = "src/Altmap.Core/Kernels/";

    /// <summary>What declares and sets rules, and finds a profile by the name that a person typed.</summary>
    private static readonly string[] Definitions = [Folder + "Rules.cs", Folder + "KernelProfiles.cs", Folder + "KernelNames.cs"];

    private static readonly string Code = string.Join('\n', Checkout.Files("src", "*.cs").Except(Definitions).Select(WithoutComments));

    [Fact]
    public void Every_rule_is_asked_for()
    {
        string[] rules = [.. from Match match in Definition().Matches(Checkout.Read(Definitions[0])) select match.Groups[1].Value];
        Assert.Equal(Rules.All.Length, rules.Length);
        string[] byMethod = [.. rules.Where(r => !Regex.IsMatch(Code, $@"\.Get\(\s*(\w+\.)*Rules\.{r}\)"))];
        // The section rules are picked by architecture in one place.
        Assert.All(byMethod, r => Assert.StartsWith("SectionBits", r, StringComparison.Ordinal));
        Assert.All(byMethod, r => Assert.Matches($@"Rules\.{r}\b", WithoutComments(Folder + "KernelProfile.cs")));
    }

    /// <summary>The name of a kernel is for people: code that compares it, or looks into it, is a rule that has no name.</summary>
    [Fact]
    public void No_code_compares_or_inspects_the_name_of_a_kernel()
    {
        string[] found =
        [
            .. from file in Checkout.Files("src", "*.cs").Except(Definitions)
            from Match match in InspectedName().Matches(WithoutComments(file))
            select $"{file}: {match.Value}",
        ];
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("machine.Kernel.Name == \"6.1\"")]
    [InlineData("if (\"6.1\" != kernel.Name)")]
    [InlineData("kernel.Name is \"6.1\" or \"6.12\"")]
    [InlineData("profile.Name.EndsWith(KernelProfiles.KmsanSuffix)")]
    [InlineData("Kernel.Name switch")]
    [InlineData("k => k.Name == name")]
    [InlineData("plans.GroupBy(p => p.Kernel.Name)")]
    [InlineData("string.Equals(kernel.Name, other)")]
    [InlineData("kernels.Contains(kernel.Name)")]
    public void And_the_test_would_see_it(string code) => Assert.Matches(InspectedName(), code);

    [Theory]
    [InlineData("json.WriteString(\"kernel\", machine.Kernel.Name);")]
    [InlineData("$\"kernel {kernel.Name}: no\"")]
    [InlineData("kernels.Select(k => k.Name)")]
    public void And_lets_people_read_it(string code) => Assert.DoesNotMatch(InspectedName(), code);

    private static string WithoutComments(string file) => Comment().Replace(Checkout.Read(file), "");

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"public static readonly Rule<[\w?<>]+> (\w+) =")]
    private static partial Regex Definition();

    [GeneratedRegex(
        @"(?:[kK]ernel|[pP]rofile|\bk)\.Name\s*(?:==|!=|\bis\b|\bswitch\b|\.\w|\[)"
            + @"|(?:==|!=)\s*(?:\w+\.)*(?:[kK]ernel|[pP]rofile|\bk)\.Name\b"
            + @"|(?:By|Equals|Contains|StartsWith|EndsWith|IndexOf|IsMatch|Parse)\((?:\w+ => )?(?:\w+\.)*"
            + @"(?:[kK]ernel|[pP]rofile|\bk)\.Name\b"
    )]
    private static partial Regex InspectedName();
}
