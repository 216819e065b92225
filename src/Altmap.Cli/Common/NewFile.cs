namespace Altmap.Cli.Common;

/// <summary>A file that a command is to make: nothing that is there is overwritten.</summary>
internal static class NewFile
{
    /// <summary>Refuses a path where a file or folder is. Devices such as /dev/null are no files that can be lost.</summary>
    public static void Require(string path)
    {
        bool isThere = Path.Exists(path) && !path.StartsWith("/dev/", StringComparison.Ordinal);
        if (isThere)
            throw CliError.Usage($"{path}: there is such a file; nothing is overwritten: give another name");
    }
}
