using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;

namespace Altmap.Shell;

/// <summary><see cref="GrepLine"/>, run: exit code 1 where no line is kept, as grep has it.</summary>
internal static class GrepCommand
{
    public static CommandResult Run(ShellState state, GrepLine line)
    {
        if (line.Folder is { } folder)
            return FolderListing.FilesOf(state.Machine, folder) is { } files
                ? Say(state, files.SelectMany(f => line.Kept(SysfsTree.Read(state.Machine, f)?.Text ?? "").Select(l => $"{f}:{l}")))
                : CommandShell.Unsupported(state, $"grep in {folder}: not all of its files are modelled");
        if (
            line.Command is ["ls", var path]
            && !line.Words.IsEmpty
            && FolderListing.NamesWith(state.Machine, path, line.Words) is { } names
        )
            return Say(state, names);
        CommandResult left = CommandShell.Run(state, line.Command!.Value);
        CommandResult kept = Say(left.State, line.Kept(left.Stdout));
        return left.IsUnsupported ? left : kept with { Stderr = left.Stderr, Merged = left.Stderr + kept.Stdout };
    }

    private static CommandResult Say(ShellState state, IEnumerable<string> lines)
    {
        string text = string.Concat(lines.Select(l => l + "\n"));
        return CommandShell.Say(state, text, "", text.Length == 0 ? 1 : 0);
    }
}
