using System.CommandLine;
using System.Text;
using Altmap.Host;

namespace Altmap.Cli.Common;

/// <summary>
/// Files that commands make, by one rule: what is there is not overwritten unasked (16), <c>--force</c> asks, and a file appears whole or
/// not at all. An empty file, a pipe and <c>/dev/null</c> hold nothing that could be lost; a picture that Altmap drew may be drawn anew.
/// </summary>
internal static class NewFile
{
    /// <summary><c>--force</c>.</summary>
    public static Option<bool> ForceOption() => new("--force", "-f") { Description = "overwrite a file that is there" };

    /// <summary>Refuses what is not to be overwritten; to be asked before any work is done.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="isForced">What <c>--force</c> says; null: there is no such option.</param>
    /// <param name="input">A file that the command reads: it is not written over even then.</param>
    public static void Require(string path, bool? isForced = null, string? input = null)
    {
        if (path.Length == 0)
            throw CliError.Of(new HostError("\"\"", "this is no path", "the path of a file"));
        if (HostPath.Refusal(path) is { } unnameable)
            throw new CliError(ExitCode.Usage, unnameable.ToString());
        if (OutputFile.Loss(path) is not { } loss)
            return;
        if (loss != OutputFile.IsThere)
            throw CliError.Usage($"{path}: {loss}; expected a file");
        bool isInput = input is not null && OutputFile.AreOne(path, input);
        if (isForced is not true || isInput)
            throw CliError.Usage(
                $"{path}: {(isInput ? "this is the file that is read" : loss)}; nothing is overwritten: give another name"
                    + (isForced is false && !isInput ? ", or --force" : "")
            );
    }

    /// <summary>The same of a picture: one that Altmap drew gives way.</summary>
    public static void RequirePicture(string path)
    {
        if (!OutputFile.IsOurs(path))
            Require(path);
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        if (FileWriter.WriteAtomically(path, write) is { } error)
            throw CliError.Of(error);
    }

    /// <summary>The same of a text.</summary>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
