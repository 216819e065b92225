using Altmap.Core.Media;
using Altmap.Formats.Labels;
using Altmap.Shell;

namespace Altmap.Advice.Doctor;

/// <summary><c>altmap labels repair IN -o OUT</c> among the commands of a treatment: done on the files of the session, as the command does
/// it on the host's.</summary>
internal static class SalvageCommand
{
    /// <summary>The words.</summary>
    public static string Of(string dump, string repaired) => $"altmap labels repair {dump} -o {repaired}";

    /// <summary>The state with the repaired area among its files; null: the command is another one, or nothing can be repaired.</summary>
    public static ShellState? Run(ShellState state, string command)
    {
        if (
            command.Split(' ') is not ["altmap", "labels", "repair", var from, "-o", var to]
            || state.Files.GetValueOrDefault(from) is not { } dump
        )
            return null;
        byte[] bytes = dump.Read(0, checked((int)dump.LengthBytes));
        return LabelSalvage.Of(bytes, SalvageWish.None).Repaired is { } repaired
            ? state with
            {
                Files = state.Files.SetItem(to, SparseBytes.From([.. repaired])),
            }
            : null;
    }
}
