using System.Collections.Immutable;

namespace Altmap.Shell.Options;

/// <summary>
/// The commands of ndctl and daxctl 76.1 as Debian 12 builds them (ndctl/ndctl.c, daxctl/daxctl.c; options in the source file of each
/// command). Names, order and
/// help texts are the tools', misprints included: they are what a user sees.
/// </summary>
public static class NdctlCommands
{
    /// <summary>The version both tools print.</summary>
    public const string Version = "76.1";

    /// <summary>ndctl's, without <c>version</c> and <c>help</c>.</summary>
    public static ImmutableArray<CommandSpec> Ndctl { get; } =
    [.. NamespaceTables.Commands, .. RegionTables.Commands, .. DimmTables.Commands, .. OtherTables.Commands];

    /// <summary>daxctl's, without <c>version</c> and <c>help</c>.</summary>
    public static ImmutableArray<CommandSpec> Daxctl { get; } = DaxctlTables.Commands;

    /// <summary>A command by its full name (these tools know no short forms), or null.</summary>
    /// <param name="tool"><c>ndctl</c> or <c>daxctl</c>.</param>
    /// <param name="command">As <c>create-namespace</c>.</param>
    public static CommandSpec? Find(string tool, string command) =>
        (
            tool switch
            {
                "ndctl" => Ndctl,
                "daxctl" => Daxctl,
                _ => [],
            }
        ).FirstOrDefault(c => c.Name == command);
}

/// <summary>Short ways to write the tables.</summary>
internal static class Table
{
    public static CommandSpec Ndctl(string name, string usage, params ImmutableArray<OptionSpec> options) =>
        new("ndctl", name, "ndctl " + usage, options);

    public static CommandSpec Daxctl(string name, string usage, params ImmutableArray<OptionSpec> options) =>
        new("daxctl", name, "daxctl " + usage, options);

    public static OptionSpec Flag(char? letter, string name, string help) => new(letter, name, OptionKind.Flag, null, help);

    public static OptionSpec Text(char? letter, string name, string argument, string help) =>
        new(letter, name, OptionKind.Text, argument, help);

    public static OptionSpec File(char? letter, string name, string argument, string help) =>
        new(letter, name, OptionKind.FileName, argument, help);

    public static OptionSpec Unsigned(char? letter, string name, string help) => new(letter, name, OptionKind.Unsigned, null, help);
}
