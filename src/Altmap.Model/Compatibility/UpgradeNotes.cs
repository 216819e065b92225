using Altmap.Core.Kernels;
using Altmap.Core.Units;

namespace Altmap.Model.Compatibility;

/// <summary>What changes for those who use a device, though the device itself is there.</summary>
internal static class UpgradeNotes
{
    private const string PolicyFile = "/sys/devices/system/memory/auto_online_blocks";

    /// <summary>Notes on a namespace.</summary>
    /// <param name="from">Booted on the first kernel.</param>
    /// <param name="to">Booted on the second.</param>
    /// <param name="before">Under the first.</param>
    /// <param name="after">Under the second.</param>
    /// <param name="wasMemory">Before the boot it was System RAM.</param>
    public static IEnumerable<string> Of(Machine from, Machine to, NamespaceReading before, NamespaceReading? after, bool wasMemory)
    {
        if (after is not { IsOpen: true })
            yield break;
        ByteSize was = from.Architecture.PageSize,
            now = to.Architecture.PageSize;
        if (after is { Mode: not "devdax", HasDax: true } && was != now)
            yield return "the device has DAX; a file system on it has only if its blocks are as large as a page: one with blocks of "
                + $"{was.ToHuman()} "
                + (
                    was < now
                        ? "mounts without DAX"
                        : "is larger than a page allows: whether it mounts is the file system's matter, without DAX"
                );
        if (after.Mode != "devdax")
            yield break;
        if (wasMemory)
            yield return "it was System RAM: after the boot it is a devdax "
                + $"device{(after.SystemRam is { } size ? $", which gives {size} as System RAM" : "")}"
                + $"{(after.SystemRam is { } instead && before.SystemRam is { } had && had != instead ? $" instead of {had}" : "")}";
        if (!to.Kernel.Get(Rules.HasKmem))
        {
            if (wasMemory || from.Kernel.Get(Rules.HasKmem))
                yield return $"kernel {to.Kernel.Name} has no kmem driver: it cannot become System RAM";
        }
        else if (to.Mm.AutoOnline != OnlinePolicy.Offline && (wasMemory || from.Mm.AutoOnline == OnlinePolicy.Offline))
        {
            yield return $"this kernel puts added memory online by itself ({to.Mm.AutoOnline.Word()}): daxctl reconfigure-device -m "
                + $"system-ram stops there with EBUSY; before it: echo offline > {PolicyFile}";
        }
    }
}
