using System.Text;

namespace Altmap.Shell.Options;

/// <summary>Usage and error texts to the byte (ndctl 76.1, util/parse-options.c, util/usage.c). All of it goes to standard error.</summary>
internal static class UsageText
{
    public const int UsageExitCode = 129;

    private const int OptionWidth = 24;
    private const int Gap = 2;
    private const int MessageBytesMax = 1023; // report() formats into char[1024]

    /// <summary>error(): two blanks, <c>Error: </c>, the message, a line end. Many messages bring a line end of their own.</summary>
    public static string Error(string message) => $"  Error: {Cut(message)}\n";

    /// <summary>The usage line and all options.</summary>
    public static string Full(CommandSpec command)
    {
        var text = new StringBuilder(Head(command));
        foreach (var option in command.Options)
            Append(text, option);
        return text.Append('\n').ToString();
    }

    /// <summary>The usage line and the one option that <paramref name="matches"/> finds first, if any.</summary>
    public static string One(CommandSpec command, Func<OptionSpec, bool> matches)
    {
        var text = new StringBuilder(Head(command));
        if (command.Options.FirstOrDefault(matches) is { } option)
            Append(text, option);
        return text.ToString();
    }

    /// <summary>A wrong command line: messages, then the whole usage text.</summary>
    public static ToolAnswer Wrong(CommandSpec command, string messages) => new("", messages + Full(command), UsageExitCode);

    private static string Head(CommandSpec command) => $"\n usage: {command.Usage}\n\n";

    private static void Append(StringBuilder text, OptionSpec option)
    {
        var start = text.Length;
        text.Append("    ").Append(option.Short is { } letter ? $"-{letter}" : "    ");
        if (option.Long is not null)
            text.Append(option.Short is null ? "" : ", ").Append("--").Append(option.Long);
        text.Append(
            option.Kind switch
            {
                OptionKind.Integer or OptionKind.Unsigned => " <n>",
                OptionKind.Flag or OptionKind.Count => "",
                _ => $" <{option.ArgumentName}>",
            }
        );
        var width = text.Length - start;
        if (width <= OptionWidth)
            text.Append(' ', OptionWidth - width + Gap);
        else
            text.Append('\n').Append(' ', OptionWidth + Gap);
        text.Append(option.Help).Append('\n');
    }

    private static string Cut(string message)
    {
        if (message.Length <= MessageBytesMax / 3)
            return message;
        var bytes = Encoding.UTF8.GetBytes(message);
        return bytes.Length <= MessageBytesMax ? message : Encoding.UTF8.GetString(bytes, 0, MessageBytesMax);
    }
}
