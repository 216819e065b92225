using System.Globalization;
using System.Text.RegularExpressions;

namespace Altmap.Model.Hardware;

/// <summary>Notes that say the same of several devices become one.</summary>
public static partial class NoteGroups
{
    /// <summary>In the order of the first of each kind: notes that differ only in names of devices and addresses are the first of them, and
    /// how many more there are.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> notes) =>
        from note in notes.Distinct()
        group note by Changing().Replace(note, "*") into same
        let count = same.Count()
        select count == 1
            ? same.First()
            : string.Create(CultureInfo.InvariantCulture, $"{same.First()} (and {count - 1} more of this kind)");

    [GeneratedRegex(@"\b(?:(?:region|nmem|namespace|pfn|btt|dax|ndbus)\d+(?:\.\d+)?|0x[0-9a-f]+)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Changing();
}
