using System.Collections.Immutable;

namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1, ndctl/dimm.c dimm_action(), up to the walk over the DIMMs. These messages stand alone, without
/// <c>Error:</c>.</summary>
internal static class DimmRules
{
    public static ToolRequest Check(OptionResult options)
    {
        if (options.Arguments.IsEmpty)
            return ToolRequest.Wrong(options, "");
        // Names are judged up to the first "all", which then replaces them; the count of bad ones is kept, so that "bogus all" fails and "a
        // b all" does not.
        var judged = options.Arguments.TakeWhile(a => a != "all").ToImmutableArray();
        var arguments = ArgumentRules.Reduce(options.Arguments);
        var bad = judged.Where(a => !CNumber.HasNumberAfter(a, "nmem")).ToImmutableArray();
        var warnings = string.Concat(bad.Select(a => $"'{a}' is not a valid dimm name\n"));
        if (bad.Length == arguments.Length)
            return ToolRequest.Wrong(options, warnings);
        if (Contradiction(options) is { } message)
            return ToolRequest.Wrong(options, warnings + message + "\n");
        var version = options.Text("label-version") ?? "1.1";
        if (version is not ("1.1" or "v1.1" or "1.2" or "v1.2"))
            return ToolRequest.Say(
                new ToolAnswer("", $"{warnings}'{version}' is not a valid label version\n{NothingDone(options.Command.Name)}\n", 1)
            );
        return ToolRequest.Do(options, [.. arguments.Where(a => !bad.Contains(a))], warnings);
    }

    private static string? Contradiction(OptionResult options)
    {
        var isUpdate = options.Command.Name == "update-firmware";
        var json = options.Flag("json") || options.Flag("human");
        var (arm, disarm) = (options.IsGiven("arm"), options.IsGiven("disarm"));
        if (options.Command.Name == "read-labels" && json && (options.Number("size") != 0 || options.Number("offset") != 0))
            return "--size and --offset are incompatible with --json";
        if (options.Flag("index") && options.Number("size") != 0)
            return "pick either --size, or --index, not both";
        if (arm && disarm)
            return "set either --arm, or --disarm, not both";
        if (disarm && !options.Flag("disarm"))
            return "--no-disarm syntax not supported";
        if (!isUpdate || options.Text("firmware") is not null)
            return null;
        if (!arm && !disarm)
            return "require --arm, or --disarm";
        return arm && !options.Flag("arm") ? "--no-arm syntax not supported" : null;
    }

    /// <summary>The last line of the commands that know a label version.</summary>
    private static string NothingDone(string command) =>
        command switch
        {
            "setup-passphrase" => "passphrase enabled for 0 nmem.",
            "update-passphrase" => "passphrase updated for 0 nmem.",
            _ => "initialized 0 nmem",
        };
}
