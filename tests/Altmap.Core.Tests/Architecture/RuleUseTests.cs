using System.Text.RegularExpressions;

namespace Altmap.Core.Tests.Architecture;

/// <summary>A rule that <c>altmap kernels</c> shows decides something: it becomes a value of the profile, and code outside the profile's
/// own files asks for that value.</summary>
public partial class RuleUseTests
{
    private static readonly string[] Definitions = ["src/Altmap.Core/Kernels/Rules.cs", "src/Altmap.Core/Kernels/StructPageRules.cs"];
    private static readonly string[] Profiles =
    [
        "src/Altmap.Core/Kernels/KernelProfile.cs",
        "src/Altmap.Core/Kernels/StructPageProfile.cs",
    ];
    private static readonly string[] Shipped = ["src/Altmap.Core/Kernels/KernelProfiles.cs"];

    private static readonly string Code = string.Join(
        '\n',
        Checkout.Files("src", "*.cs").Except([.. Definitions, .. Profiles, .. Shipped]).Select(WithoutComments)
    );

    [Fact]
    public void Every_rule_becomes_a_value_of_the_profile()
    {
        string[] rules =
        [
            .. from file in Definitions
            let type = Path.GetFileNameWithoutExtension(file)
            from Match match in Definition().Matches(Checkout.Read(file))
            select $"{type}.{match.Groups[1].Value}",
        ];
        string profiles = string.Join('\n', Profiles.Select(WithoutComments));
        Assert.True(rules.Length > 40);
        Assert.All(rules, r => Assert.Matches($@"\b{Regex.Escape(r)}\b", profiles));
    }

    [Fact]
    public void Every_value_of_the_profile_is_asked_for()
    {
        string[] values = [.. from Match match in Property().Matches(Checkout.Read(Profiles[0])) select match.Groups[1].Value];
        string[] ofStructPage =
        [
            .. from Match match in Parameter()
                .Matches(Checkout.Read(Profiles[1]).Split("public sealed record StructPageProfile(")[1].Split(')')[0])
            select match.Groups[1].Value,
        ];
        Assert.True(values.Length > 30);
        Assert.True(ofStructPage.Length > 10);
        Assert.All(values.Concat(ofStructPage), v => Assert.Matches($@"\.{v}\b", Code));
    }

    private static string WithoutComments(string file) => Comment().Replace(Checkout.Read(file), "");

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"static readonly RuleDefinition (\w+) =")]
    private static partial Regex Definition();

    [GeneratedRegex(@"public [\w<>]+ (\w+) \{ get; \}")]
    private static partial Regex Property();

    [GeneratedRegex(@"[\w?]+ (\w+)(,|$)")]
    private static partial Regex Parameter();
}
