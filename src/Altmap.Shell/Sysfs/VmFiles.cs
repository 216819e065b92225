using Altmap.Core.Findings;
using Altmap.Model;

namespace Altmap.Shell.Sysfs;

/// <summary>
/// <c>/proc/sys/vm/drop_caches</c>: 1 to 4 are taken, and no more can be read of it (kernel/sysctl.c vm_table, proc_dointvec_minmax();
/// 6.1). A model has no caches to drop;
/// the kernel's message names a process, so it is not in the log.
/// </summary>
internal static class VmFiles
{
    public const string DropCaches = "/proc/sys/vm/drop_caches";

    public static bool Owns(string path) => path == DropCaches;

    public static StepResult Write(Machine machine, string text)
    {
        // Blanks may stand around the number; what follows the first one is not looked at.
        string[] words = text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words is [var first, ..] && KernelText.TryUnsigned(first, out ulong value) && value is >= 1 and <= 4
            ? machine.Done()
            : machine.Fail(Errno.EINVAL);
    }
}
